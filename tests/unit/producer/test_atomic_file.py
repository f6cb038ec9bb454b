"""A place that cannot be written is refused before the work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from producer import whole


def test_a_new_file_an_old_one_and_a_device_are_fine(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    for path in (tmp_path / "new", tmp_path / "old", Path("/dev/null")):
        whole.check(path)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_told_before_the_work(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(UsageError, match=f"no permission to write to {closed}"):
        whole.check(closed / "report.html")
    link = tmp_path / "link.html"
    link.symlink_to(closed / "report.html")
    with pytest.raises(UsageError, match=f"no permission to write to {closed}"):
        whole.check(link)
