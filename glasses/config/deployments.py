"""Deployments: the command that scales the workers of each kind of deployment."""

from __future__ import annotations

import math

from glasses.protocol.statuses import Deployment

NAMESPACE = "glasses"
DEPLOYMENT = "deployment/glasses-worker"
SCALED_OBJECT = "scaledobject/glasses-worker"
COMPOSE_FILE = "infra/compose/compose.yaml"


def replicas(processes: int, per_replica: int) -> int:
    """Return how many replicas provide at least this number of processes."""
    return math.ceil(processes / max(1, per_replica))


def scale_command(deployment: Deployment, count: int) -> list[str]:
    """Return the command that scales a deployment to `count` workers."""
    match deployment:
        case Deployment.COMPOSE:
            return ["docker", "compose", "--file", COMPOSE_FILE, "scale", f"worker={count}"]
        case Deployment.KUBERNETES:
            return ["kubectl", f"--namespace={NAMESPACE}", "scale", DEPLOYMENT,
                    f"--replicas={count}"]  # fmt: skip
        case Deployment.KEDA:
            return ["kubectl", f"--namespace={NAMESPACE}", "annotate", SCALED_OBJECT,
                    f"autoscaling.keda.sh/paused-replicas={count}", "--overwrite"]  # fmt: skip
