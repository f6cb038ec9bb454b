"""`glasses doctor` as a user types it, with servers that are well and with some that are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from glasses.checkup import State, run
from glasses.settings import Settings
from tests.support.commands import glasses
from tests.support.workers import Worker


def states(output: str) -> dict[str, str]:
    return {check["name"]: check["state"] for check in json.loads(output)["checks"]}


def test_all_is_well_with_a_worker_and_fails_without(
    settings: Settings, start_worker: Callable[..., Worker]
) -> None:
    without = {each.name: each for each in run(settings)}
    assert (without["workers"].state, without["queue"].state) == (State.FAILED, State.SKIPPED)
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


def test_server_that_is_away_or_refuses_is_named_with_what_to_do(settings: Settings) -> None:
    for change, name, words in (
        ({"redis_url": SecretStr("redis://:hunter2@127.0.0.1:9/0")}, "redis", "GLASSES_REDIS_URL"),
        ({"s3_endpoint": "http://127.0.0.1:9"}, "object store", "GLASSES_S3_ENDPOINT"),
        ({"s3_secret_key": SecretStr("wrong")}, "object store", "GLASSES_S3_SECRET_KEY"),
        ({"s3_bucket": "no-such-bucket"}, "object store", "make the bucket"),
    ):
        found = {each.name: each for each in run(settings.model_copy(update=change))}
        assert (found[name].state, found[name].serves) == (State.FAILED, True)
        assert words in found[name].todo
        assert "hunter2" not in str(found)


def test_without_servers_the_rest_is_still_checked(tmp_path: Path) -> None:
    done = glasses("doctor", home=tmp_path)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL  settings")
    assert "-> start them on this machine with `glasses up --detach`" in lines[1]
    assert done.stdout.count("no servers are configured") == 1
    assert lines[-1].startswith("ok    model")
