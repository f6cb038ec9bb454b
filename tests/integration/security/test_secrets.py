"""Credentials appear in no log, error, argument list or job data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses_printed
from tests.support.workers import Worker


def secrets(settings: Settings) -> list[str]:
    assert settings.redis_url
    assert settings.s3_access_key
    assert settings.s3_secret_key
    password = settings.redis_url.get_secret_value().split("@")[0].rsplit(":", 1)[1]
    return [password, settings.s3_secret_key.get_secret_value()]


def printed(settings: Settings, *arguments: str) -> str:
    return glasses_printed(*arguments, settings=settings)[1]


def test_no_credential_appears_in_logs_errors_arguments_or_job_data(
    settings: Settings, client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    worker = start_worker(1)
    said = [
        printed(settings, "submit", str(demo_photos), "--wait"),
        printed(settings, "config"),
        printed(settings, "config", "--json"),
        printed(settings, "jobs", "--json"),
    ]
    lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
    redis: Any = client.redis
    kept = []
    for key in redis.scan_iter():
        kind = redis.type(key)
        if kind == "string":  # it may be a bitmap
            kept.append(str(redis.execute_command("GET", key, NEVER_DECODE=True)))
        else:
            kept.append(str(redis.hgetall(key)) if kind == "hash" else key)
    objects = [str(client.store.get(key)) for key in client.store.keys("jobs/")]
    wrong = settings.model_copy(
        update={
            "redis_url": SecretStr("redis://:wrong-hunter2@127.0.0.1:9/0"),
            "s3_secret_key": SecretStr("wrong-hunter2"),
        }
    )
    said.append(printed(wrong, "jobs"))
    broken = Worker(wrong, worker.log.with_name("broken.log"), 1)
    broken.process.terminate()
    broken.stop()
    text = "\n".join(
        [*said, *lines, *kept, *objects, worker.log.read_text(), broken.log.read_text()]
    )
    for secret in [*secrets(settings), "wrong-hunter2"]:
        assert len(secret) > 8
        assert secret not in text
