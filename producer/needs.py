"""What to say when a command needs packages that only the worker's extra installs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.util import find_spec

from glasses import needs

NEEDED = ("cv2", "dlib", "numpy", "onnxruntime", "PIL", "pi_heif", "simplejpeg")


def can_decode() -> bool:
    """Whether the packages that decode and classify photos are installed."""
    return all(find_spec(name) for name in NEEDED)


def workers_packages(command: str) -> AbstractContextManager[None]:
    """Import the worker within; see `glasses.needs`."""
    return needs.workers_packages(f"glasses {command}")
