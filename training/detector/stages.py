"""The stages of the detector: each reads what the previous one wrote to the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from glasses.errors import ModelError, UsageError
from training.common import splits
from training.common.cache import file_hash, fingerprint
from training.common.checkpoint import load, load_average
from training.common.distributed import compute_device
from training.common.progress import log
from training.common.run_files import read_json, require
from training.common.stages import evaluate_run, export_run
from training.detector import evaluate, face_free, pseudo_labels, thresholds
from training.detector.photos import sources
from training.detector.recipe import DetectorRecipe
from training.detector.scenes import PhotoStore, SceneComposer
from training.detector.thresholds import INPUT_SIZE, Thresholds
from training.detector.validation import validator
from training.detector.workspace import DetectorWorkspace
from worker.vision import model_store
from worker.vision.decode import decode
from worker.vision.detect.cascade import RELEASE, CascadeDetector
from worker.vision.model_manifest import ProposalManifest

BACKGROUND_SIDE = 512
"""Photos without faces are reduced to this longest side in px."""
VALIDATION_PHOTOS = 400
"""Photos on which the network is evaluated during training."""
TEST_PHOTOS = 300
"""Test photos per dataset."""
SQUARE_PHOTOS = 800
"""Training photos on which the squares are fitted to dlib's."""
RELEASED = "released"
"""Value of `--init`."""
VERSION = 1
"""Increase it when the export writes new content."""


def label_faces(work: DetectorWorkspace, processes: int, quick: bool = False) -> None:
    """Pseudo-label all photos, also those of the test part, which evaluate the network."""
    pseudo_labels.label_datasets(work.datasets, work.pseudo_labels_folder, processes, quick)


def fit(work: DetectorWorkspace, restart: bool = False, init: str = RELEASED) -> None:
    """Train, or continue after the last finished block.

    Raises:
        UsageError: There is an earlier run on other photos, and it is not to be replaced, or there
            are no weights of the name `init`.
    """
    from training.detector import fit as training

    start = initial_network(init, work)
    recipe = DetectorRecipe()
    photos = sources(work.samples(splits.TRAIN), work.known, recipe)
    grounds = face_free.pictures(work.face_free, splits.TRAIN, BACKGROUND_SIDE)
    uses = sum(photo.uses for photo in photos)
    log(f"fit: {uses} uses of photos, {len(grounds)} pictures without faces")
    samples = [s for s in work.samples(splits.VALIDATION) if work.known[s.name].origin]
    chosen = np.random.default_rng(0).permutation(len(samples))[:VALIDATION_PHOTOS]
    validation = [
        (pixels, work.known[s.name].scaled(pixels.shape[1]))
        for s in (samples[i] for i in chosen)
        for pixels in (decode(s.path.read_bytes()).pixels,)
    ]
    empty = face_free.pictures(work.face_free, splits.VALIDATION, BACKGROUND_SIDE)
    stamps = sorted(work.pseudo_labels_folder.glob("*.done"))
    origin = fingerprint([[path.read_text() for path in stamps], uses, len(grounds)])
    with compute_device() as here:
        composer = SceneComposer(PhotoStore(photos, grounds, here.device), recipe.cut)
        validate = validator(validation, empty)
        training.fit(composer, recipe, work.fit, origin, validate, here, start, restart)


def initial_network(init: str, work: DetectorWorkspace) -> Path:
    """Return the file of the network that `--init` names.

    A library of libfacedetection is converted first; its squares are fitted to dlib's.

    Raises:
        UsageError: There is no such network.
    """
    from training.detector.export import export as write
    from training.detector.weights import from_library

    if Path(init).is_file():
        network = work.run / Path(init).stem / "model.onnx"
        model = from_library(Path(init))
        model.to_square.copy_(_squares(model, work))
        write(model, network)
        return network
    folder = model_store.MODELS / RELEASE if init == RELEASED else Path(init)
    try:
        manifest, _ = model_store.read(folder, ProposalManifest)
    except ModelError as error:
        raise UsageError(
            f"no network {init!r}: give --init the folder of a released detector, a library of "
            f"libfacedetection or {RELEASED}. {error}"
        ) from None
    return folder / manifest.file


def export(work: DetectorWorkspace) -> None:
    """Fit the averaged network's squares to dlib's, and export it to ONNX."""
    from training.detector.export import export as write
    from training.detector.network import YuNet, weights_of

    def make() -> dict[str, Any]:
        model = load_average(work.checkpoint, YuNet()).eval()
        model.to_square.copy_(_squares(model, work))
        write(model, work.fp32)
        run = load(work.checkpoint)
        facts = {
            "weights": weights_of(model),
            "start": run["start"]["text"],
            "scenes": run["epoch"] * int(run["start"]["scenes"]),
            "bytes": work.fp32.stat().st_size,
        }
        log(f"export: {facts}")
        return facts

    export_run(work, "export", "detector fit", [VERSION], make)


def evaluate_detectors(work: DetectorWorkspace) -> None:
    """Choose thresholds on the validation part, compare detectors on the test part."""
    permissive = _permissive_manifest(require(work.fp32, "detector export"))

    def figures() -> dict[str, Any]:
        cascade = CascadeDetector(work.fp32.read_bytes(), permissive)
        chosen = thresholds.choose(cascade, work)
        manifest = evaluate.manifest_of(work.fp32, file_hash(work.fp32), chosen, INPUT_SIZE)
        log(f"evaluate: thresholds {chosen}")
        compared = evaluate.detectors(evaluate.cascades(work.fp32, manifest))
        found = evaluate.evaluate(work, compared, TEST_PHOTOS)
        return {"manifest": manifest.model_dump(), "found": found}

    version = evaluate.cascades(work.fp32, permissive)["cascade-all"].version
    terms = {dataset.name: dataset.terms for dataset in work.datasets}
    evaluate_run(work, "detector export", terms, [version, INPUT_SIZE], figures)


def release(work: DetectorWorkspace, name: str, models: Path, force: bool = False) -> None:
    """Release the evaluated network."""
    from training.detector.release import release as write

    report = read_json(work.report, "detector evaluate")
    manifest = ProposalManifest.model_validate(report["manifest"])
    released = write(work.fp32, manifest, report, name, models, force)
    log(f"released {models / name}: {released.metrics}")


def _permissive_manifest(network: Path) -> ProposalManifest:
    """Return a manifest with very low thresholds, from which the final ones are chosen."""
    return evaluate.manifest_of(
        network, file_hash(network), Thresholds(0.2, 0.2, 0.2, 0.2), INPUT_SIZE
    )


def _squares(model: Any, work: DetectorWorkspace) -> Any:
    import torch

    from training.detector import dlib_squares

    torch.set_num_threads(1)  # many small operations: more threads mostly wait for each other

    whole = {dataset.name for dataset in work.datasets if not dataset.aligned}
    samples = [s for s in work.samples(splits.TRAIN) if s.dataset in whole]
    chosen = np.random.default_rng(0).permutation(len(samples))[:SQUARE_PHOTOS]
    photos = (decode(samples[i].path.read_bytes()) for i in chosen)
    return dlib_squares.fit(model, CascadeDetector.load(), photos)
