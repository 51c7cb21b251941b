"""Which jobs of an apply an entry of the ledger records as elsewhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from apply_stage import Stage
from job_policies import jobs_of
from run_world import ACCOUNT

from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.ledger.entry import EntryKey
from ecsplan_applier.recording.job_places import JobPlaces
from ecsplan_applier.tasks.job_run import JobRun

OTHER = "444455556666"
Begin = Callable[..., Stage]
ROLE = f"arn:aws:iam::{OTHER}:role/deploy"
HERE = Target("eu-west-1", None, None, None)


@pytest.mark.parametrize(
    ("account", "there", "expected"),
    [
        pytest.param(ACCOUNT, HERE, {}, id="the same place"),
        pytest.param(ACCOUNT, replace(HERE, region="us-east-1"), {"b": "us-east-1"}, id="another region"),
        pytest.param(OTHER, HERE, {"b": None}, id="another account"),
        pytest.param(OTHER, replace(HERE, region="us-east-1"), {"b": None}, id="another account and region"),
        pytest.param(ACCOUNT, replace(HERE, role=ROLE), {}, id="another role of the account"),
        pytest.param(None, HERE, {}, id="an unknown account and the same caller"),
        pytest.param(None, replace(HERE, region="us-east-1"), {"b": "us-east-1"}, id="the same in a region"),
        pytest.param(None, replace(HERE, role=ROLE), {"b": None}, id="an unknown account and another role"),
        pytest.param(None, replace(HERE, profile="b"), {"b": None}, id="an unknown account, another profile"),
    ],
)
def test_a_job_is_elsewhere_in_another_region_or_account(
    stage: Begin, account: str | None, there: Target, expected: dict[str, str | None]
) -> None:
    plan = jobs_of(stage(), "a", "b")
    of_a, of_b = (
        replace(job, account=account) for job, account in zip(plan.jobs, (ACCOUNT, account), strict=True)
    )

    places = JobPlaces([JobRun(of_a, HERE), JobRun(of_b, there)])

    assert places.names == ("a", "b")
    assert places.elsewhere(EntryKey(ACCOUNT, HERE.region, "nightly", "a"), HERE) == expected
