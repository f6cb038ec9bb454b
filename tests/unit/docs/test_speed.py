from __future__ import annotations

from pathlib import Path

import pytest

from docs import speed

RECORDED = {
    "date": "2026-01-02T03:04:05+00:00",
    "commit": "0123456789ab",
    "machine": {"processor": "Some CPU", "cores": 3},
    "figures": {
        **{f"{name}: photos/s": 12.34 for name in ("portraits", "phone", "groups")},
        **{f"{name}: photos/s, reference": 5.67 for name in ("portraits", "phone", "groups")},
        "stack: processes": 2, "stack: stack photos/s": 20.6, "stack: stack / bare": 0.713,
    },
}  # fmt: skip


def test_figures_equal_the_recorded_ones() -> None:
    text = speed.section(RECORDED)
    assert "| groups of twelve people | 12 | 5.7 |" in text
    assert "2 worker processes: 21 portraits/s" in text
    assert "71% of the throughput" in text
    assert "Measured on Some CPU, 3 cores, 2026-01-02, commit 0123456, " in text


def test_in_place_figures_are_shown_if_they_were_measured() -> None:
    assert "in place" not in speed.section(RECORDED)
    measured = {"stack: in place, stack photos/s": 25.4, "stack: in place, stack / bare": 0.92}
    text = speed.section(RECORDED | {"figures": {**RECORDED["figures"], **measured}})  # type: ignore[dict-item]
    assert "servers;\n25 (92%) if photos are read in place (`submit --in-place`).\nMeasured" in text


def test_only_the_generated_block_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- speed: here -->\nold\n<!-- speed: end -->\nafter\n")
    monkeypatch.setattr(speed, "README", page)
    text = speed.readme()
    assert text.startswith("before\n<!-- speed: here -->\n| photos |")
    assert text.endswith("\n<!-- speed: end -->\nafter\n")
    page.write_text("nothing here")
    with pytest.raises(ValueError, match="are missing"):
        speed.readme()
