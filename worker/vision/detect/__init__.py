"""Face detection: a photo in, face boxes out. The detector is replaceable."""

from worker.vision.detect.detection import Detection, Detector
from worker.vision.detect.hog import HogDetector

__all__ = ["Detection", "Detector", "HogDetector"]
