"""Unmodified moto and ministack: what was compiled and registered is reused, for all of manifests/.

Neither is a witness for the rules of the decision: both fill in far less than ECS does. What they show is
that the observer and the plans hold against endpoints that are not ours.

Where they differ from AWS in what a compile asks of them, and what becomes of it:

| operation | AWS | moto 5.2.5 | ministack 1.5.33 | so |
| --- | --- | --- | --- | --- |
| DescribeTaskDefinition of a family | newest ACTIVE | newest, also INACTIVE | the same | `latest` lists |
| ListTaskDefinitions, familyPrefix | that family | that family | also fam-other | listed ones are filtered |
| ListTaskDefinitions, sort DESC | newest first | ignored | order of insertion | the highest number wins |
| DescribeTaskDefinition without TAGS | no tags | no tags | tags | tags are no part of the decision |
| RegisterTaskDefinition, tags | echoed | left out | echoed | nobody reads them |
| RegisterTaskDefinition of nonsense | refused | accepted | accepted | the checks are ours |
| defaults of a definition | filled in | few | few | the rules hold for both |
| iam: resources, conditions | enforced | not | not | not tested here |
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from emulator_servers import Emulator
from places import ROOT

from ecsplan_cli.main import group

MANIFESTS = ROOT / "manifests"
REGION = "us-east-1"


class World:
    """An emulator, boto3 clients for it, and `ecsplan compile` against it."""

    def __init__(self, emulator: Emulator) -> None:
        self.url = emulator.url
        self.name = emulator.name
        self._clients: list[Any] = []

    def client(self, service: str = "ecs", *, aws: dict[str, str] | None = None) -> Any:
        """Return a client; `aws` is a job's of a plan: its region, and the role that is to be assumed."""
        where = aws or {}
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        if "assume_role_arn" in where:
            sts = self.client("sts")
            role = sts.assume_role(RoleArn=where["assume_role_arn"], RoleSessionName="tests")["Credentials"]
            keys = {
                "aws_access_key_id": role["AccessKeyId"],
                "aws_secret_access_key": role["SecretAccessKey"],
                "aws_session_token": role["SessionToken"],
            }
        region = where.get("region", REGION)
        made = boto3.client(service, region_name=region, endpoint_url=self.url, **keys)
        self._clients.append(made)
        return made

    def compiled(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the jobs of the plan of `ecsplan compile`."""
        done = CliRunner().invoke(group, ("compile", *arguments, "--endpoint-url", self.url))
        assert done.exit_code == 0, done.stderr
        plan = json.loads(done.stdout)
        assert plan["observed"] is True
        jobs: list[dict[str, Any]] = plan["jobs"]
        return jobs

    def register(self, job: dict[str, Any]) -> str:
        """Register the request of a job, as an applier would, and return its ARN."""
        answer = self.client(aws=job["aws"]).register_task_definition(**job["task_definition"]["request"])
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def close(self) -> None:
        """Close all clients."""
        for each in self._clients:
            each.close()


@pytest.fixture
def world(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.chdir(tmp_path)
    made = World(emulator)
    yield made
    made.close()


def with_a_vpc(world: World, text: str) -> str:
    """Return the manifest with a VPC of the emulator, which chooses the ids itself."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
    assert text.count("vpc-0f2a9c1b7d3e45f60") == 1
    return text.replace("vpc-0f2a9c1b7d3e45f60", vpc)


def with_a_tagged_vpc(world: World, text: str) -> str:
    """Make the VPC, subnets and groups that the manifest names by tags and name."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "main"}])
    for number, tier in enumerate(("private", "public")):
        cidr = f"10.1.{number}.0/24"
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone="us-east-1a")
        tags = [{"Key": "tier", "Value": tier}]
        ec2.create_tags(Resources=[made["Subnet"]["SubnetId"]], Tags=tags)
    ec2.create_security_group(GroupName="database-clients", Description="tests", VpcId=vpc)
    return text


def with_a_linked_definition(world: World, text: str) -> str:
    """Register the family that the manifest links."""
    world.client().register_task_definition(
        family="web-app",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "app", "image": "example.test/web-app:5", "portMappings": [{"containerPort": 80}]}
        ],
        tags=[{"key": "owner", "value": "terraform"}],
    )
    return text


def with_a_service(world: World, text: str) -> str:
    """Make the cluster and the service that the manifest names."""
    ecs, ec2 = world.client(), world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.0.0/24", AvailabilityZone="us-east-1a")
    group = ec2.create_security_group(GroupName="web", Description="tests", VpcId=vpc)
    network = {
        "subnets": [made["Subnet"]["SubnetId"]],
        "securityGroups": [group["GroupId"]],
        "assignPublicIp": "DISABLED",
    }
    definition = ecs.register_task_definition(
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "example.test/web:5", "essential": True}],
    )
    ecs.create_cluster(clusterName="shop")
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition=definition["taskDefinition"]["taskDefinitionArn"],
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )
    return text


STACK = {
    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "reports"}}},
    "Outputs": {
        "ReportBucket": {"Value": {"Ref": "Bucket"}},
        "JobGroup": {"Value": "sg-0a1b2c3d4e5f60718", "Export": {"Name": "prod-JobGroup"}},
    },
}


def with_what_is_looked_up(world: World, text: str) -> str:
    """Make the parameters, the output and the export that the manifest refers to."""
    ssm = world.client("ssm")
    ssm.put_parameter(Name="/prod/report/tag", Type="String", Value="3.20", Overwrite=True)
    subnets = "subnet-0a1b2c3d4e5f60718,subnet-0b1b2c3d4e5f60718"
    name = "/prod/network/private-subnets"
    ssm.put_parameter(Name=name, Type="StringList", Value=subnets, Overwrite=True)
    cloudformation = world.client("cloudformation")
    cloudformation.create_stack(StackName="data-prod", TemplateBody=json.dumps(STACK))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="data-prod", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    return text


PREPARED: dict[str, Callable[[World, str], str]] = {
    "chosen-vpc.yaml": with_a_vpc,
    "like-a-service.yaml": with_a_service,
    "linked-definition.yaml": with_a_linked_definition,
    "network-by-tags.yaml": with_a_tagged_vpc,
    "report.yaml": with_what_is_looked_up,
}
"""Manifests that name what an empty account does not have."""


@pytest.mark.parametrize("manifest", sorted(MANIFESTS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_what_was_registered_is_reused(world: World, manifest: Path, tmp_path: Path) -> None:
    text = manifest.read_text("utf-8")
    copy = tmp_path / manifest.name
    prepare = PREPARED.get(manifest.name)
    copy.write_text(prepare(world, text) if prepare else text, "utf-8")

    first = world.compiled(str(copy))
    # The jobs of a matrix share a definition, of which one revision is registered.
    made = {
        job["task_definition"]["fingerprint"]: world.register(job)
        for job in {each["task_definition"]["fingerprint"]: each for each in first}.values()
        if job["task_definition"]["action"] == "register"
    }
    arns = [
        made.get(each["task_definition"]["fingerprint"], each["task_definition"]["arn"]) for each in first
    ]
    second = world.compiled(str(copy))

    linked = manifest.name in {"like-a-service.yaml", "linked-definition.yaml"}
    assert {job["task_definition"]["action"] for job in first} == {"reuse" if linked else "register"}
    assert [(job["task_definition"]["action"], job["task_definition"]["arn"]) for job in second] == [
        ("reuse", arn) for arn in arns
    ]
    assert [job["run_request"] for job in second] == [
        {**job["run_request"], "taskDefinition": arn} for job, arn in zip(first, arns, strict=True)
    ]
    assert not [each for job in second for each in subnets(job) if each.startswith("<")]


def subnets(job: dict[str, Any]) -> list[str]:
    network = job["run_request"].get("networkConfiguration", {"awsvpcConfiguration": {"subnets": []}})
    found: list[str] = network["awsvpcConfiguration"]["subnets"]
    return found


HELLO = "name: hello\nimage: alpine:3\n"


def test_a_changed_image_registers(world: World, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO, "utf-8")
    arn = world.register(world.compiled("hello.yaml")[0])
    (tmp_path / "hello.yaml").write_text(HELLO.replace("alpine:3", "alpine:4"), "utf-8")

    (job,) = world.compiled("hello.yaml")

    path = "/containerDefinitions/main/image"
    assert (job["task_definition"]["action"], job["task_definition"]["latest"]) == ("register", arn)
    assert job["task_definition"]["changes"] == [
        {"op": "replace", "path": path, "from": "alpine:3", "to": "alpine:4"}
    ]


def test_the_newest_active_revision_counts(world: World, tmp_path: Path) -> None:
    """Ten revisions and a family whose name begins alike, so that neither text order nor a prefix helps."""
    (tmp_path / "hello.yaml").write_text(HELLO, "utf-8")
    (job,) = world.compiled("hello.yaml")
    arns = [world.register(job) for _ in range(12)]
    request = job["task_definition"]["request"]
    for _ in range(15):
        world.client().register_task_definition(**{**request, "family": "hello-other"})
    for arn in arns[-2:]:
        world.client().deregister_task_definition(taskDefinition=arn)

    (job,) = world.compiled("hello.yaml")

    assert (job["task_definition"]["action"], job["task_definition"]["arn"]) == ("reuse", arns[9])


def test_a_family_without_active_revisions(world: World, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO, "utf-8")
    arn = world.register(world.compiled("hello.yaml")[0])
    world.client().deregister_task_definition(taskDefinition=arn)

    (job,) = world.compiled("hello.yaml")

    assert (job["task_definition"]["action"], job["task_definition"]["latest"]) == ("register", None)


def probe_inactive_latest(world: World) -> object:
    ecs = world.client()
    container = {"name": "main", "image": "alpine", "memory": 64}
    for _ in range(2):
        ecs.register_task_definition(family="probe", containerDefinitions=[container])
    ecs.deregister_task_definition(taskDefinition="probe:2")
    found = ecs.describe_task_definition(taskDefinition="probe")["taskDefinition"]
    return found["revision"], found["status"]


def probe_prefix(world: World) -> object:
    ecs = world.client()
    container = {"name": "main", "image": "alpine", "memory": 64}
    for family in ("probe", "probe-other"):
        ecs.register_task_definition(family=family, containerDefinitions=[container])
    return len(ecs.list_task_definitions(familyPrefix="probe")["taskDefinitionArns"])


def probe_tags(world: World) -> object:
    ecs = world.client()
    container = {"name": "main", "image": "alpine", "memory": 64}
    tags = [{"key": "a", "value": "b"}]
    made = ecs.register_task_definition(family="probe", containerDefinitions=[container], tags=tags)
    return bool(made.get("tags")), bool(ecs.describe_task_definition(taskDefinition="probe").get("tags"))


def probe_nonsense(world: World) -> object:
    container = {
        "name": "main",
        "image": "alpine",
        "dependsOn": [{"containerName": "x", "condition": "START"}],
    }
    made = world.client().register_task_definition(
        family="probe",
        requiresCompatibilities=["FARGATE"],
        cpu="3",
        memory="5",
        containerDefinitions=[container],
    )
    return made["taskDefinition"]["status"]


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        pytest.param(
            probe_inactive_latest,
            {"moto": (2, "INACTIVE"), "ministack": (2, "INACTIVE")},
            id="newest revision, also inactive",
        ),
        pytest.param(probe_prefix, {"moto": 1, "ministack": 2}, id="families that begin alike"),
        pytest.param(probe_tags, {"moto": (False, False), "ministack": (True, True)}, id="tags in answers"),
        pytest.param(probe_nonsense, {"moto": "ACTIVE", "ministack": "ACTIVE"}, id="nonsense accepted"),
    ],
)
def test_the_divergences_above(world: World, probe: Callable[[World], Any], expected: dict[str, Any]) -> None:
    assert probe(world) == expected[world.name]
