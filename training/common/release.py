"""A released network: a folder with the file, its manifest, its card and pictures."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from glasses.errors import ModelError, UsageError
from worker.vision.model_manifest import NAME_PATTERN, ReleasedFile

FILE = "model.onnx"
MANIFEST = "manifest.json"
CARD = "CARD.md"
DEFAULT = "DEFAULT"
"""File in a folder of releases that names the default one; the worker's own folder has it."""
MAX_BYTES = 3_000_000
"""Limit of a released file, because it is stored in the repository."""


def check_target(models: Path, name: str, force: bool = False) -> None:
    """Check that a release can be written; call it before any work.

    Args:
        models: Folder of released models.
        name: Name of the release.
        force: Whether to replace a release of this name.

    Raises:
        UsageError: The name is invalid, or exists and is not to be replaced.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise UsageError(
            f"invalid name {name!r}: use lowercase letters, digits, dots, dashes and underscores, "
            "and start with a letter or a digit"
        )
    folder = models / name
    if not os.path.lexists(folder):
        return
    if not force:
        raise UsageError(
            f"{folder} exists: choose another name with --name, or replace it with --force"
        )
    if not (folder / MANIFEST).is_file():
        raise UsageError(f"{folder} is not a released model, so --force does not replace it")


def check_size(network: Path) -> None:
    """Check that a network is small enough to be released.

    Raises:
        ModelError: It has more than `MAX_BYTES`.
    """
    size = network.stat().st_size
    if size > MAX_BYTES:
        raise ModelError(
            f"{network} has {size} bytes, a release at most {MAX_BYTES}: choose a smaller network, "
            "or check which part of it was not quantized"
        )


def write_release(
    network: Path,
    manifest: ReleasedFile,
    card: str,
    models: Path,
    extras: Sequence[Path] = (),
    force: bool = False,
) -> Path:
    """Write the folder that the worker loads a network from; it appears when it is complete.

    Args:
        network: The quantized ONNX file; the manifest has its sha256.
        manifest: Names the release and the file.
        card: The card, as Markdown.
        models: Folder of released models.
        extras: Further files of the release: pictures of the card, float weights.
        force: Whether to replace a release of this name; its extra files are removed.

    Returns:
        The folder.

    Raises:
        ModelError: The network has more than `MAX_BYTES`.
        UsageError: See `check_target`.
    """
    check_target(models, manifest.name, force)
    check_size(network)
    folder = models / manifest.name
    models.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=models, prefix=f".{manifest.name}."))
    try:
        unfinished.chmod(0o755)  # workers may run as another user
        for extra in extras:
            shutil.copyfile(extra, unfinished / extra.name)
        (unfinished / CARD).write_text(card)
        shutil.copyfile(network, unfinished / manifest.file)
        (unfinished / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
        if folder.exists():
            _replace(folder, unfinished)
        else:
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _replace(folder: Path, finished: Path) -> None:
    """Move the files of a new release over those of an old one, the manifest last."""
    new = {path.name for path in finished.iterdir()}
    for old in folder.iterdir():
        if old.suffix in {".png", ".npz"} and old.name not in new:
            old.unlink()
    for name in sorted(new, key=lambda name: name == MANIFEST):
        os.replace(finished / name, folder / name)
