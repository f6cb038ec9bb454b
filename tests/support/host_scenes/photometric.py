"""Photometric augmentation of scenes: light, colour, blur, noise, JPEG; on uint8."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from worker.vision.decode import Pixels

GRAY_SHARE = 0.2
SHRINK_SHARE = 0.15
BLUR_SHARE = 0.12
NOISE_SHARE = 0.12
JPEG_SHARE = 0.2
DARK_SHARE = 0.12


def distort(scene: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a scene with random light, colour, resolution and noise.

    Args:
        scene: S × S × 3, uint8, RGB.
        rng: Random numbers.
    """
    drawn: npt.NDArray[Any] = cv2.LUT(scene, _curves(rng))
    if rng.random() < DARK_SHARE:
        drawn = _dark(drawn, rng)
    if rng.random() < GRAY_SHARE:
        drawn = cv2.cvtColor(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    size = scene.shape[1], scene.shape[0]
    if rng.random() < SHRINK_SHARE:
        factor = rng.uniform(0.35, 0.8)
        small = cv2.resize(drawn, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        drawn = cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    if rng.random() < BLUR_SHARE:
        drawn = cv2.GaussianBlur(drawn, (0, 0), rng.uniform(0.5, 1.6))
    if rng.random() < NOISE_SHARE:
        noise = rng.standard_normal((size[1], size[0], 1), dtype=np.float32) * rng.uniform(3, 18)
        drawn = np.clip(drawn + noise, 0, 255).astype(np.uint8)
    if rng.random() < JPEG_SHARE:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))]
        drawn = np.asarray(cv2.imdecode(cv2.imencode(".jpg", drawn, quality)[1], 1))
    return np.asarray(drawn, dtype=np.uint8)


def _dark(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a picture in low light, with the sensor noise that comes with it."""
    light = np.exp(rng.uniform(np.log(0.14), np.log(0.5)))
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * rng.uniform(0, 5)
    return np.asarray(np.clip(pixels * light + noise, 0, 255), dtype=np.uint8)


def _curves(rng: np.random.Generator) -> Pixels:
    """Return gamma, contrast, brightness and white balance as one table, 1 × 256 × 3."""
    x = np.arange(256, dtype=np.float32)[:, None] / 255
    gamma = np.exp(rng.uniform(-0.5, 0.5))
    gains = rng.uniform(0.85, 1.15, 3) if rng.random() < 0.5 else np.ones(3)
    contrast, brightness = rng.uniform(0.65, 1.3), rng.uniform(-0.15, 0.15)
    y = ((x**gamma - 0.5) * contrast + 0.5 + brightness) * gains
    return np.asarray(np.clip(y * 255, 0, 255).astype(np.uint8)[None])
