"""Prometheus metrics of jobs, queues and workers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

pytest.importorskip("prometheus_client")
MONITORING = Path(__file__).parents[3] / "infra" / "monitoring"


def scrape(settings: Settings) -> dict[str, float]:
    from infra.monitoring.exporter import serve

    port, end = serve(settings, "127.0.0.1", 0)
    try:
        direct = build_opener(ProxyHandler({}))
        with direct.open(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
    finally:
        end()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_metrics_describe_photos_queues_and_workers(
    client: Client,
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 40)])
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "empty.jpg").touch()
    client.submit([tmp_path / "empty"])
    before = scrape(settings)
    assert before["glasses_redis_up"] == 1
    assert before['glasses_photos{status="pending"}'] == 40
    assert before['glasses_photos{status="failed"}'] == 1
    assert before['glasses_jobs{state="running"}'] == 1
    queued = {name: value for name, value in before.items() if "queue_messages" in name}
    assert len(queued) == 16
    assert sum(queued.values()) == before["glasses_chunks_pending"] == 3
    assert before["glasses_backlog_chunks"] == 3
    assert before["glasses_oldest_pending_chunk_age_seconds"] > 0
    assert before["glasses_workers"] == 0

    worker = start_worker()
    job.wait(90)
    wait_until(lambda: client.workers()[0][0].photos == 40)
    after = scrape(settings)
    assert after['glasses_photos{status="pending"}'] == 0
    assert after['glasses_photos{status="classified"}'] == 40
    assert after["glasses_oldest_pending_chunk_age_seconds"] == 0
    assert after["glasses_backlog_chunks"] == 0
    name = client.workers()[0][0].worker_id
    assert after[f'glasses_worker_photos_total{{worker="{name}"}}'] == 40
    assert after[f'glasses_worker_chunk_attempts_total{{worker="{name}"}}'] == 3
    assert after[f'glasses_worker_stage_seconds_total{{stage="find",worker="{name}"}}'] > 0
    every_panel_and_alarm_asks_for_what_is_served(after)

    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    said = [line for line in lines if line["message"].endswith("acquired")]
    chunks = {(job.id, "0+16"), (job.id, "16+16"), (job.id, "32+8")}
    assert {(line["job"], line["chunk"]) for line in said} == chunks


def every_panel_and_alarm_asks_for_what_is_served(served: dict[str, float]) -> None:
    names = {re.split(r"[{ ]", name)[0] for name in served}
    for path in ("dashboard.json", "alarms.yaml"):
        asked = set(re.findall(r"\bglasses_[a-z_]+", (MONITORING / path).read_text("utf-8")))
        assert asked, path
        assert asked <= names, path


def test_an_unavailable_redis_is_a_metric_and_not_an_error(settings: Settings) -> None:
    from pydantic import SecretStr

    away = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    found = scrape(away)
    assert found["glasses_redis_up"] == 0
