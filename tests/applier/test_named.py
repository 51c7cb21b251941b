"""What names on a command line stand for, and what AWS says of it."""

from typing import Any

import pytest
from scripted_aws import JumpingClock, Said, ScriptedAws, denied

from ecsplan.terms.observed import Body
from ecsplan_applier.named import Definition, Description, Named, NamedService, PastTask, describe, named
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, NotObservedError

ARN = "arn:aws:ecs:us-east-1:111122223333"
ELSEWHERE = "arn:aws-cn:ecs:cn-north-1:111122223333"
TASK = f"{ARN}:task/batch/0a1b2c"
ETL = {"taskDefinitionArn": f"{ARN}:task-definition/etl:9", "family": "etl", "status": "ACTIVE"}
INTERFACES = [{"NetworkInterfaceId": "eni-1", "Groups": [{"GroupId": "sg-1"}]}]
NO_DEFINITION = AwsError("", "ClientException", "Unable to describe task definition.", status=400)


def task(**members: object) -> Body:
    details = [{"name": "subnetId", "value": "subnet-1"}, {"name": "networkInterfaceId", "value": "eni-1"}]
    return {"taskArn": TASK, "attachments": [{"details": details}], **members}


def asked(thing: Named, says: dict[str, Said]) -> tuple[Description, ScriptedAws]:
    aws = ScriptedAws(says)
    observer = Observer(gateway=aws, clock=JumpingClock(), workers=0)
    return observer.run(lambda observation: describe(observation, thing)), aws


