"""Loss of the detector: its scores are trained, its boxes and landmarks are kept.

The network that training starts from is the teacher. Scores rise at its boxes of known faces and
fall in pictures without faces; everywhere else they stay as they were.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.network import log_scores

MATCHING, NEAR = (0.3, 1.7), (0.5, 2.5)
"""Greatest distance, as a share of the face's side, and greatest ratio of sides, of a square that
shows a face, and of one that is close to it."""
MOST = 2
"""Number of positions per face whose scores rise."""
KNOWN = 0.2
"""Score of the teacher from which its boxes close to a face are kept."""
FACE_WEIGHT, EMPTY_WEIGHT, SAME_WEIGHT, BOX_WEIGHT = 2.0, 2.0, 2.0, 2.0


class Goals(NamedTuple):
    """What is known about the N scenes of a batch.

    Attributes:
        faces: N × F × 3; squares, rows of zeros are no faces.
        unsure: N × U × 3; squares in which a detection is neither required nor an error.
        empty: N; weight of scenes without a face that should be found, 0 for those with faces.
    """

    faces: Tensor
    unsure: Tensor
    empty: Tensor


def loss_of(found: Tensor, taught: Tensor, squares: Tensor, goals: Goals) -> Tensor:
    """Return the loss per scene.

    Args:
        found: N × P × 16; outputs of the network.
        taught: N × P × 16; outputs of the teacher.
        squares: N × P × 3; the teacher's squares.
        goals: See the class.
    """
    log_score = log_scores(found)
    score, before = log_score.exp(), log_scores(taught).exp()
    rising = _rising(squares, goals.faces, (before + score / 2).detach())
    close = _within(squares, goals.faces, NEAR).any(1)
    ignored = _within(squares, goals.unsure, NEAR).any(1)
    is_empty = (goals.empty > 0).unsqueeze(1)
    faces = rising.sum().clamp(min=1)
    risen = -((1 - score) * log_score * rising).sum() / faces
    log_rest = torch.log1p(-score.clamp(max=1 - 1e-4))
    fallen = -(score**2 * log_rest * goals.empty.unsqueeze(1) * ~ignored).sum() / len(found)
    change = score - before
    same = (change**2 * ~(is_empty | close | ignored)).sum()
    same = same + (change.clamp(min=0) ** 2 * (close & ~rising)).sum() / 2
    kept = (close & (before > KNOWN)) | rising
    shape = functional.smooth_l1_loss(found[..., 2:], taught[..., 2:], reduction="none", beta=0.05)
    shape = (shape.mean(-1) * kept).sum() / faces
    return (
        FACE_WEIGHT * risen
        + EMPTY_WEIGHT * fallen
        + SAME_WEIGHT * same / len(found)
        + BOX_WEIGHT * shape
    )


def _within(squares: Tensor, faces: Tensor, limits: tuple[float, float]) -> Tensor:
    """Return N × F × P: whether a square is close to a face."""
    x, y, side = (column.unsqueeze(-1) for column in faces.unbind(-1))
    distance = torch.hypot(squares[:, None, :, 0] - x, squares[:, None, :, 1] - y)
    ratio = squares[:, None, :, 2] / side.clamp(min=1e-3)
    reach, most = limits
    return (distance < reach * side) & (ratio < most) & (ratio > 1 / most)


def _rising(squares: Tensor, faces: Tensor, quality: Tensor) -> Tensor:
    """Return N × P: the best positions of each face."""
    matching = _within(squares, faces, MATCHING)
    best = (quality.unsqueeze(1) * matching).topk(MOST, dim=-1).indices
    chosen = torch.zeros_like(matching).scatter_(-1, best, True) & matching
    return chosen.any(1)
