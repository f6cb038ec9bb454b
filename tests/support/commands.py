"""Commands as a user types them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from glasses.settings import Settings
from infra.local.workers import environment


def glasses(
    *arguments: str, settings: Settings | None = None, home: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `glasses`.

    Args:
        *arguments: Of the command.
        settings: Where the servers are.
        home: The local stack's folder; an empty one is no stack.
        stdin: What it reads.
    """
    variables = dict(os.environ) | (environment(settings) if settings else {})
    if home:
        variables["GLASSES_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "producer", *arguments],
        env=variables,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
