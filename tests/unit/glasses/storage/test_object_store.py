"""Uploads are signed where they could be changed in transit."""

from __future__ import annotations

import pytest

from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore


@pytest.mark.parametrize(
    ("endpoint", "signed"),
    [
        ("http://127.0.0.1:9000", False),
        ("http://localhost:9000", False),
        ("http://[::1]:9000", False),
        ("https://s3.example.org", False),
        ("http://10.0.0.7:9000", True),
        ("http://localhost.example.org", True),
        ("http://s3:8333", True),
    ],
)
def test_uploads_are_signed_where_they_could_be_changed_in_transit(
    endpoint: str, signed: bool
) -> None:
    settings = load_settings(
        redis_url="redis://127.0.0.1", s3_endpoint=endpoint, s3_access_key="a", s3_secret_key="s"
    )
    config = ObjectStore(settings)._store.config
    assert str(config.get("unsigned_payload", False)).lower() == str(not signed).lower()
