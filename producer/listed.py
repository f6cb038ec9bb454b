"""The list that `--from-file` names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def opened(file: str | None, null: bool) -> Iterator[Iterable[str] | None]:
    """The names in it; None if there is no list.

    Args:
        file: Its path; `-` is standard input.
        null: See `glasses.sources.listed.names`.

    Raises:
        UsageError: It cannot be read.
    """
    from glasses.errors import UsageError
    from glasses.sources.listed import names

    if file is None:
        yield None
    elif file == "-":
        yield names(sys.stdin.buffer, null)
    else:
        with ExitStack() as closing:
            try:
                list_ = closing.enter_context(open(file, "rb"))
            except OSError as error:
                raise UsageError(f"the list {file} cannot be read: {error.strerror}") from None
            yield names(list_, null)
