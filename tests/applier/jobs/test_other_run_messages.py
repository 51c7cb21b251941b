"""How tasks of other runs are listed."""

from datetime import UTC, datetime

import pytest

from ecsplan_applier.jobs.other_run_messages import task_lines
from ecsplan_applier.outcomes.task import read_task

ARN = "arn:aws:ecs:us-east-1:111122223333:task/batch/4acf55ce"


@pytest.mark.parametrize(
    ("cluster", "age_s", "expected"),
    [
        ("batch", 3.2, f"    batch::{ARN} (run first), created 3 s ago"),
        (
            "arn:aws:ecs:us-east-1:111122223333:cluster/batch",
            724,
            f"    batch::{ARN} (run first), created 12 min 4 s ago",
        ),
        ("batch", 7265, f"    batch::{ARN} (run first), created 2 h 1 min ago"),
        ("batch", -2, f"    batch::{ARN} (run first), created 0 s ago"),
    ],
    ids=["seconds", "cluster by its ARN", "hours", "clock behind"],
)
def test_a_task_is_named_with_its_cluster_and_age(cluster: str, age_s: float, expected: str) -> None:
    created = datetime.fromtimestamp(10_000, UTC)
    task = read_task({"taskArn": ARN, "startedBy": "ecsplan/first", "createdAt": created})

    assert task is not None
    assert list(task_lines([(cluster, task)], 10_000.0 + age_s)) == [expected]
