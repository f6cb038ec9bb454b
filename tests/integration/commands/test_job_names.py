"""Jobs by their names, wherever a command takes JOB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glasses import keys
from glasses.client import Client
from glasses.errors import UsageError
from glasses.settings import Settings
from glasses.sources.file import FilePhoto
from glasses.walk import Source
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


@pytest.fixture
def other(client: Client, job: str, pile: Path) -> str:
    """Of the same name, newer, with a photo more."""
    del job
    (pile / "b.jpg").write_bytes(b"\xff\xd8\xffb")
    return judged_job(client, pile, {"b.jpg": outcome()}, name=NAME).id


@pytest.mark.parametrize("command", ["rm", "cancel", "reconcile"])
def test_name_of_two_jobs_lists_both_where_something_would_change(
    settings: Settings, client: Client, job: str, other: str, command: str
) -> None:
    redis: Any = client.redis
    redis.hset(keys.job(job), "incomplete", 1)
    done = glasses(command, NAME, settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    listed = [line.split() for line in done.stderr.splitlines()[1:]]
    assert [(each[0], *each[3:6]) for each in listed] == [
        (other, "done", "2", "photos"),
        (job, "incomplete", "1", "photo"),
    ]
    assert {status.job_id for status in client.jobs()} == {job, other}


def test_name_of_two_jobs_means_the_newest_where_it_is_read(
    settings: Settings, other: str, tmp_path: Path
) -> None:
    into, corrections = str(tmp_path / "sorted"), tmp_path / "corrections.csv"
    corrections.write_text("name,correction\nb.jpg,0\n")
    for words in (
        ["status", NAME],
        ["watch", NAME],
        ["results", NAME],
        ["report", NAME, "-o", str(tmp_path / "report.html"), "--no-thumbnails"],
        ["sort", NAME, "--into", into],
        ["correct", str(corrections), "--job", NAME, "--into", str(tmp_path / "labels"),
         "--no-evaluate"],
    ):  # fmt: skip
        done = glasses(*words, settings=settings)
        assert done.returncode == 0, (words, done.stderr)
        assert f"2 jobs are called {NAME!r}: this is the newest, {other}" in done.stderr, words
    assert glasses("results", NAME, settings=settings).stdout.count("\n") == 2


def test_undo_by_the_name_of_several_jobs(
    settings: Settings, client: Client, pile: Path, job: str, other: str, tmp_path: Path
) -> None:
    into = tmp_path / "sorted"
    undo = ["sort", NAME, "--into", str(into), "--undo"]
    for each in (job, other):
        assert glasses("sort", each, "--into", str(into), settings=settings).returncode == 0
    newest = glasses(*undo, settings=settings)
    assert (newest.returncode, newest.stdout) == (0, "2 taken back\n")
    assert f"2 jobs are called {NAME!r}: this is the newest, {other}" in newest.stderr
    only = glasses(*undo, settings=settings)
    assert (only.returncode, only.stdout) == (0, "1 taken back\n")
    assert f"this is the one that was sorted there, {job}" in only.stderr
    for each in (job, other):
        assert glasses("sort", each, "--into", str(into), settings=settings).returncode == 0
    judged_job(client, pile, {}, name=NAME)
    either = glasses(*undo, settings=settings)
    assert (either.returncode, either.stdout) == (2, "")
    assert f"{NAME!r} may be any of the jobs sorted into {into}: " in either.stderr


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
    assert f"'nobody' is none of the jobs sorted into {into}: {job}" in unknown.stderr
    undone = glasses("sort", job[:4], "--into", str(into), "--undo", home=tmp_path)
    assert (undone.returncode, undone.stdout) == (0, "1 taken back\n")


def test_name_that_is_too_long_is_refused_and_a_stored_one_is_read(
    settings: Settings, client: Client, pile: Path
) -> None:
    for words in ([], ["--dry-run"]):
        done = glasses("submit", str(pile), "--name", "n" * 201, *words, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        said = "the job's name has 201 characters, and 200 are the most"
        assert done.stderr == f"glasses: {said}\n"
    with pytest.raises(UsageError, match=said):
        client.submit([pile], name="n" * 201)
    assert client.jobs() == []
    longest = client.submit([pile], name="n" * 200).id
    photos = [FilePhoto(Source("a.jpg", pile / "a.jpg"))]
    old = client.submit_photos(photos, name="o" * 300).id
    for job, name in ((longest, "n" * 200), (old, "o" * 300)):
        status = json.loads(glasses("status", name, "--json", settings=settings).stdout)
        assert (status["job_id"], status["name"]) == (job, name)
