"""Jobs over TLS with a restricted Redis user; both servers' certificates are verified."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses_output, glasses_printed
from tests.support.tls import certificate, tls_before
from tests.support.workers import Worker

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
RIGHTS = "resetkeys ~glasses* +@all -@admin -@dangerous +info"
"""The rights that `docs/guarantees.md` lists."""


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


def test_a_job_runs_over_tls(
    settings: Settings, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    start_worker(1)
    job = glasses_output(
        "submit", str(demo_photos), "--wait", "--timeout", "60", code=1, settings=settings
    ).strip()
    assert (
        len(
            glasses_output(
                "results", job, "--format", "jsonl", code=1, settings=settings
            ).splitlines()
        )
        == 22
    )
    glasses_output("reconcile", job, settings=settings)
    glasses_output("rm", job, settings=settings)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("redis_ca", "CERTIFICATE_VERIFY_FAILED"),
        ("s3_ca", "has a certificate that is not trusted (UnknownIssuer). If its CA is private"),
    ],
)
def test_a_certificate_of_an_unknown_ca_is_rejected(
    name: str, says: str, settings: Settings, demo_photos: Path
) -> None:
    without = settings.model_copy(update={name: None, "s3_retry_seconds": 2})
    code, printed = glasses_printed(
        "submit", str(demo_photos / "hopper.jpg"), "--detach", settings=without
    )
    assert code == 3
    assert says in " ".join(printed.split())


def test_creating_a_bucket_gives_the_same_reason(settings: Settings) -> None:
    without = settings.model_copy(update={"s3_ca": None, "s3_retry_seconds": 2})
    code, printed = glasses_printed("bucket", settings=without)
    assert code == 3
    assert "has a certificate that is not trusted (" in " ".join(printed.split())


def test_a_missing_ca_file_is_named(settings: Settings) -> None:
    glasses_output(
        "submit", ".", code=2, settings=settings.model_copy(update={"s3_ca": "/no/such/ca.pem"})
    )
