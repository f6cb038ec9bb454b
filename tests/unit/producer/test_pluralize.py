from __future__ import annotations

import pytest

from producer.pluralize import pluralize


@pytest.mark.parametrize(
    ("number", "thing", "words"),
    [
        (0, "worker", "0 workers"),
        (1, "worker process", "1 worker process"),
        (2, "worker process", "2 worker processes"),
    ],
)
def test_one_is_singular_and_other_numbers_are_plural(number: int, thing: str, words: str) -> None:
    assert pluralize(number, thing) == words
