"""`glasses results` and `glasses classify` write their rows to a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from infra.local.workers import environment
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses

pq = pytest.importorskip("pyarrow.parquet")
pa = pytest.importorskip("pyarrow")

JPEG = b"\xff\xd8\xff"
ODD = os.fsdecode(b"latin-\xe9.jpg")


@pytest.fixture
def job(client: Client, tmp_path: Path) -> str:
    collection = tmp_path / "collection"
    collection.mkdir()
    outcomes = {
        "two faces.jpg": outcome(face(0.98), face(0.2, left=300, confirmed=False)),
        "肖像.jpg": outcome(face(0.01)),
        "cat.jpg": outcome(),
        ODD: outcome(face(0.7)),
    }
    for name in outcomes:
        (collection / name).write_bytes(JPEG + os.fsencode(name))
    (collection / "empty.jpg").touch()
    return submit_classified(client, collection, outcomes).id


def test_parquet_has_the_same_rows_as_jsonl(settings: Settings, job: str, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.parquet"
    done = glasses("results", job, "-o", str(path), settings=settings)
    said = f"{path}: 5 rows; 1 of 5 photos failed (exit code 1)\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)  # one photo is empty
    lines = glasses("results", job, "--format", "jsonl", settings=settings).stdout.splitlines()
    expected = [json.loads(line) for line in lines]
    assert len(expected) == 5
    for each in expected:
        for name in ("image", "path"):
            each[name] = each[name].replace("\udce9", "\\udce9")
    assert pq.read_table(path).to_pylist() == expected


def test_parquet_can_be_written_to_a_pipe(settings: Settings, job: str) -> None:
    piped = subprocess.run(
        [sys.executable, "-m", "producer", "results", job, "--format", "parquet", "--follow"],
        env=os.environ | environment(settings),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (piped.returncode, piped.stderr) == (1, b"1 of 5 photos failed (exit code 1)\n")
    assert pq.read_table(pa.BufferReader(piped.stdout)).num_rows == 5


def test_other_formats_can_be_written_to_files(
    settings: Settings, job: str, tmp_path: Path
) -> None:
    path = tmp_path / "verdicts.csv"
    done = glasses("results", job, "-o", str(path), "--only", "glasses", settings=settings)
    assert done.stderr.startswith(f"{path}: 2 rows; 1 of 5 photos failed")
    printed = glasses("results", job, "--format", "csv", "--only", "glasses", settings=settings)
    assert path.read_text("utf-8") == printed.stdout
    assert printed.stdout.count("\n") == 3


def test_invalid_file_name_or_job_leaves_no_file(
    settings: Settings, job: str, tmp_path: Path
) -> None:
    wrong = glasses("results", job, "-o", str(tmp_path / "verdicts.xlsx"), settings=settings)
    assert wrong.returncode == 2
    assert "unknown format" in wrong.stderr
    for place, why in (("", "it is a directory"), ("none/v.csv", "none does not exist")):
        nowhere = glasses("results", job, "-o", str(tmp_path / place), settings=settings)
        assert (nowhere.returncode, why in nowhere.stderr) == (2, True), nowhere.stderr
    unknown = glasses("results", "nobody", "-o", str(tmp_path / "v.parquet"), settings=settings)
    assert unknown.returncode == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["collection"]


def test_classify_writes_the_same_file(tmp_path: Path, demo_photos: Path) -> None:
    path = tmp_path / "verdicts.parquet"
    photos = [str(demo_photos / name) for name in ("hopper.jpg", "cat.jpg", "notes.txt")]
    done = glasses("classify", *photos, "-o", str(path), home=tmp_path)
    said = f"{path}: 3 rows; 1 of 3 photos failed (exit code 1)\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    printed = glasses("classify", *photos, "--format", "jsonl", home=tmp_path).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert pq.read_table(path).to_pylist() == rows
