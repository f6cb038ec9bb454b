"""The figures of an evaluation, as models: what `--json` prints and the report shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from glasses.evaluation.confusion import Confusion, wilson
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.units import Photos, Probability

_FROZEN = ConfigDict(frozen=True)


class PhotoLabel(StrEnum):
    """What a photo's label says."""

    GLASSES = "glasses"
    """The person wears glasses."""
    NO_GLASSES = "no_glasses"
    """The person does not."""

    @classmethod
    def of(cls, has_glasses: bool) -> Self:
        """Return the label."""
        return cls("glasses" if has_glasses else "no_glasses")


class Rate(BaseModel):
    """A ratio with its 95 % interval; all null if it would divide by zero."""

    model_config = _FROZEN

    value: float | None = Field(description="the ratio; null if it would divide by zero")
    low: float | None = Field(description="lower end of the 95 % interval")
    high: float | None = Field(description="upper end of the 95 % interval")

    @classmethod
    def of(cls, part: int, whole: int) -> Self:
        """Return a share with Wilson's interval."""
        low, high = wilson(part, whole) or (None, None)
        return cls(value=part / whole if whole else None, low=low, high=high)


class Figures(BaseModel):
    """Counts and ratios of verdicts on labelled photos.

    A verdict is positive if it says `glasses: true`; those of photos without a face and of failed
    ones are negative.
    """

    model_config = _FROZEN

    photos: Photos = Field(description="labelled photos with a verdict")
    positives: Photos = Field(description="labelled as with glasses")
    true_positives: Photos = Field(description="with glasses, and the verdict is glasses")
    false_positives: Photos = Field(description="without glasses, but the verdict is glasses")
    false_negatives: Photos = Field(
        description="with glasses, but the verdict is not: no glasses, no face or failed"
    )
    true_negatives: Photos = Field(description="without glasses, and the verdict is not glasses")
    accuracy: Rate = Field(description="share of photos with a correct verdict; Wilson interval")
    precision: Rate = Field(description="share of verdicts of glasses that are correct; Wilson")
    recall: Rate = Field(description="share of photos with glasses that are found; Wilson")
    f1: Rate = Field(
        description="harmonic mean of precision and recall, null without photos with glasses; "
        "bootstrap over photos"
    )

    @property
    def counts(self) -> Confusion:
        """Return the confusion matrix."""
        return Confusion(
            self.true_positives, self.false_positives, self.false_negatives, self.true_negatives
        )


class MatrixRow(BaseModel):
    """The photos of one label by verdict; photos without a face and failed ones apart."""

    model_config = _FROZEN

    label: PhotoLabel = Field(description="label of the photos in this row")
    glasses: Photos = Field(description="verdict glasses")
    no_glasses: Photos = Field(description="verdict no glasses")
    no_face: Photos = Field(description="no face was found; counts as no glasses")
    failed: Photos = Field(description="could not be classified; counts as no glasses")


class CurvePoint(BaseModel):
    """One threshold of the precision–recall and ROC curves."""

    model_config = _FROZEN

    threshold: Probability = Field(description="the threshold")
    precision: float = Field(description="precision with it")
    recall: float = Field(description="recall with it")
    false_positive_rate: float = Field(description="share of photos without glasses called glasses")


class CalibrationBin(BaseModel):
    """The photos whose probability is in one tenth of the range."""

    model_config = _FROZEN

    low: Probability = Field(description="lowest probability of the bin, which is 0.1 wide")
    photos: Photos = Field(description="number of photos")
    predicted: Probability = Field(description="mean probability")
    observed: Rate = Field(description="share of photos with glasses; Wilson interval")


class ThresholdChoice(BaseModel):
    """The best threshold for a goal, on these photos."""

    model_config = _FROZEN

    goal: str = Field(description="what was asked for")
    threshold: float | None = Field(description="null: no threshold reaches the goal")
    cost: float | None = Field(description="total cost of the mistakes; null for other goals")
    cost_now: float | None = Field(description="the same with the present threshold")
    figures: Figures | None = Field(description="the figures with this threshold")


class GroupFigures(BaseModel):
    """The figures of the photos with one value in a column of the labels."""

    model_config = _FROZEN

    column: str = Field(description="name of the column")
    value: str = Field(description="value in the column; may be empty")
    figures: Figures = Field(description="figures of the photos with this value")


class Mistake(BaseModel):
    """A photo whose verdict is not its label."""

    model_config = _FROZEN

    image: str = Field(description="name of the photo in the labels")
    label: PhotoLabel = Field(description="label of the photo")
    status: PhotoStatus = Field(description="status of its verdict")
    probability: Probability | None = Field(description="as in the verdict; null without faces")
    reason: FailureReason | None = Field(description="why the photo failed")


class KindRow(BaseModel):
    """The photos of one labelled eyewear by verdict."""

    model_config = _FROZEN

    label: Eyewear = Field(description="label of the photos in this row")
    none: Photos = Field(description="verdict none; includes photos without a face and failed ones")
    eyeglasses: Photos = Field(description="verdict eyeglasses")
    sunglasses: Photos = Field(description="verdict sunglasses")
    f1: float | None = Field(description="F1 of this class; null without photos of this label")


class KindMistake(BaseModel):
    """A photo whose glasses are of another kind than the verdict says."""

    model_config = _FROZEN

    image: str = Field(description="name of the photo")
    label: Eyewear = Field(description="label of the photo")
    verdict: Eyewear = Field(description="eyewear in its verdict")
    sunglasses_probability: Probability = Field(description="that of the deciding face")


class KindFigures(BaseModel):
    """No glasses, eyeglasses and sunglasses, of the photos whose label tells the kind."""

    model_config = _FROZEN

    photos: Photos = Field(description="photos whose label tells what the person wears")
    matrix: tuple[KindRow, ...] = Field(description="photos by label and verdict")
    macro_f1: Rate = Field(
        description="mean F1 of the classes that have labels; bootstrap over photos"
    )
    mistakes: tuple[KindMistake, ...] = Field(
        description="photos with glasses, called so, but of the other kind"
    )


class Evaluation(BaseModel):
    """Verdicts against labels: all figures."""

    model_config = _FROZEN

    figures: Figures = Field(description="all photos")
    matrix: tuple[MatrixRow, ...] = Field(description="photos by label and verdict")
    pr_area: float = Field(description="area under the precision–recall curve: average precision")
    roc_area: float = Field(description="area under the ROC curve")
    curve: tuple[CurvePoint, ...] = Field(
        description="both curves, the highest threshold first; at most 1,000 points"
    )
    calibration_error: float | None = Field(
        description="expected calibration error of the photos with a face; null without any"
    )
    calibration: tuple[CalibrationBin, ...] = Field(description="bins that contain photos")
    groups: tuple[GroupFigures, ...] = Field(description="per value of each --group column")
    thresholds: tuple[ThresholdChoice, ...] = Field(description="the thresholds asked for")
    mistakes: tuple[Mistake, ...] = Field(description="the wrong verdicts")
    kinds: KindFigures | None = Field(
        description="null: no photo is labelled as eyeglasses, or none as sunglasses, or the model "
        "does not tell kinds"
    )
