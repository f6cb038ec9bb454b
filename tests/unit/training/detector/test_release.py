"""A released detector is what the worker loads, and its card has the figures of the report."""

from __future__ import annotations

from pathlib import Path

from training.detector.release import release
from worker.vision.model_manifest import ProposalManifest

LINE = {
    "photos": 300,
    "found": 290,
    "won": 12,
    "lost": 1,
    "reference_missed": 15,
    "unlisted": 4,
    "photos_with_unlisted": 3,
    "unconfirmed": 2,
    "ms": 3.14,
}


def test_manifest_and_card_agree_with_the_report(tmp_path: Path) -> None:
    network = tmp_path / "fp32.onnx"
    network.write_bytes(b"onnx")
    manifest = ProposalManifest(
        name="proposal-fp32",
        file="fp32.onnx",
        sha256="0" * 64,
        architecture="",
        input_size=256,
        hint_threshold=0.25,
        propose_threshold=0.42,
        accept_threshold=0.445,
        vote_threshold=0.477,
    )
    report = {
        "network": {
            "weights": 132_772,
            "bytes": 239_000,
            "scenes": 144_000,
            "start": "the weights of proposal-4",
        },
        "datasets": {"lfw": "research"},
        "found": {"all": {"cascade-all": LINE}, "face_free": {"cascade-all": LINE}},
    }
    released = release(network, manifest, report, "proposal-9", tmp_path / "models")
    folder = tmp_path / "models/proposal-9"
    assert (folder / released.file).read_bytes() == b"onnx"
    stored = ProposalManifest.model_validate_json((folder / "manifest.json").read_text())
    assert stored == released
    assert stored.metrics["face_free_photos_with_a_face"] == 3
    assert stored.sha256 != manifest.sha256
    card = (folder / "CARD.md").read_text()
    assert "- lfw: research" in card
    assert "132,772 weights" in card
    assert "trained from the weights of proposal-4" in card
    assert "| all | cascade-all | 300 | 290 | 12 | 1 | 4 | 2 | 3.1 |" in card
    assert "| face_free | cascade-all | 300 | – |" in card
