"""Uploads over a slow connection run with fewer in parallel until each succeeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from glasses.errors import SlowServerError
from glasses.storage.upload_rate import PIECE_BYTES, UploadRate


def test_an_upload_that_times_out_beside_others_is_retried_alone() -> None:
    lock, running, most_after, sent = Lock(), [0], [0], []
    together = Barrier(4)
    told: list[str] = []
    rate = UploadRate(4, 60, told.append)

    def upload(number: int) -> None:
        tries = [0]

        def send(_: int) -> None:
            tries[0] += 1
            if tries[0] == 1:
                together.wait(30)
                raise SlowServerError("crowded")
            with lock:
                running[0] += 1
                most_after[0] = max(most_after[0], running[0])
            sent.append(number)
            with lock:
                running[0] -= 1

        rate.run(1, send)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, range(4)))
    assert sorted(sent) == [0, 1, 2, 3]
    assert told == ["slow connection to the object store: uploading 1 at a time"]


def test_an_upload_that_times_out_alone_fails_and_so_do_waiting_ones() -> None:
    rate = UploadRate(3, 60)
    together = Barrier(3)
    tries: list[int] = []

    def send(_: int) -> None:
        tries.append(1)
        if len(tries) <= 3:
            together.wait(30)
        raise SlowServerError("nobody answers")

    with ThreadPoolExecutor(3) as pool:
        errors = [pool.submit(rate.run, 1, send) for _ in range(3)]
        assert [type(error.exception()) for error in errors] == [SlowServerError] * 3
    assert len(tries) == 4
    rate.run(1, lambda _: None)  # a later upload is tried again


def test_slow_uploads_halve_the_limit_and_fast_ones_raise_it() -> None:
    told: list[str] = []
    now = [0.0]
    rate = UploadRate(8, 60, told.append, clock=lambda: now[0])
    pieces: list[int] = []

    def slow(given: int) -> None:
        pieces.append(given)
        now[0] += 11

    for _ in range(4):
        rate.run(PIECE_BYTES, slow)
    assert told == [
        f"slow connection to the object store: uploading {n} at a time" for n in (4, 2, 1)
    ]
    for _ in range(8):
        rate.run(1, pieces.append)
    assert pieces == [4, 1, 1, 1, *[1] * 7, 4]


def test_other_errors_are_passed_on() -> None:
    def fail(_: int) -> None:
        raise ValueError("another")

    with pytest.raises(ValueError, match="another"):
        UploadRate(1, 60).run(1, fail)
