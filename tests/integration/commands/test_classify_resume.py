"""`glasses classify -o FILE` is killed or interrupted, and continues with --resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from producer.pluralize import pluralize
from tests.support.commands import GLASSES, glasses
from tests.support.photos import photos
from tests.support.wait import wait_until

PHOTOS = 120


def rows(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def stopped(folder: Path, output: Path, how: signal.Signals) -> tuple[int, str]:
    """Stop a run in the middle; return its exit code and its messages."""
    journal = output.with_name(f".{output.name}.partial")
    before = rows(journal)
    words = [*GLASSES, "classify", folder, "-o", output, "--resume", "--processes", "1"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: rows(journal) >= before + 10 or process.poll() is not None)
    process.send_signal(how)
    _, told = process.communicate(timeout=60)
    return process.returncode, told


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_run_that_is_killed_and_interrupted_has_the_rows_of_a_whole_one(
    demo_photos: Path, tmp_path: Path, suffix: str
) -> None:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", PHOTOS)
    output = tmp_path / f"rows.{suffix}"
    journal = tmp_path / f".rows.{suffix}.partial"
    assert stopped(folder, output, signal.SIGKILL)[0] == -signal.SIGKILL
    kept = rows(journal)
    assert kept >= 10
    with journal.open("ab") as file:
        file.write(b'{"image": "torn')
    code, told = stopped(folder, output, signal.SIGINT)
    assert code == 130
    assert f"continuing after {kept} rows in {journal}" in told
    assert f"rows kept in {journal}. Run the same command with --resume to continue." in told
    assert not output.exists()
    kept = rows(journal)
    refused = glasses("classify", folder, "-o", output)
    assert (refused.returncode, rows(journal)) == (2, kept)
    assert f"{journal} has its {kept} rows: continue it with --resume" in refused.stderr
    changed = folder / "0003.jpg"
    changed.write_bytes((demo_photos / "hopper.jpg").read_bytes())
    done = glasses("classify", folder, "-o", output, "--resume")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in", output.name}
    whole = tmp_path / f"whole.{suffix}"
    glasses("classify", folder, "-o", whole)
    if suffix == "parquet":
        assert pq.read_table(output) == pq.read_table(whole)
        return
    assert output.read_bytes() == whole.read_bytes()
    assert output.read_text().count(",true,") == 1, "of the changed photo only"


def test_rows_on_stdout_come_as_they_are_ready(demo_photos: Path, tmp_path: Path) -> None:
    folder = photos(tmp_path / "in", demo_photos / "collins.jpg", PHOTOS)
    source, sink = os.pipe()
    words = [*GLASSES, "classify", folder, "--processes", "1"]
    process = subprocess.Popen(words, stdout=sink, stderr=subprocess.PIPE, text=True)
    os.close(sink)
    with os.fdopen(source, buffering=1) as out:
        first = json.loads(out.readline())
        assert first["image"] == "0000.jpg"
        process.send_signal(signal.SIGINT)
        more = out.read().splitlines()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert len(more) + 1 < PHOTOS
    assert [json.loads(line)["image"] for line in more] == [
        f"{number:04d}.jpg" for number in range(1, len(more) + 1)
    ]
    # The interrupt may have come between the last row and its count.
    counts = [pluralize(len(more) + last, "row") for last in (0, 1)]
    assert told in [
        f"stopped: {rows} written. A run with -o FILE can be continued later.\n" for rows in counts
    ]


def test_only_a_regular_file_can_be_resumed(demo_photos: Path) -> None:
    for words in ([], ["-o", "/dev/null", "--format", "csv"]):
        done = glasses("classify", demo_photos, "--resume", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--resume requires -o FILE" in done.stderr
