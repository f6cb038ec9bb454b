"""The stages of a run that both networks share: export and evaluation, each done once per input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from training.common.atomic_file import write_json
from training.common.cache import file_hash, fingerprint, run_once
from training.common.run_files import RunFiles, read_json, require

Facts = Mapping[str, Any]


def export_run(
    files: RunFiles, name: str, fit_stage: str, inputs: Any, export: Callable[[], Facts]
) -> None:
    """Export a finished run to ONNX, unless that was done for the same checkpoint.

    Args:
        files: The run.
        name: The stage's name, for messages.
        fit_stage: The stage that writes the checkpoint.
        inputs: What else the networks depend on.
        export: Writes both networks and returns facts about them, for card and manifest.

    Raises:
        UsageError: There is no checkpoint.
    """
    checkpoint = require(files.checkpoint, fit_stage)
    run_once(
        files.exported[0].with_suffix(".done"),
        fingerprint([file_hash(checkpoint), inputs]),
        lambda: write_json(files.network_facts, export()),
        name,
    )


def evaluate_run(
    files: RunFiles,
    export_stage: str,
    terms: Mapping[str, str],
    inputs: Any,
    evaluate: Callable[[], Facts],
) -> None:
    """Write a run's report, unless that was done for the same networks and photos.

    Args:
        files: The run.
        export_stage: The stage that writes the networks.
        terms: Dataset -> what its authors allow.
        inputs: What else the figures depend on.
        evaluate: Returns the figures; the report adds `network` and `datasets`.

    Raises:
        UsageError: There are no networks.
    """
    networks = [file_hash(require(path, export_stage)) for path in files.exported]
    stamp = files.report.with_suffix(".done")
    if not files.report.is_file():
        stamp.unlink(missing_ok=True)

    def make() -> None:
        facts = read_json(files.network_facts, export_stage)
        write_json(files.report, {"network": facts, "datasets": dict(terms), **evaluate()})

    run_once(stamp, fingerprint([dict(terms), networks, inputs]), make, "evaluate")
