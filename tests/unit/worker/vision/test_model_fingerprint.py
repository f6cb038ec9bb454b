"""The fingerprint of a model changes with everything that affects a probability."""

from __future__ import annotations

from typing import Any

import pytest

from worker.vision import model_store
from worker.vision.detect.cascade import RELEASE
from worker.vision.model_manifest import ModelManifest, ProposalManifest

MANIFEST = model_store.load("default").manifest
PROPOSAL, _ = model_store.read(model_store.MODELS / RELEASE, ProposalManifest)


def changed(**values: Any) -> ModelManifest:
    return ModelManifest.model_validate(MANIFEST.model_dump() | values)


@pytest.mark.parametrize(
    "values",
    [
        {"sha256": "0" * 64},
        {"calibration": {"temperature": 3.0, "bias": 0.0}},
        {"input": MANIFEST.input.model_dump() | {"crop_margin": 0.5}},
    ],
)
def test_fields_that_affect_probabilities_change_the_fingerprint(values: dict[str, Any]) -> None:
    assert changed(**values).identity != MANIFEST.identity


def test_descriptive_fields_do_not_change_the_fingerprint() -> None:
    assert changed(metrics={}, threshold=0.123).identity == MANIFEST.identity


@pytest.mark.parametrize(
    "values",
    [
        {"sha256": "0" * 64},
        {"input_size": 320},
        {"hint_threshold": 0.4},
        {"propose_threshold": 0.4},
        {"accept_threshold": 0.4},
        {"vote_threshold": 0.4},
    ],
)
def test_what_changes_boxes_changes_the_identity_of_the_proposal_network(
    values: dict[str, Any],
) -> None:
    other = ProposalManifest.model_validate(PROPOSAL.model_dump() | values)
    assert other.identity != PROPOSAL.identity


def test_metrics_and_terms_do_not_change_the_identity_of_the_proposal_network() -> None:
    described = PROPOSAL.model_dump() | {"metrics": {}, "trained_on": {}}
    assert ProposalManifest.model_validate(described).identity == PROPOSAL.identity
