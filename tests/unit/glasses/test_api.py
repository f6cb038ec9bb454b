"""`from glasses import Client, classify` is lightweight, typed and works as its docstrings show."""

from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

import glasses
import glasses.in_process
from glasses import classify
from glasses.errors import UsageError
from glasses.in_process import InProcess
from tests.support.commands import glasses as command
from tests.support.photos import photos

ROOT = Path(__file__).parents[3]

TYPED = """
from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

from glasses import Client, Job, Settings, Verdict, classify
from glasses.protocol.schemas import JobStatus

assert_type(classify("a.jpg", Path("b.jpg"), b"", threshold=0.5, processes=2), Iterator[Verdict])
for verdict in classify("a.jpg"):
    assert_type(verdict.glasses, bool)
    assert_type(verdict.probability, float | None)
with Client() as client:
    assert_type(client, Client)
    assert_type(client.submit(["a.jpg"]), Job)
    assert_type(client.submit([Path("a.jpg")]).verdicts(), Iterator[Verdict])
    job = client.submit(["a.jpg", b"", ("b.jpg", b"")])

    def tell(status: JobStatus) -> None:
        print(status.pending)

    assert_type(job.wait(on_progress=tell), JobStatus)
Client(Settings(redis_url="redis://localhost"))
"""


def python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


def mypy(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(script)
    options = ["--strict", "--follow-imports=silent", "--config-file", "pyproject.toml"]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--cache-dir", str(folder / "cache"), str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=600,
    )


@pytest.mark.parametrize("module", [glasses, glasses.in_process], ids=lambda m: m.__name__)
def test_examples_in_docstrings_run(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_importing_glasses_loads_nothing_heavy() -> None:
    script = "import json, sys; before = set(sys.modules); import glasses; "
    script += "print(json.dumps(sorted(set(sys.modules) - before)))"
    loaded = json.loads(python(script).stdout)
    assert {name.split(".")[0] for name in loaded} <= {"glasses"} | sys.stdlib_module_names


def test_the_exported_names_are_listed_before_they_are_imported() -> None:
    listed = python("import glasses; print(*dir(glasses))").stdout.split()
    assert listed == ["Client", "Job", "Settings", "Verdict", "classify"]
    assert all(getattr(glasses, name).__module__.startswith("glasses.") for name in listed)


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        _ = glasses.Klient  # type: ignore[attr-defined]


def test_a_missing_worker_extra_says_what_to_install() -> None:
    script = "import sys; sys.modules['cv2'] = None; from glasses import classify; classify(b'')"
    said = python(script).stderr
    assert "glasses.errors.UsageError" in said
    assert "requires cv2: pip install 'people-with-glasses[worker]'" in said


def test_invalid_arguments_are_reported_at_once() -> None:
    with pytest.raises(UsageError, match=r"nothing\.jpg does not exist"):
        classify("nothing.jpg")
    with pytest.raises(TypeError, match="photo 2 is of the type int: pass a path, bytes, "):
        classify("demo/photos", [1])  # type: ignore[list-item]
    with (
        open("demo/photos/hopper.jpg", "rb") as file,
        pytest.raises(TypeError, match=r"photo 2 is an open file: pass .* its bytes by \.read"),
    ):
        classify("demo/photos", file)  # type: ignore[arg-type]
    assert list(classify()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 5}, "threshold: 5 is not a number from 0 to 1"),
        ({"threshold": -0.1}, "threshold: -0.1 is not"),
        ({"threshold": float("nan")}, "threshold: nan is not"),
        ({"threshold": "0.5"}, "threshold: '0.5' is not"),
        ({"faces": "x"}, "faces: 'x' is not one of any, largest"),
        ({"processes": 0}, "processes: 0 is not a positive integer"),
        ({"processes": 1.5}, "processes: 1.5 is not"),
        ({"model": ""}, "model"),
    ],
)
def test_an_invalid_option_is_reported_in_one_line(
    options: dict[str, Any], words: str, demo_photos: Path
) -> None:
    with pytest.raises(UsageError, match=words) as failure:
        classify(demo_photos / "hopper.jpg", **options)
    assert "\n" not in str(failure.value)


