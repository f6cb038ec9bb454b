"""`glasses doctor` with healthy servers and with broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.config.settings import Settings
from producer.doctor import CheckState, run_checks
from tests.support.commands import glasses
from tests.support.workers import Worker


def states(output: str) -> dict[str, str]:
    return {check["name"]: check["state"] for check in json.loads(output)["checks"]}


def test_checks_pass_with_a_worker_and_fail_without_one(
    settings: Settings, start_worker: Callable[..., Worker]
) -> None:
    without = {each.name: each for each in run_checks(settings)}
    assert (without["workers"].state, without["queue"].state) == (
        CheckState.FAILED,
        CheckState.SKIPPED,
    )
    assert "start some" in without["workers"].todo
    start_worker()
    well = glasses("doctor", "--json", "--timeout", "60", settings=settings)
    found = states(well.stdout)
    assert well.returncode == 0, well.stdout
    assert set(found) == {
        "settings", "redis", "object store", "clock", "workers", "queue", "jobs", "disk",
        "versions", "model",
    }  # fmt: skip
    assert {found[name] for name in ("redis", "object store", "workers", "queue", "jobs")} == {"ok"}


def test_unavailable_server_is_named_with_a_remedy(settings: Settings) -> None:
    for change, name, words in (
        ({"redis_url": SecretStr("redis://:hunter2@127.0.0.1:9/0")}, "redis", "GLASSES_REDIS_URL"),
        ({"s3_endpoint": "http://127.0.0.1:9"}, "object store", "GLASSES_S3_ENDPOINT"),
        ({"s3_secret_key": SecretStr("wrong")}, "object store", "GLASSES_S3_SECRET_KEY"),
        ({"s3_bucket": "no-such-bucket"}, "object store", "glasses bucket"),
    ):
        found = {each.name: each for each in run_checks(settings.model_copy(update=change))}
        assert (found[name].state, found[name].serves) == (CheckState.FAILED, True)
        assert words in found[name].todo
        assert "hunter2" not in str(found)


def test_other_checks_run_without_servers(tmp_path: Path) -> None:
    done = glasses("doctor", home=tmp_path)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL  settings")
    assert "-> start them on this machine with `glasses up --detach`" in lines[1]
    assert done.stdout.count("no servers are configured") == 1
    assert lines[-1].startswith("ok    model")


def test_unknown_variables_are_reported_by_config_and_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "GLASSES_THRESHOL_MB: unknown; `glasses config` lists the settings\n"
    told += "GLASSES_RETENTION_DAY: unknown, did you mean GLASSES_RETENTION_DAYS?\n"
    for line in told.splitlines():
        monkeypatch.setenv(line.partition(":")[0], "1")
    config = glasses("config", home=tmp_path)
    assert sorted(config.stderr.splitlines()) == sorted(told.splitlines())
    assert "retention_days" in config.stdout
    listed = glasses("config", "--json", home=tmp_path)
    assert "retention_days" in json.loads(listed.stdout)
    assert listed.stderr == config.stderr
    checks = json.loads(glasses("doctor", "--json", home=tmp_path).stdout)["checks"]
    assert (checks[0]["name"], checks[0]["state"]) == ("environment", "warning")
    assert all(line in checks[0]["says"] for line in told.splitlines())
