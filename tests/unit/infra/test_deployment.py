"""The deployment files against their schemas, and against the code that they speak of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glasses import deployments
from glasses.census import UNACKED
from glasses.lanes import LANES, PRIORITY_STEPS, list_name
from glasses.queue import configuration
from glasses.settings import ENV_PREFIX, Settings
from tests.support.deployment import INFRA, Image, compose, yaml_documents

pytest.importorskip("yaml")
KUBERNETES = INFRA / "kubernetes"
MANIFESTS = sorted(
    path for path in (KUBERNETES / "base").iterdir() if path.name != "kustomization.yaml"
)


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    found = [each for path in MANIFESTS for each in yaml_documents(path)]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pods() -> dict[str, dict[str, Any]]:
    return {
        name: each["spec"]["template"]["spec"]
        for (_, name), each in manifests().items()
        if "template" in each.get("spec", {})
    }


def test_compose_file_is_one() -> None:
    pytest.importorskip("check_jsonschema")
    subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
         str(INFRA / "compose" / "compose.yaml")],
        check=True,
    )  # fmt: skip


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_are_such(path: Path) -> None:
    validate = pytest.importorskip("kubernetes_validate").validate
    for document in yaml_documents(path):
        validate(document, "1.33", strict=True)


def test_kustomizations_name_every_file_and_no_other() -> None:
    (base,) = yaml_documents(KUBERNETES / "base" / "kustomization.yaml")
    assert sorted(base["resources"]) == [path.name for path in MANIFESTS]
    (keda,) = yaml_documents(KUBERNETES / "keda" / "kustomization.yaml")
    assert keda["resources"] == ["../base", "scaledobject.yaml"]
    built = {pod["containers"][0]["image"] for pod in pods().values()}
    assert {image["name"] for image in base["images"]} == built


def test_the_autoscaler_counts_every_list_of_the_queue_and_what_is_taken() -> None:
    _, scaled = yaml_documents(KUBERNETES / "keda" / "scaledobject.yaml")
    triggers = {each["name"]: each["metadata"]["listName"] for each in scaled["spec"]["triggers"]}
    lists = {list_name(lane, priority) for lane in range(LANES) for priority in PRIORITY_STEPS}
    assert set(triggers.values()) == {*lists, UNACKED}
    assert len(triggers) == len(lists) + 1
    formula = scaled["spec"]["advanced"]["scalingModifiers"]["formula"]
    assert sorted(formula.split(" + ")) == sorted(triggers)
    assert f"scaledobject/{scaled['metadata']['name']}" == deployments.SCALED_OBJECT


def test_commands_of_scale_name_what_there_is() -> None:
    kind, name = deployments.DEPLOYMENT.split("/")
    assert (kind.capitalize(), name) in manifests()
    (base,) = yaml_documents(KUBERNETES / "base" / "kustomization.yaml")
    assert base["namespace"] == deployments.NAMESPACE
    assert (INFRA.parent / deployments.COMPOSE_FILE).is_file()
    assert "worker" in compose({})


def test_every_setting_that_is_named_exists() -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    named = set(manifests()["ConfigMap", "glasses-settings"]["data"])
    named |= set(compose({})["worker"]["environment"])
    named |= {name for name in Image("worker").environment if name.startswith(ENV_PREFIX)}
    assert named <= known


def test_nothing_of_ours_is_root_or_writes_to_its_root() -> None:
    user = Image("worker").user
    assert user == Image("producer").user == "10001:10001"
    for name in ("worker", "producer", "bucket", "exporter"):
        service = compose({})[name]
        assert (service["user"], service["read_only"], service["cap_drop"]) == (user, True, ["ALL"])
    for pod in pods().values():
        assert pod["securityContext"]["runAsUser"] == int(user.split(":")[0])
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"secretRef": {"name": "glasses-servers"}} in container["envFrom"]


def test_a_worker_has_longer_to_leave_than_a_chunk_may_take() -> None:
    settings = Settings(
        redis_url="redis://x/0", s3_endpoint="http://x", s3_access_key="x", s3_secret_key="x"
    )
    soft = configuration(settings)["worker_soft_shutdown_timeout"]
    least = max(settings.chunk_time_limit, soft)
    assert pods()["glasses-worker"]["terminationGracePeriodSeconds"] > least
    assert int(compose({})["worker"]["stop_grace_period"].rstrip("s")) > least


def test_compose_runs_the_object_store_as_the_local_stack_does() -> None:
    from infra.local import seaweed

    stated = {word for word in compose({})["s3"]["command"] if word.startswith("-")}
    assert set(seaweed._OPTIONS) <= stated


def test_no_secret_stands_in_a_deployment_file() -> None:
    for path in INFRA.rglob("*.yaml"):
        for line in path.read_text("utf-8").splitlines():
            fixed = re.sub(r"\$\{.*?\}|\$\$\w+", "", line)
            found = re.search(r"(password|secret_key|access_key)\s*[:=]\s*\w", fixed, re.I)
            assert not found, f"{path}: {line}"
