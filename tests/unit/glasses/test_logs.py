from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from glasses.logs import LogFormat, about, set_up


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    about()
    logging.captureWarnings(False)
    root.handlers = handlers
    root.setLevel(level)


def test_what_is_no_terminal_gets_json_with_the_ids_of_what_it_is_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert set_up("INFO", LogFormat.AUTO)
    log = logging.getLogger("worker.test")
    about(job="abcdefgh", chunk="0+32")
    log.info('two\nlines and "quotes" %s', "肖像")
    about()
    log.warning("of another", extra={"job": "zzzzzzzz", "chunk": "32+32"})
    log.debug("too quiet")
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("failed")
    first, second, third = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["job"], first["chunk"], first["level"]) == ("abcdefgh", "0+32", "info")
    assert first["message"] == 'two\nlines and "quotes" 肖像'
    assert (second["job"], second["chunk"]) == ("zzzzzzzz", "32+32")
    assert "job" not in third
    assert "ValueError: broken" in third["error"]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert not set_up("INFO", LogFormat.TEXT)
    logging.getLogger("worker.test").info("hello")
    assert capsys.readouterr().err.endswith("hello\n")
