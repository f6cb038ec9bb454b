"""What is signed on its way to the object store."""

from __future__ import annotations

import pytest

from glasses.object_store import ObjectStore
from glasses.settings import load_settings


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
def test_what_is_sent_is_signed_where_it_may_be_changed_on_its_way(
    endpoint: str, signed: bool
) -> None:
    settings = load_settings(
        redis_url="redis://127.0.0.1", s3_endpoint=endpoint, s3_access_key="a", s3_secret_key="s"
    )
    config = ObjectStore(settings)._store.config
    assert str(config.get("unsigned_payload", False)).lower() == str(not signed).lower()
