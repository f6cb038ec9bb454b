"""The commands against a stack, as a user types them: what they print, where, and how they exit."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from glasses import patience
from glasses.client import Client
from glasses.settings import Settings
from tests.support.commands import glasses


@pytest.mark.parametrize("command", ["submit .", "jobs", "status a", "results a", "rm a"])
def test_without_servers_every_command_says_what_to_run(command: str, tmp_path: Path) -> None:
    done = glasses(*command.split(), home=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "glasses up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_folder_is_refused_before_a_job_exists(settings: Settings) -> None:
    done = glasses("submit", "/no/such/folder", settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/no/such/folder does not exist" in done.stderr
    assert json.loads(glasses("jobs", "--json", settings=settings).stdout) == []


@pytest.mark.parametrize("command", ["submit", "submit --dry-run", "classify"])
def test_no_photos_are_refused_and_leave_no_job(
    command: str, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "pile").mkdir()
    (tmp_path / "pile/.hidden.jpg").write_bytes(b"\xff\xd8\xff")
    empty = glasses(*command.split(), str(tmp_path / "pile"), settings=settings)
    assert (empty.returncode, empty.stdout) == (2, "")
    assert f"no photos: no file in {tmp_path / 'pile'} (hidden" in empty.stderr
    (tmp_path / "pile/a.jpg").write_bytes(b"\xff\xd8\xff")
    words = [*command.split(), str(tmp_path / "pile"), "--include", "*.xyz"]
    none_passes = glasses(*words, settings=settings)
    assert (none_passes.returncode, none_passes.stdout) == (2, "")
    assert "passes --include '*.xyz'" in none_passes.stderr
    assert json.loads(glasses("jobs", "--json", settings=settings).stdout) == []


def test_empty_list_is_refused(settings: Settings) -> None:
    done = glasses("submit", "--from-file", "-", "--detach", settings=settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no file in the list" in done.stderr


def test_list_says_when_and_what_failed_and_several_are_removed(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    none = glasses("jobs", settings=settings)
    assert (none.stdout, none.stderr) == ("", "no jobs: `glasses submit PATH` makes one\n")
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


def test_removal_says_which_photos_other_jobs_keep(settings: Settings, demo_photos: Path) -> None:
    names = ["cat.jpg", "hopper.jpg", "collins.jpg"]

    def submit(some: list[str]) -> str:
        photos = (str(demo_photos / name) for name in some)
        return glasses("submit", *photos, "--detach", settings=settings).stdout.strip()

    one, two, all_ = submit(names[:1]), submit(names[:2]), submit(names)
    said = glasses("rm", one, settings=settings).stdout
    assert said == f"job {one} removed, with 0 photos; 1 kept, which other jobs have\n"
    facts = json.loads(glasses("rm", all_, "--json", settings=settings).stdout)
    assert facts == {"job_id": all_, "photos_removed": 1, "photos_kept": 2, "photos_in_place": 0}
    said = glasses("rm", two, settings=settings).stdout
    assert said == f"job {two} removed, with 2 photos\n"


def test_an_unknown_job_is_a_usage_error(settings: Settings) -> None:
    done = glasses("status", "nosuchjob", settings=settings)
    assert done.returncode == 2
    assert "glasses jobs" in done.stderr


def test_redis_out_of_reach_is_infrastructure(settings: Settings) -> None:
    lost = settings.model_copy(update={"redis_url": SecretStr("redis://:hunter2@127.0.0.1:9/0")})
    done = glasses("jobs", settings=lost)
    assert done.returncode == 3
    assert "redis://127.0.0.1:9/0 does not answer" in done.stderr
    assert ".." not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("", "wants a password. Name it in redis_url: redis[s]://[user:password@]host:port/db."),
        (":hunter2@", "refuses the password: "),
        ("nobody:hunter2@", "refuses the password: "),
    ],
)
def test_a_wrong_password_is_told_at_once(
    user: str, words: str, settings: Settings, client: Client
) -> None:
    port = client.redis.connection_pool.connection_kwargs["port"]
    wrong = settings.model_copy(
        update={"redis_url": SecretStr(f"redis://{user}127.0.0.1:{port}/0")}
    )
    started = time.monotonic()
    done = glasses("jobs", settings=wrong)
    assert time.monotonic() - started < patience.FIRST_CONTACT_SECONDS
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"glasses: Redis at redis://127.0.0.1:{port}/0 {words}")
    assert "redis_url" in line
    checked = glasses("doctor", settings=wrong)
    assert f"127.0.0.1:{port}/0 {words.partition('.')[0]}" in checked.stdout
    assert "hunter2" not in line + checked.stdout


def test_waiting_has_an_end(settings: Settings, demo_photos: Path) -> None:
    done = glasses("submit", str(demo_photos), "--wait", "--timeout", "0.5", settings=settings)
    assert done.returncode == 4
    assert "it goes on" in done.stderr
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
        ("s3_access_key", "does not know the access key. "),
        ("s3_secret_key", "refuses the secret key: it is not the access key's. "),
    ],
)
def test_wrong_key_of_the_object_store_is_told_in_words(
    name: str, words: str, settings: Settings, demo_photos: Path
) -> None:
    wrong = settings.model_copy(update={name: SecretStr("hunter2")})
    done = glasses("submit", str(demo_photos / "cat.jpg"), "--detach", settings=wrong)
    assert done.returncode == 3
    said = done.stderr.splitlines()[-1]
    where = f"the object store at {settings.s3_endpoint} (bucket '{settings.s3_bucket}')"
    assert f"{where} {words}Check s3_access_key and s3_secret_key (`glasses config`)" in said
    assert "<" not in done.stderr
    assert "hunter2" not in done.stderr
    bucket = glasses("bucket", settings=wrong)
    assert bucket.returncode == 3
    assert "Check s3_access_key and s3_secret_key" in bucket.stderr


def test_missing_bucket_is_told_with_what_makes_it(settings: Settings, demo_photos: Path) -> None:
    elsewhere = settings.model_copy(update={"s3_bucket": "not-made-yet"})
    done = glasses("submit", str(demo_photos / "cat.jpg"), "--detach", settings=elsewhere)
    assert done.returncode == 3
    assert "(bucket 'not-made-yet') has no such bucket: `glasses bucket` makes it." in done.stderr


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
