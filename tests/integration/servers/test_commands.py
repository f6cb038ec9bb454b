"""Output, messages and exit codes of the commands against a stack."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config import retry
from glasses.config.settings import Settings
from tests.support.commands import glasses


@pytest.mark.parametrize("command", ["submit .", "jobs", "status a", "results a", "rm a"])
def test_every_command_without_servers_says_what_to_run(command: str, tmp_path: Path) -> None:
    done = glasses(*command.split(), home=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "glasses up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_folder_is_rejected_before_a_job_is_created(settings: Settings) -> None:
    done = glasses("submit", "/no/such/folder", settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/no/such/folder does not exist" in done.stderr
    assert json.loads(glasses("jobs", "--json", settings=settings).stdout) == []


@pytest.mark.parametrize("command", ["submit", "submit --dry-run"])
def test_a_selection_without_photos_is_an_empty_job(
    command: str, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "collection"
    folder.mkdir()
    (folder / ".hidden.jpg").write_bytes(b"\xff\xd8\xff")
    empty = glasses(*command.split(), str(folder), settings=settings)
    assert empty.returncode == 0
    assert f"no photos: there is none in {folder}\n" in empty.stderr
    assert "1 hidden" in empty.stderr + empty.stdout
    (folder / "a.jpg").write_bytes(b"\xff\xd8\xff")
    filtered = glasses(*command.split(), str(folder), "--include", "*.xyz", settings=settings)
    assert filtered.returncode == 0
    assert "that matches --include '*.xyz'\n" in filtered.stderr
    assert "1 file left out" in filtered.stderr or "1 by --include" in filtered.stdout
    listed = glasses(*command.split(), "--from-file", "-", settings=settings)
    assert (listed.returncode, "none in the list" in listed.stderr) == (0, True)
    found = json.loads(glasses("jobs", "--json", settings=settings).stdout)
    expected = 3 if command == "submit" else 0
    assert [(job["state"], job["submitted"]) for job in found] == [("done", 0)] * expected
    for words in [["results"], ["report"]] if found else []:
        done = glasses(*words, found[0]["job_id"], settings=settings, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_classify_of_an_empty_list_succeeds() -> None:
    done = glasses("classify", "-")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no photos: there is none in the list on stdin\n"


def test_jobs_shows_times_and_failures_and_rm_removes_several(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    none = glasses("jobs", settings=settings)
    assert (none.stdout, none.stderr) == ("", "no jobs: `glasses submit PATH` creates one\n")
    (tmp_path / "empty.jpg").touch()
    one, two = (client.submit([tmp_path / "empty.jpg"], name=name).id for name in ("a b", "C"))
    head, *lines = glasses("jobs", settings=settings).stdout.splitlines()
    assert head.split() == [
        "JOB", "STATE", "SUBMITTED", "PHOTOS", "PENDING", "FAILED", "GLASSES", "NAME",
    ]  # fmt: skip
    when = datetime.fromtimestamp(client.job(one).status().created).strftime("%Y-%m-%d %H:%M")
    assert lines[1].split() == [one, "done", *when.split(), "1", "0", "1", "0", "a", "b"]
    assert lines[1].index("a b") == head.index("NAME")
    unknown = glasses("rm", one, "nosuchjob", settings=settings)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert len(client.jobs()) == 2
    removed = glasses("rm", one, "C", one, settings=settings)
    assert removed.stdout == "".join(f"job {each} removed, with 0 photos\n" for each in (one, two))
    assert client.jobs() == []


def test_rm_reports_the_photos_that_other_jobs_keep(settings: Settings, demo_photos: Path) -> None:
    names = ["cat.jpg", "hopper.jpg", "collins.jpg"]

    def submit(some: list[str]) -> str:
        photos = (str(demo_photos / name) for name in some)
        return glasses("submit", *photos, "--detach", settings=settings).stdout.strip()

    one, two, all_ = submit(names[:1]), submit(names[:2]), submit(names)
    said = glasses("rm", one, settings=settings).stdout
    assert said == f"job {one} removed, with 0 photos; 1 kept for other jobs\n"
    facts = json.loads(glasses("rm", all_, "--json", settings=settings).stdout)
    assert facts == {"job_id": all_, "photos_removed": 1, "photos_kept": 2, "photos_in_place": 0}
    said = glasses("rm", two, settings=settings).stdout
    assert said == f"job {two} removed, with 2 photos\n"


def test_an_unknown_job_is_a_usage_error(settings: Settings) -> None:
    done = glasses("status", "nosuchjob", settings=settings)
    assert done.returncode == 2
    assert "glasses jobs" in done.stderr


def test_an_unreachable_redis_is_an_infrastructure_error(settings: Settings) -> None:
    lost = settings.model_copy(update={"redis_url": SecretStr("redis://:hunter2@127.0.0.1:9/0")})
    done = glasses("jobs", settings=lost)
    assert done.returncode == 3
    assert "redis://127.0.0.1:9/0 does not answer" in done.stderr
    assert ".." not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("", "requires a password. Set it in redis_url: redis[s]://[user:password@]host:port/db."),
        (":hunter2@", "rejects the password: "),
        ("nobody:hunter2@", "rejects the password: "),
    ],
)
def test_a_wrong_password_is_reported_at_once(
    user: str, words: str, settings: Settings, client: Client
) -> None:
    port = client.redis.connection_pool.connection_kwargs["port"]
    wrong = settings.model_copy(
        update={"redis_url": SecretStr(f"redis://{user}127.0.0.1:{port}/0")}
    )
    started = time.monotonic()
    done = glasses("jobs", settings=wrong)
    assert time.monotonic() - started < retry.FIRST_CONTACT_SECONDS
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"glasses: Redis at redis://127.0.0.1:{port}/0 {words}")
    assert "redis_url" in line
    checked = glasses("doctor", settings=wrong)
    assert f"127.0.0.1:{port}/0 {words.partition('.')[0]}" in checked.stdout
    assert "hunter2" not in line + checked.stdout


def test_waiting_stops_at_the_timeout(settings: Settings, demo_photos: Path) -> None:
    done = glasses("submit", str(demo_photos), "--wait", "--timeout", "0.5", settings=settings)
    assert done.returncode == 4
    assert "and continues" in done.stderr
    job = done.stdout.strip()
    assert glasses("watch", job, "--timeout", "0.1", settings=settings).returncode == 4
    cancelled = glasses("cancel", job, "--json", settings=settings)
    assert json.loads(cancelled.stdout)["cancelled"] == 21
    status = json.loads(glasses("status", job, "--json", settings=settings).stdout)
    assert status["state"] == "cancelled"
    listed = glasses("jobs", settings=settings).stdout
    assert job in listed


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("s3_access_key", "does not know the access key (InvalidAccessKeyId: The "),
        (
            "s3_secret_key",
            "rejects the secret key: it does not belong to the access key (SignatureDoesNotMatch: ",
        ),
    ],
)
def test_a_wrong_key_of_the_object_store_is_explained(
    name: str, words: str, settings: Settings, demo_photos: Path
) -> None:
    wrong = settings.model_copy(update={name: SecretStr("hunter2")})
    done = glasses("submit", str(demo_photos / "cat.jpg"), "--detach", settings=wrong)
    assert done.returncode == 3
    said = done.stderr.splitlines()[-1]
    where = f"the object store at {settings.s3_endpoint} (bucket '{settings.s3_bucket}')"
    assert f"{where} {words}" in said
    assert ".). Check s3_access_key and s3_secret_key (`glasses config`)" in said
    assert "<" not in done.stderr
    assert "hunter2" not in done.stderr
    bucket = glasses("bucket", settings=wrong)
    assert bucket.returncode == 3
    assert "Check s3_access_key and s3_secret_key" in bucket.stderr


def test_a_missing_bucket_is_reported_with_the_command_that_creates_it(
    settings: Settings, demo_photos: Path
) -> None:
    elsewhere = settings.model_copy(update={"s3_bucket": "not-made-yet"})
    done = glasses("submit", str(demo_photos / "cat.jpg"), "--detach", settings=elsewhere)
    assert done.returncode == 3
    assert (
        "(bucket 'not-made-yet') has no such bucket: create it with `glasses bucket`."
        in done.stderr
    )


def test_a_list_on_standard_input_is_submitted(settings: Settings, demo_photos: Path) -> None:
    names = f"{demo_photos / 'cat.jpg'}\n{demo_photos / 'hopper.jpg'}\n"
    done = glasses("submit", "-", "--detach", settings=settings, stdin=names)
    assert done.returncode == 0, done.stderr
    assert "2 photos: 2 uploaded" in done.stderr
    removed = glasses("rm", done.stdout.strip(), "--json", settings=settings)
    assert json.loads(removed.stdout)["photos_removed"] == 2


def test_config_hides_secrets_and_names_sources(settings: Settings) -> None:
    done = glasses("config", "--json", settings=settings)
    values = json.loads(done.stdout)
    assert values["redis_url"]["source"] == "environment"
    assert settings.s3_secret_key is not None
    assert settings.redis_url is not None
    assert settings.s3_secret_key.get_secret_value() not in done.stdout
    assert settings.redis_url.get_secret_value() not in done.stdout
