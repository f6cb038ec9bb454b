from __future__ import annotations

from collections.abc import Iterator

import pytest

from glasses.config.settings import Settings
from tests.support.buckets import OtherBucket, other_bucket


@pytest.fixture
def bucket(settings: Settings) -> Iterator[OtherBucket]:
    """Yield a bucket that is not the configured one."""
    with other_bucket(settings) as made:
        yield made
