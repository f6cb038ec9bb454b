"""Queue messages as Celery and kombu write them to Redis."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any


def message(
    task: Any,
    body: bytes,
    content_type: str = "application/json",
    headers: dict[str, Any] | None = None,
    properties: dict[str, Any] | None = None,
) -> str:
    """Return a message of a task, to be pushed to a list of the queue.

    Args:
        task: Name of the task.
        body: Body before base64 encoding.
        content_type: Content type of the body.
        headers: Headers that replace those of Celery.
        properties: Properties that replace those of Celery.
    """
    tag = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8" if "json" in content_type else "binary",
            "content-type": content_type,
            "headers": {
                "lang": "py",
                "task": task,
                "id": tag,
                "shadow": None,
                "eta": None,
                "expires": None,
                "group": None,
                "group_index": None,
                "retries": 0,
                "timelimit": [None, None],
                "root_id": tag,
                "parent_id": None,
                "argsrepr": "",
                "kwargsrepr": "{}",
                "origin": "gen1@test",
                "ignore_result": True,
                "replaced_task_nesting": 0,
                "stamped_headers": None,
                "stamps": {},
            }
            | (headers or {}),
            "properties": {
                "correlation_id": tag,
                "reply_to": str(uuid.uuid4()),
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": "glasses"},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": tag,
            }
            | (properties or {}),
        }
    )


def changed(text: str, **envelope: Any) -> str:
    """Return the message with other values at its top level."""
    return json.dumps(json.loads(text) | envelope)


def arguments(*values: Any, **embed: Any) -> bytes:
    """Return a body with positional arguments."""
    return json.dumps([values, {}, embed]).encode()
