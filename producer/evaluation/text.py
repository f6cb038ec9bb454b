"""An evaluation as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from glasses.evaluation.figures import Figures, GroupFigures, KindFigures, Rate, ThresholdChoice
from producer.json_output import EvaluateOutput
from producer.pluralize import pluralize
from producer.rows import printable

RULE = "Photos without a face and failed ones count as no glasses, as in their verdicts."


def lines(evaluation: EvaluateOutput) -> Iterator[str]:
    """Yield the lines of all figures."""
    figures = evaluation.figures
    yield header(evaluation)
    yield ""
    yield f"{'label':<12}{'glasses':>9}{'no glasses':>12}{'no face':>9}{'failed':>8}  <- verdict"
    for row in evaluation.matrix:
        cells = f"{row.glasses:>9}{row.no_glasses:>12}{row.no_face:>9}{row.failed:>8}"
        yield f"{row.label.replace('_', ' '):<12}{cells}"
    yield RULE
    yield ""
    counts = figures.counts
    yield f"{'':<12}{'':>7}  95 % interval"
    for name, rate, share in (
        ("accuracy", figures.accuracy, f"{counts.correct} of {counts.photos} photos"),
        (
            "precision",
            figures.precision,
            f"{counts.true_positives} of {counts.positive_verdicts} verdicts of glasses",
        ),
        (
            "recall",
            figures.recall,
            f"{counts.true_positives} of {counts.positives} photos with glasses",
        ),
        ("F1", figures.f1, ""),
    ):
        yield f"{name:<12}{number(rate.value):>7}  {interval(rate):<16}  {share}".rstrip()
    yield ""
    yield f"area under the precision–recall curve {number(evaluation.pr_area)}"
    yield f"area under the ROC curve              {number(evaluation.roc_area)}"
    if evaluation.calibration_error is not None:
        yield f"calibration error                     {number(evaluation.calibration_error)}"
    if evaluation.kinds is not None:
        yield ""
        yield from _kinds(evaluation.kinds)
    for column, group in groupby(evaluation.groups, lambda each: each.column):
        yield ""
        yield from _group(column, list(group))
    for choice in evaluation.thresholds:
        yield ""
        yield from _threshold(choice)


def header(evaluation: EvaluateOutput) -> str:
    """Return what was evaluated, in one line."""
    figures = evaluation.figures
    job = f"job {evaluation.job_id}, " if evaluation.job_id else ""
    return (
        f"{pluralize(figures.photos, 'labelled photo')}, {figures.positives} with glasses; "
        f"{job}model {evaluation.model}, threshold {evaluation.threshold:g}, "
        f"faces: {evaluation.faces}"
    )


def _kinds(kinds: KindFigures) -> Iterator[str]:
    yield f"{'label':<12}{'none':>9}{'eyeglasses':>12}{'sunglasses':>12}{'F1':>9}  <- eyewear"
    for row in kinds.matrix:
        cells = f"{row.none:>9}{row.eyeglasses:>12}{row.sunglasses:>12}{number(row.f1):>9}"
        yield f"{row.label:<12}{cells}"
    yield f"{'macro F1':<12}{number(kinds.macro_f1.value):>7}  {interval(kinds.macro_f1)}"


def _group(column: str, groups: list[GroupFigures]) -> Iterator[str]:
    width = max(len(column), *(len(printable(group.value)) for group in groups), 5)
    yield (
        f"{column:<{width}}{'photos':>8}{'glasses':>9}  "
        f"{'accuracy':<23}{'precision':<23}{'recall':<23}F1"
    )
    for group in groups:
        found = group.figures
        rates = (found.accuracy, found.precision, found.recall, found.f1)
        cells = "".join(f"{f'{number(rate.value)} {interval(rate)}':<23}" for rate in rates)
        value = printable(group.value) or "(none)"
        yield f"{value:<{width}}{found.photos:>8}{found.positives:>9}  {cells}".rstrip()


def _threshold(choice: ThresholdChoice) -> Iterator[str]:
    if choice.threshold is None or choice.figures is None:
        yield f"{choice.goal}: no threshold reaches it on these photos"
        return
    yield f"{choice.goal}: threshold {choice.threshold:g}"
    found = choice.figures
    yield (
        f"  precision {number(found.precision.value)}, recall {number(found.recall.value)}, "
        f"{pluralize(found.false_positives, 'false positive')}, "
        f"{pluralize(found.false_negatives, 'false negative')}"
    )
    if choice.cost is not None:
        yield f"  cost {choice.cost:g}; with the present threshold {choice.cost_now:g}"
    yield "  It fits these photos best: confirm it on others before you use it."


def columns(named: dict[str, Figures]) -> Iterator[str]:
    """Yield a table that compares figures, a column each."""
    yield f"{'':<17}" + "".join(f"{name:>26}" for name in named)
    rows = {
        "photos": [str(each.photos) for each in named.values()],
        "accuracy": [_cell(each.accuracy) for each in named.values()],
        "precision": [_cell(each.precision) for each in named.values()],
        "recall": [_cell(each.recall) for each in named.values()],
        "F1": [_cell(each.f1) for each in named.values()],
        "false positives": [str(each.false_positives) for each in named.values()],
        "false negatives": [str(each.false_negatives) for each in named.values()],
    }
    for name, cells in rows.items():
        yield f"{name:<17}" + "".join(f"{cell:>26}" for cell in cells)


def _cell(rate: Rate) -> str:
    return f"{number(rate.value)} {interval(rate)}".rstrip()


def number(value: float | None) -> str:
    """Return a ratio with three decimals; a dash if there is none."""
    return "–" if value is None else f"{value:.3f}"


def interval(rate: Rate) -> str:
    """Return the interval of a ratio in brackets; nothing if there is none."""
    if rate.low is None or rate.high is None:
        return ""
    return f"({rate.low:.3f}–{rate.high:.3f})"
