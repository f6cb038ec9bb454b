"""Stage `kinds`: train, calibrate and evaluate the second output of a finished network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from glasses.errors import UsageError
from glasses.protocol.eyewear import Eyewear
from training.classifier.kinds import features
from training.classifier.kinds.attach import attach, without_head
from training.classifier.kinds.evaluate import (
    DARK_SHARE,
    KINDS,
    calibrate,
    deciding_faces,
    figures,
    mistakes,
)
from training.classifier.kinds.features import Features
from training.classifier.kinds.head import KindHead, fit
from training.classifier.kinds.taps import Tap, find_taps
from training.classifier.recipe import HeadRecipe
from training.classifier.reduced_pass import ReducedScorer, TwoPassScorer, reported, settled_share
from training.classifier.scoring import OnnxScorer
from training.classifier.served_faces import ServedFaces
from training.classifier.stages import evaluate
from training.common import splits
from training.common.atomic_file import write_json
from training.common.cache import file_hash, fingerprint, run_once
from training.common.crop_set import CropSet
from training.common.geometry import INPUT
from training.common.progress import log
from training.common.run_files import read_json, require
from training.common.sample import Sample
from training.common.workspace import Workspace
from worker.vision import model_store
from worker.vision.model_manifest import Calibration, ReducedPass

VERSION = 3
"""Increase it when the report gets new content: older reports are then written again."""
FEATURES_DONE = "features.done"
FEW = 50
"""Training photos of each kind, at least."""


@dataclass(frozen=True, slots=True)
class Base:
    """The network that gets a second output.

    Attributes:
        path: The 8-bit network.
        calibration: Calibration of its first output.
        threshold: Glasses at this probability and above.
        reduced_pass: Its reduced pass, if it has one.
        folder: Folder that the stage writes to.
        datasets: Datasets that it was trained on.
    """

    path: Path
    calibration: Calibration
    threshold: float
    reduced_pass: ReducedPass | None
    folder: Path
    datasets: frozenset[str]

    @classmethod
    def of_run(cls, work: Workspace) -> Base:
        """Return the network of a run.

        Raises:
            UsageError: It was not evaluated, which determines its threshold.
        """
        report = read_json(work.report, "evaluate")["int8"]
        calibration = Calibration.model_validate(report["calibration"])
        path = require(work.int8, "quantize")
        first, datasets = reported(report), frozenset(work.terms)
        return cls(path, calibration, report["threshold"], first, work.kinds, datasets)

    @classmethod
    def of_release(cls, model: str, runs: Path) -> Base:
        """Return a released network.

        Raises:
            ModelError: There is no such model.
            UsageError: Its crops are not those of the training.
        """
        manifest = model_store.load(model).manifest
        if manifest.input != INPUT:
            raise UsageError(
                f"{model} takes crops of {manifest.input.size} px with margin "
                f"{manifest.input.crop_margin}, not those of `glasses-train crops`: "
                f"{INPUT.size} px with margin {INPUT.crop_margin}"
            )
        path = model_store.find(model) / manifest.file
        folder = runs / "kinds" / manifest.name
        datasets = frozenset(manifest.trained_on)
        first = manifest.reduced_pass
        return cls(path, manifest.calibration, manifest.threshold, first, folder, datasets)


def run(works: Sequence[Workspace], base: Base, leave_one_out: bool = False) -> None:
    """Write `model.onnx` with two outputs, and `report.json`.

    Args:
        works: Roots of labelled photos; each is split by itself.
        base: The network.
        leave_one_out: Whether to train without each dataset in turn, too, and evaluate on it.

    Raises:
        UsageError: There are too few labelled photos of a kind.
    """
    check_kinds([sample for work in works for sample in work.photos(splits.TRAIN)])
    labels = [(s.name, s.eyewear, work.part_of[s.name]) for work in works for s in work.samples]
    first = base.reduced_pass.model_dump() if base.reduced_pass else None
    key = fingerprint(
        [VERSION, labels, file_hash(base.path), first, HeadRecipe(), DARK_SHARE, leave_one_out]
    )
    run_once(
        base.folder / "report.done",
        key,
        lambda: _run(works, base, leave_one_out),
        "kinds",
    )


def run_if_labelled(work: Workspace) -> None:
    """Run the stage on a run if there are enough labelled kinds; else say that there are not."""
    try:
        check_kinds(work.photos(splits.TRAIN))
    except UsageError as error:
        log(f"kinds: no second output: {error}")
        return
    run([work], Base.of_run(work))


def check_kinds(samples: Sequence[Sample]) -> None:
    """Check that a head can be trained.

    Raises:
        UsageError: There are too few photos of a kind.
    """
    for kind in KINDS:
        count = sum(sample.eyewear is kind for sample in samples)
        if count < FEW:
            raise UsageError(
                f"{count} photos of {kind} are left to train on, and kinds need {FEW} of each: "
                "label them in folders eyeglasses/ and sunglasses/, in a column kind of "
                "labels.csv, or in kinds.csv beside the datasets"
            )


def _run(works: Sequence[Workspace], base: Base, leave_one_out: bool) -> None:
    network = without_head(onnx.load(base.path))
    taps = find_taps(network)
    training = _features(works, base, network, taps)
    path = base.folder / "model.onnx"
    key = fingerprint([(base.folder / FEATURES_DONE).read_text(), HeadRecipe()])
    run_once(
        path.with_suffix(".done"), key, lambda: _save(network, taps, fit(training, taps), path)
    )
    parts = {part: _faces(works, part) for part in (splits.VALIDATION, splits.TEST)}
    scorer = OnnxScorer(path)
    validation = deciding_faces(scorer, parts[splits.VALIDATION], base.calibration)
    calibrated = calibrate(validation)
    calibration = calibrated.calibration
    first = _reduced_pass(base, scorer, parts[splits.VALIDATION])
    served = TwoPassScorer(scorer, first, [base.calibration, calibration]) if first else scorer
    test = deciding_faces(served, parts[splits.TEST], base.calibration)
    report: dict[str, Any] = {
        "base": file_hash(base.path),
        "network": file_hash(path),
        "bytes": path.stat().st_size,
        "calibration": calibration.model_dump(),
        "calibration_basis": calibrated.basis,
        "reduced_pass": first.model_dump() if first else None,
        "settled": settled_share(first, scorer, parts[splits.TEST]) if first else None,
        "threshold": base.threshold,
        "training_photos": _counts(works, splits.TRAIN),
        "datasets": {name: terms for work in works for name, terms in work.terms.items()},
        "by_dataset": figures(test, base.threshold, calibration, base.datasets),
    }
    if leave_one_out:
        report["left_out"] = _left_out(works, base, network, taps, training, parts)
    write_json(base.folder / "mistakes.json", mistakes(test, base.threshold, calibration))
    write_json(base.folder / "report.json", report)
    for name, line in report["by_dataset"].items():
        log(f"kinds: {name:22} n {line['photos']:5} macro F1 {line['macro_f1']} {line['f1']}")


def _reduced_pass(base: Base, scorer: OnnxScorer, validation: ServedFaces) -> ReducedPass | None:
    """Return the reduced pass of the network, calibrated for the second output, too."""
    first = base.reduced_pass
    if first is None:
        return None
    faces = deciding_faces(ReducedScorer(scorer), validation, first.calibration)
    return first.model_copy(update={"sunglasses_calibration": calibrate(faces).calibration})


def _features(
    works: Sequence[Workspace], base: Base, network: onnx.ModelProto, taps: Sequence[Tap]
) -> Features:
    """Return the features of the training photos, which are computed once."""
    rows, pixels, kinds = [], [], []
    for work in works:
        (crops,) = work.stored_crops(splits.TRAIN)
        eyewear = {sample.name: sample.eyewear for sample in work.samples}
        chosen = [i for i, row in enumerate(crops.rows) if eyewear[row.name] in KINDS]
        rows += [crops.rows[i] for i in chosen]
        pixels.append(crops.pixels[chosen])
        kinds += [eyewear[crops.rows[i].name] or Eyewear.NONE for i in chosen]
    path = base.folder / "features.npz"
    names = [(row.name, kind) for row, kind in zip(rows, kinds, strict=True)]
    key = fingerprint([names, file_hash(base.path), taps, list(features.COPIES.values())])

    def make() -> None:
        crops = CropSet(rows, np.concatenate(pixels))
        features.compute(network, taps, crops, kinds).save(path)

    run_once(base.folder / FEATURES_DONE, key, make, "features")
    return Features.load(path)


def _save(network: onnx.ModelProto, taps: Sequence[Tap], head: KindHead, path: Path) -> None:
    onnx.save(attach(network, taps, head), path)


def _faces(works: Sequence[Workspace], part: str) -> ServedFaces:
    """Return the faces of one part of all roots."""
    every = [evaluate.faces(work, part) for work in works]
    starts = np.cumsum([0, *(len(faces.samples) for faces in every)])
    return ServedFaces(
        [sample for faces in every for sample in faces.samples],
        np.concatenate([faces.crops for faces in every]),
        np.concatenate([faces.photo + start for faces, start in zip(every, starts, strict=False)]),
        np.concatenate([faces.low_confidence for faces in every]),
    )


def _left_out(
    works: Sequence[Workspace],
    base: Base,
    network: onnx.ModelProto,
    taps: Sequence[Tap],
    training: Features,
    parts: dict[str, ServedFaces],
) -> dict[str, dict[str, Any]]:
    """Return the figures of each dataset with a head that was trained and calibrated without it."""
    samples = [sample for work in works for sample in work.samples]
    found = {}
    with_kinds = {s.dataset for s in samples if s.eyewear is Eyewear.SUNGLASSES}
    for name in sorted(with_kinds):
        out = splits.related_datasets(samples, name)
        head = fit(training.without(out), taps)
        _save(network, taps, head, base.folder / "left-out.onnx")
        scorer = OnnxScorer(base.folder / "left-out.onnx")
        rest, own = parts[splits.VALIDATION], parts[splits.TEST]
        rest = rest.pick([sample for sample in rest.samples if sample.dataset not in out])
        own = own.pick([sample for sample in own.samples if sample.dataset == name])
        calibration = calibrate(deciding_faces(scorer, rest, base.calibration)).calibration
        tested = deciding_faces(scorer, own, base.calibration)
        found[name] = figures(tested, base.threshold, calibration)[name]
        log(f"kinds: without {name:22} macro F1 {found[name]['macro_f1']} {found[name]['f1']}")
    return found


def _counts(works: Sequence[Workspace], part: str) -> dict[str, int]:
    samples = [sample for work in works for sample in work.photos(part)]
    return {str(kind): sum(sample.eyewear is kind for sample in samples) for kind in KINDS}
