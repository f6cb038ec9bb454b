"""Charts of an evaluation as inline SVG; evaluation.css of the report colours them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from glasses.evaluation.figures import CalibrationBin, Evaluation

_SIZE = 240
"""Width and height of the plotted area, in units of the view box."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 10, 14, 40
_STARTS = (0.9, 0.8, 0.5, 0.0)
"""Where an axis may start, so that curves near 1 can be told apart."""
_TICKS = 4

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart.

    Attributes:
        label: What it shows.
        low: Its start.
        high: Its end.
    """

    label: str
    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """Return where a value is, 0..1; values outside are moved to the ends."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    @property
    def ticks(self) -> list[float]:
        """Return the labelled values."""
        return [self.low + (self.high - self.low) * i / _TICKS for i in range(_TICKS + 1)]


class Chart:
    """A square chart.

    Args:
        title: Its title, for screen readers.
        x: Horizontal axis.
        y: Vertical axis.
    """

    def __init__(self, title: str, x: Axis, y: Axis) -> None:
        self._title = title
        self._x = x
        self._y = y
        self._parts: list[str] = []
        for axis, draw in ((x, self._vertical), (y, self._horizontal)):
            for tick in axis.ticks:
                draw(tick)
        middle = _LEFT + _SIZE / 2
        self._text(middle, _TOP + _SIZE + 34, x.label, "middle")
        across = f"translate(11 {_TOP + _SIZE / 2:g}) rotate(-90)"
        self._parts.append(
            f'<text transform="{across}" text-anchor="middle">{escape(y.label)}</text>'
        )

    def line(self, points: Sequence[Point], name: str = "line") -> None:
        """Draw a line through points."""
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in map(self._place, points))
        self._parts.append(f'<polyline class="{name}" points="{path}"/>')

    def dot(self, point: Point, text: str) -> None:
        """Draw a point with a tooltip."""
        x, y = self._place(point)
        self._parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{escape(text)}</title>'
            "</circle>"
        )

    def bar(self, x: float, low: float, high: float) -> None:
        """Draw a vertical interval."""
        self.line([(x, low), (x, high)], "interval")

    def svg(self) -> str:
        """Return the chart."""
        width, height = _LEFT + _SIZE + _RIGHT, _TOP + _SIZE + _BOTTOM
        return (
            f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" '
            f'aria-label="{escape(self._title)}">{"".join(self._parts)}</svg>'
        )

    def _place(self, point: Point) -> Point:
        x, y = point
        return _LEFT + _SIZE * self._x.share(x), _TOP + _SIZE * (1 - self._y.share(y))

    def _vertical(self, tick: float) -> None:
        x, _ = self._place((tick, 0))
        self._parts.append(f'<path class="rule" d="M{x:.1f} {_TOP}v{_SIZE}"/>')
        self._text(x, _TOP + _SIZE + 16, f"{tick:.3g}", "middle")

    def _horizontal(self, tick: float) -> None:
        _, y = self._place((0, tick))
        self._parts.append(f'<path class="rule" d="M{_LEFT} {y:.1f}h{_SIZE}"/>')
        self._text(_LEFT - 5, y + 4, f"{tick:.3g}", "end")

    def _text(self, x: float, y: float, text: str, anchor: str) -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )


def precision_recall(evaluation: Evaluation, threshold: float) -> str:
    """Return the precision–recall curve, with the point of the present threshold."""
    figures = evaluation.figures
    precision, recall = figures.precision.value or 0.0, figures.recall.value or 0.0
    start = _start(precision, recall)
    chart = Chart("Precision–recall curve", Axis("recall", start), Axis("precision", start))
    chart.line([(point.recall, point.precision) for point in evaluation.curve])
    text = f"threshold {threshold:g}: precision {precision:.3f}, recall {recall:.3f}"
    chart.dot((recall, precision), text)
    return chart.svg()


def roc(evaluation: Evaluation, threshold: float) -> str:
    """Return the ROC curve, with the point of the present threshold."""
    counts = evaluation.figures.counts
    recall = counts.recall or 0.0
    rate = counts.false_positives / max(1, counts.photos - counts.positives)
    start = _start(recall, 1 - rate)
    chart = Chart("ROC curve", Axis("false positive rate", 0.0, 1 - start), Axis("recall", start))
    if not start:
        chart.line([(0, 0), (1, 1)], "even")
    chart.line([(point.false_positive_rate, point.recall) for point in evaluation.curve])
    text = f"threshold {threshold:g}: recall {recall:.3f}, false positive rate {rate:.3f}"
    chart.dot((rate, recall), text)
    return chart.svg()


def calibration(bins: Sequence[CalibrationBin]) -> str:
    """Return the share of photos with glasses per tenth of the probability, with intervals."""
    chart = Chart("Calibration", Axis("probability"), Axis("share with glasses"))
    chart.line([(0, 0), (1, 1)], "even")
    chart.line([(each.predicted, each.observed.value or 0.0) for each in bins])
    for each in bins:
        chart.bar(each.predicted, each.observed.low or 0.0, each.observed.high or 0.0)
    for each in bins:
        share = each.observed.value or 0.0
        chart.dot(
            (each.predicted, share),
            f"{each.low:g} to {each.low + 0.1:.1f}: {each.photos} photos, mean probability "
            f"{each.predicted:.3f}, share with glasses {share:.3f}",
        )
    return chart.svg()


def _start(*values: float) -> float:
    """Return the highest start of an axis below all values, with some room."""
    return next(start for start in _STARTS if min(values) >= (1 + start) / 2 or not start)
