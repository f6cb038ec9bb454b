"""The production detector. Training cuts its crops with the same one."""

from __future__ import annotations

from worker.vision.detect.any_orientation import AnyOrientationDetector


def serving_detector() -> AnyOrientationDetector:
    """Load the released cascade, which finds all faces, at any orientation of the photo.

    See docs/adr/0007-finding-faces.md and docs/adr/0023-orientation.md.

    Raises:
        ModelError: Its network is missing, or its checksum differs.
    """
    return AnyOrientationDetector.load()
