"""What to say when a command needs packages that only the worker's extra installs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from glasses.errors import UsageError

NEEDED = ("cv2", "dlib", "numpy", "onnxruntime", "PIL", "pi_heif", "simplejpeg")


def can_decode() -> bool:
    """Whether the packages that decode and classify photos are installed."""
    return all(find_spec(name) for name in NEEDED)


@contextmanager
def workers_packages(command: str) -> Iterator[None]:
    """Import the worker within.

    Raises:
        UsageError: A package is missing; says what to install.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`glasses {command}` runs the pipeline here and needs {error.name}: "
            "pip install 'people-with-glasses[worker]'"
        ) from None
