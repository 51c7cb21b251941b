"""Whose account an entry is kept under, where STS cannot be asked."""

from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage
from machines import DAY, HELLO, SHORT, Machines

from ecsplan_applier.outcomes.errors import LedgerError

Begin = Callable[..., Stage]

NO_STS: dict[str, Any] = {
    "tasks": [{"timeline": SHORT}],
    "rules": [{"operation": "GetCallerIdentity", "action": "error", "code": "AccessDenied", "status": 403}],
}
ROLE = "arn:aws:iam::000000000000:role/job"
NAMING = {
    "cluster": "cluster: arn:aws:ecs:us-east-1:000000000000:cluster/default\n",
    "execution role": f"execution_role_arn: {ROLE}\n",
    "task role": f"task_role_arn: {ROLE}\n",
}
"""What in a manifest has the account, of a job that registers its first revision."""


@pytest.mark.parametrize("ledger", ["folder", "bucket"])
@pytest.mark.parametrize("named", NAMING)
def test_an_arn_of_the_job_names_the_account(stage: Begin, named: str, ledger: str) -> None:
    here = Machines(stage(NO_STS))
    if ledger == "bucket":
        here.keep_in_bucket()
    plan = here.world.compile(HELLO + NAMING[named])
    assert plan.jobs[0].account is None

    first = here.apply(plan)
    here.later(DAY)
    # By now a revision of the family exists, which has the account as well.
    again = here.apply(here.world.compile(HELLO + NAMING[named]))

    assert (first.status, again.status, here.started) == (3, 3, 1)
    assert any("reported from the ledger" in each for each in again.said)


def test_without_one_nothing_is_started_and_the_message_says_what_helps(stage: Begin) -> None:
    here = Machines(stage(NO_STS))
    plan = here.world.compile(HELLO)

    with pytest.raises(LedgerError, match=r"name the job's `cluster` by its ARN") as refused:
        here.apply(plan)

    assert refused.value.exit_status == 125
    assert here.world.calls("RunTask", "RegisterTaskDefinition") == []
