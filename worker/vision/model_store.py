"""Model store: finds released models by name or path and verifies their checksums."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from glasses.config.regular_file import read_regular
from glasses.errors import ModelError
from worker.vision.model_manifest import ModelManifest, ReleasedFile

M = TypeVar("M", bound=ReleasedFile)

MODELS = Path(__file__).parents[1] / "models"
DEFAULT = "default"
_MANIFEST_BYTES = 1 << 20
_MODEL_BYTES = 1 << 30
PROPOSAL = "proposal-"
"""Prefix of the folders with face proposal networks; all others contain classifiers."""


@dataclass(frozen=True, slots=True)
class ReleasedModel:
    """A classifier whose checksum was verified.

    Attributes:
        manifest: The model's manifest.
        data: The ONNX file's bytes.
    """

    manifest: ModelManifest
    data: bytes


def find(model: str) -> Path:
    """Return the folder of a released model.

    Args:
        model: `default`, the name of a folder in `worker/models/`, or a path to such a folder.

    Raises:
        ModelError: No such model exists.
    """
    if model == DEFAULT:
        try:
            model = (MODELS / "DEFAULT").read_text("utf-8").strip()
        except OSError as error:
            raise ModelError(f"there is no default model: {error}") from error
    for folder in (MODELS / model, Path(model)):
        if (folder / "manifest.json").is_file():
            return folder
    folders = (path.parent.name for path in MODELS.glob("*/manifest.json"))
    names = ", ".join(sorted(name for name in folders if not name.startswith(PROPOSAL)))
    raise ModelError(
        f"model {model!r} not found: use one of {names}, or a folder with a manifest.json"
    )


def load(model: str) -> ReleasedModel:
    """Read a model and verify that it is the one its manifest describes.

    Raises:
        ModelError: The model is missing, its manifest is invalid, or its sha256 differs.
    """
    return ReleasedModel(*read(find(model), ModelManifest))


def read(folder: Path, kind: type[M]) -> tuple[M, bytes]:
    """Return the manifest and the verified bytes of a released network of any kind.

    Raises:
        ModelError: The network is missing, its manifest is invalid, or its sha256 differs.
    """
    try:
        manifest = kind.model_validate_json(read_regular(folder / "manifest.json", _MANIFEST_BYTES))
        data = read_regular(folder / manifest.file, _MODEL_BYTES)
    except (OSError, ValidationError) as error:
        raise ModelError(f"model {folder} cannot be read: {error}") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != manifest.sha256:
        raise ModelError(
            f"model {folder / manifest.file} is not the released one: its sha256 is {sha256}, "
            f"its manifest says {manifest.sha256}. Install the package again."
        )
    return manifest, data
