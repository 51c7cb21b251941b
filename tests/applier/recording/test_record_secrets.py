"""What an entry of the ledger never holds: credentials, environment values and sensitive variables."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from apply_stage import Stage
from recorded_jobs import FAILS, ends, lives, refusing, store_of

from ecsplan_applier.outcomes.result import Outcome

Begin = Callable[..., Stage]
TOKEN, PASSWORD, PLAIN, KEY = (
    "canary-sensitive-0123",
    "hunter2-canary",
    "plain-canary",
    "AKIAIOSFODNN7EXAMPLE",
)
MANIFEST = f"""
variables: {{token: {{sensitive: true}}}}
name: hello
image: alpine
command: [run, --password, {PASSWORD}]
env: {{TOKEN: "${{token}}", PASSWORD: {PASSWORD}, PLAIN: {PLAIN}, AWS_ACCESS_KEY_ID: {KEY}}}
retry: {{attempts: 2, on: [failure]}}
"""
QUOTING = f"exec: --password {PASSWORD}: TOKEN={TOKEN}: AWS_ACCESS_KEY_ID={KEY}: not found"
QUOTED: list[dict[str, Any]] = [{"at": 1, "status": "STOPPED", "stopCode": "TaskFailedToStart"}]
CASES: dict[str, tuple[dict[str, Any], str, Outcome]] = {
    "tried again": (lives(FAILS, FAILS), "", Outcome.FAILED),
    "a reason that quotes the request": (
        lives([{**QUOTED[0], "stoppedReason": QUOTING}]), "", Outcome.NOT_STARTED,
    ),
    "a reason of a container": (lives(ends(exitCode=1, reason=QUOTING)), "", Outcome.FAILED),
    "a refusal that quotes the request": (
        refusing(action="error", code="InvalidParameterException", message=QUOTING), "", Outcome.REFUSED,
    ),
    "no capacity": (refusing(action="failures", reason=QUOTING), "", Outcome.NOT_STARTED),
    "an array": (lives(FAILS), "array: 3\nmax_parallel: 2\n", Outcome.FAILED),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_no_document_holds_what_is_secret(stage: Begin, case: str) -> None:
    script, more, outcome = CASES[case]
    world = stage(script)
    store = store_of(world)

    ended = world.apply(world.compile(MANIFEST + more), ledger=store.ledger, variables={"token": TOKEN})

    written = "".join((*store.texts, *(key for _, key in store.calls)))
    assert {each.outcome for each in ended.summary.tasks} == {outcome}
    assert store.entry().copies[0].result is not None
    assert [each for each in (TOKEN, PASSWORD, PLAIN, KEY) if each in written] == []
    assert "environment" not in json.dumps([json.loads(each) for each in store.texts])
