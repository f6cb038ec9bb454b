"""A released model's manifest: what the file is, how to feed it, what it is worth."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelInput(BaseModel):
    """What the network takes: RGB, `(pixel - mean) / std`, N × 3 × size × size float32.

    One whose own input is uint8 takes the pixels, N × size × size × 3, and computes that itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(description="side of the crop in px")
    mean: tuple[float, float, float] = Field(description="per channel, pixels in 0..255")
    std: tuple[float, float, float] = Field(description="per channel, pixels in 0..255")
    crop_margin: float = Field(
        description="added on each side of the face box, as a share of its longer side"
    )


class Calibration(BaseModel):
    """probability = sigmoid(logit / temperature + bias) (Guo et al. 2017, arXiv:1706.04599)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = 1.0
    bias: float = 0.0


class ReleasedFile(BaseModel):
    """What the manifest of any released network says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    architecture: str
    metrics: dict[str, Any] = Field(default_factory=dict, description="as evaluated at release")
    trained_on: dict[str, str] = Field(default_factory=dict, description="dataset -> terms")


class Manifest(ReleasedFile):
    """`manifest.json` beside a model's file."""

    input: ModelInput
    threshold: float = Field(ge=0, le=1, description="glasses at this probability and above")
    calibration: Calibration = Calibration()

    @property
    def identity(self) -> str:
        """Everything that a probability depends on: the file, how it is fed, how it is read.

        Not the threshold: that is the job's, whoever works on it.
        """
        return "\n".join(
            [self.sha256, self.input.model_dump_json(), self.calibration.model_dump_json()]
        )


class ProposalManifest(ReleasedFile):
    """`manifest.json` beside the file of a network that proposes faces."""

    look: int = Field(gt=0, description="longest side in px of the copy that is looked at first")
    ask: float = Field(gt=0, lt=1, description="dlib is asked at this probability and above")
    believe: float = Field(
        gt=0,
        lt=1,
        description="a face that dlib does not confirm counts if its probability, less what dlib's "
        "doubt takes off it, is this or more",
    )
    last: float = Field(
        gt=0,
        lt=2,
        description="where nothing was found: a face counts if the mean probability of several "
        "views, and a share of dlib's margin, are together this or more",
    )
