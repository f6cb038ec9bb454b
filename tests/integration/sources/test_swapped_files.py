"""Files that are replaced between the walk and the read, from submit to results."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.jobs.submission import KEPT_BYTES
from glasses.storage.manifest import ManifestStore
from tests.support.commands import glasses, start_glasses
from tests.support.swaps import SWAPS, endless_link, fifo, terabytes
from tests.support.wait import wait_until

JPEG = b"\xff\xd8\xff"
LARGE_BYTES = 200 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return one photo per swap and one more, too large to be kept in memory."""
    made = tmp_path / "in"
    made.mkdir()
    for swap in SWAPS:
        (made / swap.__name__).write_bytes(JPEG + swap.__name__.encode() + bytes(KEPT_BYTES))
    (made / "stays").write_bytes(JPEG + bytes(KEPT_BYTES))
    return made


def test_a_file_that_changes_between_hashing_and_upload_fails_as_changed(
    settings: Settings, client: Client, folder: Path
) -> None:
    # The first upload takes seconds; the files are swapped meanwhile.
    with (folder / "a-large-photo-comes-first").open("wb") as large:
        large.write(JPEG)
        large.truncate(LARGE_BYTES)
    alone = settings.model_copy(update={"upload_threads": 1})
    with start_glasses("submit", folder, "--detach", settings=alone) as submitting:
        assert submitting.stdout
        job = submitting.stdout.readline().strip()
        try:
            wait_until(lambda: ManifestStore(client.store).segment(job, 0))
            for swap in SWAPS:
                swap(folder / swap.__name__)
            _, told = submitting.communicate(timeout=60)
        finally:
            submitting.kill()
    assert submitting.returncode == 0, told
    assert f"{len(SWAPS) + 2} photos: 2 uploaded, {len(SWAPS)} failed before upload" in told
    status = client.job(job).status()
    assert (status.failed, status.pending) == (len(SWAPS), 2)
    reasons = {row.image: row.reason for row in client.job(job).verdicts() if row.reason}
    assert reasons == {swap.__name__: "changed" for swap in SWAPS}


@pytest.mark.parametrize("command", ["classify", "submit"])
def test_a_file_replaced_between_the_walk_and_the_read_fails_by_name(
    settings: Settings, client: Client, folder: Path, command: str
) -> None:
    del client
    listing, writing = os.pipe()
    words = ["classify", "-", "--format", "csv"] if command == "classify" else ["submit", "-"]
    with start_glasses(*words, settings=settings, stdin=listing) as running:
        os.close(listing)
        with os.fdopen(writing, "w") as names:
            for swap in SWAPS:
                names.write(f"{folder / swap.__name__}\n")
                swap(folder / swap.__name__)
        try:
            said, told = running.communicate(timeout=60)
        finally:
            running.kill()
    assert "Traceback" not in told
    if command == "submit":
        said = glasses("results", said.strip(), "--format", "csv", settings=settings).stdout
    assert said.count("unreadable") == len(SWAPS) - 1
    assert said.count("file_too_large") == 1


@pytest.mark.parametrize("swap", [fifo, endless_link, terabytes], ids=lambda each: each.__name__)
def test_explain_rejects_what_is_not_a_regular_file_of_bounded_size(
    tmp_path: Path, swap: Callable[[Path], None]
) -> None:
    file = tmp_path / "file"
    file.touch()
    swap(file)
    done = glasses("explain", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
