"""An account with task definitions and schedules in memory, behind the gateway that the applier calls.

It keeps what it is given and answers as EventBridge Scheduler does, with the defaults filled in. Faults are
functions that are called before an operation, and may raise what AWS would say.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripted_aws import REGION, JumpingClock

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.schedules.changes import ScheduleResult
from ecsplan_applier.schedules.schedule_plan import schedule_jobs

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
CHANGING = frozenset(
    {
        "RegisterTaskDefinition",
        "TagResource",
        "CreateSchedule",
        "UpdateSchedule",
        "DeleteSchedule",
        "CreateScheduleGroup",
    }
)
Fault = Callable[[Body], None]
NIGHTLY = f"""
name: nightly
image: alpine:3
subnets: [subnet-1]
schedule: {{cron: "0 3 * * ? *", role_arn: "{ROLE}"}}
"""


def planned(manifest: str) -> Plan:
    """Return the plan of a manifest, compiled offline."""
    made = compile_manifest(manifest, file="jobs.yaml", region=REGION)
    assert made.plan is not None, [each.message for each in made.diagnostics]
    return made.plan


def not_found(operation: str) -> AwsError:
    return AwsError(operation, "ResourceNotFoundException", "does not exist", status=404)


def conflict(operation: str) -> AwsError:
    return AwsError(operation, "ConflictException", "already exists", status=409)


@dataclass
class ScheduledAccount:
    """An account.

    Attributes:
        schedules: What each schedule was created or updated with, by group and name.
        groups: The names of the groups, and their states.
        revisions: The bodies of the revisions of each family, the newest last.
        faults: Operation -> what is called before it.
        after: Operation -> what is called after it had its effect.
        calls: The operations so far.
        tokens: The client tokens of the calls that were carried out.
    """

    folder: Path
    schedules: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=lambda: {"default": "ACTIVE"})
    revisions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    after: dict[str, Fault] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def target(self, aws: Aws) -> Target:
        return Target(aws.region or REGION, aws.profile, aws.assume_role_arn, aws.endpoint_url)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target
        self.calls.append(operation.name)
        if operation.name in self.faults:
            self.faults[operation.name](request)
        answer: Body = getattr(self, f"_{operation.method}")(request)
        if operation.name in self.after:
            self.after[operation.name](request)
        return answer

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    @property
    def changes(self) -> list[str]:
        """The calls so far that change something."""
        return [each for each in self.calls if each in CHANGING]

    def run(self, manifest: str | Plan, **options: Any) -> ScheduleResult:
        """Give the jobs of a manifest their schedules, and forget the calls before."""
        self.calls.clear()
        return schedule_jobs(
            planned(manifest) if isinstance(manifest, str) else manifest,
            gateway=self,
            clock=JumpingClock(),
            workers=0,
            locks=self.folder / "locks",
            state=self.folder / "state",
            **options,
        )

    def actions(self, manifest: str | Plan, **options: Any) -> list[tuple[str, str]]:
        """Return path and action of each schedule of a run."""
        return [(each.id.path, each.action) for each in self.run(manifest, **options).changes]

    def by_hand(self, name: str, group: str = "default", **members: Any) -> None:
        """Have a schedule that somebody else has made."""
        self.groups.setdefault(group, "ACTIVE")
        self.schedules[group, name] = {
            "Name": name,
            "GroupName": group,
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": "arn:aws:lambda:us-east-1:1:function:f", "RoleArn": ROLE},
            **members,
        }

    def starts(self, name: str, group: str = "default") -> str:
        """Return the revision that a schedule starts, `family:number`."""
        arn = self.schedules[group, name]["Target"]["EcsParameters"]["TaskDefinitionArn"]
        return str(arn).rpartition("/")[2]

    def _get_caller_identity(self, request: Body) -> Body:
        del request
        return {"Account": ACCOUNT}

    def _describe_task_definition(self, request: Body) -> Body:
        family, _, number = str(request["taskDefinition"]).rpartition("/")[2].partition(":")
        known = self.revisions.get(family, [])
        if not known or (number and int(number) > len(known)):
            raise AwsError("DescribeTaskDefinition", "ClientException", "Unable to describe task definition.")
        return {"taskDefinition": known[int(number) - 1 if number else -1], "tags": []}

    def _list_task_definitions(self, request: Body) -> Body:
        del request
        return {"taskDefinitionArns": []}

    def _register_task_definition(self, request: Body) -> Body:
        known = self.revisions.setdefault(str(request["family"]), [])
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{request['family']}:{len(known) + 1}"
        known.append({**request, "taskDefinitionArn": arn, "revision": len(known) + 1, "status": "ACTIVE"})
        return {"taskDefinition": known[-1]}

    def _get_schedule_group(self, request: Body) -> Body:
        if request["Name"] not in self.groups:
            raise not_found("GetScheduleGroup")
        return {"Name": request["Name"], "State": self.groups[str(request["Name"])]}

    def _create_schedule_group(self, request: Body) -> Body:
        if request["Name"] in self.groups:
            raise conflict("CreateScheduleGroup")
        self.groups[str(request["Name"])] = "ACTIVE"
        return {"ScheduleGroupArn": "arn"}

    def _get_schedule(self, request: Body) -> Body:
        found = self.schedules.get(_key(request))
        if found is None:
            raise not_found("GetSchedule")
        target = {"RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}}
        return {
            "Arn": "arn",
            "CreationDate": 1.0,
            "LastModificationDate": 1.0,
            "ScheduleExpressionTimezone": "UTC",
            "State": "ENABLED",
            "ActionAfterCompletion": "NONE",
            **copy.deepcopy(found),
            "Target": {**target, **copy.deepcopy(found["Target"])},
        }

    def _create_schedule(self, request: Body) -> Body:
        if request["ClientToken"] in self.tokens:
            return {"ScheduleArn": "arn"}
        if _key(request)[0] not in self.groups:
            raise not_found("CreateSchedule")
        if _key(request) in self.schedules:
            raise conflict("CreateSchedule")
        return self._kept(request)

    def _update_schedule(self, request: Body) -> Body:
        if _key(request) not in self.schedules:
            raise not_found("UpdateSchedule")
        return self._kept(request)

    def _kept(self, request: Body) -> Body:
        self.tokens.add(str(request["ClientToken"]))
        self.schedules[_key(request)] = {
            name: each for name, each in request.items() if name != "ClientToken"
        }
        return {"ScheduleArn": "arn"}

    def _delete_schedule(self, request: Body) -> Body:
        if self.schedules.pop(_key(request), None) is None:
            raise not_found("DeleteSchedule")
        return {}

    def _list_schedules(self, request: Body) -> Body:
        """Return two schedules a page, whatever is asked for."""
        group = str(request["GroupName"])
        if group not in self.groups:
            raise not_found("ListSchedules")
        names = [name for there, name in self.schedules if there == group]
        start = int(str(request.get("NextToken", 0)))
        page: dict[str, Any] = {
            "Schedules": [{"Name": name, "GroupName": group} for name in names[start : start + 2]]
        }
        return page if start + 2 >= len(names) else {**page, "NextToken": str(start + 2)}


def once(raised: AwsError) -> Fault:
    """Return a fault that raises this the first time."""
    left = [raised]

    def fault(request: Body) -> None:
        if left:
            raise left.pop()

    return fault


def always(raised: AwsError) -> Fault:
    """Return a fault that raises this each time."""

    def fault(request: Body) -> None:
        raise AwsError(raised.operation, raised.code, raised.text, status=raised.status)

    return fault


def _key(request: Mapping[str, Any]) -> tuple[str, str]:
    return str(request.get("GroupName") or "default"), str(request["Name"])
