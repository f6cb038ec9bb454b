"""Scenes composed one by one with OpenCV: the reference for `training.detector.scenes`.

Tests compare boxes, scales and brightness with it, `python -m tests.bench.scenes` the speed.
"""

from tests.support.host_scenes.scenes import HostPhoto, HostScenes, Scene, levels

__all__ = ["HostPhoto", "HostScenes", "Scene", "levels"]
