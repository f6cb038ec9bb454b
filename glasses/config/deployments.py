"""How many workers run is for what runs them to say: the command, for each."""

from __future__ import annotations

import math

from glasses.statuses import Deployment

NAMESPACE = "glasses"
DEPLOYMENT = "deployment/glasses-worker"
SCALED_OBJECT = "scaledobject/glasses-worker"
COMPOSE_FILE = "infra/compose/compose.yaml"


def replicas(processes: int, per_replica: int) -> int:
    """How many workers have so many processes, or a few more."""
    return math.ceil(processes / max(1, per_replica))


def scale_command(deployment: Deployment, count: int) -> list[str]:
    """The command that makes it `count` workers."""
    match deployment:
        case Deployment.COMPOSE:
            return ["docker", "compose", "--file", COMPOSE_FILE, "scale", f"worker={count}"]
        case Deployment.KUBERNETES:
            return ["kubectl", f"--namespace={NAMESPACE}", "scale", DEPLOYMENT,
                    f"--replicas={count}"]  # fmt: skip
        case Deployment.KEDA:
            return ["kubectl", f"--namespace={NAMESPACE}", "annotate", SCALED_OBJECT,
                    f"autoscaling.keda.sh/paused-replicas={count}", "--overwrite"]  # fmt: skip
