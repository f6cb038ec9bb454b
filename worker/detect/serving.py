"""The detector that serves. Training cuts its crops with the same one."""

from __future__ import annotations

from worker.detect.cascade import CascadeDetector
from worker.detect.detection import Detector


def serving_detector() -> Detector:
    """The released cascade, looking for all faces (`docs/adr/0007-finding-faces.md`).

    Raises:
        ModelError: Its network is missing or not the released one.
    """
    return CascadeDetector.load()
