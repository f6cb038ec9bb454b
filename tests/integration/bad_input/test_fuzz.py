"""The fuzzer is deterministic per seed and reports every outcome."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.chaos.fuzz import campaign, seeds

KNOWN = {
    "classified", "no_face", "empty", "not_an_image", "corrupt", "no_preview", "too_many_pixels",
    "out_of_memory",
}  # fmt: skip


def test_a_seed_generates_the_same_files_in_every_format() -> None:
    first, second, other = (list(campaign(seed, 40)) for seed in (7, 7, 8))
    assert first == second
    assert first != other
    assert {name for name, _ in first} == set(seeds())


def test_a_short_campaign_reports_every_outcome_and_the_peak_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.fuzz", "--files", "120", "--seed", "3"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["findings"] == {}
    assert set(report["outcomes"]) <= KNOWN
    assert sum(report["outcomes"].values()) == 120
    assert 50 < report["peak_mb"] < 3072
