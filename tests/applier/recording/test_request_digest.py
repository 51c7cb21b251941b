"""The digest of a request: equal for whatever is the same request, however it came to be compiled."""

from collections.abc import Callable

import pytest
from apply_stage import Stage

from ecsplan.plan.plan import Plan
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.recording.request_digest import request_digest
from ecsplan_applier.tasks.job_run import JobRun

MANIFEST = "image: alpine\ncommand: [echo, a]\nenv: {A: b}\ncluster: batch\n"
ASKED = {
    "another image": MANIFEST.replace("alpine", "busybox"),
    "another command": MANIFEST.replace("echo", "print"),
    "another value in the environment": MANIFEST.replace("A: b", "A: c"),
    "a variable more": MANIFEST.replace("A: b", "A: b, C: d"),
    "several copies": MANIFEST + "count: 2\n",
    "an array of one": MANIFEST + "array: 1\n",
    "another cluster": MANIFEST.replace("batch", "nightly"),
    "an override": MANIFEST + "task_customizations:\n- {op: add, path: /overrides/cpu, value: '512'}\n",
}
UNASKED = {
    "the same again": MANIFEST,
    "another order": "env: {A: b}\ncluster: batch\nimage: alpine\ncommand: [echo, a]\n",
    "retries": MANIFEST + "retry: {attempts: 5, on: [failure]}\n",
    "other timeouts": MANIFEST + "task_start_timeout_seconds: 900\n",
    "the cluster's ARN": MANIFEST.replace("batch", "arn:aws:ecs:us-east-1:000000000000:cluster/batch"),
    "subnets": MANIFEST + "network_configuration: {subnets: [subnet-0a]}\n",
}


def digest(plan: Plan) -> str:
    return request_digest(JobRun(plan.jobs[0], Target("us-east-1", None, None, None)))


@pytest.mark.parametrize("manifest", ASKED.values(), ids=ASKED)
def test_another_request_has_another_digest(stage: Callable[..., Stage], manifest: str) -> None:
    staged = stage()

    assert digest(staged.compile(manifest)) != digest(staged.compile(MANIFEST))


@pytest.mark.parametrize("manifest", UNASKED.values(), ids=UNASKED)
def test_the_same_request_has_the_same_digest(stage: Callable[..., Stage], manifest: str) -> None:
    staged = stage()

    assert digest(staged.compile(manifest)) == digest(staged.compile(MANIFEST))


def test_the_number_of_tasks_at_a_time_is_no_part_of_it(stage: Callable[..., Stage]) -> None:
    staged, manifest = stage(), MANIFEST + "count: 9\n"
    digests = {digest(staged.compile(manifest + f"max_parallel: {limit}\n")) for limit in (1, 4)}

    assert digests == {digest(staged.compile(manifest))}


def test_a_job_that_was_registered_asks_for_the_same_when_it_is_compiled_again(
    stage: Callable[..., Stage],
) -> None:
    staged = stage()
    first = staged.compile(MANIFEST)
    staged.apply(first)
    again = staged.compile(MANIFEST)

    assert first.jobs[0].definition.decision != again.jobs[0].definition.decision
    assert digest(first) == digest(again)
