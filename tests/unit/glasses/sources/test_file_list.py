from __future__ import annotations

import os
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.sources.file_list import read_names


def read(tmp_path: Path, data: bytes, null: bool = False) -> list[bytes]:
    path = tmp_path / "list"
    path.write_bytes(data)
    with path.open("rb") as file:
        return [os.fsencode(name) for name in read_names(file, null)]


def test_names_keep_their_bytes(tmp_path: Path) -> None:
    assert read(tmp_path, b"a.jpg\n\ntwo words\r\n\xff\xfe.jpg\nlast") == [
        b"a.jpg", b"two words", b"\xff\xfe.jpg", b"last",
    ]  # fmt: skip
    assert read(tmp_path, b"line\nbreak\0\xff\r\0\0x\0", null=True) == [
        b"line\nbreak", b"\xff\r", b"x",
    ]  # fmt: skip
    assert read(tmp_path, b"") == read(tmp_path, b"", null=True) == []


def test_a_name_may_span_two_reads(tmp_path: Path) -> None:
    wanted = [f"{number:05d}.jpg".encode() for number in range(20_000)]
    assert read(tmp_path, b"\0".join(wanted), null=True) == wanted


@pytest.mark.parametrize(
    ("data", "null", "told"),
    [
        (b"a\0b\0", False, "--null"),
        (b"a\nb\n", True, "without --null"),
        (b"x" * 200_000, False, "is it a list"),
    ],
)
def test_a_list_of_another_kind_is_rejected(
    data: bytes, null: bool, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        read(tmp_path, data, null)
