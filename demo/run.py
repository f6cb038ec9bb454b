"""`make demo`: the whole path on real photos. Uses the same commands that a user types."""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PHOTOS = HERE / "photos"


def main() -> int:
    """Start the stack, submit, show the verdicts; 0 when every demo photo is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="a folder")
    parser.add_argument("--home", type=Path, default=Path("build/demo"), help="the stack's folder")
    options = parser.parse_args()
    os.environ["GLASSES_HOME"] = str(options.home.resolve())
    if _glasses("up", "--detach").returncode:
        return 1
    try:
        code = _submit(options.photos)
    finally:
        _glasses("down")
    _say(f"Go on by hand: `. {_activate()}`, then `glasses --help`; README.md shows how.")
    return code


def _submit(photos: Path) -> int:
    submitted = _glasses("submit", str(photos), "--wait", stdout=subprocess.PIPE)
    job = submitted.stdout.strip()
    if not job or submitted.returncode not in {0, 1}:
        return submitted.returncode or 1
    _glasses("status", job)
    if _glasses("results", job, "--format", "table").returncode not in {0, 1}:
        return 1
    if photos.resolve() != PHOTOS.resolve():
        return 0
    rows = _glasses("results", job, "--format", "jsonl", stdout=subprocess.PIPE, quiet=True)
    return _compare([json.loads(line) for line in rows.stdout.splitlines()])


def _compare(rows: list[dict[str, object]]) -> int:
    with open(HERE / "expected.csv", encoding="utf-8", newline="") as file:
        expected = {row["image"]: row["expected"] for row in csv.DictReader(file)}
    found = {str(row["image"]): _word(row) for row in rows}
    wrong = sorted(
        f"{name}: expected {expected.get(name)}, found {found.get(name)}"
        for name in expected.keys() | found.keys()
        if expected.get(name) != found.get(name)
    )
    for line in wrong:
        _say(f"WRONG {line}")
    _say(f"{len(expected) - len(wrong)} of {len(expected)} demo photos as expected")
    return 1 if wrong else 0


def _word(row: dict[str, object]) -> str:
    if row["status"] == "classified":
        return "glasses" if row["glasses"] else "no-glasses"
    return str(row["status"]).replace("_", "-")


def _glasses(
    *arguments: str, stdout: int | None = None, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    if not quiet:
        _say(f"$ glasses {' '.join(arguments)}")
    command = [str(Path(sys.executable).with_name("glasses")), *arguments]
    return subprocess.run(command, stdout=stdout, text=True, check=False)


def _activate() -> str:
    """The script that puts `glasses` on the PATH, as short as it can be typed from here."""
    script = Path(sys.executable).with_name("activate")
    return str(script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
