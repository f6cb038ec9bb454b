"""The stages as the command runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from training import splits
from training.cache import file_hash, fingerprint, finish, is_fresh
from training.checkpoint import averaged, epochs_done
from training.progress import say
from training.proposals import choose, evaluate, face_free, known
from training.proposals.choose import LOOK
from training.proposals.look import looker
from training.proposals.photos import sources
from training.proposals.recipe import Recipe
from training.proposals.scene import Stage
from training.proposals.space import Space
from training.workspace import need, write_json
from worker.decode import Pixels, decode
from worker.detect.cascade import CascadeDetector
from worker.detect.proposal import padded
from worker.manifest import ProposalManifest
from worker.resize import resized

GROUND = 512
"""Px of the longest side that is kept of a photo without faces."""
LOOKED_AT = 400
"""Validation photos that are looked at while training."""
PHOTOS, FEW = 300, 60
"""Of each dataset, by which the released network, and the float one, are judged."""
CALIBRATION = 160
"""Training photos that ranges of activations are read from."""


def teach(space: Space, processes: int) -> None:
    """Find the known faces of all photos, those of the test part too: they judge."""
    known.make_known(space.datasets, space.known_folder, processes)


def fit(space: Space, recipe: Recipe) -> None:
    """Train, or go on training."""
    from training.proposals import fit as run

    # OpenCV's threads do not survive the fork into the process that draws scenes: it would hang.
    cv2.setNumThreads(1)
    rng = np.random.default_rng(recipe.seed)
    photos = sources(space.samples(splits.TRAIN), space.known, recipe.uses, recipe.hard, rng)
    grounds = face_free.pictures(space.face_free, splits.TRAIN, GROUND)
    say(f"fit: {len(photos)} uses of photos, {len(grounds)} pictures without faces")
    validation = [s for s in space.samples(splits.VALIDATION) if space.known[s.name].how]
    chosen = np.random.default_rng(0).permutation(len(validation))[:LOOKED_AT]
    seen = [
        (pixels, space.known[s.name].scaled(pixels.shape[1]))
        for s in (validation[i] for i in chosen)
        for pixels in (decode(s.path.read_bytes()).pixels,)
    ]
    empty = face_free.pictures(space.face_free, splits.VALIDATION, GROUND)
    files = sorted((space.known_folder).glob("*.done"))
    origin = fingerprint([[path.read_text() for path in files], len(photos), len(grounds)])
    run.fit(Stage(photos, grounds), recipe, space.fit, origin, looker(seen, empty))


def export(space: Space) -> None:
    """Checkpoint -> float and 8-bit ONNX."""
    from training.proposals import export as files
    from training.proposals.network import Proposer, weights_of

    checkpoint = need(space.fit / "run.pt", "proposals fit")
    key, stamp = file_hash(checkpoint), space.int8.with_suffix(".done")
    if is_fresh(stamp, key):
        say("export: up to date")
        return
    space.int8.parent.mkdir(parents=True, exist_ok=True)
    model = averaged(checkpoint, Proposer())
    files.export(model, space.fp32, space.int8, _calibration(space))
    recipe = Recipe()
    facts = {
        "weights": weights_of(model),
        "scenes": epochs_done(checkpoint) * recipe.steps * recipe.batch,
        "int8_bytes": space.int8.stat().st_size,
        "fp32_bytes": space.fp32.stat().st_size,
    }
    write_json(space.int8.parent / "network.json", facts)
    say(f"export: {facts}")
    finish(stamp, key)


def judge(space: Space) -> None:
    """Choose thresholds on the validation part, compare detectors on the test part."""
    need(space.int8, "proposals export")
    version = evaluate.cascades(space.int8, _shy(space.int8))["cascade-all"].version
    key = fingerprint([version, file_hash(space.int8), file_hash(space.fp32), LOOK])
    stamp = space.report.with_suffix(".done")
    if is_fresh(stamp, key):
        say("evaluate: up to date")
        return
    shy = CascadeDetector(space.int8.read_bytes(), _shy(space.int8))
    chosen = choose.choose(shy, space)
    manifest = evaluate.manifest_of(space.int8, file_hash(space.int8), chosen, LOOK)
    say(f"evaluate: dlib is asked from {chosen.ask}, the network is believed from {chosen.believe}")
    report = {
        "network": json.loads((space.int8.parent / "network.json").read_text()),
        "datasets": {d.name: d.terms for d in space.datasets},
        "manifest": manifest.model_dump(),
    }
    for kind, path, limit in (("int8", space.int8, PHOTOS), ("fp32", space.fp32, FEW)):
        compared = evaluate.detectors(evaluate.cascades(path, manifest))
        report[kind] = evaluate.evaluate(space, compared, limit)
    write_json(space.report, report)
    finish(stamp, key)


def release(space: Space, name: str, models: Path) -> None:
    """Put the evaluated network where the worker finds it."""
    from training.proposals import release as folder

    report = json.loads(need(space.report, "proposals evaluate").read_text())
    manifest = ProposalManifest.model_validate(report["manifest"])
    released = folder.release(space.int8, manifest, report, name, models)
    say(f"released {models / name}: {released.metrics}")


def _shy(network: Path) -> ProposalManifest:
    """Asks dlib about nearly nothing too: to see where thresholds must be."""
    return evaluate.manifest_of(network, file_hash(network), choose.Thresholds(0.2, 0.2, 1.0), LOOK)


def _calibration(space: Space) -> Iterator[Pixels]:
    rng = np.random.default_rng(0)
    samples = [s for s in space.samples(splits.TRAIN) if space.known[s.name].how]
    for i in rng.permutation(len(samples))[:CALIBRATION]:
        pixels = decode(samples[i].path.read_bytes()).pixels
        scale = LOOK * rng.uniform(0.6, 1) / max(pixels.shape[:2])
        yield padded(resized(pixels, scale))
