"""Features: what the taps of a network say about labelled crops, computed once for all heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

from glasses.protocol.eyewear import Eyewear
from training.classifier.augment import RandomSource, augment
from training.classifier.kinds.taps import Tap, with_outputs
from training.common.crop_set import CropSet
from training.common.geometry import INPUT, centre_of
from training.common.progress import ProgressLine
from worker.vision.classify import BATCH, feed
from worker.vision.decode import Pixels
from worker.vision.onnx_session import session

SEED = 1
COPIES = {Eyewear.EYEGLASSES: 2, Eyewear.SUNGLASSES: 6}
"""Crops per photo: one as the worker cuts it, the others augmented. There are four times as many
photos of eyeglasses."""
_CHUNK = 256
"""Crops that are augmented together; they share sizes of corruptions."""


@dataclass(frozen=True, slots=True)
class Features:
    """The features of some crops.

    Attributes:
        values: N × F, uint8: the values of all taps, one tap after the other.
        labels: N; whether these are sunglasses.
        datasets: N; names.
    """

    values: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.bool_]
    datasets: npt.NDArray[np.str_]

    def without(self, datasets: set[str]) -> Features:
        """Return the features of the photos of other datasets."""
        chosen = ~np.isin(self.datasets, list(datasets))
        return Features(self.values[chosen], self.labels[chosen], self.datasets[chosen])

    def save(self, path: Path) -> None:
        """Write the features to a file."""
        np.savez(path, values=self.values, labels=self.labels, datasets=self.datasets)

    @classmethod
    def load(cls, path: Path) -> Features:
        """Return the features of a file."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["values"], file["labels"], file["datasets"])


def compute(
    network: onnx.ModelProto, taps: Sequence[Tap], crops: CropSet, kinds: Sequence[Eyewear]
) -> Features:
    """Run a network on crops of people with glasses and on augmented copies of them.

    Args:
        network: The 8-bit network.
        taps: Its taps.
        crops: N stored crops.
        kinds: N; eyeglasses or sunglasses.
    """
    copies = np.array([COPIES[kind] for kind in kinds])
    progress = ProgressLine("kinds: features", int(copies.sum()))
    run = runner(network, taps)
    parts, members = [], []
    for number in range(max(copies, default=0)):
        rng = RandomSource.seeded(SEED * 1000 + number)
        for chosen in _chunks(np.flatnonzero(copies > number)):
            stored = crops.pixels[chosen]
            parts.append(run(_augmented(stored, rng) if number else centre_of(stored)))
            members.append(chosen)
            progress.add(len(chosen))
    member = np.concatenate(members)
    return Features(
        np.concatenate(parts),
        np.array([kinds[i] is Eyewear.SUNGLASSES for i in member]),
        np.array([crops.rows[i].dataset for i in member]),
    )


def runner(
    network: onnx.ModelProto, taps: Sequence[Tap]
) -> Callable[[Pixels], npt.NDArray[np.uint8]]:
    """Return a function from crops, N × SIZE × SIZE × 3, to the values of the taps, N × F."""
    names = [tap.name for tap in taps]
    running = session(with_outputs(network, names))

    def run(crops: Pixels) -> npt.NDArray[np.uint8]:
        rows = []
        for start in range(0, len(crops), BATCH):
            batch = crops[start : start + BATCH]
            found = running.run(names, feed(running, batch, INPUT))
            rows.append(np.concatenate([each.reshape(len(batch), -1) for each in found], axis=1))
        return np.concatenate(rows)

    return run


def _augmented(stored: Pixels, rng: RandomSource) -> Pixels:
    x = augment(torch.from_numpy(stored), rng)
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in (INPUT.mean, INPUT.std))
    pixels = (x * std + mean).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(pixels.permute(0, 2, 3, 1).numpy())


def _chunks(indices: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    return (indices[start : start + _CHUNK] for start in range(0, len(indices), _CHUNK))
