"""`make audit`: known vulnerabilities of what is installed, and which pins are outdated.

Exit codes: 0 none known, 1 some are, 3 the advisory database could not be asked. Outdated pins are
told in each case and change none of them: some are held back on purpose, `pyproject.toml` says why.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 300
VULNERABLE, UNREACHABLE = 1, 3
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(.*)$")


@dataclass(slots=True)
class Advisories:
    """What the database said.

    Attributes:
        found: A line a vulnerability.
        unknown: Packages that it does not know.
        out_of_reach: Why it could not be asked; empty if it could.
    """

    found: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    out_of_reach: str = ""


def advisories(out: str, err: str) -> Advisories:
    """Read what pip-audit said.

    A mirror of the package index that has no advisories looks to it like an index that knows no
    package: then nothing was asked, though it says that nothing was found.
    """
    try:
        dependencies = json.loads(out)["dependencies"]
    except (ValueError, LookupError, TypeError):
        lines = [line for line in err.splitlines() if line.strip()]
        return Advisories(out_of_reach=lines[-1] if lines else "pip-audit said nothing")
    result = Advisories()
    for each in dependencies:
        if "skip_reason" in each:
            result.unknown.append(each["name"])
        for flaw in each.get("vulns", []):
            fixed = ", ".join(flaw.get("fix_versions", [])) or "no version yet"
            result.found.append(f"{each['name']} {each['version']}: {flaw['id']}, fixed in {fixed}")
    if dependencies and len(result.unknown) == len(dependencies):
        result.out_of_reach = "the package index here has no advisories"
    return result


def outdated(listed: str, pyproject: str) -> list[str]:
    """Which of the packages that `pyproject.toml` names have newer versions, a line each.

    Args:
        listed: What `pip list --outdated --format json` printed.
        pyproject: The file's text.
    """
    pins = _pins(tomllib.loads(pyproject)["project"])
    lines = []
    for each in json.loads(listed):
        name = _canonical(each["name"])
        if name in pins:
            newest = each["latest_version"]
            lines.append(f"{name} {each['version']} -> {newest} (asked for: {pins[name]})")
    return lines


def _pins(project: dict[str, Any]) -> dict[str, str]:
    extras = project.get("optional-dependencies", {}).values()
    pins = {}
    for requirement in [*project["dependencies"], *(each for extra in extras for each in extra)]:
        if match := _PIN.match(requirement):
            pins[_canonical(match[1])] = match[2] or "any"
    return pins


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _ask(*command: str) -> tuple[str, str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--pip-audit", default="pip-audit", help="the program")
    parser.add_argument("--service", default="pypi", choices=["pypi", "osv"])
    options = parser.parse_args()
    say = sys.stdout.write
    purelib = sysconfig.get_path("purelib")
    flags = ["--format", "json", "--progress-spinner", "off", "--vulnerability-service"]
    found = advisories(*_ask(options.pip_audit, *flags, options.service, "--path", purelib))
    for line in found.found:
        say(f"vulnerable  {line}\n")
    if found.out_of_reach:
        say(
            f"advisories could not be asked ({found.out_of_reach}): run `make audit` where "
            "pypi.org answers, or `make audit ARGS='--service osv'` where api.osv.dev does\n"
        )
    elif found.unknown:
        say(f"not known to the advisory database: {', '.join(sorted(found.unknown))}\n")
    out, err = _ask(sys.executable, "-m", "pip", "list", "--outdated", "--format", "json")
    try:
        lines = outdated(out, Path("pyproject.toml").read_text("utf-8"))
    except ValueError:
        lines = []
        say(f"outdated pins could not be asked for: {err.strip().splitlines()[-1:]}\n")
    for line in lines:
        say(f"outdated    {line}\n")
    known = f"{len(found.found)} known vulnerabilities, " if not found.out_of_reach else ""
    say(f"{known}{len(lines)} outdated pins\n")
    if found.found:
        sys.exit(VULNERABLE)
    sys.exit(UNREACHABLE if found.out_of_reach else 0)


if __name__ == "__main__":
    main()
