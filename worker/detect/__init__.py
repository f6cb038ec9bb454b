"""Finding faces: a replaceable part. Give it a photo, get boxes."""

from worker.detect.detection import Detection, Detector
from worker.detect.hog import HogDetector

__all__ = ["Detection", "Detector", "HogDetector"]
