"""The stages of the detector: each reads what the previous one wrote to the workspace."""

from __future__ import annotations

from collections.abc import Iterator
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
from training.detector.recipe import FINE_TUNING, DetectorRecipe
from training.detector.scenes import PhotoStore, SceneComposer
from training.detector.thresholds import INPUT_SIZE, Thresholds
from training.detector.validation import validator
from training.detector.workspace import DetectorWorkspace
from worker.vision import model_store
from worker.vision.decode import Pixels, decode
from worker.vision.detect.cascade import RELEASE, CascadeDetector
from worker.vision.detect.proposal import padded
from worker.vision.model_manifest import ProposalManifest
from worker.vision.resize import resized

BACKGROUND_SIDE = 512
"""Photos without faces are reduced to this longest side in px."""
VALIDATION_PHOTOS = 400
"""Photos on which the network is evaluated during training."""
INT8_PHOTOS, FP32_PHOTOS = 300, 60
"""Test photos per dataset for the released and the float network."""
CALIBRATION_PHOTOS = 160
"""Training photos from which the ranges of activations are read."""
RANDOM, RELEASED = "random", "released"
"""Values of `--init`."""
VERSION = 1
"""Increase it when the export writes new content."""


def label_faces(work: DetectorWorkspace, processes: int, quick: bool = False) -> None:
    """Pseudo-label all photos, also those of the test part, which evaluate the network."""
    pseudo_labels.label_datasets(work.datasets, work.pseudo_labels_folder, processes, quick)


def fit(work: DetectorWorkspace, restart: bool = False, init: str = RANDOM) -> None:
    """Train, or continue after the last finished block; released weights are fine-tuned.

    Raises:
        UsageError: There is an earlier run on other photos, and it is not to be replaced, or there
            are no weights of the name `init`.
    """
    from training.detector import fit as training

    start = initial_network(init)
    recipe = DetectorRecipe() if start is None else FINE_TUNING
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


def initial_network(init: str) -> Path | None:
    """Return the file of the network that `--init` names; None for random weights.

    Raises:
        UsageError: There is no such released network.
    """
    if init == RANDOM:
        return None
    folder = model_store.MODELS / RELEASE if init == RELEASED else Path(init)
    try:
        manifest, _ = model_store.read(folder, ProposalManifest)
    except ModelError as error:
        raise UsageError(
            f"no network {init!r}: give --init the folder of a released detector, {RELEASED} or "
            f"{RANDOM}. {error}"
        ) from None
    return folder / manifest.file


def export(work: DetectorWorkspace) -> None:
    """Export the averaged network to float and 8-bit ONNX."""
    from training.detector.export import export as write
    from training.detector.network import ProposalNetwork, weights_of

    def make() -> dict[str, Any]:
        work.int8.parent.mkdir(parents=True, exist_ok=True)
        model = load_average(work.checkpoint, ProposalNetwork())
        write(model, work.fp32, work.int8, _calibration_photos(work))
        run = load(work.checkpoint)
        facts = {
            "weights": weights_of(model),
            "start": run["start"]["text"],
            "scenes": run["epoch"] * int(run["start"]["scenes"]),
            "int8_bytes": work.int8.stat().st_size,
            "fp32_bytes": work.fp32.stat().st_size,
        }
        log(f"export: {facts}")
        return facts

    export_run(work, "export", "detector fit", [VERSION], make)


def evaluate_detectors(work: DetectorWorkspace) -> None:
    """Choose thresholds on the validation part, compare detectors on the test part."""
    permissive = _permissive_manifest(require(work.int8, "detector export"))

    def figures() -> dict[str, Any]:
        cascade = CascadeDetector(work.int8.read_bytes(), permissive)
        chosen = thresholds.choose(cascade, work)
        manifest = evaluate.manifest_of(work.int8, file_hash(work.int8), chosen, INPUT_SIZE)
        log(f"evaluate: thresholds {chosen}")
        result: dict[str, Any] = {"manifest": manifest.model_dump()}
        networks = (("int8", work.int8, INT8_PHOTOS), ("fp32", work.fp32, FP32_PHOTOS))
        for name, path, limit in networks:
            compared = evaluate.detectors(evaluate.cascades(path, manifest))
            result[name] = evaluate.evaluate(work, compared, limit)
        return result

    version = evaluate.cascades(work.int8, permissive)["cascade-all"].version
    terms = {dataset.name: dataset.terms for dataset in work.datasets}
    evaluate_run(work, "detector export", terms, [version, INPUT_SIZE], figures)


def release(work: DetectorWorkspace, name: str, models: Path, force: bool = False) -> None:
    """Release the evaluated network."""
    from training.detector.release import release as write

    report = read_json(work.report, "detector evaluate")
    manifest = ProposalManifest.model_validate(report["manifest"])
    released = write(work.int8, manifest, report, name, models, force)
    log(f"released {models / name}: {released.metrics}")


def _permissive_manifest(network: Path) -> ProposalManifest:
    """Return a manifest with very low thresholds, from which the final ones are chosen."""
    return evaluate.manifest_of(network, file_hash(network), Thresholds(0.2, 0.2, 1.0), INPUT_SIZE)


def _calibration_photos(work: DetectorWorkspace) -> Iterator[Pixels]:
    rng = np.random.default_rng(0)
    samples = [s for s in work.samples(splits.TRAIN) if work.known[s.name].origin]
    for i in rng.permutation(len(samples))[:CALIBRATION_PHOTOS]:
        pixels = decode(samples[i].path.read_bytes()).pixels
        scale = INPUT_SIZE * rng.uniform(0.6, 1) / max(pixels.shape[:2])
        yield padded(resized(pixels, scale))
