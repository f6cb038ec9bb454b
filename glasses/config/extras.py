"""Extras: error messages for missing packages of the `worker` and `local` extras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from glasses.errors import UsageError


@contextmanager
def worker_extra(what: str) -> Iterator[None]:
    """Convert a failed import of the worker in a `with` block into an error for the user.

    Args:
        what: The command or function that needs the worker.

    Raises:
        UsageError: A package is missing; the message says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`{what}` runs the pipeline on this machine and requires {error.name}: "
            "pip install 'people-with-glasses[worker]'"
        ) from None


WORKER_PACKAGES = ("cv2", "dlib", "numpy", "onnxruntime", "PIL", "pi_heif", "rawpy", "simplejpeg")
"""Packages that decode and classify photos."""


def require_worker_extra(what: str) -> None:
    """Check that child processes can import the worker, without importing it here.

    Args:
        what: The command or function that needs the worker.

    Raises:
        UsageError: A package is missing; the message says what to install.
    """
    with worker_extra(what):
        for name in WORKER_PACKAGES:
            if find_spec(name) is None:
                raise ModuleNotFoundError(name, name=name)


def local_extra_missing(package: str) -> UsageError:
    """Return the error for a missing package of the `local` extra."""
    return UsageError(
        f"the local stack needs {package}, which is not installed. "
        "Run `pip install 'people-with-glasses[local]'`."
    )
