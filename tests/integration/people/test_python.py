"""The client as its docstring shows it."""

from __future__ import annotations

import doctest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import glasses.client
from glasses import Client
from glasses.errors import UsageError
from glasses.settings import Settings, get_settings
from infra.local.workers import environment
from tests.support.workers import Worker

ROOT = Path(__file__).parents[3]


@pytest.fixture
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a user's environment says it."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.usefixtures("configured")
def test_the_clients_example_runs(
    start_worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_worker()
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(glasses.client)
    assert found.attempted
    assert not found.failed


def test_one_path_is_submitted_as_several_are(client: Client, pile: Path) -> None:
    for one in (pile, str(pile)):
        job = client.submit(one)
        assert (job.status().submitted, job.status().name) == (1, str(pile))


@pytest.mark.parametrize(
    "options", [{"threshold": 3}, {"threshold": -1}, {"threshold": "high"}, {"faces": "x"}]
)
def test_an_option_that_does_not_fit_leaves_no_job(
    options: dict[str, Any], client: Client, pile: Path
) -> None:
    (name,) = options
    with pytest.raises(UsageError, match=rf"^{name}: [^\n]+$"):
        client.submit([pile], **options)
    with pytest.raises(UsageError, match=rf"^{name}: [^\n]+$"):
        client.submit_photos([], name="none", **options)
    assert client.jobs() == []
    assert not list(client.store.keys(""))