@pytest.mark.parametrize(
    ("source", "thing"),
    [
        pytest.param("etl", Definition("etl"), id="a family"),
        pytest.param("etl:9", Definition("etl:9"), id="a revision"),
        pytest.param(
            f"{ARN}:task-definition/etl:9", Definition(f"{ARN}:task-definition/etl:9"), id="a revision's ARN"
        ),
        pytest.param(
            f"{ARN}:task-definition/etl", Definition(f"{ARN}:task-definition/etl"), id="a family's ARN"
        ),
        pytest.param(TASK, PastTask(TASK, "batch"), id="a task"),
        pytest.param(f"{ARN}:task/0a1b", PastTask(f"{ARN}:task/0a1b", None), id="a task of the old format"),
        pytest.param("service:prod/web", NamedService("web", "prod"), id="a service"),
        pytest.param(
            f"service:{ARN}:cluster/prod/web",
            NamedService("web", f"{ARN}:cluster/prod"),
            id="a service of a cluster's ARN",
        ),
        pytest.param("service:web", NamedService("web"), id="a service of the default cluster"),
        pytest.param(
            f"{ARN}:service/prod/web", NamedService(f"{ARN}:service/prod/web"), id="a service's ARN"
        ),
        pytest.param("service:", None, id="no service"),
        pytest.param("service:prod/", None, id="a cluster alone"),
        pytest.param(f"{ARN}:cluster/prod", None, id="a cluster's ARN"),
        pytest.param(
            "arn:aws:lambda:us-east-1:111122223333:function:x", None, id="an ARN of another service"
        ),
        pytest.param("job.yaml", None, id="a file"),
        pytest.param("a b", None, id="a text"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_a_name_means(source: str, thing: Named | None) -> None:
    assert named(source) == thing


def test_a_definition_comes_with_its_tags() -> None:
    tags = [{"key": "team", "value": "data"}]

    found, aws = asked(Definition("etl"), {"DescribeTaskDefinition": {"taskDefinition": ETL, "tags": tags}})

    assert found == Description({"taskDefinition": ETL, "tags": tags}, "us-east-1", elsewhere=False)
    assert aws.requests == [("DescribeTaskDefinition", {"taskDefinition": "etl", "include": ["TAGS"]})]


def test_an_arn_without_a_revision_is_its_family() -> None:
    _, aws = asked(
        Definition(f"{ARN}:task-definition/etl"), {"DescribeTaskDefinition": {"taskDefinition": ETL}}
    )

    assert aws.requests == [("DescribeTaskDefinition", {"taskDefinition": "etl", "include": ["TAGS"]})]


def test_an_inactive_revision_is_described() -> None:
    old = {**ETL, "status": "INACTIVE"}

    found, _ = asked(Definition("etl:3"), {"DescribeTaskDefinition": {"taskDefinition": old}})

    assert found.document == {"taskDefinition": old, "tags": []}


@pytest.mark.parametrize(
    ("thing", "says", "message"),
    [
        pytest.param(
            Definition("etl"),
            {"DescribeTaskDefinition": NO_DEFINITION},
            "there is no ACTIVE revision of the family etl in us-east-1",
            id="a family",
        ),
        pytest.param(
            Definition("etl:4"),
            {"DescribeTaskDefinition": NO_DEFINITION},
            "there is no etl:4 in us-east-1",
            id="a revision",
        ),
        pytest.param(
            PastTask(TASK, "batch"),
            {"DescribeTasks": {"tasks": [], "failures": [{"arn": TASK, "reason": "MISSING"}]}},
            f"no longer knows the task {TASK}\n",
            id="a task",
        ),
        pytest.param(
            PastTask(f"{ARN}:task/0a1b", None),
            {"DescribeTasks": {"tasks": []}},
            "its ARN names no cluster, so the default cluster was asked",
            id="a task of the old format",
        ),
        pytest.param(
            PastTask(TASK, "batch"),
            {"DescribeTasks": AwsError("", "ClusterNotFoundException", "Cluster not found.", status=400)},
            "there is no cluster batch in us-east-1",
            id="a task's cluster",
        ),
        pytest.param(
            NamedService("web", "prod"),
            {"DescribeServices": {"services": [], "failures": [{"arn": "x/web", "reason": "MISSING"}]}},
            "cluster prod has no service 'web'\n  help: `aws ecs list-services` lists them",
            id="a service",
        ),
        pytest.param(
            NamedService("web", None),
            {"DescribeServices": {"services": [], "failures": [{"arn": "x/web", "reason": "MISSING"}]}},
            "the default cluster has no service 'web'\n  help: name its cluster: `service:CLUSTER/web`",
            id="a service of the default cluster",
        ),
        pytest.param(
            NamedService("web", None),
            {"DescribeServices": AwsError("", "ClusterNotFoundException", "Cluster not found.", status=400)},
            "there is no default cluster in us-east-1\n  help: name its cluster: `service:CLUSTER/web`",
            id="a service without a default cluster",
        ),
    ],
)
def test_what_is_not_there(thing: Named, says: dict[str, Said], message: str) -> None:
    with pytest.raises(NotObservedError, match="help: ") as caught:
        asked(thing, says)

    assert message in str(caught.value)
    assert caught.value.exit_status == 125


@pytest.mark.parametrize("thing", [Definition("etl"), PastTask(TASK, "batch"), NamedService("web", "prod")])
def test_what_may_not_be_asked(thing: Named) -> None:
    with pytest.raises(AwsError, match="is not authorized"):
        asked(thing, {})


def test_a_task_comes_with_its_interface() -> None:
    found, aws = asked(
        PastTask(TASK, "batch"),
        {
            "DescribeTasks": {"tasks": [task()]},
            "DescribeNetworkInterfaces": {"NetworkInterfaces": INTERFACES},
        },
    )

    assert found == Description(
        {"tasks": [task()], "NetworkInterfaces": INTERFACES}, "us-east-1", elsewhere=False
    )
    assert aws.requests == [
        ("DescribeTasks", {"cluster": "batch", "tasks": [TASK], "include": ["TAGS"]}),
        ("DescribeNetworkInterfaces", {"Filters": [{"Name": "network-interface-id", "Values": ["eni-1"]}]}),
    ]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(denied("DescribeNetworkInterfaces"), id="denied"),
        pytest.param(AwsError("", "InvalidAction", "The action is not valid", status=400), id="no EC2"),
        pytest.param(AwsError("", AwsError.NOT_REACHED, "refused"), id="not reached"),
        pytest.param({"NetworkInterfaces": 3}, id="an answer that cannot be read"),
    ],
)
def test_an_interface_that_cannot_be_read_is_a_note(said: Said) -> None:
    found, _ = asked(
        PastTask(TASK, "batch"), {"DescribeTasks": {"tasks": [task()]}, "DescribeNetworkInterfaces": said}
    )

    assert found.document == {"tasks": [task()], "NetworkInterfaces": []}
    (note,) = found.notes
    assert note.startswith("the network interface of the task could not be read: ")


def test_a_task_without_an_interface_asks_for_none() -> None:
    found, aws = asked(PastTask(TASK, "batch"), {"DescribeTasks": {"tasks": [task(attachments=[])]}})

    assert found.document["NetworkInterfaces"] == []
    assert aws.calls == {"DescribeTasks": 1}


def test_a_service() -> None:
    web = {"serviceName": "web", "status": "ACTIVE", "taskDefinition": f"{ARN}:task-definition/web:1"}

    found, aws = asked(NamedService("web", "prod"), {"DescribeServices": {"services": [web]}})

    assert found.document == {"services": [web]}
    assert aws.requests == [("DescribeServices", {"services": ["web"], "cluster": "prod"})]


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        pytest.param(
            Definition(f"{ELSEWHERE}:task-definition/etl:9"),
            {"DescribeTaskDefinition": {"taskDefinition": ETL}},
            id="a definition",
        ),
        pytest.param(
            PastTask(f"{ELSEWHERE}:task/batch/0a", "batch"), {"DescribeTasks": {"tasks": [{}]}}, id="a task"
        ),
    ],
)
def test_the_region_of_an_arn_is_asked(thing: Named, says: dict[str, Said]) -> None:
    found, _ = asked(thing, says)

    assert (found.region, found.elsewhere) == ("cn-north-1", True)


def test_no_region_but_that_of_the_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(ScriptedAws):
        def target(self, aws: Any) -> Any:
            if aws.region is None:
                raise ApplierError("no region")
            return super().target(aws)

    bare = Bare({"DescribeTaskDefinition": {"taskDefinition": ETL}})
    observer = Observer(gateway=bare, clock=JumpingClock(), workers=0)
    arn = f"{ARN}:task-definition/etl:9"

    found = observer.run(lambda observation: describe(observation, Definition(arn)))

    assert (found.region, found.elsewhere) == ("us-east-1", False)
    with pytest.raises(ApplierError, match="no region"):
        observer.run(lambda observation: describe(observation, Definition("etl")))
