"""The README's figures of accuracy are those of the released model."""

from __future__ import annotations

from pathlib import Path

from worker.vision import model_store

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_has_the_figures_of_the_released_model() -> None:
    manifest = model_store.load("default").manifest
    overall, eyewear = manifest.metrics["overall"], manifest.metrics["eyewear"]
    text = " ".join(README.read_text().split())
    f1, photos = f"{overall['f1']:.3f}", f"{overall['photos']:,}"
    assert f"- **F1 {f1}** on {photos} photos of people" in text
    assert f"F1 from photo to verdict is {f1} on {photos} photos" in text
    assert f"together have a macro F1 of {eyewear['macro_f1']:.3f}." in text
    assert f"worker/models/{manifest.name}/CARD.md" in text
