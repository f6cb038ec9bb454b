"""Scenes: training pictures composed of photos, on the device that trains.

A scene is divided into tiles. Each tile shows one photo at a random scale of its main face, rotated
and mirrored, over a background without faces. photos → placement → sampling → occlusion →
photometric changes.
"""

from training.detector.scenes.compose import SceneBatch, SceneComposer
from training.detector.scenes.photo_store import PhotoStore, SourcePhoto

__all__ = ["PhotoStore", "SceneBatch", "SceneComposer", "SourcePhoto"]
