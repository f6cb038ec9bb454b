"""Redis behind TLS with a user of few rights, the object store behind https: both checked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.settings import Settings
from tests.integration.path.test_whole_path import run
from tests.support.tls import certificate, tls_before
from tests.support.workers import Worker

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
RIGHTS = "resetkeys ~glasses* ~_kombu* ~unacked* +@all -@admin -@dangerous +info"
"""What `docs/guarantees.md` tells to give."""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    made = certificate(tmp_path)
    assert settings.redis_url
    redis = urlsplit(settings.redis_url.get_secret_value())
    s3 = urlsplit(settings.s3_endpoint or "")
    assert redis.port
    assert s3.port
    with Client(settings) as client:
        direct: Any = client.redis
        direct.execute_command("ACL", "SETUSER", "glasses", "on", ">hunter2", *RIGHTS.split())
        with tls_before(redis.port, made) as redis_port, tls_before(s3.port, made) as s3_port:
            yield settings.model_copy(
                update={
                    "redis_url": SecretStr(f"rediss://glasses:hunter2@localhost:{redis_port}/0"),
                    "redis_ca": str(made.ca),
                    "s3_endpoint": f"https://localhost:{s3_port}",
                    "s3_ca": str(made.ca),
                }
            )
        direct.execute_command("ACL", "DELUSER", "glasses")


def test_everything_works_through_tls(
    settings: Settings, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    start_worker(1)
    job = run(settings, "submit", str(demo_photos), "--wait", "--timeout", "60", code=1).strip()
    assert len(run(settings, "results", job, "--format", "jsonl", code=1).splitlines()) == 23
    run(settings, "reconcile", job)
    run(settings, "rm", job)


@pytest.mark.parametrize("name", ["redis_ca", "s3_ca"])
def test_a_certificate_of_an_unknown_ca_is_refused(
    name: str, settings: Settings, demo_photos: Path
) -> None:
    without = settings.model_copy(update={name: None})
    run(without, "submit", str(demo_photos / "hopper.jpg"), "--detach", code=3)


def test_a_ca_that_is_not_there_is_named(settings: Settings) -> None:
    run(settings.model_copy(update={"s3_ca": "/no/such/ca.pem"}), "submit", ".", code=2)
