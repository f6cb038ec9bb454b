"""Jobs are found by name wherever a command takes JOB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client, SubmitOptions
from glasses.config.settings import Settings
from glasses.errors import UsageError
from glasses.ledger import keys
from glasses.sources.file import FilePhoto
from glasses.sources.walk import SourceFile
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses

NAME = "my holiday"


@pytest.fixture
def job(client: Client, collection: Path) -> str:
    return submit_classified(client, collection, {"a.jpg": outcome(face(0.98))}, name=NAME).id


@pytest.mark.usefixtures("job")
def test_every_command_takes_a_name(
    settings: Settings, client: Client, collection: Path, tmp_path: Path
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
    assert (collection / "a.jpg").exists()


def test_status_finds_a_job_by_the_name_given_to_submit(
    settings: Settings, collection: Path
) -> None:
    submitted = glasses("submit", str(collection), "--name", NAME, "--detach", settings=settings)
    found = glasses("status", NAME, "--json", settings=settings)
    assert json.loads(found.stdout)["job_id"] == submitted.stdout.strip()


def test_a_name_hides_the_ids_that_begin_with_it_and_never_an_id(
    settings: Settings, client: Client, job: str, collection: Path
) -> None:
    named = client.submit([collection], name=job[:3])
    assert client.job(job[:3]).id == named.id
    assert client.job(job[:4]).id == job
    done = glasses("submit", str(collection), "--name", job, settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the job name {job!r} is the id of another job: choose another" in done.stderr
    looks_like_an_id = client.submit([collection], name="holidays")
    assert client.job("holidays").id == looks_like_an_id.id


@pytest.fixture
def other(client: Client, job: str, collection: Path) -> str:
    """Return a newer job of the same name with one more photo."""
    del job
    (collection / "b.jpg").write_bytes(b"\xff\xd8\xffb")
    return submit_classified(client, collection, {"b.jpg": outcome()}, name=NAME).id


@pytest.mark.parametrize("command", ["rm", "cancel", "reconcile"])
def test_commands_that_change_a_job_list_the_candidates_of_an_ambiguous_name(
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


def test_commands_that_read_a_job_use_the_newest_of_an_ambiguous_name(
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


def test_undo_accepts_a_name_that_several_jobs_share(
    settings: Settings, client: Client, collection: Path, job: str, other: str, tmp_path: Path
) -> None:
    into = tmp_path / "sorted"
    undo = ["sort", NAME, "--into", str(into), "--undo"]
    for each in (job, other):
        assert glasses("sort", each, "--into", str(into), settings=settings).returncode == 0
    newest = glasses(*undo, settings=settings)
    # The other photo of the newest job was in place already, sorted by the first.
    assert (newest.returncode, newest.stdout) == (0, "1 undone\n")
    assert f"2 jobs are called {NAME!r}: this is the newest, {other}" in newest.stderr
    only = glasses(*undo, settings=settings)
    assert (only.returncode, only.stdout) == (0, "1 undone\n")
    assert f"this is the one sorted there, {job}" in only.stderr
    for each in (job, other):
        assert glasses("sort", each, "--into", str(into), settings=settings).returncode == 0
    submit_classified(client, collection, {}, name=NAME)
    either = glasses(*undo, settings=settings)
    assert (either.returncode, either.stdout) == (2, "")
    assert f"{NAME!r} is ambiguous among the jobs sorted into {into}: " in either.stderr


@pytest.mark.usefixtures("job")
def test_misspelt_name_suggests_the_closest_one(settings: Settings) -> None:
    done = glasses("status", "my holidays", settings=settings)
    assert done.returncode == 2
    assert f"did you mean {NAME!r}? `glasses jobs` lists them" in done.stderr


def test_job_lost_by_redis_is_rebuilt_by_its_name(
    settings: Settings, client: Client, job: str
) -> None:
    redis: Any = client.redis
    redis.flushdb()
    assert job in glasses("status", NAME, settings=settings).stdout
    redis.flushdb()
    assert job in glasses("reconcile", NAME, settings=settings).stdout


def test_undo_by_id_needs_no_servers(settings: Settings, job: str, tmp_path: Path) -> None:
    into = tmp_path / "sorted"
    assert glasses("sort", job, "--into", str(into), settings=settings).returncode == 0
    unknown = glasses("sort", "nobody", "--into", str(into), "--undo", home=tmp_path)
    assert unknown.returncode == 2
    assert f"'nobody' is none of the jobs sorted into {into}: {job}" in unknown.stderr
    undone = glasses("sort", job[:4], "--into", str(into), "--undo", home=tmp_path)
    assert (undone.returncode, undone.stdout) == (0, "1 undone\n")


def test_too_long_a_name_is_rejected_but_a_stored_one_is_read(
    settings: Settings, client: Client, collection: Path
) -> None:
    for words in ([], ["--dry-run"]):
        done = glasses("submit", str(collection), "--name", "n" * 201, *words, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        said = "the job name is too long: 201 characters, at most 200 are allowed"
        assert done.stderr == f"glasses: {said}\n"
    with pytest.raises(UsageError, match=said):
        client.submit([collection], name="n" * 201)
    assert client.jobs() == []
    longest = client.submit([collection], name="n" * 200).id
    photos = [FilePhoto(SourceFile("a.jpg", collection / "a.jpg"))]
    old = client.submit_photos(photos, SubmitOptions(name="o" * 300)).id
    for job, name in ((longest, "n" * 200), (old, "o" * 300)):
        status = json.loads(glasses("status", name, "--json", settings=settings).stdout)
        assert (status["job_id"], status["name"]) == (job, name)
