"""The manifests match their schemas and the code to which they refer, also after kustomize."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glasses.config import deployments
from glasses.config.settings import ENV_PREFIX, Settings
from glasses.ledger.queue_stats import QueueStats
from infra.monitoring.exporter import _job_metrics
from tests.support.deployment import INFRA, Image, yaml_documents
from worker.service.celery_app import configuration
from worker.service.heartbeat import _start_ticks

pytest.importorskip("yaml")
KUBERNETES = INFRA / "kubernetes"
BASE = KUBERNETES / "base"
KEDA = KUBERNETES / "keda"
COMPONENTS = KUBERNETES / "components"
MANIFESTS = sorted(
    path for path in KUBERNETES.rglob("*.yaml") if path.name not in ("kustomization.yaml",)
)
CUSTOM = ("keda.sh", "monitoring.coreos.com", "glasses")
"""API groups whose objects Kubernetes' own schemas do not describe."""
Build = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Return what kustomize makes of an overlay; skip the test where it is missing or too old."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")

    def run(overlay: str) -> list[dict[str, Any]]:
        (tmp_path / "overlay").mkdir(exist_ok=True)
        above = os.path.relpath(KUBERNETES, tmp_path / "overlay")
        text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + overlay
        file = tmp_path / "overlay" / "kustomization.yaml"
        file.write_text(text.replace("KUBERNETES", above))
        done = subprocess.run(
            [program, "kustomize", str(file.parent)], check=False, capture_output=True, text=True
        )
        if "unknown field" in done.stderr:
            pytest.skip("this kubectl has a kustomize of before 4.1 (kubectl 1.21)")
        assert done.returncode == 0, done.stderr
        (tmp_path / "built.yaml").write_text(done.stdout)
        return yaml_documents(tmp_path / "built.yaml")

    return run


def one(documents: list[dict[str, Any]], kind: str, name: str = "") -> dict[str, Any]:
    (found,) = [
        each
        for each in documents
        if each["kind"] == kind and each["metadata"]["name"].startswith(name)
    ]
    return found


def manifests() -> list[dict[str, Any]]:
    return [each for path in sorted(BASE.glob("*.yaml")) for each in yaml_documents(path)]


def pods(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = [each["spec"]["template"] for each in documents if "template" in each.get("spec", {})]
    return {each["metadata"]["labels"]["app.kubernetes.io/name"]: each["spec"] for each in found}


def validate(documents: list[dict[str, Any]]) -> None:
    check = pytest.importorskip("kubernetes_validate").validate
    for document in documents:
        if document["apiVersion"].split("/")[0] not in CUSTOM:
            check(document, "1.33", strict=True)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_the_manifests_are_valid(path: Path) -> None:
    validate(yaml_documents(path))


def test_kustomizations_name_every_file_and_no_other() -> None:
    for folder in (BASE, KEDA, *COMPONENTS.iterdir()):
        (kustomization,) = yaml_documents(folder / "kustomization.yaml")
        others = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(kustomization.get("resources", [])) - {"../base"} == others


@pytest.mark.parametrize(
    "overlay",
    [
        "resources: [KUBERNETES/base]",
        "resources: [KUBERNETES/keda]\ncomponents: [KUBERNETES/components/scale-to-zero]",
        "namespace: glasses\nresources: [KUBERNETES/base]\n"
        "components: [KUBERNETES/components/private-ca, KUBERNETES/components/prometheus-operator]",
    ],
    ids=["base", "keda", "components"],
)
def test_kustomize_builds_valid_objects(build: Build, overlay: str) -> None:
    built = build(overlay)
    validate(built)
    assert {each["metadata"].get("namespace", "glasses") for each in built} == {"glasses"}
    settings = one(built, "ConfigMap")["metadata"]["name"]
    assert re.fullmatch(r"glasses-settings-\w{10}", settings)
    for pod in pods(built).values():
        assert {"configMapRef": {"name": settings}} in pod["containers"][0]["envFrom"]
        named = {each["name"] for each in pod["volumes"]}
        assert {each["name"] for each in pod["containers"][0]["volumeMounts"]} == named


def test_a_changed_setting_changes_the_pods(build: Build) -> None:
    base = "resources: [KUBERNETES/base]\n"
    changed = build(
        base + "configMapGenerator:\n- name: glasses-settings\n  behavior: merge\n"
        "  literals: [GLASSES_RETENTION_DAYS=9]\n"
    )
    assert one(changed, "ConfigMap")["data"]["GLASSES_RETENTION_DAYS"] == "9"
    assert pods(changed)["glasses-worker"] != pods(build(base))["glasses-worker"]


def test_credentials_from_a_file_change_the_pods(build: Build, tmp_path: Path) -> None:
    component = shutil.copytree(COMPONENTS / "servers-from-file", tmp_path / "component")
    overlay = "namespace: glasses\nresources: [KUBERNETES/base]\ncomponents: [../component]\n"
    example = (component / "example-servers.env").read_text()
    names = []
    for text in (example, example.replace("changeme", "changed")):
        (component / "servers.env").write_text(text)
        built = build(overlay)
        names.append(one(built, "Secret")["metadata"]["name"])
        source = {"secretRef": {"name": names[-1]}}
        assert all(source in pod["containers"][0]["envFrom"] for pod in pods(built).values())
    assert names[0] != names[1]
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(r"^(\w+)=", example, re.M)) <= known


