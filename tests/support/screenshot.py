"""`python -m tests.support.screenshot`: write docs/report.png, the demo's report in a browser."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.support.chromium import browser, chromium
from tests.support.documents import ROOT
from tests.support.shell import Shell

PICTURE = ROOT / "docs" / "report.png"
SIZE = (1100, 786)
COLOURS = 256
COMMAND = "glasses classify demo/photos --exclude 'Grace*' --report report.html"
"""Without the name whose letters few machines can render."""


def main() -> None:
    """Write the screenshot."""
    if not browser():
        sys.exit("needs a Chromium on the path")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "demo" / "photos", folder / "demo" / "photos")
        _, said = Shell(folder, {}).run(COMMAND)
        report = folder / "report.html"
        if not report.is_file():
            sys.exit(said)
        with chromium(folder) as page:
            page.window(*SIZE)
            page.open(report)
            page.run("document.documentElement.style.scrollbarWidth = 'none'")
            page.settle()
            page.picture(folder / "report.png")
        with Image.open(folder / "report.png") as picture:
            picture.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
