"""The commands, users and environments in the Dockerfile and the Compose file, as data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parents[2] / "infra"
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?::[-?]([^}]*))?\})")


def yaml_documents(path: Path) -> list[Any]:
    import yaml

    return list(yaml.safe_load_all(path.read_text("utf-8")))


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the services of the Compose file with its variables substituted."""

    def value(found: re.Match[str]) -> str:
        dollar, name, default = found.groups()
        return "$" if dollar else variables.get(name, default or "")

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fill(each) for key, each in node.items()}
        if isinstance(node, list):
            return [fill(each) for each in node]
        return _VARIABLE.sub(value, node) if isinstance(node, str) else node

    (document,) = yaml_documents(INFRA / "compose" / "compose.yaml")
    services: dict[str, Any] = fill(document["services"])
    return services


class Image:
    """A target of the Dockerfile: its command, environment and user."""

    def __init__(self, target: str) -> None:
        text = (INFRA / "docker" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
        stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM|\Z)", text, re.M | re.S))
        own, runtime = stages[target], stages["runtime"]
        self.entrypoint: list[str] = json.loads(re.findall(r"^ENTRYPOINT (.*)$", own, re.M)[0])
        self.command: list[str] = json.loads(re.findall(r"^CMD (.*)$", own, re.M)[0])
        self.user: str = re.findall(r"^USER (.*)$", runtime, re.M)[0]
        self.folder: str = re.findall(r"^WORKDIR (.*)$", runtime, re.M)[0]
        lines = re.findall(r"^ENV (.*)$", runtime + own, re.M)
        self.environment = dict(pair.split("=", 1) for line in lines for pair in line.split())
        checks = re.findall(r"^HEALTHCHECK .*? CMD (.*)$", own, re.M)
        self.healthcheck: str | None = checks[0] if checks else None
        self.copied = re.findall(r"^COPY (.*) \S+$", stages["wheel"], re.M)


def installed_wheel(folder: Path) -> Path:
    """Build the wheel as the first stage of the image does, and return its unpacked folder."""
    source = folder / "src"
    source.mkdir()
    ignored = (INFRA.parent / ".dockerignore").read_text().splitlines()
    for name in " ".join(Image("worker").copied).split():
        assert f"!{name}" in ignored, f"{name} does not reach the build"
        copy = shutil.copytree if (INFRA.parent / name).is_dir() else shutil.copy
        copy(INFRA.parent / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--wheel-dir", str(folder / "wheels"), str(source)],
        check=True,
    )  # fmt: skip
    (wheel,) = (folder / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"
