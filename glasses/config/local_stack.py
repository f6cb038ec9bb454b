"""Local stack: whether the settings point to it, and how to start workers."""

from __future__ import annotations

from glasses.config.settings import Settings
from glasses.config.stack_file import home, running_stack


def is_local(settings: Settings) -> bool:
    """Return whether these settings point to the local stack of this machine."""
    stack = running_stack(home())
    url = settings.redis_url
    return bool(stack and url and stack.settings.get("redis_url") == url.get_secret_value())


def start_workers_hint(settings: Settings) -> str:
    """Return the command that starts workers: `glasses up` does not change a running stack."""
    return "`glasses scale 2`" if is_local(settings) else "`python -m worker` on any machine"
