"""Special files in place of the files that a user names are rejected in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glasses.config.settings import load_settings
from glasses.errors import UsageError
from glasses.sources.label_table import read_label_table
from glasses.sources.walk import SORT_LOG
from producer.feedback.labels import LABELS, LabelFolder
from producer.sorting.sort_log import open_log
from tests.support.call_timeout import returns_in_time
from tests.support.swaps import SWAPS, bound_socket, endless_link, fifo, folder, gone, terabytes

NO_FILES = pytest.mark.parametrize(
    "swap", [each for each in SWAPS if each is not gone], ids=lambda swap: swap.__name__
)
Swap = Callable[[Path], None]


def swapped(path: Path, swap: Swap) -> Path:
    path.touch()
    swap(path)
    return path


# A list that is named on the command line may be a pipe: `<(…)` is one.
@pytest.mark.parametrize(
    "swap", [endless_link, terabytes, folder, bound_socket], ids=lambda each: each.__name__
)
def test_a_special_file_as_corrections_is_rejected(tmp_path: Path, swap: Swap) -> None:
    file = swapped(tmp_path / "c.csv", swap)
    with pytest.raises(UsageError, match=r"c\.csv"):
        returns_in_time(lambda: read_label_table(file))


@NO_FILES
def test_a_special_file_as_labels_is_rejected(tmp_path: Path, swap: Swap) -> None:
    swapped(tmp_path / LABELS, swap)
    with pytest.raises(UsageError, match=LABELS):
        returns_in_time(lambda: LabelFolder(tmp_path))


@NO_FILES
def test_a_special_file_as_settings_is_rejected(
    tmp_path: Path, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSES_CONFIG", str(swapped(tmp_path / "glasses.toml", swap)))
    with pytest.raises(UsageError, match=r"glasses\.toml"):
        returns_in_time(load_settings)


@pytest.mark.parametrize("swap", [fifo, endless_link, bound_socket], ids=lambda each: each.__name__)
def test_a_special_file_as_sort_log_is_rejected(tmp_path: Path, swap: Swap) -> None:
    swapped(tmp_path / SORT_LOG, swap)

    def open_it() -> None:
        with open_log(tmp_path):
            pass

    with pytest.raises(UsageError, match="cannot be written"):
        returns_in_time(open_it)


def test_an_endless_sort_log_is_rejected(tmp_path: Path) -> None:
    swapped(tmp_path / SORT_LOG, terabytes)

    def open_it() -> int:
        with open_log(tmp_path) as log:
            return len(log.entries)

    with pytest.raises(UsageError, match="cannot be read"):
        returns_in_time(open_it)


def test_the_sort_log_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / SORT_LOG).symlink_to("precious")
    with pytest.raises(UsageError, match="cannot be written"), open_log(tmp_path):
        pass
    assert (tmp_path / "precious").read_text() == "precious"
