"""Logits of stored crops, and their F1 at the threshold that a release would choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional

from training.classifier.augment import centre
from training.common.calibration import choose_threshold, fit_calibration, probabilities
from training.common.crop_set import CropSet
from worker.vision.model_manifest import Calibration

Logits = npt.NDArray[np.float32]

CPU_BATCH, GPU_BATCH = 128, 2048
"""Crops per call of a network in evaluation: what fits into the caches, or fills a GPU."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How logits become verdicts.

    Attributes:
        threshold: Glasses at this probability and above.
        calibration: Turns logits into probabilities.
    """

    threshold: float
    calibration: Calibration

    def f1(self, logits: Logits, labels: npt.NDArray[np.bool_]) -> float:
        """Return the F1 of the verdicts."""
        values = probabilities(logits.astype(np.float64), self.calibration)
        return float(f1_score(labels, values >= self.threshold))


def decide(logits: Logits, labels: npt.NDArray[np.bool_]) -> Decision:
    """Return calibration and threshold as a release chooses them, from validation crops.

    Where all labels are equal, nothing can be chosen: the threshold is 0.5.
    """
    if labels.all() or not labels.any():
        return Decision(0.5, Calibration())
    calibration = fit_calibration(logits.astype(np.float64), labels).calibration
    values = probabilities(logits.astype(np.float64), calibration)
    return Decision(choose_threshold(values, labels), calibration)


def labels_of(crops: CropSet) -> npt.NDArray[np.bool_]:
    """Return N labels."""
    return np.array([row.has_glasses for row in crops.rows], dtype=np.bool_)


def logits_of(model: nn.Module, pixels: Tensor) -> Logits:
    """Return a network's logits of stored crops, cut as the worker cuts them; N float32.

    Args:
        model: The network.
        pixels: N × S × S × 3, uint8; on the network's device, or copied there batch by batch.
    """
    model.eval()
    device = next(model.parameters()).device
    batch = CPU_BATCH if device.type == "cpu" else GPU_BATCH
    parts = [torch.zeros(0, device=device)]
    with torch.inference_mode():
        for start in range(0, len(pixels), batch):
            x = centre(pixels[start : start + batch].to(device))
            logits = model(x.contiguous(memory_format=torch.channels_last))
            parts.append(logits.squeeze(1).float())
        # One copy: the host waits for the device once, after the last batch.
        return np.asarray(torch.cat(parts).cpu().numpy(), dtype=np.float32)


def validation_figures(
    model: nn.Module, pixels: Tensor, labels: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Return the figures of an epoch: loss, and F1 at the threshold that a release would choose.

    Args:
        model: The averaged network.
        pixels: Validation crops, on its device.
        labels: N.
    """
    logits = logits_of(model, pixels)
    targets = torch.from_numpy(labels.astype(np.float32))
    loss = functional.binary_cross_entropy_with_logits(torch.from_numpy(logits), targets)
    decision = decide(logits, labels)
    return {
        "validation_loss": float(loss),
        "validation_f1": decision.f1(logits, labels),
        "threshold": decision.threshold,
    }


def test_f1(model: nn.Module, validation: CropSet, test: CropSet) -> float:
    """Return the F1 on test crops, at the threshold that the validation crops determine."""
    chosen = decide(logits_of(model, torch.from_numpy(validation.pixels)), labels_of(validation))
    return chosen.f1(logits_of(model, torch.from_numpy(test.pixels)), labels_of(test))
