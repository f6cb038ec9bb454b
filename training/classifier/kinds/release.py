"""Release of a network with a second output: of a run, or of a released network that has none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.classifier.card_kinds import kinds_section
from training.classifier.evaluate import OVERALL
from training.classifier.reduced_pass import reported
from training.common.cache import file_hash
from training.common.progress import log
from training.common.release import CARD, DEFAULT, MANIFEST, check_target, write_release
from training.common.workspace import Workspace
from worker.vision import model_store
from worker.vision.model_manifest import Calibration, ModelManifest

_PICTURES = (".png", ".npz")


@dataclass(frozen=True, slots=True)
class KindsResult:
    """What the stage `kinds` wrote.

    Attributes:
        network: The network with two outputs.
        report: Its figures.
    """

    network: Path
    report: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, base: Path) -> KindsResult | None:
        """Return the result for a network; None if the stage was not run on it."""
        path = folder / "report.json"
        if not path.is_file():
            return None
        report = json.loads(path.read_text())
        network = folder / "model.onnx"
        is_whole = report["base"] == file_hash(base) and report["network"] == file_hash(network)
        return cls(network, report) if is_whole else None

    @classmethod
    def of_run(cls, work: Workspace) -> KindsResult | None:
        """Return the result for the network of a run; None if the stage was not run on it."""
        return cls.read(work.kinds, work.int8)

    def added_to(self, manifest: ModelManifest) -> ModelManifest:
        """Return a manifest with the second output."""
        lines = self.report["by_dataset"]
        total = lines[OVERALL] if OVERALL in lines else next(iter(lines.values()))
        kept = ("photos", "f1", "macro_f1", "macro_f1_interval")
        return manifest.model_copy(
            update={
                "sha256": self.report["network"],
                "sunglasses_calibration": Calibration.model_validate(self.report["calibration"]),
                "reduced_pass": reported(self.report),
                "metrics": manifest.metrics | {"eyewear": {key: total[key] for key in kept}},
                "trained_on": dict(sorted((manifest.trained_on | self.report["datasets"]).items())),
            }
        )


def release_again(
    model: str, result: KindsResult, name: str, models: Path, force: bool = False
) -> ModelManifest:
    """Release a released network once more, with its second output.

    Args:
        model: The release without it, see `worker.vision.model_store.find`.
        result: What the stage `kinds` wrote for it.
        name: Name of the new release.
        models: Folder of released models.
        force: Whether to replace a release of this name.

    Raises:
        ModelError: The network is too large, see `training.common.release`.
        UsageError: The release exists and is not to be replaced.
    """
    check_target(models, name, force)
    folder = model_store.find(model)
    base = model_store.load(model).manifest
    manifest = result.added_to(base).model_copy(update={"name": name})
    text = _card(base, manifest, (folder / CARD).read_text("utf-8"), result.report)
    extras = [path for path in folder.iterdir() if path.suffix in _PICTURES]
    write_release(result.network, manifest, text, models, extras, force)
    if (models / DEFAULT).is_file():
        (models / DEFAULT).write_text(name + "\n")
    log(f"released {models / name}, with the second output; {MANIFEST} and {CARD} say how good")
    return manifest


def _card(
    base: ModelManifest, manifest: ModelManifest, text: str, report: Mapping[str, Any]
) -> str:
    """Return the card of the network without the second output, with a section on it."""
    head, mark, rest = text.partition("\n## ")
    head = head.replace(f"# {base.name}", f"# {manifest.name}", 1)
    head = re.sub(r"\d+\.\d+ MB", f"{report['bytes'] / 1e6:.2f} MB", head, count=1)
    rest = rest.replace(base.name, manifest.name)
    note = (
        f"The first output is that of `{base.name}`, to the bit: what this card says about glasses "
        "was measured with it. The second output was added afterwards."
    )
    before, failures, after = rest.partition("\n## Failure cases")
    return f"{head}\n{note}\n{mark}{before}\n{kinds_section(report)}\n{failures}{after}"
