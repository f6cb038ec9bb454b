"""The client works as its docstrings show."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glasses.client
from glasses import Client
from glasses.client import SubmitOptions
from glasses.config.settings import Settings, get_settings
from glasses.errors import UsageError
from glasses.protocol.schemas import JobStatus
from glasses.protocol.statuses import JobState
from infra.local.workers import environment
from tests.support.leftovers import stored_keys
from tests.support.workers import Worker

ROOT = Path(__file__).parents[3]


@pytest.fixture
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure the servers in the environment, as a user does."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("configured")
def test_the_example_of_the_client_runs(
    start_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_worker()
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(glasses.client)
    assert found.attempted
    assert not found.failed


def test_a_single_path_may_be_submitted_without_a_list(client: Client, collection: Path) -> None:
    for one in (collection, str(collection)):
        job = client.submit(one)
        assert (job.status().submitted, job.status().name) == (1, str(collection))


@pytest.mark.parametrize(
    "options", [{"threshold": 3}, {"threshold": -1}, {"threshold": "high"}, {"faces": "x"}]
)
def test_an_invalid_option_creates_no_job(
    options: dict[str, Any], client: Client, collection: Path
) -> None:
    (name,) = options
    with pytest.raises(UsageError, match=rf"^{name}: [^\n]+$"):
        client.submit([collection], **options)
    with pytest.raises(UsageError, match=rf"^{name}: [^\n]+$"):
        client.submit_photos([], SubmitOptions(name="none", **options))
    assert client.jobs() == []
    assert stored_keys(client) == []


def test_photos_in_memory_are_submitted_like_files(
    client: Client, start_worker: Callable[..., Worker], demo_photos: Path
) -> None:
    data = (demo_photos / "hopper.jpg").read_bytes()
    start_worker()
    given = [demo_photos / "cat.jpg", data, ("passport.jpg", data + b"1"), b"no photo"]
    counts: list[JobStatus] = []
    job = client.submit(given)
    status = job.wait(60, on_progress=counts.append)
    rows = [(row.image, row.glasses, row.reason) for row in job.verdicts()]
    assert rows == [
        ("cat.jpg", False, None),
        ("<bytes 2>", True, None),
        ("passport.jpg", True, None),
        ("<bytes 4>", False, "not_an_image"),
    ]
    assert status.name == str(demo_photos / "cat.jpg")
    assert counts[-1] == status
    assert (status.state, status.pending) == (JobState.DONE, 0)
    assert client.submit(data).status().name == "photos"


def test_what_is_no_photo_is_reported_without_its_content(client: Client) -> None:
    with pytest.raises(TypeError, match="photo 1 is of the type int: pass a path, bytes, "):
        client.submit(7)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="photos in memory cannot be read in place"):
        client.submit([b"\xff\xd8\xff secret"], in_place=True)
    with pytest.raises(UsageError, match="photo 2 is a text of 9,000 characters"):
        client.submit(["demo/photos", "/9j/4AAQSk" * 900])
    assert client.jobs() == []


def test_an_exception_in_on_progress_ends_the_wait_only(client: Client, collection: Path) -> None:
    def stop(_: JobStatus) -> None:
        raise KeyboardInterrupt

    job = client.submit([collection])
    with pytest.raises(KeyboardInterrupt):
        job.wait(on_progress=stop)
    assert job.status().state is JobState.RUNNING
