"""The quiet period after which a new file is processed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from producer.watching import WatchConfig
from producer.watching.quiet_period import QuietPeriod, Signature, is_temporary


def taken(settling: QuietPeriod, now: float) -> set[str]:
    settling.scan(now)
    names = {each.source.image for each in settling.ready}
    settling.ready.clear()
    return names


@pytest.fixture
def settling(tmp_path: Path) -> QuietPeriod:
    return QuietPeriod(WatchConfig(tmp_path, settle_seconds=10), lambda _name, _signature: False)


def test_a_file_is_taken_after_its_quiet_period(settling: QuietPeriod, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"1")
    assert taken(settling, 0) == set()
    assert taken(settling, 9.9) == set()
    photo.write_bytes(b"12")
    assert taken(settling, 10) == set()
    os.utime(photo, ns=(5, 5))
    assert taken(settling, 15) == set()
    assert settling.unsettled == 1
    assert taken(settling, 24.9) == set()
    assert taken(settling, 25) == {"a.jpg"}
    assert settling.unsettled == 0


def test_one_run_takes_the_initial_files_and_not_new_or_growing_ones(
    settling: QuietPeriod, tmp_path: Path
) -> None:
    for name in ("whole.jpg", "grows.jpg"):
        (tmp_path / name).write_bytes(b"1")
    assert not settling.is_done
    settling.scan(0)
    assert not settling.is_done
    (tmp_path / "grows.jpg").write_bytes(b"12")
    (tmp_path / "comes.jpg").write_bytes(b"1")
    assert taken(settling, 5) == set()
    assert not settling.is_done
    assert taken(settling, 10) == {"whole.jpg"}
    assert settling.is_done
    assert settling.unsettled == 2


def test_removed_files_are_forgotten(settling: QuietPeriod, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"1")
    settling.scan(0)
    (tmp_path / "a.jpg").unlink()
    assert taken(settling, 10) == set()
    assert settling.is_done


def test_a_broken_link_counts_as_a_file(settling: QuietPeriod, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to("nowhere")
    settling.scan(0)
    assert taken(settling, 10) == {"link.jpg"}
    assert Signature.of(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    "name", [".a.jpg", "a.jpg.part", "A.JPG.PART", "a.crdownload", "a.tmp", "a.jpg~", "~$a.jpg"]
)
def test_names_of_temporary_files_are_recognized(name: str) -> None:
    assert is_temporary(name)
    assert not is_temporary("part.jpg")
