"""An apply that is to be killed, as a process that is forked from one that has made its clients.

Its one argument is a JSON object: {"plan": file, "run_id": id, "locks": folder, "state": folder}.
"""

import contextlib
import json
import sys
from pathlib import Path
from random import Random

import warm
from campaign.clocks import JumpingClock, SharedTime

from ecsplan.plan.plan import read_plan
from ecsplan.terms.observed import Aws
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.operations import GET_LOG_EVENTS, LIST_TASKS
from ecsplan_applier.outcomes.errors import AwsError

_ready: list[tuple[SessionOptions, SdkGateway, JumpingClock]] = []


def prepare(url: str, clock_file: str) -> None:
    """Make clients of an endpoint that resets all calls, so that no connection stays open.

    Args:
        url: The endpoint's address.
        clock_file: The file of the shared time.
    """
    warm.compile_something()
    session = SessionOptions(region="us-east-1", endpoint_url=url, static_credentials=("local", "local"))
    gateway = SdkGateway(session, connections=1)
    nowhere = {"logGroupName": "none", "logStreamName": "none"}
    for operation, request in ((LIST_TASKS, {}), (GET_LOG_EVENTS, nowhere)):
        with contextlib.suppress(AwsError):
            gateway.call(gateway.target(Aws()), operation, request)
    _ready.append((session, gateway, JumpingClock(SharedTime(Path(clock_file)))))


def carry_out() -> None:
    """Apply a plan; ending is a failure."""
    order = json.loads(sys.argv[1])
    ((session, gateway, clock),) = _ready
    events = apply(
        read_plan(Path(order["plan"]).read_text(encoding="utf-8")),
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
    sys.exit("the apply has ended")
