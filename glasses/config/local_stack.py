"""Whether the servers are those of this machine's local stack, and how workers start then."""

from __future__ import annotations

from glasses.settings import Settings
from glasses.stack_file import home, read_stack


def is_local(settings: Settings) -> bool:
    """Whether these settings lead to the local stack."""
    stack = read_stack(home())
    url = settings.redis_url
    return bool(stack and url and stack.settings.get("redis_url") == url.get_secret_value())


def starts_workers(settings: Settings) -> str:
    """What to run where no worker does: `glasses up` changes nothing about a stack that runs."""
    return "`glasses scale 2`" if is_local(settings) else "`python -m worker` on any machine"
