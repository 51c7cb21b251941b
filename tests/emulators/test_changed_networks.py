"""Networks by tag and name, and services, against moto: a plan whose facts have changed starts nothing."""

import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
from emulator_servers import Emulator, moto
from scripted_aws import denied

from ecsplan.compile import begin, read_jobs, with_answers
from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Body, Observed
from ecsplan_applier.apply_plan import apply
from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.observing.observe_jobs import observe
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import NotObservedError, StalePlanError

REGION = "us-east-1"
BY_NAME = (
    "cluster: prod\nimage: alpine\nlaunch_type: FARGATE\nvpc_id: {tags: {Name: main}}\n"
    "subnets: {tags: {tier: private}}\nsecurity_groups: [web]\n"
)
LIKE_A_SERVICE = "cluster: prod\nservice: web\ncommand: [migrate]\n"


class UpToRunTask:
    """A gateway that counts calls and refuses RunTask, with which moto wants more than these jobs have."""

    def __init__(self, session: SessionOptions) -> None:
        self._inner = SdkGateway(session)
        self.calls: Counter[str] = Counter()
        self.runs: list[Body] = []

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self.calls[operation.name] += 1
        if operation.name == "RunTask":
            self.runs.append(dict(request))
            raise denied("RunTask")
        return self._inner.call(target, operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


@dataclass
class World:
    """An account in moto, with a VPC `main`, its private subnets, a group `web` and a service `web`."""

    url: str
    folder: Path
    vpc: str = ""
    subnets: list[str] = field(default_factory=list)
    group: str = ""

    def __post_init__(self) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=self.url, **keys)
        self.ecs = boto3.client("ecs", region_name=REGION, endpoint_url=self.url, **keys)
        self.session = SessionOptions(
            region=REGION, endpoint_url=self.url, static_credentials=("test", "test"), call_timeout_s=30.0
        )
        self.gateway = UpToRunTask(self.session)
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.tag(self.vpc, Name="main")
        self.subnets = sorted(self.add_subnet(number) for number in range(2))
        self.group = self.add_group()
        self.ecs.create_cluster(clusterName="prod")
        for number in (1, 2):
            self.ecs.register_task_definition(
                family="web",
                networkMode="awsvpc",
                requiresCompatibilities=["FARGATE"],
                cpu="256",
                memory="512",
                containerDefinitions=[{"name": "app", "image": f"example.test/web:{number}", "memory": 64}],
            )
        network = {"subnets": self.subnets, "securityGroups": [self.group], "assignPublicIp": "DISABLED"}
        self.ecs.create_service(
            cluster="prod",
            serviceName="web",
            taskDefinition="web:1",
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
        )

    def tag(self, resource: str, **tags: str) -> None:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.ec2.create_tags(Resources=[resource], Tags=listed)

    def add_subnet(self, number: int) -> str:
        block, zone = f"10.0.{number}.0/24", f"{REGION}{'abc'[number]}"
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=zone)
        self.tag(made["Subnet"]["SubnetId"], tier="private")
        return str(made["Subnet"]["SubnetId"])

    def add_group(self) -> str:
        made = self.ec2.create_security_group(GroupName="web", Description="web", VpcId=self.vpc)
        return str(made["GroupId"])

    def compile(self, text: str) -> Plan:
        observer = Observer(gateway=self.gateway)
        compilation = begin(read_jobs(text, file="hello.yaml"), Observed())
        compiled = observe(compilation, with_answers, observer).result()
        assert compiled.plan is not None, compiled.diagnostics
        self.gateway.calls.clear()
        return compiled.plan

    def started(self, plan: Plan, *, refresh: bool = False) -> Body:
        """Apply a plan, and return the network with which its task would be started."""
        events = apply(
            plan,
            gateway=self.gateway,
            refresh=refresh,
            locks=self.folder / "locks",
            state=self.folder / "state",
        )
        assert list(events)
        (run,) = self.gateway.runs
        found: Body = run["networkConfiguration"]["awsvpcConfiguration"]
        return found

    def refused(self, plan: Plan) -> str:
        """Return why a plan is refused as stale; nothing was changed."""
        with pytest.raises(StalePlanError) as caught:
            self.started(plan)
        assert not self.gateway.calls.keys() & {"RegisterTaskDefinition", "RunTask"}
        return str(caught.value)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with moto(tmp_path_factory.mktemp("moto")) as emulator:
        yield emulator


