"""A region with clusters and tasks that a test writes down, and sessions that look back at their runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scripted_aws import JumpingClock

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.ledger.entry import Entry, EntryKey, RecordedCopy
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.outcomes.result import Outcome, Phases, TaskResult
from ecsplan_applier.runs.found import FoundRun
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Loop
from ecsplan_local import ScriptedClock

ACCOUNT = "111122223333"
REGION = "eu-west-1"
PAGE = 100
RUN = "nightly"
Row = tuple[str, str, tuple[str, ...]]
"""Label, outcome and the ids of the attempts of a copy."""
BEGAN = ScriptedClock().now() - 1000.0
"""The times of tasks and entries count from here, a thousand seconds before sessions look back."""


def cluster_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:ecs:{REGION}:{account}:cluster/{name}"


def task_arn(number: int, cluster: str = "batch", account: str = ACCOUNT) -> str:
    return f"arn:aws:ecs:{REGION}:{account}:task/{cluster}/{number:032x}"


def task(
    number: int,
    *,
    family: str = "etl",
    run_id: str | None = RUN,
    code: int | None = None,
    cluster: str = "batch",
    created: float = 100.0,
    stopped: float | None = None,
    account: str = ACCOUNT,
    variables: Mapping[str, str] | None = None,
    **members: object,
) -> dict[str, Any]:
    """Return a task as DescribeTasks shows it: one with an exit code or an end has stopped."""
    over = code is not None or stopped is not None
    end = created + 20.0 if stopped is None else stopped
    named = [{"name": key, "value": value} for key, value in (variables or {}).items()]
    body: dict[str, Any] = {
        "taskArn": task_arn(number, cluster, account),
        "clusterArn": cluster_arn(cluster, account),
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{account}:task-definition/{family}:7",
        "startedBy": "somebody" if run_id is None else f"ecsplan/{run_id}",
        "lastStatus": "STOPPED" if over else "RUNNING",
        "desiredStatus": "STOPPED" if over else "RUNNING",
        "createdAt": BEGAN + created,
        "startedAt": BEGAN + created + 5.0,
        "containers": [{"name": "main", **({} if code is None else {"exitCode": code})}],
        "overrides": {"containerOverrides": [{"name": "main", "environment": named}]},
    }
    if over:
        body |= {"stoppedAt": BEGAN + end, "stopCode": "EssentialContainerExited"}
    return {**body, **members}


def unstarted(number: int, **members: Any) -> dict[str, Any]:
    """Return a task whose start failed for a cause that is tried again by default."""
    given = task(number, stopped=members.pop("stopped", 110.0), **members)
    del given["startedAt"]
    reason = "Timeout waiting for network interface provisioning to complete."
    return {**given, "stopCode": "TaskFailedToStart", "stoppedReason": reason}


def recorded(outcome: Outcome = Outcome.SUCCEEDED, number: int = 1, **members: Any) -> TaskResult:
    """Return the recorded end of a task."""
    result = TaskResult(
        job="etl",
        copy=1,
        label="etl",
        outcome=outcome,
        arn=task_arn(number),
        cluster="batch",
        status="STOPPED",
        exit_code=0 if outcome is Outcome.SUCCEEDED else 3,
        stop_code="EssentialContainerExited",
        reason=None,
        explanation=None,
        phases=Phases(1.0, None, 2.0, 0.5),
        over=True,
        attached=False,
    )
    return replace(result, **members)


def open_copy(copy: int = 1, attempt: int = 1, *, asked: float = 99.0, **members: Any) -> RecordedCopy:
    """Return a copy that was asked for and whose end is not recorded."""
    return RecordedCopy(copy, attempt, asked_at=BEGAN + asked, **members)


def entry(*copies: RecordedCopy, job: str = "etl", **members: Any) -> Entry:
    """Return an entry of the ledger."""
    account, region = members.pop("account", ACCOUNT), members.pop("region", REGION)
    key = EntryKey(account, region, members.pop("run_id", RUN), job)
    given = {"family": "etl", "cluster": "batch", "container": "main", "request_digest": "0" * 64}
    return Entry(key, copies=copies or (open_copy(),), **{**given, **members})


def write_entries(ledger: Path, *entries: Entry) -> Path:
    """Write entries into a ledger's folder, and return it."""
    loop = Loop(SystemClock(), workers=0)
    kept = Ledger(FolderStore(ledger, str(ledger), loop))
    for each in entries:
        loop.run(kept.write(each))
    return ledger


