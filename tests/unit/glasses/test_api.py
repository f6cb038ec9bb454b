"""`from glasses import Client, classify`: light, typed, and as its docstrings say."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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

from glasses import Client, classify
from glasses.client import Job
from glasses.verdict import Verdict

assert_type(classify("a.jpg", Path("b.jpg"), b"", threshold=0.5, processes=2), Iterator[Verdict])
for verdict in classify("a.jpg"):
    assert_type(verdict.glasses, bool)
    assert_type(verdict.probability, float | None)
with Client() as client:
    assert_type(client, Client)
    assert_type(client.submit(["a.jpg"]), Job)
    assert_type(client.submit([Path("a.jpg")]).verdicts(), Iterator[Verdict])
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
def test_examples_run(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_importing_it_loads_nothing_else() -> None:
    script = "import json, sys; before = set(sys.modules); import glasses; "
    script += "print(json.dumps(sorted(set(sys.modules) - before)))"
    loaded = json.loads(python(script).stdout)
    assert {name.split(".")[0] for name in loaded} <= {"glasses"} | sys.stdlib_module_names


def test_other_names_are_none_of_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        _ = glasses.Klient  # type: ignore[attr-defined]


def test_without_the_workers_packages_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['cv2'] = None; from glasses import classify; classify(b'')"
    said = python(script).stderr
    assert "glasses.errors.UsageError" in said
    assert "needs cv2: pip install 'people-with-glasses[worker]'" in said


def test_wrong_arguments_are_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"nothing\.jpg does not exist"):
        classify("nothing.jpg")
    with pytest.raises(TypeError):
        classify([1])  # type: ignore[list-item]
    assert list(classify()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 5}, "threshold: 5 is not a number from 0 to 1"),
        ({"threshold": -0.1}, "threshold: -0.1 is not"),
        ({"threshold": float("nan")}, "threshold: nan is not"),
        ({"threshold": "0.5"}, "threshold: '0.5' is not"),
        ({"faces": "x"}, "faces: 'x' is none of any, largest"),
        ({"processes": 0}, "processes: 0 is not a number of 1 or more"),
        ({"processes": 1.5}, "processes: 1.5 is not"),
        ({"model": ""}, "model"),
    ],
)
def test_an_option_that_does_not_fit_is_told_in_a_line(
    options: dict[str, Any], words: str, demo_photos: Path
) -> None:
    with pytest.raises(UsageError, match=words) as failure:
        classify(demo_photos / "hopper.jpg", **options)
    assert "\n" not in str(failure.value)


def test_faces_may_be_said_in_a_word(demo_photos: Path) -> None:
    [found] = classify(demo_photos / "hopper.jpg", faces="largest", threshold=1)  # type: ignore[arg-type]
    assert (found.glasses, found.threshold) == (False, 1)


def test_bytes_and_files_are_judged_alike(demo_photos: Path) -> None:
    paths = sorted(path for path in demo_photos.iterdir() if path.is_file())
    of_files = [verdict.model_dump(exclude={"image"}) for verdict in classify(*paths)]
    of_bytes = list(classify(*(path.read_bytes() for path in paths)))
    assert [verdict.model_dump(exclude={"image"}) for verdict in of_bytes] == of_files
    assert [verdict.image for verdict in of_bytes[:2]] == ["<bytes 1>", "<bytes 2>"]


def test_lists_are_taken_too(demo_photos: Path) -> None:
    paths = [demo_photos / "hopper.jpg", str(demo_photos / "cat.jpg")]
    found = list(classify(paths, b"no photo"))
    assert [verdict.image for verdict in found] == ["hopper.jpg", "cat.jpg", "<bytes 3>"]


def test_it_is_typed(tmp_path: Path) -> None:
    done = mypy(TYPED, tmp_path)
    assert done.returncode == 0, done.stdout
    wrong = mypy("from glasses import classify\nclassify(1)\n", tmp_path)
    assert "incompatible type" in wrong.stdout


def test_a_pipeline_is_loaded_once(demo_photos: Path) -> None:
    photo = demo_photos / "cat.jpg"
    rule = InProcess().rule
    assert [verdict.model for verdict in classify(photo)] == [rule.model]
    from worker import local

    assert local.pipeline("default") is local.pipeline("default")


def test_several_processes_print_the_same_rows(demo_photos: Path, tmp_path: Path) -> None:
    pile = str(photos(tmp_path / "pile", demo_photos / "collins.jpg", 90))
    (tmp_path / "pile" / "0050.jpg").write_bytes(b"no photo")
    one, three = (
        command("classify", pile, "--format", "jsonl", "--processes", number, home=tmp_path)
        for number in "13"
    )
    said = "1 of 90 photos failed, hence exit code 1\n"
    assert (one.returncode, one.stderr) == (three.returncode, three.stderr) == (1, said)
    assert len(one.stdout.splitlines()) == 90
    assert one.stdout == three.stdout
