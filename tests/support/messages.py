"""Messages as kombu lays them into Redis."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any


def message(task: str, body: bytes, content_type: str = "application/json") -> str:
    """A message of a task; lay it into the list `glasses`."""
    tag = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8" if "json" in content_type else "binary",
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": tag, "root_id": tag, "group": None},
            "properties": {
                "correlation_id": tag,
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "glasses"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": tag,
            },
        }
    )


def arguments(*values: Any) -> bytes:
    """A body with positional arguments."""
    return json.dumps([values, {}, {}]).encode()
