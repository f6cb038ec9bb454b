from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from glasses.config.logs import LogFormat, configure_logging, set_log_context


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    streams, hooks = (sys.stdout, sys.stderr), (sys.excepthook, threading.excepthook)
    yield
    sys.stdout, sys.stderr = streams
    sys.excepthook, threading.excepthook = hooks
    set_log_context()
    logging.captureWarnings(False)
    root.handlers = handlers
    root.setLevel(level)


def test_logs_outside_a_terminal_are_json_with_ids(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert configure_logging("INFO", LogFormat.AUTO)
    log = logging.getLogger("worker.test")
    set_log_context(job="abcdefgh", chunk="0+32")
    log.info('two\nlines and "quotes" %s', "肖像")
    set_log_context()
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


def test_text_logs_are_readable(capsys: pytest.CaptureFixture[str]) -> None:
    assert not configure_logging("INFO", LogFormat.TEXT)
    logging.getLogger("worker.test").info("hello")
    assert capsys.readouterr().err.endswith("hello\n")


def test_whatever_is_printed_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", LogFormat.JSON)
    configure_logging("INFO", LogFormat.JSON)  # again, as Celery does
    sys.stdout.write("to stdout 7\n")
    sys.stderr.write("half")
    sys.stderr.write(" a line\n\n  \nanother\nno end")
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("two\nlines", stacklevel=1)
    out, err = capsys.readouterr()
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    assert [(line["logger"], line["level"], line["message"]) for line in lines[:4]] == [
        ("stdout", "info", "to stdout 7"),
        ("stderr", "warning", "half a line"),
        ("stderr", "warning", "another"),
        ("stderr", "warning", "no end"),
    ]
    (warning,) = lines[4:]
    assert "UserWarning: two\nlines" in warning["message"]


def test_exceptions_that_nothing_catches_are_one_line_each() -> None:
    script = """
import sys, threading
from glasses.config.logs import LogFormat, configure_logging
configure_logging("INFO", LogFormat.JSON)
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
if len(sys.argv) > 1:
    sys.exit("told at the end")
raise KeyError("main")
"""
    for words, last in ((["x"], "told at the end"), ([], "'main'")):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False
        )
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert [line["message"] for line in lines] == ["division by zero", last]
        assert "ZeroDivisionError" in lines[0]["error"]
        assert (done.returncode, done.stdout) == (1, "")


def test_a_log_that_cannot_be_written_does_not_recurse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logging("INFO", LogFormat.JSON)
    (handler,) = logging.getLogger().handlers

    def refuse(_: logging.LogRecord) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(handler, "format", refuse)
    sys.stdout.write("lost\n")
    assert "OSError: disk full" in capsys.readouterr().err
