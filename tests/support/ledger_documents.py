"""Documents of a ledger as the product writes them."""

from typing import Any

TASK = "arn:aws:ecs:us-east-1:123456789012:task/jobs/00000000000000000000000000000001"
LOG = {"group": "/ecs/etl", "stream": "job/etl/00000000000000000000000000000001", "region": "us-east-1"}

FACTS: dict[str, Any] = {
    "outcome": "succeeded",
    "task_arn": TASK,
    "cluster": "jobs",
    "status": "STOPPED",
    "exit_code": 0,
    "stop_code": "EssentialContainerExited",
    "reason": None,
    "meaning": None,
    "remedy": None,
    "explanation": None,
    "attached": False,
    "phases": {
        "provisioning_seconds": 20.5,
        "image_pull_seconds": None,
        "running_seconds": 60.0,
        "stopping_seconds": 1.0,
    },
    "log": LOG,
}
RESULT: dict[str, Any] = {
    "copy": 1,
    "label": "etl/1",
    **FACTS,
    "attempts": [{"attempt": 1, **FACTS}],
}
"""A copy that has succeeded."""
ENTRY: dict[str, Any] = {
    "ledger_format": 1,
    "account": "123456789012",
    "region": "us-east-1",
    "run_id": "night-1",
    "job": "etl",
    "jobs": ["etl", "report"],
    "family": "etl",
    "cluster": None,
    "container": "etl",
    "succeed_on": [0],
    "attempts": 3,
    "request_digest": "f" * 64,
    "shown_digest": "e" * 64,
    "hidden_variables": ["TOKEN"],
    "written_at": 1_700_000_000.5,
    "copies": [
        {
            "copy": 1,
            "attempt": 1,
            "asked_at": 1_700_000_000,
            "first_asked_at": 1_700_000_000,
            "task_arn": TASK,
            "cluster": "jobs",
            "log": LOG,
            "earlier": [],
            "result": RESULT,
        },
        {
            "copy": 2,
            "attempt": 1,
            "asked_at": None,
            "first_asked_at": None,
            "task_arn": None,
            "cluster": None,
            "log": None,
            "earlier": [],
            "result": None,
        },
    ],
}
"""An entry of a job of two copies, of which one has ended."""
CLAIM: dict[str, Any] = {
    "ledger_format": 1,
    "account": "123456789012",
    "region": "us-east-1",
    "cluster": "jobs",
    "family": "etl",
    "run_id": "night-1",
    "jobs": {"etl": 2},
    "claimed_at": 1_700_000_000.5,
    "start_timeout_seconds": 120.0,
    "released_at": None,
    "written_as": "0f9de17a6465404e",
}
"""A claim that a run has."""
