"""Settings. Precedence: flags, environment, the file $GLASSES_CONFIG, the local stack, defaults."""

from __future__ import annotations

import os
import shlex
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from glasses.config import addresses
from glasses.config.logs import LogFormat
from glasses.config.nearest import suggestion, unknown_names
from glasses.config.read_folders import READ_FOLDERS, Folders
from glasses.config.regular_file import read_regular
from glasses.config.stack_file import (
    HOME_VARIABLE,
    MARK_VARIABLE,
    home,
    keeps_data,
    running_stack,
)
from glasses.errors import InfrastructureError, UsageError
from glasses.protocol.statuses import Deployment

ENV_PREFIX = "GLASSES_"
CONFIG_VARIABLE = ENV_PREFIX + "CONFIG"
CONFIG_FILE = "glasses.toml"
"""Conventional name of the settings file, which is used only if `CONFIG_VARIABLE` names it."""
_CONFIG_BYTES = 1 << 20


class Settings(BaseSettings):
    """Settings of the commands, the client and the workers.

    Args:
        **values: Settings that override all other sources, see the module.

    Raises:
        UsageError: A value is invalid, or no setting has this name; the message names the setting
            and contains no secrets.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
    )

    redis_url: Annotated[SecretStr, AfterValidator(addresses.redis_url)] | None = Field(
        default=None, description=f"{addresses.REDIS_URL}, or {addresses.SENTINEL_URL}"
    )
    redis_ca: str | None = Field(
        default=None, description="CA certificate file for rediss://, if the CA is private"
    )
    s3_endpoint: Annotated[str, AfterValidator(addresses.s3_endpoint)] | None = Field(
        default=None, description="URL of an S3-compatible server"
    )
    s3_ca: str | None = Field(
        default=None, description="CA certificate file for https://, if the CA is private"
    )
    s3_region: str = Field(default="us-east-1", description="region of the object store")
    s3_bucket: Annotated[str, AfterValidator(addresses.s3_bucket)] = Field(
        default="glasses", description="bucket for photos and manifests"
    )
    s3_access_key: SecretStr | None = Field(default=None, description="access key id")
    s3_secret_key: SecretStr | None = Field(default=None, description="secret access key")
    s3_timeout_seconds: float = Field(
        default=60,
        gt=0,
        description="timeout of a request to the object store: time without a received byte, or "
        "time to send 5 MiB",
    )
    s3_retry_seconds: float = Field(
        default=25,
        gt=0,
        description="how long failed requests to the object store are retried",
    )
    retention_days: int = Field(
        default=7, ge=1, le=365, description="days after which photos and verdicts are deleted"
    )
    model: str = Field(default="default", description="name of a released model, or a model folder")
    chunk_size: int = Field(
        default=64,
        ge=1,
        le=64,
        description="maximum number of photos per message; the first messages of a job have fewer",
    )
    upload_threads: int = Field(default=8, ge=1, le=64, description="concurrent uploads")
    fetch_threads: int = Field(
        default=4, ge=1, le=64, description="concurrent downloads per process"
    )
    max_file_mb: int = Field(
        default=256, ge=1, description="maximum size of a file; larger ones are not read"
    )
    max_archive_entries: int = Field(
        default=250_000, ge=1, description="maximum number of entries in an archive"
    )
    max_archive_ratio: int = Field(
        default=100,
        ge=1,
        description="maximum compression ratio of an archive that is unpacked to more than 1 GiB",
    )
    read_folders: Folders | None = Field(default=None, description=READ_FOLDERS)
    max_attempts: int = Field(
        default=3, ge=1, description="failed runs of a chunk before it is split in halves"
    )
    lease_seconds: float = Field(
        default=10,
        gt=0,
        description="time after which a chunk is queued again if its worker has stopped responding",
    )
    chunk_time_limit: int = Field(
        default=120,
        ge=1,
        description="seconds per chunk (per photo with `classify`) before its process is killed",
    )
    process_memory_mb: int | None = Field(
        default=None,
        ge=512,
        description="memory limit of a process that decodes photos: its private data; if not set, "
        "3,072 or the process's share of a container's limit",
    )

    deployment: Deployment | None = Field(
        default=None,
        description="what runs the workers, for `glasses scale`: compose, kubernetes or keda",
    )
    log_format: LogFormat = Field(
        default=LogFormat.AUTO,
        description="log format of workers and the exporter: auto, json or text",
    )
    heartbeat_file: str | None = Field(
        default=None, description="file that a worker touches every 2 s, for liveness probes"
    )

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            lines = [
                f"{_source_name(str(e['loc'][0]), values)}: {_problem(e)}" for e in error.errors()
            ]
            start = " " if len(lines) == 1 else "\n  "
            raise UsageError("invalid settings:" + start + "\n  ".join(lines)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of settings, highest precedence first."""
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, _config_values()),
            InitSettingsSource(settings_cls, _stack_values()),
        )

    @property
    def chunk_soft_limit(self) -> int:
        """Seconds per chunk before its process is asked to stop; less than `chunk_time_limit`."""
        return max(1, self.chunk_time_limit - 10)

    @property
    def retention_seconds(self) -> int:
        """`retention_days` in seconds."""
        return self.retention_days * 86_400