def test_the_network_policy_opens_the_ports_of_one_file(build: Build, tmp_path: Path) -> None:
    copy = shutil.copytree(BASE, tmp_path / "base")
    ports = (copy / "ports.yaml").read_text()
    (copy / "ports.yaml").write_text(ports.replace("6379", "6380").replace("443", "9000"))
    built = build("resources: [../base]")
    policy = next(each for each in built if each["metadata"]["name"] == "glasses"
                  and each["kind"] == "NetworkPolicy")  # fmt: skip
    found = [each["port"] for each in policy["spec"]["egress"][1]["ports"]]
    assert found == [6380, 9000], "numbers: a string would name a port of the pod"
    assert "Ports" not in {each["kind"] for each in built}


def test_keda_reads_one_figure_of_the_exporter(build: Build) -> None:
    overlay = "resources: [KUBERNETES/keda]\ncomponents: [KUBERNETES/components/scale-to-zero]"
    built = build(overlay)
    assert one(built, "ScaledObject")["spec"]["minReplicaCount"] == 0
    (scaled,) = yaml_documents(KEDA / "scaledobject.yaml")
    assert scaled["spec"]["minReplicaCount"] == 1
    (trigger,) = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    stats = QueueStats(
        photos={}, jobs={}, queued={}, waiting=3, running=2, suspended=7, oldest_seconds=0,
        workers=[],
    )  # fmt: skip
    served = {each.name: each.samples for each in _job_metrics(stats)}
    assert [sample.value for sample in served["glasses_backlog_chunks"]] == [5]
    assert asked["valueLocation"] in served
    service = one(built, "Service")
    namespace, (port,) = service["metadata"]["namespace"], service["spec"]["ports"]
    host = f"{service['metadata']['name']}.{namespace}.svc:{port['port']}"
    assert asked["url"] == f"http://{host}/metrics"
    assert f"scaledobject/{scaled['metadata']['name']}" == deployments.SCALED_OBJECT
    assert one(built, "ConfigMap")["data"]["GLASSES_DEPLOYMENT"] == "keda"


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((INFRA.parent / "pyproject.toml").read_text())["project"]["version"]
    (base,) = yaml_documents(BASE / "kustomization.yaml")
    assert {image["newTag"] for image in base["images"]} == {project}
    built = {pod["containers"][0]["image"] for pod in pods(manifests()).values()}
    assert {image["name"] for image in base["images"]} == built
    job = one(manifests(), "Job")
    assert job["metadata"]["name"] == f"glasses-bucket-{project.replace('.', '-')}"
    assert job["spec"]["ttlSecondsAfterFinished"] > 0


def test_scale_commands_name_the_deployment() -> None:
    kind, name = deployments.DEPLOYMENT.split("/")
    assert one(manifests(), kind.capitalize(), name)["metadata"]["name"] == name
    (base,) = yaml_documents(BASE / "kustomization.yaml")
    assert base["namespace"] == deployments.NAMESPACE


def test_settings_exist() -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    named = set(re.findall(r"^(\w+)=", (BASE / "settings.env").read_text(), re.M))
    assert named
    assert named <= known


def test_pods_do_not_run_as_root_and_have_a_read_only_root() -> None:
    user = int(Image("worker").user.split(":")[0])
    for pod in pods(manifests()).values():
        assert pod["securityContext"]["runAsUser"] == user
        (container,) = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"secretRef": {"name": "glasses-servers"}} in container["envFrom"]


def test_the_grace_period_of_a_worker_exceeds_the_chunk_time_limit() -> None:
    settings = Settings(
        redis_url="redis://x/0", s3_endpoint="http://x", s3_access_key="x", s3_secret_key="x"
    )
    soft = configuration(settings)["worker_soft_shutdown_timeout"]
    grace = pods(manifests())["glasses-worker"]["terminationGracePeriodSeconds"]
    assert grace > max(settings.chunk_time_limit, soft)


def test_two_workers_fit_on_a_node_with_two_cores() -> None:
    (worker,) = pods(manifests())["glasses-worker"]["containers"]
    cpu = worker["resources"]["requests"]["cpu"]
    assert 2 * int(cpu.removesuffix("m")) <= 1700, "a node keeps some 300m for its own"


def test_a_stale_heartbeat_does_not_pass_the_startup_probe(tmp_path: Path) -> None:
    (worker,) = pods(manifests())["glasses-worker"]["containers"]
    command = worker["startupProbe"]["exec"]["command"]
    file = tmp_path / "heartbeat"
    here = [
        word.replace("/run/glasses/heartbeat", str(file)).replace(
            "/proc/1/", f"/proc/{os.getpid()}/"
        )
        for word in command
    ]

    def passes() -> bool:
        return subprocess.run(here, check=False, capture_output=True).returncode == 0

    assert not passes(), "no file yet"
    file.write_text("12345")
    assert not passes(), "written by the process before the restart"
    file.write_text(_start_ticks())
    assert passes()
