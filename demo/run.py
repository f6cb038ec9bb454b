"""Run the demo: start a local stack, classify photos with the `glasses` command, compare."""

from __future__ import annotations

import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PHOTOS = HERE / "photos"
GLASSES = [str(Path(sys.executable).with_name("glasses"))]


def main() -> int:
    """Start the stack, submit the photos, show the results and write a report.

    Returns:
        The exit code; 0 if every demo photo has the expected verdict.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument(
        "--home", type=Path, default=Path("build/demo"), help="data folder of the local stack"
    )
    options = parser.parse_args()
    os.environ["GLASSES_HOME"] = str(options.home.resolve())
    if _glasses("up", "--detach").returncode:
        return 1
    try:
        code = _submit(options.photos, options.home.with_suffix(".html"))
    finally:
        _glasses("down")
    _log(f"Next: run `. {_activate_script()}`, then `glasses --help`; README.md has examples.")
    return code


def _submit(photos: Path, report: Path) -> int:
    # "./-x" is a folder, "-x" an option.
    folder = f"./{photos}" if str(photos).startswith("-") else str(photos)
    submitted = _glasses("submit", folder, "--wait", stdout=subprocess.PIPE)
    job = submitted.stdout.strip()
    if not job or submitted.returncode not in {0, 1}:
        return submitted.returncode or 1
    _glasses("status", job)
    if _glasses("results", job, "--format", "table").returncode not in {0, 1}:
        return 1
    if code := _glasses("report", job, "--output", str(report)).returncode:
        return code
    if photos.resolve() != PHOTOS.resolve():
        return 0
    rows = _rows(job)
    if rows.returncode not in {0, 1}:
        _log(rows.stderr)
        return 1
    return _compare([json.loads(line) for line in rows.stdout.splitlines()])


def _compare(rows: list[dict[str, object]]) -> int:
    with open(HERE / "expected.csv", encoding="utf-8", newline="") as file:
        expected = {row["image"]: row["expected"] for row in csv.DictReader(file)}
    found = {str(row["image"]): _verdict(row) for row in rows}
    found |= dict.fromkeys(expected.keys() - found.keys(), "ignored")  # it has no row
    wrong = sorted(
        f"{name}: expected {expected.get(name)}, found {found[name]}"
        for name in found
        if expected.get(name) != found[name]
    )
    for line in wrong:
        _log(f"WRONG {line}")
    _log(f"{len(expected) - len(wrong)} of {len(expected)} demo files as expected")
    return 1 if wrong else 0


def _verdict(row: dict[str, object]) -> str:
    if row["status"] == "classified":
        return str(row["eyewear"]) if row["glasses"] else "no-glasses"
    return str(row["status"]).replace("_", "-")


def _glasses(*arguments: str, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    _log(f"$ glasses {shlex.join(arguments)}")
    return subprocess.run([*GLASSES, *arguments], stdout=stdout, text=True, check=False)


def _rows(job: str) -> subprocess.CompletedProcess[str]:
    """Return the rows of a job as JSON Lines, without showing the command."""
    command = [*GLASSES, "results", job, "--format", "jsonl"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _activate_script() -> str:
    """Return the path of the script that adds `glasses` to PATH; relative if that is possible."""
    script = Path(sys.executable).with_name("activate")
    return str(script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script)


def _log(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
