"""Unexpected errors keep their traceback; a full disk is reported without one."""

from __future__ import annotations

import errno

import pytest

from producer import main


def raises(error: Exception) -> object:
    def app(**_: object) -> None:
        raise error

    return app


def test_an_unexpected_system_error_is_not_reported_as_a_usage_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(main, "app", raises(OSError(errno.ECONNRESET, "reset")))
    with pytest.raises(OSError, match="reset"):
        main.main()


def test_an_unusable_file_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "_close_stdout", lambda: None)
    monkeypatch.setattr(main, "app", raises(PermissionError(errno.EACCES, "denied", "rows.csv")))
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert capfd.readouterr().err == "glasses: rows.csv: denied\n"
