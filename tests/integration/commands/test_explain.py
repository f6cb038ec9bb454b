"""`glasses explain` as a user types it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.support.commands import glasses


def test_photo_is_explained_in_words_and_as_a_picture(demo_photos: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "explain.png"
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(drawing))
    assert done.returncode == 0, done.stderr
    for words in ("hopper.jpg: glasses, since 0.", "first look (256 px)", "dlib confirms",
                  "where it", "classify", "mobilenet_v2"):  # fmt: skip
        assert words in done.stdout
    assert drawing.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "format_"), [("e.JPG", "JPEG"), ("e.jpeg", "JPEG"), ("e.webp", "WEBP")]
)
def test_picture_is_what_its_name_says(
    name: str, format_: str, demo_photos: Path, tmp_path: Path
) -> None:
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / name) as picture:
        assert picture.format == format_


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("e.gif", "name a file that ends in .png, .jpg, .jpeg, .webp"),
        ("e", "name a file that ends in .png, .jpg, .jpeg, .webp"),
        ("none/e.png", "cannot be written: the folder"),
        ("", "cannot be written: it is a folder"),
    ],
)
def test_picture_that_cannot_be_written_is_told_before_the_work(
    name: str, words: str, demo_photos: Path, tmp_path: Path
) -> None:
    done = glasses("explain", str(demo_photos / "hopper.jpg"), "-o", str(tmp_path / name))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_explanation_for_programs_has_verdict_and_stages(demo_photos: Path) -> None:
    photo = str(demo_photos / "hopper.jpg")
    explained = json.loads(glasses("explain", photo, "--json", "--threshold", "0.999").stdout)
    assert (explained["verdict"]["image"], explained["verdict"]["glasses"]) == ("hopper.jpg", False)
    assert explained["verdict"]["probability"] == explained["faces"][0]["probability"]
    assert explained["faces"][0]["look"] == "first look"
    assert explained["seconds"]["classify"] > 0
    missing = glasses("explain", "no-such-photo.jpg")
    assert (missing.returncode, missing.stdout) == (2, "")


def test_pipe_is_refused_in_a_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    done = glasses("explain", str(tmp_path / "pipe.jpg"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"glasses: {tmp_path / 'pipe.jpg'} is no regular file\n"
