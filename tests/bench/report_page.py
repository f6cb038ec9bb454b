"""Measure the report of many photos in Chromium: `python -m tests.bench.report_page`.

The photos are synthetic: names, dates, faces and thumbnails of the usual sizes. Prints sizes, times
and memory. `--keep DIR` keeps the report.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import psutil

from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import FailureReason, PhotoStatus
from glasses.protocol.verdict import DecisionRule, FaceChoice, Verdict, make_verdict
from producer.report.file import ReportRequest
from producer.report.page import ReportInfo, write_page
from producer.report.thumbnails import ReportPicture
from tests.bench.table import Figures, table
from tests.support.chromium import Page, browser, chromium

PHOTOS = 100_000
THUMBNAILS = 400
"""Different pictures; each photo has its own file."""
RULE = DecisionRule(model="bench@000000000000", threshold=0.56)
INFO = ReportInfo("bench", None, "bench", "", "", 0.56, FaceChoice.ANY, (0.1, 0.9))
SCROLLS = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.report_page", description=__doc__)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument(
        "--keep", type=Path, help="folder for the report (default: a temporary one)"
    )
    options = parser.parse_args()
    if not browser():
        sys.exit("needs a Chromium on the path")
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        figures = measure(folder / "report.html", options.photos)
    sys.stdout.write(table(figures))


def measure(path: Path, count: int) -> Figures:
    """Write a report, open it, and return sizes, times and memory."""
    files = ReportRequest(path).picture_files(count)
    start = time.perf_counter()
    with path.open("w", encoding="utf-8") as out:
        write_page(out, INFO, photos(count), files)
    figures: dict[str, float | str] = {
        "photos": count,
        "s to write the page and its pictures": time.perf_counter() - start,
        "MB of the page": path.stat().st_size / 1e6,
        "MB in the folder": files.size / 1e6,
        "files in the folder": files.count,
    }
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as page:
        page.window(1280, 800)
        start = time.perf_counter()
        page.open(path)
        page.settle()
        figures["s to open"] = time.perf_counter() - start
        return figures | in_browser(page)


def in_browser(page: Page) -> dict[str, float]:
    """Return times in s and memory in MB of the open page."""

    def choose(element: str, value: str, event: str = "change") -> str:
        return (
            f"(() => {{ const e = document.querySelector('{element}'); e.value = '{value}';"
            f"e.dispatchEvent(new Event('{event}')) }})()"
        )

    steps = {
        "a step of the threshold": choose("#threshold", "0.6", "input"),
        "filter: with glasses": "document.querySelector('#filters button:nth-child(2)').click()",
        "filter: all": "document.querySelector('#filters button:nth-child(1)').click()",
        "search": choose("#search", "_0042", "input"),
        "end of search": choose("#search", "", "input"),
        "order by probability, first time": choose("#order", "high"),
        "order by distance to the threshold": choose("#order", "near"),
        "order by date, first time": choose("#order", "newest"),
        "order by name, first time": choose("#order", "name"),
        "order by name again": choose("#order", "name"),
        "sections by folder": choose("#sections", "folder"),
        "no sections": choose("#sections", "none"),
        "select all": "document.querySelector('#select-shown').click()",
        "mark all": "document.querySelector('#actions [data-mark=\"1\"]').click()",
    }
    figures = {}
    for name, step in steps.items():
        start = time.perf_counter()
        page.run(step)
        page.settle()
        figures[f"s: {name}"] = time.perf_counter() - start
    frames, shown = scroll(page)
    figures["ms per frame while scrolling, median"] = frames[len(frames) // 2]
    figures["ms per frame while scrolling, worst of 60"] = frames[-1]
    figures["ms until the pictures are there, median"] = shown
    page.call("HeapProfiler.collectGarbage")
    figures["MB of JavaScript"] = page.run("performance.memory.usedJSHeapSize") / 1e6
    processes = psutil.Process().children(recursive=True)
    figures["MB of the browser"] = sum(each.memory_full_info().uss for each in processes) / 1e6
    return figures


def scroll(page: Page) -> tuple[list[float], float]:
    """Jump to random places; return the times per frame, sorted, and until pictures are loaded."""
    result = page.run(f"""(async () => {{
      const frames = [], shown = [];
      const frame = () => new Promise((r) => requestAnimationFrame(r));
      for (let i = 0; i < {SCROLLS}; i += 1) {{
        scrollTo(0, (document.documentElement.scrollHeight * ((i * 37) % {SCROLLS})) / {SCROLLS});
        const start = performance.now();
        await frame(); await frame();
        frames.push((performance.now() - start) / 2);
        const images = [...document.querySelectorAll('.tile img')];
        await Promise.allSettled(images.map((image) => image.decode()));
        shown.push(performance.now() - start);
      }}
      frames.sort((a, b) => a - b); shown.sort((a, b) => a - b);
      return [frames, shown[shown.length >> 1]];
    }})()""")
    frames, shown = result
    return frames, shown


def photos(count: int) -> Iterator[tuple[Verdict, ReportPicture]]:
    """Yield synthetic photos."""
    chance = random.Random(1)
    pictures = [_thumbnail(seed) for seed in range(THUMBNAILS)]
    start = datetime(2015, 1, 1)
    for number in range(count):
        date = start + timedelta(minutes=37 * number)
        name = f"{date:%Y/%m}/IMG_{date:%Y%m%d}_{number:04d}.jpg"
        outcome = _outcome(chance)
        verdict = make_verdict(name, sha256(name.encode()).hexdigest(), outcome, RULE)
        failed = outcome.status is PhotoStatus.FAILED
        data = b"" if failed else pictures[number % THUMBNAILS]
        yield verdict, ReportPicture(data, 4032, 3024, f"photos/{name}", b"", date, True)


def _outcome(chance: random.Random) -> Outcome:
    kind = chance.random()
    if kind < 0.01:
        return Outcome.failed(FailureReason.CORRUPT)
    faces = tuple(_face(chance) for _ in range(chance.choice((0, 1, 1, 1, 2, 4))))
    status = PhotoStatus.CLASSIFIED if faces else PhotoStatus.NO_FACE
    return Outcome(status=status, faces=faces)


def _face(chance: random.Random) -> Face:
    side = chance.randint(80, 900)
    box = Box(left=chance.randint(0, 3000), top=chance.randint(0, 2000), width=side, height=side)
    probability = round(chance.betavariate(0.2, 0.2), 4)
    score = round(chance.uniform(0, 3), 3)
    return Face(
        box=box, detection_score=score, confirmed=chance.random() < 0.9, probability=probability
    )


def _thumbnail(seed: int) -> bytes:
    """Return a WebP of about 3.4 kB, as photos have."""
    random_ = np.random.default_rng(seed)
    coarse = random_.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    picture = cv2.resize(coarse, (160, 120), interpolation=cv2.INTER_CUBIC)
    return bytes(cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 60])[1].tobytes())


if __name__ == "__main__":
    main()
