"""`glasses submit --from-file` reads names as bytes from a file or a pipe."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.storage.manifest import ManifestStore
from tests.support.commands import glasses
from tests.support.workers import Worker

NAMES = [b"plain.jpg", b"line\nbreak.jpg", b"\xff\xfe.jpg", b" spaces ", b"-dash.jpg"]


def test_the_output_of_find_can_be_submitted(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)
    for name in NAMES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"\xff\xd8\xff" + name)
    found = subprocess.Popen(["find", folder, "-type", "f", "-print0"], stdout=subprocess.PIPE)
    assert found.stdout
    done = glasses(
        "submit", "--from-file", "-", "-0", "--detach", settings=settings, stdin=found.stdout
    )
    found.wait()
    found.stdout.close()
    assert done.returncode == 0, done.stderr
    assert "5 photos: 5 uploaded" in done.stderr
    entries = ManifestStore(client.store).segment(done.stdout.strip(), 0)
    told = {os.fsencode(entry.image) for entry in entries}
    assert told == {os.path.join(folder, name) for name in NAMES}
    assert {entry.path for entry in entries} == {os.fsdecode(name) for name in told}
    assert "list -" in glasses("jobs", settings=settings).stdout


def test_lists_may_have_missing_files_and_filters(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "names").write_text(f"{tmp_path}/a.jpg\n{tmp_path}/gone.jpg\n{tmp_path}/x.txt\n")
    done = glasses(
        "submit", "--from-file", str(tmp_path / "names"), "--exclude", "*.txt", "--detach",
        settings=settings,
    )  # fmt: skip
    entries = ManifestStore(client.store).segment(done.stdout.strip(), 0)
    assert [entry.reason for entry in entries] == [None, "unreadable"]


def test_rows_of_a_table_repeat_its_ids_in_every_format(
    settings: Settings,
    client: Client,
    start_worker: Callable[..., Worker],
    demo_photos: Path,
    tmp_path: Path,
) -> None:
    for folder, name in (("a", "hopper.jpg"), ("b", "cat.jpg")):
        (tmp_path / folder).mkdir()
        shutil.copy(demo_photos / name, tmp_path / folder / "1.jpg")
    table = "id;file;note\n007;a/1.jpg;\n=7;b/1.jpg;\n007;a/1.jpg;again\n;gone.jpg;\n"
    (tmp_path / "photos.csv").write_text(table, "utf-8-sig")
    columns = ["--from-file", "photos.csv", "--path-column", "file", "--id-column", "id"]
    start_worker(1, read_folders=str(tmp_path))
    wanted = [
        ("a/1.jpg", "007", "classified"), ("b/1.jpg", "=7", "no_face"),
        ("a/1.jpg", "007", "classified"), ("gone.jpg", None, "failed"),
    ]  # fmt: skip

    def ids(printed: str) -> list[tuple[str, str | None, str]]:
        lines = [json.loads(line) for line in printed.splitlines()]
        return [(line["path"], line["id"], line["status"]) for line in lines]

    done = glasses("classify", *columns, cwd=tmp_path)
    assert (done.returncode, ids(done.stdout)) == (1, wanted)
    for more in ([], ["--in-place"]):
        done = glasses("submit", *columns, *more, "--wait", settings=settings, cwd=tmp_path)
        job = done.stdout.strip()
        assert ids(glasses("results", job, settings=settings).stdout) == wanted
    assert [(row.path, row.id, row.status) for row in client.job(job).verdicts()] == wanted
    output = tmp_path / "rows.parquet"
    glasses("results", job, "-o", output, settings=settings)
    assert [(r["path"], r["id"], r["status"]) for r in pq.read_table(output).to_pylist()] == wanted
    printed = glasses("results", job, "--format", "csv", settings=settings).stdout
    found = [
        (line["path"], line["id"], line["status"]) for line in csv.DictReader(StringIO(printed))
    ]
    assert found == [(path, id_ or "", status) for path, id_, status in wanted]


def test_invalid_lists_are_reported(settings: Settings, client: Client, tmp_path: Path) -> None:
    for arguments, told in (
        (["--from-file", str(tmp_path / "none")], "cannot be read"),
        (["--from-file", str(tmp_path)], "cannot be read"),
        (["--null"], "--from-file"),
        (["--path-column", "file"], "--from-file"),
        (["--from-file", str(tmp_path), "--id-column", "id"], "--path-column"),
        (["--from-file", str(tmp_path), "--path-column", "file"], "cannot be read"),
        ([], "at least one"),
    ):
        done = glasses("submit", *arguments, settings=settings)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
    assert client.jobs() == []
    (tmp_path / "list").write_bytes(b"a\0b\0")
    done = glasses("submit", "--from-file", str(tmp_path / "list"), settings=settings)
    assert (done.returncode, "--null" in done.stderr) == (2, True)
    assert (done.stdout, client.jobs()) == ("", [])
