"""An account for what prunes: its answers as AWS gives them, in memory, and whatever goes wrong with them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripted_aws import REGION, JumpingClock, Said, ScriptedAws

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.pruning.family import Family
from ecsplan_applier.pruning.session import PruneSession
from ecsplan_applier.pruning.survey import Survey, surveyed

PREFIX = f"arn:aws:ecs:{REGION}:111122223333"
CLUSTER = f"{PREFIX}:cluster/shop"
ECS_CALLS = "arn:aws:scheduler:::aws-sdk:ecs:runTask"


def revision(name: str) -> str:
    """Return the ARN of `family:number`."""
    return f"{PREFIX}:task-definition/{name}"


def task(number: int, name: str, status: str = "RUNNING", desired: str = "RUNNING") -> Body:
    return {
        "taskArn": f"{PREFIX}:task/shop/{number:032x}",
        "taskDefinitionArn": revision(name),
        "lastStatus": status,
        "desiredStatus": desired,
    }


def service(name: str, definition: str | None, **members: Any) -> Body:
    arn = f"{PREFIX}:service/shop/{name}"
    used = {} if definition is None else {"taskDefinition": revision(definition)}
    return {"serviceArn": arn, "serviceName": name, "status": "ACTIVE", **used, **members}


@dataclass
class PrunedAccount:
    """What an account has, and a gateway to it.

    Attributes:
        active: The ACTIVE revisions of each family, by their numbers.
        inactive: The ones that were deregistered, as `family:number`.
        deleted: The ones that were deleted.
        clusters: The ARNs of the clusters; all tasks and services are in the first one.
        tasks: The tasks.
        services: The services.
        schedules: Group and name -> the schedule's target.
        rules: Bus and name -> the targets of the rule.
        says: Operation -> what it answers in place of what follows from the above.
        after: Called after each call, with the operation's name.
    """

    active: dict[str, list[int]]
    inactive: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=lambda: [CLUSTER])
    tasks: list[Body] = field(default_factory=list)
    services: list[Body] = field(default_factory=list)
    schedules: dict[tuple[str, str], Body] = field(default_factory=dict)
    rules: dict[tuple[str, str], list[Body]] = field(default_factory=dict)
    says: dict[str, Said] = field(default_factory=dict)
    after: Callable[[str], None] = lambda _: None
    page: int = 100
    requests: list[tuple[str, Body]] = field(default_factory=list)
    clock: JumpingClock = field(default_factory=JumpingClock)

    def session(self, folder: Path) -> PruneSession:
        """Return a session whose calls are made at once, and whose pauses take no time."""
        return PruneSession(gateway=self, clock=self.clock, workers=0, folder=folder)

    def survey(self, folder: Path, keep: int = 1, *families: str) -> Survey:
        """Return what a survey finds; of all families, where none is named."""
        session = self.session(folder)
        named = [Family(self.target(Aws()), each) for each in families or self.active]
        return session.run(surveyed(session, named, keep))

    @property
    def calls(self) -> Counter[str]:
        """How often each operation was called."""
        return Counter(name for name, _ in self.requests)

    @property
    def changes(self) -> list[tuple[str, Body]]:
        """The calls that change something."""
        return [each for each in self.requests if each[0].startswith(("Deregister", "Delete"))]

    def target(self, aws: Aws) -> Target:
        return Target(aws.region or REGION, aws.profile, aws.assume_role_arn, aws.endpoint_url)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self.requests.append((operation.name, request))
        if operation.name in self.says:
            scripted = ScriptedAws({operation.name: self.says[operation.name]})
            answer = scripted.call(target, operation, request)
        else:
            answer = getattr(self, f"_{operation.method}")(request)
        self.after(operation.name)
        return answer

    def _paged(self, name: str, items: list[Any], request: Body, token: str = "nextToken") -> Body:
        start = int(request.get(token) or 0)
        more = {token: str(start + self.page)} if items[start + self.page :] else {}
        return {name: items[start : start + self.page], **more}

    def _list_task_definitions(self, request: Body) -> Body:
        family = request["familyPrefix"]
        # In an order of its own: what matters is the number.
        return self._paged(
            "taskDefinitionArns",
            [revision(f"{family}:{number}") for number in self.active.get(family, [])],
            request,
        )

    def _list_task_definition_families(self, request: Body) -> Body:
        return self._paged(
            "families", sorted({*self.active, *(each.partition(":")[0] for each in self.inactive)}), request
        )

    def _list_clusters(self, request: Body) -> Body:
        return self._paged("clusterArns", self.clusters, request)

    def _list_tasks(self, request: Body) -> Body:
        arns = [
            each["taskArn"]
            for each in self._in(request, self.tasks)
            if each["desiredStatus"] == request["desiredStatus"]
            and request.get("family")
            in {None, each["taskDefinitionArn"].rpartition("/")[2].partition(":")[0]}
        ]
        return self._paged("taskArns", arns, request)

    def _describe_tasks(self, request: Body) -> Body:
        assert 1 <= len(request["tasks"]) <= 100
        return {"tasks": [each for each in self.tasks if each["taskArn"] in request["tasks"]], "failures": []}

    def _list_services(self, request: Body) -> Body:
        arns = [each["serviceArn"] for each in self._in(request, self.services)]
        return self._paged("serviceArns", arns, request)

    def _describe_services(self, request: Body) -> Body:
        assert 1 <= len(request["services"]) <= 10
        found = [each for each in self.services if each["serviceArn"] in request["services"]]
        return {"services": found, "failures": []}

    def _in(self, request: Body, things: list[Body]) -> list[Body]:
        return things if request["cluster"] == self.clusters[0] else []

    def _list_schedules(self, request: Body) -> Body:
        found = [
            {"GroupName": group, "Name": name, "Target": {"Arn": target["Arn"]}}
            for (group, name), target in self.schedules.items()
        ]
        return self._paged("Schedules", found, request, "NextToken")

    def _get_schedule(self, request: Body) -> Body:
        return {**request, "Target": self.schedules[request["GroupName"], request["Name"]]}

    def _list_event_buses(self, request: Body) -> Body:
        buses = dict.fromkeys(("default", *(bus for bus, _ in self.rules)))
        return self._paged("EventBuses", [{"Name": each} for each in buses], request, "NextToken")

    def _list_rules(self, request: Body) -> Body:
        found = [{"Name": name} for bus, name in self.rules if bus == request["EventBusName"]]
        return self._paged("Rules", found, request, "NextToken")

    def _list_targets_by_rule(self, request: Body) -> Body:
        found = self.rules[request["EventBusName"], request["Rule"]]
        return self._paged("Targets", found, request, "NextToken")

    def _describe_task_definition(self, request: Body) -> Body:
        arn = request["taskDefinition"]
        name = arn.rpartition("/")[2]
        family, _, number = name.partition(":")
        if name in self.deleted:
            raise AwsError("DescribeTaskDefinition", "ClientException", "Unable to describe task definition.")
        status = "ACTIVE" if int(number) in self.active.get(family, []) else "INACTIVE"
        return {"taskDefinition": {"taskDefinitionArn": arn, "status": status}, "tags": []}

    def _deregister_task_definition(self, request: Body) -> Body:
        arn = request["taskDefinition"]
        family, _, number = arn.rpartition("/")[2].partition(":")
        self.active[family].remove(int(number))
        self.inactive.append(f"{family}:{number}")
        return {"taskDefinition": {"taskDefinitionArn": arn, "status": "INACTIVE"}}

    def _delete_task_definitions(self, request: Body) -> Body:
        arns = request["taskDefinitions"]
        assert 1 <= len(arns) <= 10
        self.deleted += [each.rpartition("/")[2] for each in arns]
        return {"taskDefinitions": [{"taskDefinitionArn": each} for each in arns], "failures": []}
