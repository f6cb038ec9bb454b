"""Every setting: flags > environment `GLASSES_…` > `glasses.toml` > the local stack > defaults."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from glasses import addresses
from glasses.errors import InfrastructureError, UsageError
from glasses.folders import READ_FOLDERS, Folders
from glasses.logs import LogFormat
from glasses.stack_file import home, keeps_data, read_stack
from glasses.statuses import Deployment

ENV_PREFIX = "GLASSES_"
CONFIG_FILE = "glasses.toml"


class Settings(BaseSettings):
    """What the commands, the client and the workers are told."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid"
    )

    redis_url: Annotated[SecretStr, AfterValidator(addresses.redis_url)] | None = Field(
        default=None, description=addresses.REDIS_URL
    )
    redis_ca: str | None = Field(
        default=None, description="file of the CA that rediss:// is checked with, if it is your own"
    )
    s3_endpoint: Annotated[str, AfterValidator(addresses.s3_endpoint)] | None = Field(
        default=None, description="URL of an S3-compatible server"
    )
    s3_ca: str | None = Field(
        default=None, description="file of the CA that https:// is checked with, if it is your own"
    )
    s3_region: str = Field(default="us-east-1", description="region that requests are signed for")
    s3_bucket: Annotated[str, AfterValidator(addresses.s3_bucket)] = Field(
        default="glasses", description="the one bucket that is read and written"
    )
    s3_access_key: SecretStr | None = Field(default=None, description="access key id")
    s3_secret_key: SecretStr | None = Field(default=None, description="secret access key")
    retention_days: int = Field(
        default=7, ge=1, le=365, description="photos and verdicts live so long"
    )
    model: str = Field(default="default", description="released model: its name or its folder")
    chunk_size: int = Field(
        default=64,
        ge=1,
        le=64,
        description="photos in one message, at most; a job's first ones have fewer",
    )
    upload_threads: int = Field(default=8, ge=1, le=64, description="uploads at the same time")
    fetch_threads: int = Field(
        default=4, ge=1, le=64, description="downloads at the same time, a process"
    )
    max_file_mb: int = Field(default=256, ge=1, description="larger files are refused unread")
    read_folders: Folders | None = Field(default=None, description=READ_FOLDERS)
    max_attempts: int = Field(default=3, ge=1, description="runs of a chunk before it is halved")
    lease_seconds: float = Field(
        default=10, gt=0, description="a silent chunk is taken back after this"
    )
    chunk_time_limit: int = Field(
        default=120, ge=1, description="a chunk's process is killed after so many seconds"
    )
    process_memory_mb: int = Field(
        default=3072, ge=512, description="a worker process may have so much data of its own"
    )

    deployment: Deployment | None = Field(
        default=None, description="what runs the workers, for `glasses scale`"
    )
    log_format: LogFormat = Field(
        default=LogFormat.AUTO, description="of workers and the exporter: auto, json or text"
    )
    heartbeat_file: str | None = Field(
        default=None, description="a worker touches it every 2 s, for probes"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, the strongest first."""
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, _config_values()),
            InitSettingsSource(settings_cls, _stack_values()),
        )

    @property
    def retention_seconds(self) -> int:
        """`retention_days` in seconds."""
        return self.retention_days * 86_400


@cache
def get_settings() -> Settings:
    """The settings of this process.

    Raises:
        UsageError: A value does not fit.
    """
    return load_settings()


def load_settings(**flags: Any) -> Settings:
    """Read the settings now.

    Args:
        **flags: Values that outrank every other source; None means not given.

    Raises:
        UsageError: A value does not fit; the message names it, without secrets.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        lines = [f"{_called(str(e['loc'][0]), flags)}: {e['msg']}" for e in error.errors()]
        start = " " if len(lines) == 1 else "\n  "
        raise UsageError("settings do not fit:" + start + "\n  ".join(lines)) from None


def _called(name: str, flags: dict[str, Any]) -> str:
    """A setting by the name that it was given under, strongest source first."""
    if flags.get(name) is not None:
        return name
    if name in EnvSettingsSource(Settings)():
        return ENV_PREFIX + name.upper()
    return f"{name} in {_config_path()}" if name in _config_values() else name


def require_servers(settings: Settings) -> None:
    """Check that there is somewhere to send photos.

    Raises:
        InfrastructureError: Redis or the object store is not configured; says what to run.
    """
    if lacks := no_servers(settings):
        raise InfrastructureError(": ".join(lacks))


def no_servers(settings: Settings) -> tuple[str, str] | None:
    """What is wrong, and what to do; None if both servers are configured."""
    needed = ("redis_url", "s3_endpoint", "s3_access_key", "s3_secret_key")
    missing = [ENV_PREFIX + name.upper() for name in needed if getattr(settings, name) is None]
    if not missing:
        return None
    if len(missing) == len(needed) and keeps_data(home()):
        return "the local stack is stopped, its jobs are kept", "`glasses up --detach` starts it"
    return (
        "no servers are configured",
        "start them on this machine with `glasses up --detach`, or name yours with "
        f"{', '.join(missing)} (or in {CONFIG_FILE}). "
        "`glasses classify PATH` needs no servers at all.",
    )


def sources(settings: Settings) -> dict[str, str]:
    """Where each setting's value comes from: environment, a file's name, or default."""
    env = EnvSettingsSource(Settings)()
    config, stack = _config_values(), _stack_values()
    result = {}
    for name in type(settings).model_fields:
        if name in env:
            result[name] = "environment"
        elif name in config:
            result[name] = str(_config_path())
        elif name in stack:
            result[name] = "local stack"
        else:
            result[name] = "default"
    return result


def _config_path() -> Path:
    return Path(os.environ.get(ENV_PREFIX + "CONFIG", CONFIG_FILE))


def _config_values() -> dict[str, Any]:
    path = _config_path()
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if ENV_PREFIX + "CONFIG" in os.environ:
            raise UsageError(f"{path} (from {ENV_PREFIX}CONFIG) does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _stack_values() -> dict[str, Any]:
    stack = read_stack(home())
    # A stack that another version started may have written settings that this one does not know.
    known = Settings.model_fields
    return {name: value for name, value in stack.settings.items() if name in known} if stack else {}
