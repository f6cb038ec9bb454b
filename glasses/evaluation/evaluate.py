"""Evaluate verdicts: labelled verdicts in, all figures out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from glasses.evaluation.bootstrap import f1_interval
from glasses.evaluation.confusion import Confusion
from glasses.evaluation.figures import (
    CalibrationBin,
    CurvePoint,
    Evaluation,
    Figures,
    GroupFigures,
    MatrixRow,
    Mistake,
    PhotoLabel,
    Rate,
    ThresholdChoice,
)
from glasses.evaluation.kinds import kind_figures
from glasses.evaluation.ranking import Array, Flags, Ranking
from glasses.evaluation.reliability import reliability
from glasses.evaluation.threshold_choice import (
    Rank,
    at_least_precision,
    at_least_recall,
    cheapest,
    choose_threshold,
    cost,
)
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import Verdict

_CURVE_POINTS = 1000
_NO_FACE = -1.0
"""Below every threshold: photos without a face have a negative verdict."""


@dataclass(frozen=True, slots=True)
class LabelledVerdict:
    """A verdict with the label of its photo.

    Attributes:
        verdict: The verdict.
        label: Whether the person wears glasses.
        groups: Column of the labels -> the photo's value.
        eyewear: What the person wears; None if the labels do not tell.
    """

    verdict: Verdict
    label: bool
    groups: Mapping[str, str] = field(default_factory=dict)
    eyewear: Eyewear | None = None

    @property
    def is_mistake(self) -> bool:
        """Return whether the verdict differs from the label."""
        return self.verdict.glasses != self.label


@dataclass(frozen=True, slots=True)
class Goals:
    """What thresholds to look for.

    Attributes:
        costs: Of a false positive and a false negative; None: not asked for.
        precision: Wanted precision.
        recall: Wanted recall.
    """

    costs: tuple[float, float] | None = None
    precision: float | None = None
    recall: float | None = None


def confusion(photos: Iterable[LabelledVerdict]) -> Confusion:
    """Count verdicts by label."""
    return Confusion.of((photo.verdict.glasses, photo.label) for photo in photos)


def figures_of(counts: Confusion) -> Figures:
    """Return the figures of a confusion matrix, with intervals."""
    interval = f1_interval(counts) if counts.f1 is not None else None
    low, high = interval or (None, None)
    return Figures(
        photos=counts.photos,
        positives=counts.positives,
        true_positives=counts.true_positives,
        false_positives=counts.false_positives,
        false_negatives=counts.false_negatives,
        true_negatives=counts.true_negatives,
        accuracy=Rate.of(counts.correct, counts.photos),
        precision=Rate.of(counts.true_positives, counts.positive_verdicts),
        recall=Rate.of(counts.true_positives, counts.positives),
        f1=Rate(value=counts.f1, low=low, high=high),
    )


def evaluate(photos: Sequence[LabelledVerdict], goals: Goals | None = None) -> Evaluation:
    """Return all figures.

    Args:
        photos: Verdicts of one model and threshold, with both labels among them.
        goals: What thresholds to look for.
    """
    values = np.array(
        [_NO_FACE if p.verdict.probability is None else p.verdict.probability for p in photos]
    )
    labels = np.array([photo.label for photo in photos], dtype=np.bool_)
    ranking = Ranking.of(values, labels)
    assert ranking.pr_area is not None, "one label only"
    assert ranking.roc_area is not None
    has_face = values >= 0
    bins, error = _calibration(values[has_face], labels[has_face])
    counts = confusion(photos)
    return Evaluation(
        figures=figures_of(counts),
        matrix=(_matrix_row(photos, True), _matrix_row(photos, False)),
        pr_area=ranking.pr_area,
        roc_area=ranking.roc_area,
        curve=_curve(ranking),
        calibration_error=error,
        calibration=bins,
        groups=_groups(photos),
        thresholds=_thresholds(ranking, goals or Goals(), counts),
        mistakes=tuple(_mistake(photo) for photo in photos if photo.is_mistake),
        kinds=kind_figures([(p.verdict, p.eyewear) for p in photos if p.eyewear is not None]),
    )


def _matrix_row(photos: Sequence[LabelledVerdict], label: bool) -> MatrixRow:
    verdicts = [photo.verdict for photo in photos if photo.label == label]
    no_face = sum(verdict.status is PhotoStatus.NO_FACE for verdict in verdicts)
    failed = sum(verdict.status is PhotoStatus.FAILED for verdict in verdicts)
    glasses = sum(verdict.glasses for verdict in verdicts)
    return MatrixRow(
        label=PhotoLabel.of(label),
        glasses=glasses,
        no_glasses=len(verdicts) - glasses - no_face - failed,
        no_face=no_face,
        failed=failed,
    )


def _curve(ranking: Ranking) -> tuple[CurvePoint, ...]:
    reachable = np.flatnonzero(ranking.thresholds >= 0)
    if len(reachable) > _CURVE_POINTS:
        chosen = np.linspace(0, len(reachable) - 1, _CURVE_POINTS).round().astype(np.int64)
        reachable = reachable[chosen]
    precision, recall = ranking.precision, ranking.recall
    alarms = ranking.false_positive_rate
    return tuple(
        CurvePoint(
            threshold=min(1.0, float(ranking.thresholds[at])),
            precision=float(precision[at]),
            recall=float(recall[at]),
            false_positive_rate=float(alarms[at]),
        )
        for at in reachable
    )


def _calibration(values: Array, labels: Flags) -> tuple[tuple[CalibrationBin, ...], float | None]:
    bins, error = reliability(values, labels)
    return (
        tuple(
            CalibrationBin(
                low=each.low,
                photos=each.photos,
                predicted=each.predicted,
                observed=Rate.of(each.positives, each.photos),
            )
            for each in bins
        ),
        error,
    )


def _groups(photos: Sequence[LabelledVerdict]) -> tuple[GroupFigures, ...]:
    columns = dict.fromkeys(column for photo in photos for column in photo.groups)
    found = []
    for column in columns:
        by_value: dict[str, list[LabelledVerdict]] = {}
        for photo in photos:
            by_value.setdefault(photo.groups.get(column, ""), []).append(photo)
        found += [
            GroupFigures(column=column, value=value, figures=figures_of(confusion(group)))
            for value, group in sorted(by_value.items())
        ]
    return tuple(found)


def _thresholds(ranking: Ranking, goals: Goals, now: Confusion) -> tuple[ThresholdChoice, ...]:
    wanted: list[tuple[str, Rank, tuple[float, float] | None]] = []
    if goals.costs is not None:
        false_positive, false_negative = goals.costs
        text = f"lowest cost: {false_positive:g} per false positive, {false_negative:g} per "
        wanted.append((f"{text}false negative", cheapest(*goals.costs), goals.costs))
    if goals.precision is not None:
        rank = at_least_precision(goals.precision)
        wanted.append((f"precision of at least {goals.precision:g}", rank, None))
    if goals.recall is not None:
        wanted.append((f"recall of at least {goals.recall:g}", at_least_recall(goals.recall), None))
    choices = []
    for goal, rank, costs in wanted:
        found = choose_threshold(ranking, rank)
        choices.append(
            ThresholdChoice(
                goal=goal,
                threshold=found[0] if found else None,
                cost=cost(found[1], *costs) if found and costs else None,
                cost_now=cost(now, *costs) if costs else None,
                figures=figures_of(found[1]) if found else None,
            )
        )
    return tuple(choices)


def _mistake(photo: LabelledVerdict) -> Mistake:
    verdict = photo.verdict
    return Mistake(
        image=verdict.image,
        label=PhotoLabel.of(photo.label),
        status=verdict.status,
        probability=verdict.probability,
        reason=verdict.reason,
    )
