"""What to say when something needs packages that only the worker's extra installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from glasses.errors import UsageError


@contextmanager
def workers_packages(what: str) -> Iterator[None]:
    """Import the worker within.

    Args:
        what: Needs it: a command, a function.

    Raises:
        UsageError: A package is missing; says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`{what}` runs the pipeline here and needs {error.name}: "
            "pip install 'people-with-glasses[worker]'"
        ) from None
