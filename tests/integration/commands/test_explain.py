"""`glasses explain` on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.support.commands import glasses


def test_explanation_is_printed_and_drawn(demo_photos: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "explain.png"
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(drawing))
    assert done.returncode == 0, done.stderr
    for words in ("hopper.jpg: eyeglasses, since 0.", "first pass (192 px)", ": sure",
                  "occlusion map", "classify", "mobilenet_v2"):  # fmt: skip
        assert words in done.stdout
    assert drawing.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "format_"), [("e.JPG", "JPEG"), ("e.jpeg", "JPEG"), ("e.webp", "WEBP")]
)
def test_picture_format_follows_the_file_name(
    name: str, format_: str, demo_photos: Path, tmp_path: Path
) -> None:
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / name) as picture:
        assert picture.format == format_


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("e.gif", "the file name must end in .png, .jpg, .jpeg, .webp"),
        ("e", "the file name must end in .png, .jpg, .jpeg, .webp"),
        ("none/e.png", "cannot be written: the directory"),
        ("", "cannot be written: it is a directory"),
    ],
)
def test_unwritable_picture_is_reported_before_any_work(
    name: str, words: str, demo_photos: Path, tmp_path: Path
) -> None:
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(tmp_path / name))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_json_explanation_has_verdict_and_stages(demo_photos: Path) -> None:
    photo = str(demo_photos / "hopper.jpg")
    explained = json.loads(glasses("explain", photo, "--json", "--threshold", "0.999").stdout)
    assert (explained["verdict"]["image"], explained["verdict"]["glasses"]) == ("hopper.jpg", False)
    assert explained["verdict"]["probability"] == explained["faces"][0]["probability"]
    assert explained["faces"][0]["found_by"] == "first pass"
    assert explained["seconds"]["classify"] > 0
    missing = glasses("explain", "no-such-photo.jpg")
    assert (missing.returncode, missing.stdout) == (2, "")


def test_pipe_is_rejected_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    done = glasses("explain", str(tmp_path / "pipe.jpg"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"glasses: {tmp_path / 'pipe.jpg'} is not a regular file\n"
