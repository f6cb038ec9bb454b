"""Standard streams and encoding: make them usable however the process was started.

Python represents a closed stream as None, and the next opened file or socket gets its descriptor.
Under a locale that is not UTF-8, the same file would have a different name than elsewhere.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO, cast

_closed: set[int] = set()


def prepare() -> None:
    """Prepare this process; must be called first in `main`."""
    _reopen_closed()
    _use_utf8()


def is_stdout_closed() -> bool:
    """Return whether this process was started without a stdout."""
    return 1 in _closed


def _reopen_closed() -> None:
    """Open /dev/null for each closed stream.

    As in GNU tools, stdin is opened for writing and stdout for reading, so that using them fails
    with a clear error. stderr is opened for writing, because it has no data to lose.
    """
    for number, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            _closed.add(number)
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
    sys.stdin = sys.stdin or _stream(0, "r")
    sys.stdout = sys.stdout or _stream(1, "w")
    sys.stderr = sys.stderr or _stream(2, "w")


def _stream(number: int, mode: str) -> TextIO:
    return cast(TextIO, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _use_utf8() -> None:
    """Re-execute this process in Python's UTF-8 mode if file names have another encoding."""
    if sys.getfilesystemencoding() == "utf-8" or "utf8" in sys._xoptions or not sys.executable:
        return
    os.environ["PYTHONUTF8"] = "1"  # for child processes
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
