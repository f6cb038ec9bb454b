"""Generated credentials, kept as long as the data that they protect."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from glasses.config.stack_file import CREDENTIALS
from infra.local.folder import write_private


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of both servers: letters and digits, valid in a URL and in a config file."""

    redis_password: str
    s3_access_key: str
    s3_secret_key: str


def load_credentials(home: Path) -> Credentials:
    """Return the credentials of a stack; generate and store them on first use."""
    path = home / CREDENTIALS
    try:
        return Credentials(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        generated = Credentials(secrets.token_hex(24), secrets.token_hex(10), secrets.token_hex(20))
        write_private(path, json.dumps(asdict(generated)))
        return generated
