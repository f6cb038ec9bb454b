"""The output of `--json` matches its schema in docs/."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.commands import glasses
from tests.support.photos import photos
from tests.support.wait import wait_until
from tests.support.workers import Worker

DOCS = Path(__file__).parents[3] / "docs"


def fits(text: str, name: str) -> Any:
    """Return the parsed JSON after validation; fields outside the schema are errors."""
    value = json.loads(text)
    schema = json.loads((DOCS / f"{name}.schema.json").read_text("utf-8"))
    for part in [schema, *schema.get("$defs", {}).values()]:
        if "properties" in part:
            part["additionalProperties"] = False
    jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
    return value


def test_empty_output_matches_its_schema(settings: Settings, tmp_path: Path) -> None:
    assert fits(glasses("jobs", "--json", settings=settings).stdout, "jobs") == []
    assert fits(glasses("workers", "--json", settings=settings).stdout, "workers") == []
    checks = fits(glasses("doctor", "--json", home=tmp_path).stdout, "doctor")["checks"]
    assert {"failed", "skipped"} <= {check["state"] for check in checks}


def test_output_about_running_and_finished_jobs_matches_its_schema(
    client: Client,
    settings: Settings,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    job = client.submit([photos(tmp_path / "in", demo_photos / "hopper.jpg", 8)], name="holiday")

    def status(*arguments: str) -> Any:
        return fits(glasses("status", job.id, "--json", *arguments, settings=settings).stdout,
                    "status")  # fmt: skip

    waiting = status("--finish-by", "23:59")
    assert (waiting["state"], waiting["pending"], waiting["model"]) == ("running", 8, None)
    assert (waiting["forecast"]["photos_ahead"], waiting["finish_by"]["workers"]) == (8, None)
    start_worker(1, chunk_size=8)
    job.wait(90)
    wait_until(lambda: client.workers()[0][0].photos == 8)
    ended = status("--finish-by", "23:59")
    assert (ended["forecast"], ended["finish_by"]["workers"]) == (None, 0)
    assert status()["finish_by"] is None
    watched = json.loads(glasses("watch", job.id, "--json", settings=settings).stdout)
    (listed,) = fits(glasses("jobs", "--json", settings=settings).stdout, "jobs")
    assert watched == listed == {name: ended[name] for name in listed}
    (worker,) = fits(glasses("workers", "--json", settings=settings).stdout, "workers")
    assert worker["stages"]
    checked = glasses("doctor", "--json", "--timeout", "60", settings=settings)
    assert fits(checked.stdout, "doctor")["ok"], checked.stdout
    lines = glasses("results", job.id, settings=settings).stdout.splitlines()
    assert {fits(line, "verdict")["status"] for line in lines} == {"classified"}


def test_output_that_violates_its_schema_is_detected() -> None:
    with pytest.raises(jsonschema.ValidationError):
        fits('[{"job_id": "abcdefgh"}]', "jobs")
    with pytest.raises(jsonschema.ValidationError):
        fits('{"ok": true, "checks": [], "more": 1}', "doctor")