@dataclass
class Region:
    """A gateway to a region.

    Attributes:
        clusters: Cluster -> its tasks.
        definitions: Family -> what is described of its revisions.
        refused: What is refused: an operation, or a cluster's name.
        account: The account of the credentials.
        requests: The requests so far.
    """

    clusters: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    definitions: Mapping[str, Body] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    account: str = ACCOUNT
    requests: list[tuple[str, Body]] = field(default_factory=list)

    def target(self, aws: Aws) -> Target:
        return Target(aws.region or REGION, aws.profile, aws.assume_role_arn, aws.endpoint_url)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target
        self.requests.append((operation.name, request))
        cluster = str(request.get("cluster", "default")).rpartition("/")[2]
        for refused in (operation.name, cluster):
            if refused in self.refused:
                raise AwsError(operation.name, self.refused[refused], "not today", status=400)
        match operation.name:
            case "ListClusters":
                return page(
                    [cluster_arn(each, self.account) for each in self.clusters], "clusterArns", request
                )
            case "ListTasks":
                return page([each["taskArn"] for each in self._listed(cluster, request)], "taskArns", request)
            case "DescribeTasks":
                asked = request["tasks"]
                return {"tasks": [each for each in self._tasks(cluster) if each["taskArn"] in asked]}
            case "DescribeTaskDefinition":
                return self._definition(str(request["taskDefinition"]))
            case "GetCallerIdentity":
                return {"Account": self.account}
            case _:
                raise AssertionError(operation.name)

    def _tasks(self, cluster: str) -> Sequence[Mapping[str, Any]]:
        if cluster not in self.clusters:
            raise AwsError("ListTasks", "ClusterNotFoundException", "Cluster not found.", status=400)
        return self.clusters[cluster]

    def _listed(self, cluster: str, request: Body) -> list[Mapping[str, Any]]:
        wanted, owner = request.get("desiredStatus", "RUNNING"), request.get("startedBy")
        assert owner is None or not {"desiredStatus", "family"} & request.keys()
        found = [each for each in self._tasks(cluster) if each["desiredStatus"] == wanted]
        return [each for each in found if owner in {None, each["startedBy"]}]

    def _definition(self, arn: str) -> Body:
        family = arn.rpartition("/")[2].partition(":")[0]
        body = self.definitions.get(family, {"containerDefinitions": [{"name": "main"}]})
        return {"taskDefinition": {"taskDefinitionArn": arn, "family": family, **body}, "tags": []}

    @property
    def calls(self) -> list[str]:
        """The operations that were called, in their order."""
        return [name for name, _ in self.requests]

    def session(self, warnings: list[str] | None = None, **options: Any) -> RunSession:
        """Return a session that makes its calls inline."""
        warn = None if warnings is None else warnings.append
        return RunSession(gateway=self, clock=JumpingClock(), workers=0, warn=warn, **options)

    def find(
        self, run: str | RunReference = RUN, warnings: list[str] | None = None, **options: Any
    ) -> FoundRun:
        """Return a run as it is found."""
        reference = run if isinstance(run, RunReference) else RunReference(run)
        session = self.session(warnings, **options)
        return session.run(find_run(session, reference))


def page(items: Sequence[str], name: str, request: Body) -> Body:
    """Return a page of a list."""
    begin = int(str(request.get("nextToken", 0)))
    more = {"nextToken": str(begin + PAGE)} if begin + PAGE < len(items) else {}
    return {name: list(items[begin : begin + PAGE]), **more}


def rows(found: FoundRun) -> list[Row]:
    """Return label, outcome and the ids of the attempts of each copy."""
    return [
        (
            each.label,
            str(each.outcome),
            tuple((a.arn or "").rpartition("/")[2].lstrip("0") for a in each.attempts),
        )
        for each in found.results
    ]