@pytest.fixture
def world(server: Emulator, tmp_path: Path) -> Iterator[World]:
    reset = urllib.request.Request(server.reset, method="POST")
    with urllib.request.urlopen(reset, timeout=30) as answer:
        answer.read()
    made = World(server.url, tmp_path)
    yield made
    made.ec2.close()
    made.ecs.close()


def test_facts_that_hold_take_one_call_each(world: World) -> None:
    plan = world.compile(BY_NAME)

    network = world.started(plan)

    assert (network["subnets"], network["securityGroups"]) == (world.subnets, [world.group])
    assert plan.jobs[0].observed == {
        "vpc_id": world.vpc,
        "subnets": world.subnets,
        "security_groups": [world.group],
    }
    asked = {
        name: world.gateway.calls[name]
        for name in ("DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups")
    }
    assert asked == {"DescribeVpcs": 1, "DescribeSubnets": 1, "DescribeSecurityGroups": 1}


def test_a_service_that_is_as_it_was_takes_one_call(world: World) -> None:
    plan = world.compile(LIKE_A_SERVICE)

    assert world.started(plan)["subnets"] == world.subnets
    assert world.gateway.calls["DescribeServices"] == 1


def rename_vpc(world: World) -> str:
    world.tag(world.vpc, Name="old")
    return f'vpc_id = "{world.vpc}"; now no VPC in us-east-1 has the tag Name=main'


def another_vpc(world: World) -> str:
    other = world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    world.tag(other, Name="main")
    return f'vpc_id = "{world.vpc}"; now 2 VPCs in us-east-1 have the tag Name=main'


def replace_vpc(world: World) -> str:
    other = world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    world.tag(other, Name="main")
    world.tag(world.vpc, Name="old")
    return f'vpc_id = "{world.vpc}"; now it is "{other}"'


def more_subnets(world: World) -> str:
    added = world.add_subnet(2)
    now = ", ".join(f'"{each}"' for each in sorted([*world.subnets, added]))
    return f"now it is [{now}]"


def no_subnets(world: World) -> str:
    for each in world.subnets:
        world.tag(each, tier="public")
    return f"now no subnet of {world.vpc} has the tag tier=private"


def replace_group(world: World) -> str:
    world.ec2.delete_security_group(GroupId=world.group)
    return f'security_groups = ["{world.group}"]; now it is ["{world.add_group()}"]'


def no_group(world: World) -> str:
    world.ec2.delete_security_group(GroupId=world.group)
    return f"now {world.vpc} has no security group named 'web'"


@pytest.mark.parametrize(
    "change", [rename_vpc, another_vpc, replace_vpc, more_subnets, no_subnets, replace_group, no_group]
)
def test_a_network_that_has_changed_makes_the_plan_stale(
    world: World, change: Callable[[World], str]
) -> None:
    plan = world.compile(BY_NAME)
    said = change(world)

    reason = world.refused(plan)

    assert said in reason
    assert "--refresh" in reason


def new_revision(world: World) -> str:
    world.ecs.update_service(cluster="prod", service="web", taskDefinition="web:2")
    return "web:2"


def other_subnets(world: World) -> str:
    network = {"subnets": world.subnets[:1], "securityGroups": [world.group], "assignPublicIp": "DISABLED"}
    world.ecs.update_service(
        cluster="prod", service="web", networkConfiguration={"awsvpcConfiguration": network}
    )
    return world.subnets[0]


def deleted(world: World) -> str:
    world.ecs.delete_service(cluster="prod", service="web", force=True)
    return "now the service 'web' of cluster prod was deleted"


@pytest.mark.parametrize("change", [new_revision, other_subnets, deleted])
def test_a_service_that_has_changed_makes_the_plan_stale(
    world: World, change: Callable[[World], str]
) -> None:
    plan = world.compile(LIKE_A_SERVICE)
    said = change(world)

    reason = world.refused(plan)

    assert "the plan observed service" in reason
    assert said in reason
    assert "--refresh" in reason


def test_refresh_takes_the_network_that_there_is(world: World) -> None:
    plan = world.compile(BY_NAME)
    added = world.add_subnet(2)

    assert world.started(plan, refresh=True)["subnets"] == sorted([*world.subnets, added])
    assert world.gateway.calls["DescribeSubnets"] == 1


def test_refresh_cannot_run_like_a_service_that_is_gone(world: World) -> None:
    plan = world.compile(LIKE_A_SERVICE)
    deleted(world)

    with pytest.raises(NotObservedError, match="was deleted"):
        world.started(plan, refresh=True)
