"""Model manifests: the file, the input format, the thresholds and the metrics of a release."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
"""Names of released networks, which are names of folders, too."""


class ModelInput(BaseModel):
    """The network's input: RGB, `(pixel - mean) / std`, N × 3 × size × size float32.

    A network with a uint8 input takes raw pixels, N × size × size × 3, and normalizes them itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(description="side of the crop in px")
    mean: tuple[float, float, float] = Field(description="per channel, pixels in 0..255")
    std: tuple[float, float, float] = Field(description="per channel, pixels in 0..255")
    crop_margin: float = Field(
        description="margin on each side of the face box, as a share of its longer side"
    )


class Calibration(BaseModel):
    """probability = sigmoid(logit / temperature + bias) (Guo et al. 2017, arXiv:1706.04599)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = 1.0
    bias: float = 0.0


class ReducedPass(BaseModel):
    """Classification of reduced crops, see `worker.vision.reduced_pass`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(gt=0, description="side of the reduced crop in px")
    certain_none: float = Field(
        ge=0, lt=0.5, description="faces of this probability of glasses and below are settled"
    )
    certain_glasses: float = Field(
        gt=0.5, le=1, description="so are faces of this probability and above, if their kind is"
    )
    certain_kind: float = Field(
        gt=0.5,
        le=1,
        description="a kind is certain if eyeglasses or sunglasses have this probability or more",
    )
    calibration: Calibration
    sunglasses_calibration: Calibration | None = None


class ReleasedFile(BaseModel):
    """The fields that the manifests of all released networks share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int
    name: str = Field(pattern=NAME_PATTERN)
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    architecture: str
    metrics: dict[str, Any] = Field(default_factory=dict, description="as evaluated at release")
    trained_on: dict[str, str] = Field(default_factory=dict, description="dataset -> terms")
    started_from: str = Field(
        default="",
        description="released model whose weights training started from: its terms apply, too",
    )


class ModelManifest(ReleasedFile):
    """The `manifest.json` of a classifier."""

    schema_version: Literal[1] = 1
    input: ModelInput
    threshold: float = Field(ge=0, le=1, description="glasses at this probability and above")
    calibration: Calibration = Calibration()
    sunglasses_calibration: Calibration | None = Field(
        default=None,
        description="of the second output, `sunglasses`; null if the network has one output and "
        "does not tell kinds",
    )
    reduced_pass: ReducedPass | None = Field(
        default=None, description="null if all faces are classified at full size at once"
    )

    @model_validator(mode="after")
    def _check_reduced_pass(self) -> Self:
        first = self.reduced_pass
        if first and (first.sunglasses_calibration is None) != (
            self.sunglasses_calibration is None
        ):
            raise ValueError(
                "reduced_pass and the manifest must both have a sunglasses_calibration, or neither"
            )
        return self

    @property
    def identity(self) -> str:
        """Everything that determines a probability: file, input format, calibrations.

        The threshold is excluded: it belongs to the job.
        """
        fields = {"sha256", "input", "calibration", "sunglasses_calibration", "reduced_pass"}
        return self.model_dump_json(include=fields)


class ProposalManifest(ReleasedFile):
    """The `manifest.json` of a network that proposes faces."""

    schema_version: Literal[3] = 3
    input_size: int = Field(
        gt=0, description="longest side in px of the copy that the network processes first"
    )
    hint_threshold: float = Field(
        gt=0, lt=1, description="minimum probability of a proposal that hints at small faces"
    )
    propose_threshold: float = Field(
        gt=0, lt=1, description="proposals with this probability and above are passed to dlib"
    )
    accept_threshold: float = Field(
        gt=0, lt=1, description="faces with this probability and above count without dlib"
    )
    vote_threshold: float = Field(
        gt=0,
        lt=2,
        description="if no face was found: the multi-view vote accepts a face if the mean "
        "probability of the views plus a share of dlib's margin is this or more",
    )

    @property
    def identity(self) -> str:
        """Everything that determines the boxes: the file, its input size, its thresholds."""
        fields = {"sha256", "input_size"} | {
            f"{kind}_threshold" for kind in ("hint", "propose", "accept", "vote")
        }
        return self.model_dump_json(include=fields)
