"""The container engine and its Compose: Docker or Podman, whichever is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = "glasses-containers"
_FOLDER = ROOT / "infra" / "compose"
_BUILD = ROOT / "build" / "containers"


class UnavailableError(Exception):
    """The machine lacks something; the message says what."""


def report(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    seconds: float = 1800,
    codes: tuple[int, ...] = (0,),
) -> str:
    """Run a command and return its stdout.

    Raises:
        RuntimeError: The command failed; the message has its output.
    """
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **(env or {})},
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    if done.returncode not in codes:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Engine:
    """Docker or Podman.

    Raises:
        UnavailableError: Neither is installed and running.
    """

    def __init__(self) -> None:
        reasons = []
        for name in ("docker", "podman"):
            if shutil.which(name) is None:
                reasons.append(f"{name} is not installed")
                continue
            try:
                run(name, "version", seconds=30)
            except RuntimeError as error:
                reasons.append(f"{name}: {str(error).strip().splitlines()[-1]}")
                continue
            self.name = name
            return
        raise UnavailableError(f"no container engine: {'; '.join(reasons)}")

    def __call__(self, *words: str | Path, seconds: float = 1800) -> str:
        """Run a command of the engine and return its stdout without the last newline."""
        return run(self.name, *words, seconds=seconds).rstrip("\n")

    def version(self) -> str:
        return self("version", "--format", "{{.Server.Version}}")

    def build(self, target: str, tag: str, file: str, context: Path = ROOT) -> None:
        network = ["--network", "host"]  # a build may need the proxy or the mirror of this host
        self("build", *network, "--file", context / file, "--target", target, "--tag", tag, context)

    def provide(self, image: str) -> None:
        """Pull an image that is not here.

        Raises:
            UnavailableError: It cannot be pulled.
        """
        try:
            self("image", "inspect", image)
        except RuntimeError:
            try:
                self("pull", image, seconds=600)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                last = str(error).strip().splitlines()[-1]
                raise UnavailableError(
                    f"{image} is not here and cannot be pulled: {last}"
                ) from None

    def megabytes(self, image: str) -> int:
        return round(int(self("image", "inspect", "--format", "{{.Size}}", image)) / 1e6)


class Compose:
    """One project of Compose.

    Args:
        engine: The engine whose Compose runs it.
        files: Names of Compose files.
        variables: Values for the variables in the files.

    Raises:
        UnavailableError: No Compose is installed.
    """

    def __init__(self, engine: Engine, files: Sequence[str], variables: Mapping[str, str]) -> None:
        self._engine = engine
        self._variables = dict(variables)
        self._words, old = _program(engine.name)
        paths = [_without_name(name) if old else _FOLDER / name for name in files]
        self._words += ["--project-directory", str(_FOLDER), "--project-name", PROJECT]
        self._words += [f"--file={path}" for path in paths]

    def __call__(self, *words: str | Path, seconds: float = 600) -> str:
        """Run a command of Compose and return its stdout."""
        return self._run(*words, seconds=seconds)

    def glasses(self, *words: str | Path, options: Sequence[str] = (), seconds: float = 600) -> str:
        """Run `glasses` in a container of its own and return its stdout.

        Its exit code may say that photos failed, as two of the demo do.
        """
        arguments = ["run", "--rm", "--no-deps", "-T", *options, "producer", *map(str, words)]
        return self._run(*arguments, seconds=seconds, codes=(0, 1))

    def _run(self, *words: str | Path, seconds: float, codes: tuple[int, ...] = (0,)) -> str:
        return run(*self._words, *words, env=self._variables, seconds=seconds, codes=codes)

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's running containers."""
        labels = [f"label=com.docker.compose.project={PROJECT}",
                  f"label=com.docker.compose.service={service}"]  # fmt: skip
        filters = [word for label in labels for word in ("--filter", label)]
        return self._engine("ps", "--quiet", *filters).split()


def _program(engine: str) -> tuple[list[str], bool]:
    """Return the words that start Compose, and whether it is the first version."""
    for words in ([engine, "compose"], ["docker-compose"], ["podman-compose"]):
        try:
            found = run(*words, "version", "--short" if words[0] != "podman-compose" else "")
        except (OSError, RuntimeError):
            continue
        return words, found.startswith("1.") and words == ["docker-compose"]
    raise UnavailableError("no Compose: neither a plugin of the engine nor docker-compose is here")


def _without_name(file: str) -> Path:
    """Return a copy of a Compose file without `name`, which Compose 1 does not know."""
    _BUILD.mkdir(parents=True, exist_ok=True)
    copy = _BUILD / file
    copy.write_text(re.sub(r"^name: .*\n", "", (_FOLDER / file).read_text(), flags=re.M))
    return copy
