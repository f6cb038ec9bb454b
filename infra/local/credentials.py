"""Generated credentials. They stay as long as the data that they protect."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from glasses.stack_file import CREDENTIALS
from infra.local.folder import write_private


@dataclass(frozen=True, slots=True)
class Credentials:
    """What clients must show. Letters and digits only: they stand in a URL and in a file."""

    redis_password: str
    s3_access_key: str
    s3_secret_key: str


def load_credentials(home: Path) -> Credentials:
    """Those of a stack; made up and written down at first use."""
    path = home / CREDENTIALS
    try:
        return Credentials(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        made = Credentials(secrets.token_hex(24), secrets.token_hex(10), secrets.token_hex(20))
        write_private(path, json.dumps(asdict(made)))
        return made
