"""Reading a file that a user names always ends and stays within its size limit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.config.regular_file import (
    NotRegularError,
    TooLargeError,
    open_regular,
    read_regular,
    read_within,
)
from tests.support.call_timeout import returns_in_time
from tests.support.swaps import SWAPS, terabytes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a photo")
    return path


def test_a_file_is_read_completely(path: Path) -> None:
    assert read_regular(path, 7) == b"a photo"
    path.write_bytes(bytes(3 << 20))
    assert read_regular(path, 3 << 20) == bytes(3 << 20)


def test_a_larger_file_is_not_read(path: Path) -> None:
    with pytest.raises(TooLargeError):
        read_regular(path, 6)
    os.truncate(path, 1 << 42)
    with pytest.raises(TooLargeError):
        returns_in_time(lambda: read_regular(path, 1 << 30))


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_special_files_are_rejected(path: Path, swap: Callable[[Path], None]) -> None:
    swap(path)
    with pytest.raises(OSError, match=r".+"):
        returns_in_time(lambda: read_regular(path, 1 << 20))
    if swap is not terabytes:
        with pytest.raises(OSError, match=r".+"):
            returns_in_time(lambda: open_regular(path))


def test_a_link_is_followed_unless_forbidden(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with open_regular(link) as file:
        assert file.read() == b"a photo"
    with pytest.raises(OSError, match="symbolic links"):
        open_regular(link, follow=False)


def test_a_proc_file_without_a_size_is_read_within_the_limit() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert b"VmRSS" in read_regular(path, 1 << 20)
    with pytest.raises(TooLargeError):
        read_regular(path, 100)


def test_a_growing_file_is_read_only_up_to_the_limit(path: Path) -> None:
    grow = (
        "import sys\nfile = open(sys.argv[1], 'ab')\nprint(flush=True)\n"
        "for _ in range(200): file.write(bytes(1 << 20))"
    )
    with subprocess.Popen([sys.executable, "-c", grow, path], stdout=subprocess.PIPE) as growing:
        assert growing.stdout
        growing.stdout.readline()
        with open_regular(path) as file:
            found = [len(returns_in_time(lambda: read_within(file, 5 << 20))) for _ in range(20)]
        growing.wait()
    assert max(found) <= (5 << 20) + 1


def test_an_open_file_is_not_inherited_by_child_processes(path: Path) -> None:
    with open_regular(path) as file:
        assert not os.get_inheritable(file.fileno())


def test_a_rejected_path_leaves_no_open_file(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for each in (path.parent, Path("/dev/zero")):
        with pytest.raises((NotRegularError, IsADirectoryError)):
            open_regular(each)
    assert len(os.listdir("/proc/self/fd")) == before


class Swapped(type(Path())):  # type: ignore[misc]
    """A path that is replaced between the check and the open."""

    places: list[Path]

    def __fspath__(self) -> str:
        return os.fspath(self.places.pop(0) if len(self.places) > 1 else self.places[0])


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_the_target_at_the_time_of_opening_counts(path: Path, swap: Callable[[Path], None]) -> None:
    other = path.with_name("other")
    other.touch()
    swap(other)
    swapped = Swapped("x")
    swapped.places = [path, other]
    with pytest.raises(OSError, match=r".+"):
        returns_in_time(lambda: read_regular(swapped, 1 << 20))
