"""Released models on disk: found by name or path, refused unless the bytes are the manifest's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from glasses.errors import ModelError
from worker.manifest import Manifest, ReleasedFile

M = TypeVar("M", bound=ReleasedFile)

MODELS = Path(__file__).parent / "models"
DEFAULT = "default"
PROPOSAL = "proposal-"
"""Folders with this prefix hold networks that find faces, not models that classify them."""


@dataclass(frozen=True, slots=True)
class ReleasedModel:
    """A model whose bytes were checked.

    Attributes:
        manifest: What it is.
        data: The ONNX file's bytes.
    """

    manifest: Manifest
    data: bytes


def find(model: str) -> Path:
    """The folder of a released model.

    Args:
        model: `default`, the name of a folder in `worker/models/`, or a path to such a folder.

    Raises:
        ModelError: There is none.
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
    raise ModelError(f"no model {model!r}: name one of {names}, or a folder with a manifest.json")


def load(model: str) -> ReleasedModel:
    """Read a model and check that it is the one its manifest describes.

    Raises:
        ModelError: It is missing, its manifest does not parse, or its sha256 differs.
    """
    return ReleasedModel(*read(find(model), Manifest))


def read(folder: Path, kind: type[M]) -> tuple[M, bytes]:
    """Read a released network of any kind: its manifest, and the bytes that the manifest means.

    Raises:
        ModelError: It is missing, its manifest does not parse, or its sha256 differs.
    """
    try:
        manifest = kind.model_validate_json((folder / "manifest.json").read_bytes())
        data = (folder / manifest.file).read_bytes()
    except (OSError, ValidationError) as error:
        raise ModelError(f"model {folder} cannot be read: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != manifest.sha256:
        raise ModelError(
            f"model {folder / manifest.file} is not the released one: its sha256 is {found}, "
            f"its manifest says {manifest.sha256}. Install the package again."
        )
    return manifest, data