def test_faces_can_be_given_as_a_string(demo_photos: Path) -> None:
    [found] = classify(demo_photos / "hopper.jpg", faces="largest", threshold=1)  # type: ignore[arg-type]
    assert (found.glasses, found.threshold) == (False, 1)


def test_bytes_and_files_have_the_same_verdicts(demo_photos: Path) -> None:
    paths = sorted(path for path in demo_photos.iterdir() if path.is_file())
    names = {"image", "path"}
    from_files = list(classify(*paths))
    of_files = [verdict.model_dump(exclude=names) for verdict in from_files]
    of_bytes = list(classify(*(path.read_bytes() for path in paths)))
    assert [verdict.model_dump(exclude=names) for verdict in of_bytes] == of_files
    assert [verdict.path for verdict in from_files] == [str(path) for path in paths]
    assert {verdict.path for verdict in of_bytes} == {None}
    assert [verdict.image for verdict in of_bytes[:2]] == ["<bytes 1>", "<bytes 2>"]


def test_bytes_can_have_a_name(demo_photos: Path) -> None:
    data = (demo_photos / "hopper.jpg").read_bytes()
    given = [("passport.jpg", data), (data, data), [("a/b.jpg", memoryview(data)), bytearray(data)]]
    found = list(classify(*given))  # type: ignore[arg-type]
    names = ["passport.jpg", "<bytes 2>", "<bytes 3>", "a/b.jpg", "<bytes 5>"]
    assert [verdict.image for verdict in found] == names
    assert all(verdict.glasses for verdict in found)


def test_the_content_of_a_file_is_never_part_of_a_message() -> None:
    with pytest.raises(UsageError, match="photo 1 is a text of 9,000 characters") as failure:
        classify("/9j/4AAQSk" * 900)
    assert len(str(failure.value)) < 150


def test_paths_of_bytes_are_paths(demo_photos: Path) -> None:
    with os.scandir(os.fsencode(demo_photos)) as entries:
        photo = next(entry for entry in entries if entry.name == b"cat.jpg")
    [found] = classify(photo)  # type: ignore[arg-type]
    assert found.image == "cat.jpg"


def test_lists_are_accepted(demo_photos: Path) -> None:
    paths = [demo_photos / "hopper.jpg", str(demo_photos / "cat.jpg")]
    found = list(classify(paths, b"no photo"))
    assert [verdict.image for verdict in found] == ["hopper.jpg", "cat.jpg", "<bytes 3>"]


def test_the_api_is_typed(tmp_path: Path) -> None:
    done = mypy(TYPED, tmp_path)
    assert done.returncode == 0, done.stdout
    wrong = mypy("from glasses import classify\nclassify(1)\n", tmp_path)
    assert "incompatible type" in wrong.stdout


def test_repeated_calls_for_single_photos_start_one_process(demo_photos: Path) -> None:
    photo = demo_photos / "cat.jpg"
    rule = InProcess().rule
    [before] = children()
    assert [verdict.model for verdict in classify(photo)] == [rule.model]
    next(classify(photo.read_bytes()))  # not asked for more
    assert children() == [before]


def children() -> list[int]:
    """Return the processes that decode photos."""
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):  # a zombie that an earlier test left has no command
            if "worker.processes.child_main" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


def test_several_processes_print_the_same_rows(demo_photos: Path, tmp_path: Path) -> None:
    collection = str(photos(tmp_path / "collection", demo_photos / "collins.jpg", 90))
    (tmp_path / "collection" / "0050.jpg").write_bytes(b"no photo")
    one, three = (
        command("classify", collection, "--format", "jsonl", "--processes", number, home=tmp_path)
        for number in "13"
    )
    said = "1 of 90 photos failed (exit code 1)\n"
    assert (one.returncode, one.stderr) == (three.returncode, three.stderr) == (1, said)
    assert len(one.stdout.splitlines()) == 90
    assert one.stdout == three.stdout
