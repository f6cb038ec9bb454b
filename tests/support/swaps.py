"""What can replace a file while a program runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def terabytes(path: Path) -> None:
    os.truncate(path, 1 << 42)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def bound_socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def gone(path: Path) -> None:
    path.unlink()


SWAPS: tuple[Callable[[Path], None], ...] = (
    fifo, endless_link, terabytes, folder, bound_socket, gone,
)  # fmt: skip