@cache
def get_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        UsageError: A value is invalid.
    """
    return load_settings()


def load_settings(**flags: Any) -> Settings:
    """Load the settings from all sources.

    Args:
        **flags: Values that override all other sources; None means not given.

    Raises:
        UsageError: A value is invalid; the message names the setting and contains no secrets.
    """
    return Settings(**{name: value for name, value in flags.items() if value is not None})


def _problem(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return suggestion(str(error["loc"][0]), Settings.model_fields)
    return error["msg"]


def unknown_variables() -> list[str]:
    """Return what to report about variables of the environment that look like settings.

    They are ignored, since they may belong to another program, but a wrong name must not be silent.
    """
    known = [ENV_PREFIX + name.upper() for name in Settings.model_fields]
    known += [CONFIG_VARIABLE, HOME_VARIABLE, MARK_VARIABLE]
    return unknown_names(os.environ, ENV_PREFIX, known)


def _source_name(name: str, flags: dict[str, Any]) -> str:
    """Return a setting's name in the source that set it."""
    if flags.get(name) is not None:
        return name
    if name in EnvSettingsSource(Settings)():
        return ENV_PREFIX + name.upper()
    return f"{name} in {config_path()}" if name in _config_values() else name


def require_servers(settings: Settings) -> None:
    """Check that Redis and the object store are configured.

    Raises:
        InfrastructureError: One of them is not; the message says what to do.
    """
    if problem := missing_servers(settings):
        raise InfrastructureError(": ".join(problem))


def missing_servers(settings: Settings) -> tuple[str, str] | None:
    """Return what is missing and what to do about it; None if both servers are configured."""
    required = ("redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key")
    missing = [ENV_PREFIX + name.upper() for name in required if getattr(settings, name) is None]
    if not missing:
        return None
    if len(missing) == len(required) and keeps_data(home()):
        return "the local stack is stopped, its jobs are kept", "`glasses up --detach` starts it"
    return (
        "no servers are configured",
        "start them on this machine with `glasses up --detach`, or configure yours with "
        f"{', '.join(missing)} (or in a file named by {CONFIG_VARIABLE}). "
        "`glasses classify PATH` needs no servers.",
    )


def setting_sources(settings: Settings) -> dict[str, str]:
    """Return the source of each setting: environment, a file's path, local stack or default."""
    env = EnvSettingsSource(Settings)()
    config, stack = _config_values(), _stack_values()
    result = {}
    for name in type(settings).model_fields:
        if name in env:
            result[name] = "environment"
        elif name in config:
            result[name] = str(config_path())
        elif name in stack:
            result[name] = "local stack"
        else:
            result[name] = "default"
    return result


def config_path() -> Path | None:
    """Return the settings file named by `CONFIG_VARIABLE`; None if it is not set.

    A file in the working directory is not used by default: it may have come with a folder of
    photos, and would let their sender choose the servers.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else None


def ignored_config_notice() -> str | None:
    """Return a notice about a settings file in the working directory that is not used."""
    if config_path() or not os.path.lexists(CONFIG_FILE):
        return None
    path = shlex.quote(os.path.abspath(CONFIG_FILE))
    return (
        f"{CONFIG_FILE} in this folder is not used: if it is yours, enable it with "
        f"`export {CONFIG_VARIABLE}={path}`"
    )


def _config_values() -> dict[str, Any]:
    path = config_path()
    if path is None:
        return {}
    try:
        return tomllib.loads(read_regular(path, _CONFIG_BYTES).decode("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path} (from {CONFIG_VARIABLE}) does not exist") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _stack_values() -> dict[str, Any]:
    stack = running_stack(home())
    # A stack started by another version may have settings that this version does not have.
    known = Settings.model_fields
    return {name: value for name, value in stack.settings.items() if name in known} if stack else {}
