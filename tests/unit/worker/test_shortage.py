"""Memory that runs short is no damage of the file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glasses.statuses import FailureReason
from worker import decode as decoding
from worker import shortage
from worker.errors import PhotoError
from worker.pipeline import Pipeline
from worker.shortage import was_short_of_memory


def webp(size: tuple[int, int], **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", size)
    image.putpixel((0, 0), (250, 1, 2))
    image.save(buffer, "WEBP", **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "options",
    [{}, {"lossless": True}, {"save_all": True, "append_images": [Image.new("RGB", (300, 200))]}],
)
def test_a_webp_needs_two_canvases(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(np, "empty", lambda size, **_: asked.append(size))
    failed = OSError("could not create decoder object")
    assert not was_short_of_memory(failed, webp((300, 200), **options), 60_000)
    assert asked == [8 * 300 * 200]


def test_a_webp_that_claims_more_than_any_photo_may_have_is_damaged() -> None:
    failed = OSError("could not create decoder object")
    claims = b"RIFF\x92\x02\0\0WEBPVP8X" + b"\0" * 8 + b"\0\0\1\0\xbd\0"
    assert not was_short_of_memory(failed, claims, 60_000)


def test_a_webp_whose_header_is_cut_off_is_damaged() -> None:
    failed = OSError("could not create decoder object")
    assert not was_short_of_memory(failed, webp((3, 2))[:14], 60_000)


def test_a_webp_for_which_there_is_no_memory_is_not_called_corrupt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = webp((30, 20))
    damaged = data[:30] + b"\0" * 9
    with pytest.raises(PhotoError) as failed:
        decoding.decode(damaged).at(10)
    assert failed.value.reason is FailureReason.CORRUPT
    monkeypatch.setattr(shortage, "_can_have", lambda _: False)
    monkeypatch.setattr(Image, "open", lambda _: refuse())
    with pytest.raises(MemoryError):
        decoding.decode(data)


def refuse() -> None:
    raise OSError("could not create decoder object")


def test_jpeg_says_so_itself() -> None:
    assert was_short_of_memory(ValueError("Insufficient memory (case 4)"), b"", 60_000)
    assert not was_short_of_memory(ValueError("Premature end of JPEG file"), b"", 60_000)


class Greedy:
    side = 320
    version = "greedy"

    def __call__(self, _: object) -> Any:
        raise MemoryError


def test_the_pipeline_names_it_unless_whoever_runs_it_wants_to_know(demo_photos: Path) -> None:
    from worker import model_store
    from worker.classify import OnnxClassifier

    data = (demo_photos / "hopper.jpg").read_bytes()
    classifier = OnnxClassifier(model_store.load("default"))
    alone = Pipeline(Greedy(), classifier)
    assert alone(data).reason is FailureReason.OUT_OF_MEMORY
    among_others = Pipeline(Greedy(), classifier, interrupts=(MemoryError,))
    with pytest.raises(MemoryError):
        among_others(data)
