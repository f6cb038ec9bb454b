"""A network under training, looked at on validation photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from training.proposals.judge import judge
from training.proposals.known import Known
from training.proposals.network import normalize
from worker.decode import Pixels
from worker.detect import Detection
from worker.detect.proposal import padded, read, suppressed
from worker.resize import resized

LONGEST = 320
SHY, BOLD = 0.3, 0.6
"""Probabilities at which recall and false faces are told."""

Look = Callable[[nn.Module], Mapping[str, float]]


def looker(
    photos: Sequence[tuple[Pixels, Known]], face_free: Sequence[Pixels], longest: int = LONGEST
) -> Look:
    """A function that tells how a network does on some photos."""

    def look(model: nn.Module) -> dict[str, float]:
        model.eval()
        found = [(propose(model, pixels, longest, SHY), known) for pixels, known in photos]
        ghosts = [propose(model, pixels, longest, SHY) for pixels in face_free]
        figures = {}
        for least in (SHY, BOLD):
            main = [judge(_sure(faces, least), known).main for faces, known in found]
            ghost = [bool(_sure(faces, least)) for faces in ghosts]
            figures[f"recall@{least}"] = float(np.mean(main))
            figures[f"ghosts@{least}"] = float(np.mean(ghost)) if ghost else 0.0
        return figures

    return look


def propose(model: nn.Module, pixels: Pixels, longest: int, least: float) -> list[Detection]:
    """As `worker.detect.proposal.Proposer` does, with a torch network."""
    scale = longest / max(pixels.shape[:2])
    picture = padded(resized(pixels, scale))
    with torch.inference_mode():
        logits, boxes = model(normalize(torch.from_numpy(picture).permute(2, 0, 1)[None]))
    rows = suppressed(read(logits[0, 0].numpy(), boxes[0].numpy(), least))
    return [
        Detection((x - s / 2) / scale, (y - s / 2) / scale, s / scale, s / scale, p)
        for x, y, s, p in rows.tolist()
    ]


def _sure(faces: Sequence[Detection], least: float) -> list[Detection]:
    return [face for face in faces if face.score >= least]
