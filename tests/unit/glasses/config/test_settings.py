from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from glasses.config.settings import (
    Settings,
    ignored_config_notice,
    load_settings,
    require_servers,
    setting_sources,
)
from glasses.config.stack_file import StackFile, write_stack
from glasses.errors import InfrastructureError, UsageError

ROOT = Path(__file__).parents[4]
SECRET = "hunter2-do-not-print"
SERVERS = {
    "redis_url": f"redis://user:{SECRET}@redis.example:6379/0",
    "s3_endpoint": "http://s3.example",
    "s3_access_key": SECRET,
    "s3_secret_key": SECRET,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder, with a home without a local stack."""
    monkeypatch.setenv("GLASSES_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def configure(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """Write a settings file and name it in the environment."""
    Path("glasses.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    monkeypatch.setenv("GLASSES_CONFIG", "glasses.toml")


def start_stack(folder: Path, **settings: str) -> None:
    running = {"supervisor": {"pid": os.getpid(), "started": 0.0}}
    write_stack(folder / "home", StackFile(settings, running))


def test_each_source_takes_precedence_over_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().s3_bucket == "glasses"
    start_stack(folder, s3_bucket="of-the-stack")
    assert load_settings().s3_bucket == "of-the-stack"
    configure(monkeypatch, 's3_bucket = "of-the-file"')
    assert load_settings().s3_bucket == "of-the-file"
    monkeypatch.setenv("GLASSES_S3_BUCKET", "of-the-environment")
    assert load_settings().s3_bucket == "of-the-environment"
    assert load_settings(s3_bucket="of-the-flag").s3_bucket == "of-the-flag"


def test_a_source_overrides_only_the_settings_that_it_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_stack(folder, s3_bucket="of-the-stack", s3_region="of-the-stack")
    monkeypatch.setenv("GLASSES_S3_BUCKET", "of-the-environment")
    settings = load_settings(model="of-the-flag")
    assert settings.s3_bucket == "of-the-environment"
    assert settings.s3_region == "of-the-stack"
    assert settings.model == "of-the-flag"


def test_an_omitted_flag_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSES_CHUNK_SIZE", "16")
    assert load_settings(chunk_size=None).chunk_size == 16


def test_the_config_variable_names_the_settings_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "other.toml").write_text("chunk_size = 8")
    monkeypatch.setenv("GLASSES_CONFIG", str(folder / "other.toml"))
    assert load_settings().chunk_size == 8


def test_a_file_in_the_working_directory_is_used_only_when_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ignored_config_notice() is None
    Path("glasses.toml").write_text("chunk_size = 16")
    assert load_settings().chunk_size == 64
    told = ignored_config_notice()
    assert told
    assert f"export GLASSES_CONFIG={Path.cwd()}/glasses.toml" in told
    monkeypatch.setenv("GLASSES_CONFIG", "")
    assert load_settings().chunk_size == 64
    monkeypatch.setenv("GLASSES_CONFIG", f"{Path.cwd()}/glasses.toml")
    assert load_settings().chunk_size == 16
    assert ignored_config_notice() is None


def test_a_config_variable_without_a_file_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSES_CONFIG", str(folder / "missing.toml"))
    with pytest.raises(UsageError, match=r"missing\.toml .*does not exist"):
        load_settings()


@pytest.mark.parametrize("content", [b"not toml at all [", b'model = "\xff"'])
def test_a_damaged_settings_file_is_named(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, content)
    with pytest.raises(UsageError, match=r"glasses\.toml cannot be read"):
        load_settings()


def test_a_damaged_stack_file_counts_as_no_stack(folder: Path) -> None:
    (folder / "home" / "stack.json").write_text('{"settings": null}')
    assert load_settings().redis_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retention_days", "0"),
        ("retention_days", "soon"),
        ("chunk_size", "65"),
        ("upload_threads", "-1"),
        ("lease_seconds", "0"),
    ],
)
def test_an_invalid_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GLASSES_{name.upper()}", value)
    with pytest.raises(UsageError, match=f"^invalid settings: GLASSES_{name.upper()}: [^\n]+$"):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://x",
        "REDIS://x",
        "unix:///run/redis.sock",
        "redis://",
        "redis:///0",
        "redis://127.0.0.1:abc/0",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1:0/0",
        "redis://[::1/0",
        "redis://a..b/0",
        "redis://a b/0",
        "redis://x/first",
        f"redis://:{SECRET}/@x:6379/0",
        f"redis://:{SECRET}#@x:6379/0",
        f"redis://:{SECRET}@x:{SECRET}/0",
    ],
)
def test_an_invalid_redis_url_is_reported_without_showing_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSES_REDIS_URL", url)
    with pytest.raises(UsageError) as failure:
        load_settings()
    printed = "".join(traceback.format_exception(failure.value))
    assert str(failure.value).startswith(
        "invalid settings: GLASSES_REDIS_URL: should look like redis[s]://[user:password@]host"
    )
    assert "\n" not in str(failure.value)
    assert ("%23" in printed) == (SECRET in url and "@x:6379" in url)
    assert SECRET not in printed


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "127.0.0.1:8333",
        "ftp://x",
        "http://",
        "http://:80",
        "http://127.0.0.1:99999",
        "https://x:https",
    ],
)
def test_an_invalid_s3_endpoint_is_reported(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSES_S3_ENDPOINT", url)
    wanted = r"^invalid settings: GLASSES_S3_ENDPOINT: should look like http\[s\]://host:port.*$"
    with pytest.raises(UsageError, match=wanted):
        load_settings()


@pytest.mark.parametrize("name", ["Bad Bucket!", "ab", "a" * 64, "under_score", "-a-", "abc\n"])
def test_an_invalid_bucket_name_is_reported(name: str) -> None:
    with pytest.raises(UsageError, match=r"^invalid settings: s3_bucket: should be 3 to 63 of"):
        load_settings(s3_bucket=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redis_url", "redis://localhost"),
        ("redis_url", "redis://:p%2Fq@127.0.0.1:6379/"),
        ("redis_url", "rediss://user:password@redis.example:6379/15?ssl_cert_reqs=required"),
        ("redis_url", "redis://[::1]:6379/0"),
        ("s3_endpoint", "https://s3.eu-central-1.amazonaws.com/"),
        ("s3_endpoint", "http://object_store:8333"),
        ("s3_bucket", "my.bucket-1"),
    ],
)
def test_valid_addresses_are_accepted(name: str, value: str) -> None:
    load_settings(**{name: value})


@pytest.mark.parametrize("module", ["producer", "worker"])
def test_commands_report_an_invalid_address_in_one_line(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLASSES_REDIS_URL", SECRET)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", module, *(["doctor"] if module == "producer" else [])]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "invalid settings: GLASSES_REDIS_URL: should look like" in line
    assert SECRET not in line


def test_an_invalid_value_is_reported_with_its_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, 'redis_url = "nonsense"')
    with pytest.raises(UsageError, match=r"redis_url in glasses\.toml: should look like"):
        load_settings()


def test_all_invalid_values_are_named_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, "chunk_size = 0\nretention_days = 0")
    with pytest.raises(UsageError, match=r"(?s)retention_days.*chunk_size"):
        load_settings()


def test_a_misspelt_setting_in_the_file_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, "chunksize = 16")
    with pytest.raises(UsageError, match="chunksize"):
        load_settings()


def test_secrets_are_never_shown() -> None:
    settings = load_settings(**SERVERS)
    for shown in (
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        str(settings.model_dump(mode="json")),
    ):
        assert "s3.example" in shown
        assert SECRET not in shown
    assert settings.redis_url is not None
    assert SECRET in settings.redis_url.get_secret_value()


def test_secrets_are_not_in_error_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSES_REDIS_URL", SERVERS["redis_url"])
    configure(
        monkeypatch,
        f's3_secret_key = ["{SECRET}"]\npassword = "{SECRET}"\nchunk_size = "{SECRET}"',
    )
    with pytest.raises(UsageError) as failure:
        load_settings(s3_access_key=SECRET)
    printed = "".join(traceback.format_exception(failure.value))
    assert "s3_secret_key" in printed
    assert "password" in printed
    assert SECRET not in printed


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().chunk_size = 1  # type: ignore[misc]


def test_servers_are_configured_when_all_four_are_named() -> None:
    require_servers(load_settings(**SERVERS))


@pytest.mark.parametrize("name", SERVERS)
def test_a_missing_server_setting_is_named(name: str) -> None:
    settings = load_settings(**{key: value for key, value in SERVERS.items() if key != name})
    with pytest.raises(InfrastructureError) as failure:
        require_servers(settings)
    message = str(failure.value)
    assert f"GLASSES_{name.upper()}" in message
    assert all(f"GLASSES_{other.upper()}" not in message for other in SERVERS if other != name)
    assert "glasses up" in message
    assert SECRET not in message
    assert failure.value.exit_code == 3


def test_sources_of_values_are_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_stack(folder, s3_endpoint="http://stack", s3_bucket="bucket", s3_region="r")
    configure(monkeypatch, 's3_bucket = "bucket"\ns3_region = "r"')
    monkeypatch.setenv("GLASSES_S3_REGION", "r")
    found = setting_sources(load_settings())
    assert found["s3_region"] == "environment"
    assert found["s3_bucket"] == "glasses.toml"
    assert found["s3_endpoint"] == "local stack"
    assert found["chunk_size"] == "default"
    assert set(found) == set(Settings.model_fields)


def test_retention_is_available_in_seconds() -> None:
    assert load_settings(retention_days=2).retention_seconds == 172_800
