"""Measure a decision in one process, by the size of the definition."""

import copy
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from ecsplan.decision.decide_revision import decide
from ecsplan.terms.observed import Body

SIZES = (1, 2, 5, 10)
"""Numbers of containers in a definition; ECS allows at most 10."""
ROUNDS = 5
CALLS = 200


def request(containers: int) -> Body:
    """Return a Fargate definition as written by hand: containers with variables, secrets, ports and logs."""
    return {
        "family": "bench",
        "cpu": "1 vCPU",
        "memory": "4 GB",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": "bench-exec",
        "containerDefinitions": [container(number) for number in range(containers)],
        "volumes": [{"name": "scratch"}],
    }


def container(number: int) -> Body:
    return {
        "name": f"c{number}",
        "image": f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/bench/c{number}:1",
        "command": ["serve", "--port", "8080"],
        "environment": [{"name": f"NAME_{each}", "value": f"value {each}"} for each in range(12)],
        "secrets": [
            {"name": f"SECRET_{each}", "valueFrom": f"arn:aws:ssm:::parameter/{each}"} for each in range(3)
        ],
        "portMappings": [{"containerPort": 8080 + number}, {"containerPort": 9000 + number}],
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
        "healthCheck": {"command": ["CMD-SHELL", "true"]},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "bench", "awslogs-region": "x"},
        },
    }


def described(body: Body) -> Body:
    """Return the definition as ECS describes it: with defaults, and lists in a different order."""
    live = copy.deepcopy(body)
    for each in live["containerDefinitions"]:
        each.update(essential=True, cpu=0, volumesFrom=[], systemControls=[])
        each["environment"].reverse()
        each["healthCheck"].update(interval=30, timeout=5, retries=3)
        for port in each["portMappings"]:
            port.update(hostPort=port["containerPort"], protocol="tcp")
    # ECS returns these in an order of its own; a reversed list makes canonicalization work for its result.
    live["containerDefinitions"].reverse()
    live["volumes"][0]["host"] = {}
    return {
        **live,
        "cpu": "1024",
        "memory": "4096",
        "executionRoleArn": "arn:aws:iam::111122223333:role/bench-exec",
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/bench:7",
        "revision": 7,
        "status": "ACTIVE",
        "placementConstraints": [],
        "enableFaultInjection": False,
    }


def best_ms(call: Callable[[], object], calls: int = CALLS) -> float:
    """Return the milliseconds of one call, from the fastest of several rounds."""

    def round_s() -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        return time.perf_counter() - begin

    # The minimum: noise from other processes only ever adds time.
    return min(round_s() for _ in range(ROUNDS)) / calls * 1000


def measure() -> Iterator[dict[str, float]]:
    """Yield, per size, the milliseconds of a decision to reuse and of one to register."""
    for containers in SIZES:
        desired = request(containers)
        live = described(desired)
        assert decide(desired, live).action == "reuse"
        reuse_ms = best_ms(partial(decide, desired, live))
        live["containerDefinitions"][0]["environment"][0]["value"] = "another value"
        assert len(decide(desired, live).changes) == 1
        register_ms = best_ms(partial(decide, desired, live), CALLS // 10)
        size_kib = len(json.dumps(desired)) / 1024
        yield {"containers": containers, "kib": size_kib, "reuse_ms": reuse_ms, "register_ms": register_ms}


def main() -> int:
    assert "deepdiff" not in sys.modules
    print("| containers | request KiB | equal: reuse, ms | one variable differs: register, ms |")
    print("| ---: | ---: | ---: | ---: |")
    for row in measure():
        print("| {containers:.0f} | {kib:.1f} | {reuse_ms:.3f} | {register_ms:.2f} |".format(**row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
