"""The part of the HTML report that shows the figures of an evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from glasses.evaluation.figures import GroupFigures, KindFigures, Rate, ThresholdChoice
from producer.evaluation import charts
from producer.evaluation.text import RULE, interval, number
from producer.json_output import EvaluateOutput
from producer.pluralize import pluralize
from producer.rows import printable

_MOST_NAMES = 20
"""Names of photos that are left out; `--json` has all."""


def html(evaluation: EvaluateOutput) -> str:
    """Return the section."""
    return "".join(_parts(evaluation))


def _parts(evaluation: EvaluateOutput) -> Iterator[str]:
    figures = evaluation.figures
    short = (
        f"F1 {number(figures.f1.value)}, precision {number(figures.precision.value)}, "
        f"recall {number(figures.recall.value)}"
    )
    yield f'<details id="evaluation" open><summary>Evaluation: {short}</summary>'
    yield '<div class="tables">'
    yield _matrix(evaluation)
    yield _ratios(evaluation)
    if evaluation.kinds is not None:
        yield _kinds(evaluation.kinds)
    yield "</div>"
    yield f'<p class="quiet">{escape(RULE)} Intervals: 95 %, Wilson; F1: bootstrap over photos.</p>'
    yield '<div class="charts">'
    threshold = evaluation.threshold
    area = f"area {number(evaluation.pr_area)}"
    yield _chart("Precision–recall", area, charts.precision_recall(evaluation, threshold))
    area = f"area {number(evaluation.roc_area)}"
    yield _chart("ROC", area, charts.roc(evaluation, threshold))
    if evaluation.calibration_error is not None:
        error = f"mean error {number(evaluation.calibration_error)}"
        yield _chart("Calibration", error, charts.calibration(evaluation.calibration))
    yield "</div>"
    for column, groups in groupby(evaluation.groups, lambda each: each.column):
        yield _groups(column, list(groups))
    if evaluation.thresholds:
        yield _thresholds(evaluation.thresholds)
    yield from _left_out(evaluation)
    yield "</details>"


def _matrix(evaluation: EvaluateOutput) -> str:
    rows = [
        [row.label.replace("_", " "), row.glasses, row.no_glasses, row.no_face, row.failed]
        for row in evaluation.matrix
    ]
    return _table(
        "Photos by label, and by verdict",
        ["label", "glasses", "no glasses", "no face", "failed"],
        [[_cell(cell) for cell in row] for row in rows],
    )


def _ratios(evaluation: EvaluateOutput) -> str:
    figures = evaluation.figures
    counts = figures.counts
    rows = [
        ("accuracy", figures.accuracy, f"{counts.correct} of {counts.photos} photos"),
        (
            "precision",
            figures.precision,
            f"{counts.true_positives} of {counts.positive_verdicts} verdicts of glasses",
        ),
        ("recall", figures.recall, f"{counts.true_positives} of {counts.positives} with glasses"),
        ("F1", figures.f1, ""),
    ]
    cells = [[name, *_rate(rate), share] for name, rate, share in rows]
    return _table(f"At the threshold {evaluation.threshold:g}", ["", "", "95 %", ""], cells)


def _kinds(kinds: KindFigures) -> str:
    rows = [
        [str(row.label), *map(_cell, (row.none, row.eyeglasses, row.sunglasses)), number(row.f1)]
        for row in kinds.matrix
    ]
    title = f"Eyewear by label, and by verdict; macro F1 {_both(kinds.macro_f1)}"
    return _table(title, ["label", "none", "eyeglasses", "sunglasses", "F1"], rows)


def _groups(column: str, groups: Sequence[GroupFigures]) -> str:
    rows = []
    for group in groups:
        found = group.figures
        rates = [_both(each) for each in (found.accuracy, found.precision, found.recall, found.f1)]
        value = printable(group.value) or "(none)"
        rows.append([value, _cell(found.photos), _cell(found.positives), *rates])
    head = [printable(column), "photos", "with glasses", "accuracy", "precision", "recall", "F1"]
    return _table(f"By {printable(column)}", head, rows)


def _thresholds(choices: Iterable[ThresholdChoice]) -> str:
    rows = []
    for choice in choices:
        found = choice.figures
        if choice.threshold is None or found is None:
            rows.append([choice.goal, "none reaches it", "", "", "", "", ""])
            continue
        cost = "" if choice.cost is None else f"{choice.cost:g} (now {choice.cost_now:g})"
        rows.append(
            [
                choice.goal,
                f"{choice.threshold:g}",
                number(found.precision.value),
                number(found.recall.value),
                _cell(found.false_positives),
                _cell(found.false_negatives),
                cost,
            ]
        )
    head = ["goal", "threshold", "precision", "recall", "false pos.", "false neg.", "cost"]
    note = "They fit these photos best: confirm them on others before you use them."
    return _table("Thresholds", head, rows) + f'<p class="quiet">{note}</p>'


def _left_out(evaluation: EvaluateOutput) -> Iterator[str]:
    for names, what in (
        (evaluation.missing, "not found"),
        (evaluation.contradictory, "left out: the same content has different labels"),
    ):
        if names:
            shown = ", ".join(printable(name) for name in names[:_MOST_NAMES])
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            photos = pluralize(len(names), "labelled photo")
            yield f'<p class="left-out"><b>{photos} {what}:</b> {escape(shown + more)}</p>'
    for count, what in (
        (evaluation.unlabelled, "without a label: not evaluated"),
        (evaluation.duplicates, "with the same content as another one: counted as any other"),
        (evaluation.corrected, "with a corrected label"),
        (evaluation.dropped, "excluded by corrections"),
    ):
        if count:
            yield f'<p class="quiet">{pluralize(count, "photo")} {what}.</p>'


def _chart(title: str, figure: str, svg: str) -> str:
    return f"<figure><figcaption><b>{title}</b> {figure}</figcaption>{svg}</figure>"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="wide"><table><caption>{escape(title)}</caption><thead><tr>{columns}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _rate(rate: Rate) -> tuple[str, str]:
    return number(rate.value), interval(rate).strip("()")


def _both(rate: Rate) -> str:
    return f"{number(rate.value)} {interval(rate)}".strip()
