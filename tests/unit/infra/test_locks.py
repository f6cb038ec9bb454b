"""The images install what `pyproject.toml` asks for, pinned."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.support.deployment import INFRA

packaging_requirements = pytest.importorskip("packaging.requirements")
LOCKS = INFRA / "docker"
PROJECT: dict[str, Any] = tomllib.loads((INFRA.parent / "pyproject.toml").read_text())
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)( ;.*)? \\$", re.M)


@pytest.mark.parametrize("extra", ["worker", "producer", "build"])
def test_a_lock_satisfies_the_requirements(extra: str) -> None:
    project = PROJECT["project"]
    wanted = {
        "worker": project["dependencies"] + project["optional-dependencies"]["worker"],
        "producer": project["dependencies"] + project["optional-dependencies"]["metrics"],
        "build": PROJECT["build-system"]["requires"],
    }[extra]
    text = (LOCKS / f"{extra}.lock").read_text()
    pins: dict[str, list[str]] = {}
    for name, version, _ in _PIN.findall(text):
        pins.setdefault(name, []).append(version)
    for each in map(packaging_requirements.Requirement, wanted):
        assert each.name in pins, f"run `make lock`: {extra}.lock has no {each.name}"
        outdated = [version for version in pins[each.name] if version not in each.specifier]
        assert not outdated, f"run `make lock`: {each} does not allow {outdated}"


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.lock")), ids=lambda path: path.name)
def test_every_pin_has_hashes_and_no_address(path: Any) -> None:
    text = path.read_text()
    assert "://" not in text
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.M)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
