"""Credentials: in no log, no error, no argument list, no data of a job."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from glasses.client import Client
from glasses.settings import Settings
from infra.local.workers import environment
from tests.support.workers import Worker


def secrets(settings: Settings) -> list[str]:
    assert settings.redis_url
    assert settings.s3_access_key
    assert settings.s3_secret_key
    password = settings.redis_url.get_secret_value().split("@")[0].rsplit(":", 1)[1]
    return [password, settings.s3_secret_key.get_secret_value()]


def glasses(settings: Settings, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "producer", *arguments],
        env=os.environ | environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    return done.stdout + done.stderr


def test_they_appear_nowhere(
    settings: Settings, client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    worker = start_worker(1)
    said = [
        glasses(settings, "submit", str(demo_photos), "--wait"),
        glasses(settings, "config"),
        glasses(settings, "config", "--json"),
        glasses(settings, "jobs", "--json"),
    ]
    lines = [" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"])]
    redis: Any = client.redis
    kept = []
    for key in redis.scan_iter():
        kind = redis.type(key)
        read = {"string": redis.get, "hash": redis.hgetall}.get(kind)
        kept.append(str(read(key)) if read else key)
    objects = [str(client.store.get(key)) for key in client.store.keys("jobs/")]
    wrong = settings.model_copy(
        update={
            "redis_url": SecretStr("redis://:wrong-hunter2@127.0.0.1:9/0"),
            "s3_secret_key": SecretStr("wrong-hunter2"),
        }
    )
    said.append(glasses(wrong, "jobs"))
    broken = Worker(wrong, worker.log.with_name("broken.log"), 1)
    broken.process.terminate()
    broken.stop()
    text = "\n".join(
        [*said, *lines, *kept, *objects, worker.log.read_text(), broken.log.read_text()]
    )
    for secret in [*secrets(settings), "wrong-hunter2"]:
        assert len(secret) > 8
        assert secret not in text
