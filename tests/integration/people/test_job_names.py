"""Jobs by their names, wherever a command takes JOB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.settings import Settings
from tests.support.commands import glasses
from tests.support.judged import face, judged_job, outcome

NAME = "my holiday"


@pytest.fixture
def job(client: Client, pile: Path) -> str:
    return judged_job(client, pile, {"a.jpg": outcome(face(0.98))}, name=NAME).id


@pytest.mark.usefixtures("job")
def test_every_command_takes_a_name(
    settings: Settings, client: Client, pile: Path, tmp_path: Path
) -> None:
    into, corrections = tmp_path / "sorted", tmp_path / "corrections.csv"
    corrections.write_text("name,correction\na.jpg,0\n")
    for words in (
        ["status", NAME],
        ["watch", NAME],
        ["results", NAME],
        ["report", NAME, "-o", str(tmp_path / "report.html"), "--no-thumbnails"],
        ["sort", NAME, "--into", str(into)],
        ["sort", NAME, "--into", str(into), "--undo"],
        ["correct", str(corrections), "--job", NAME, "--into", str(tmp_path / "labels"),
         "--no-evaluate"],
        ["reconcile", NAME],
        ["cancel", NAME],
        ["rm", NAME],
    ):  # fmt: skip
        done = glasses(*words, settings=settings)
        assert done.returncode == 0, (words, done.stderr)
    assert client.jobs() == []
    assert (pile / "a.jpg").exists()


def test_submit_names_a_job_and_status_finds_it(settings: Settings, pile: Path) -> None:
    submitted = glasses("submit", str(pile), "--name", NAME, "--detach", settings=settings)
    found = glasses("status", NAME, "--json", settings=settings)
    assert json.loads(found.stdout)["job_id"] == submitted.stdout.strip()


def test_name_of_two_jobs_lists_both(
    settings: Settings, client: Client, job: str, pile: Path
) -> None:
    (pile / "b.jpg").write_bytes(b"\xff\xd8\xffb")
    other = judged_job(client, pile, {"b.jpg": outcome()}, name=NAME).id
    done = glasses("rm", NAME, settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert job in done.stderr
    assert other in done.stderr
    assert {status.job_id for status in client.jobs()} == {job, other}


@pytest.mark.usefixtures("job")
def test_misspelt_name_is_told_the_right_one(settings: Settings) -> None:
    done = glasses("status", "my holidays", settings=settings)
    assert done.returncode == 2
    assert f"did you mean {NAME!r}? `glasses jobs` lists them" in done.stderr


def test_job_that_redis_lost_is_rebuilt_by_its_name(
    settings: Settings, client: Client, job: str
) -> None:
    redis: Any = client.redis
    redis.flushdb()
    assert glasses("status", NAME, settings=settings).returncode == 2
    assert job in glasses("reconcile", NAME, settings=settings).stdout


def test_undo_needs_no_server_for_an_id(settings: Settings, job: str, tmp_path: Path) -> None:
    into = tmp_path / "sorted"
    assert glasses("sort", job, "--into", str(into), settings=settings).returncode == 0
    unknown = glasses("sort", "nobody", "--into", str(into), "--undo", home=tmp_path)
    assert unknown.returncode == 2
    assert f"none of the jobs in {into / '.glasses-sort.jsonl'}: {job}" in unknown.stderr
    undone = glasses("sort", job[:4], "--into", str(into), "--undo", home=tmp_path)
    assert (undone.returncode, undone.stdout) == (0, "1 taken back\n")
