from __future__ import annotations

import shlex

import pytest

from glasses.config.deployments import replicas, scale_command
from glasses.protocol.statuses import Deployment


@pytest.mark.parametrize(
    ("deployment", "line"),
    [
        (
            Deployment.COMPOSE,
            "docker compose --file infra/compose/compose.yaml scale worker=7",
        ),
        (
            Deployment.KUBERNETES,
            "kubectl --namespace=glasses scale deployment/glasses-worker --replicas=7",
        ),
        (
            Deployment.KEDA,
            "kubectl --namespace=glasses annotate scaledobject/glasses-worker "
            "autoscaling.keda.sh/paused-replicas=7 --overwrite",
        ),
    ],
)
def test_each_deployment_has_its_command(deployment: Deployment, line: str) -> None:
    assert shlex.join(scale_command(deployment, 7)) == line


@pytest.mark.parametrize(
    ("processes", "each", "count"), [(8, 2, 4), (7, 2, 4), (1, 4, 1), (0, 4, 0), (3, 0, 3)]
)
def test_replicas_give_at_least_the_requested_processes(
    processes: int, each: int, count: int
) -> None:
    assert replicas(processes, each) == count
