"""Names that no setting has are reported with the nearest setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.config.settings import Settings, load_settings, unknown_variables
from glasses.errors import UsageError

SECRET = "hunter2-do-not-print"


@pytest.fixture(autouse=True)
def _no_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSES_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_an_unknown_key_of_the_settings_file_is_named_with_the_nearest_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GLASSES_CONFIG", "glasses.toml")
    Path("glasses.toml").write_text('redis_ulr = "redis://r"\nxyzzy = 1')
    with pytest.raises(UsageError) as failure:
        load_settings()
    assert str(failure.value).splitlines()[1:] == [
        "  redis_ulr in glasses.toml: unknown, did you mean redis_url?",
        "  xyzzy in glasses.toml: unknown; `glasses config` lists the settings",
    ]


def test_unknown_variables_are_named_with_the_nearest_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert unknown_variables() == []
    for name in ("GLASSES_RETENTON_DAYS", "glasses_s3_bukcet", "GLASSES_XYZZY"):
        monkeypatch.setenv(name, SECRET)
    for known in ("GLASSES_HOME", "GLASSES_MODEL", "glasses_redis_url", "GLASSES_STACK_PROCESS"):
        monkeypatch.setenv(known, "x")
    for of_kubernetes in ("SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_9210_TCP_ADDR"):
        monkeypatch.setenv(f"GLASSES_EXPORTER_{of_kubernetes}", "x")
    assert unknown_variables() == [
        "GLASSES_RETENTON_DAYS: unknown, did you mean GLASSES_RETENTION_DAYS?",
        "GLASSES_XYZZY: unknown; `glasses config` lists the settings",
        "glasses_s3_bukcet: unknown, did you mean GLASSES_S3_BUCKET?",
    ]
    assert load_settings(redis_url="redis://r").retention_days == 7


def test_an_error_of_a_program_that_creates_settings_has_no_secrets() -> None:
    with pytest.raises(UsageError) as failure:
        Settings(s3_access_key_id=SECRET)
    told = "invalid settings: s3_access_key_id: unknown, did you mean s3_access_key?"
    assert str(failure.value) == told
