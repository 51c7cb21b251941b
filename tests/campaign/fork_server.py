"""A process that imports the applier once, and forks a child for each apply that is to be killed.

Arguments: the endpoint's address and the file of the shared time. Orders come on stdin, one JSON object a
line: {"plan": file, "run_id": id, "locks": folder, "state": folder}. For each, {"pid": …} is printed when
the child is there, and {"ended": …} with what waitpid says when it is not there any more. One process with
one thread can be forked safely; pytest's own, with the endpoint's threads in it, cannot.
"""

import contextlib
import json
import os
import sys
import traceback
from pathlib import Path
from random import Random
from typing import Any

from campaign.clocks import JumpingClock, SharedTime

from ecsplan.decision.decide_revision import decide
from ecsplan.plan.plan import PlanError, read_plan
from ecsplan.terms.observed import Aws
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.operations import GET_LOG_EVENTS, LIST_TASKS
from ecsplan_applier.outcomes.errors import AwsError


def main() -> None:
    url, clock_file = sys.argv[1:]
    session = SessionOptions(region="us-east-1", endpoint_url=url, static_credentials=("local", "local"))
    gateway = warm(session)
    clock = JumpingClock(SharedTime(Path(clock_file)))
    say({})
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            carry_out(order, gateway, session, clock)
        say({"pid": child})
        say({"ended": os.waitpid(child, 0)[1]})


def say(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def warm(session: SessionOptions) -> SdkGateway:
    """Return a gateway whose clients are made, and whose connections are closed: the endpoint resets them.

    What reads plans and compares definitions is loaded, too, so that not every child does that again.
    """
    with contextlib.suppress(PlanError):
        read_plan('{"plan_version": 1}')
    decide({"family": "a"}, {"family": "b"})
    gateway = SdkGateway(session, connections=1)
    nowhere = {"logGroupName": "none", "logStreamName": "none"}
    for operation, request in ((LIST_TASKS, {}), (GET_LOG_EVENTS, nowhere)):
        with contextlib.suppress(AwsError):
            gateway.call(gateway.target(Aws()), operation, request)
    return gateway


def carry_out(
    order: dict[str, Any], gateway: SdkGateway, session: SessionOptions, clock: JumpingClock
) -> None:
    """Apply, in a child that never returns."""
    try:
        plan = read_plan(Path(order["plan"]).read_text(encoding="utf-8"))
        events = apply(
            plan,
            run_id=order["run_id"],
            session=session,
            gateway=gateway,
            clock=clock,
            random=Random(7),
            workers=0,
            locks=Path(order["locks"]),
            state=Path(order["state"]),
        )
        for _ in events:
            pass
    finally:
        if sys.exception() is not None:
            traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
