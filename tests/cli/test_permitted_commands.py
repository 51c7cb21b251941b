"""The page on permissions allows each call that `schedule`, `prune` and `verify` make."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from emulator_servers import Emulator
from iam_checks import Call, checks_of
from iam_policies import Check, Policy, allows
from places import ROOT

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.gateway import SdkGateway, Target
from ecsplan_applier.aws.operations import GET_DOWNLOAD_URL_FOR_LAYER, Operation
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_cli.main import group

REGION, ACCOUNT = "us-east-1", "123456789012"
PAGE = (ROOT / "docs" / "permissions.md").read_text("utf-8")
ROW = re.compile(r"^\| `(?P<action>\w+:\w+)` \| (?P<on>.*?) \| (?P<of>.*?) \|", re.MULTILINE)
ALSO = {
    "schedule": ("compile",),
    "verify": ("compile",),
    "prune": (),
}
"""What a command needs beside its own, as its section of the page says."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def statements(command: str) -> Iterator[dict[str, Any]]:
    """Yield what the page allows a command: each permission of its tables, on what it can be restricted to.

    A word in capitals stands for any name. Conditions are judged with the policies of `ecsplan iam`.
    """
    for row in ROW.finditer(PAGE):
        of = set(row["of"].split(", "))
        if command in of or of & set(ALSO[command]):
            patterns = re.findall(r"`(.+?)`", re.sub(r",? if `.*?(;|$)", r"\1", row["on"]))
            service = row["action"].partition(":")[0]
            yield {
                "Sid": row["action"],
                "Effect": "Allow",
                "Action": row["action"],
                "Resource": [
                    _pattern(service, each) for each in patterns or [_WORDS.get(row["on"][:8], "*")]
                ],
            }


_WORDS = {"the role": "role/NAME"}


def _pattern(service: str, on: str) -> str:
    place = "s3:::" if service == "s3" else f"{service}:*:*:"
    return "*" if on == "*" else f"arn:aws:{place}{re.sub('[A-Z]{2,}', '*', on)}"


class Account:
    """An account in moto, the commands against it, and what IAM would be asked for their calls."""

    def __init__(self, url: str, calls: list[Call]) -> None:
        self._url = url
        self._calls = calls

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=self._url, **keys)

    def run(self, *arguments: str, status: int = 0) -> None:
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self._url,
            "AWS_REGION": REGION,
        }
        done = CliRunner().invoke(group, arguments, env=environment)
        assert done.exit_code == status, done.output

    def asked(self) -> list[Check]:
        return [check for each in self._calls for check in checks_of(each, {}, ACCOUNT)]


@pytest.fixture
def account(moto_account: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.chdir(tmp_path)
    calls: list[Call] = []
    call = SdkGateway.call

    def recorded(gateway: SdkGateway, target: Target, operation: Operation, request: Body) -> Body:
        calls.append(Call(target, operation, request))
        if operation == GET_DOWNLOAD_URL_FOR_LAYER:
            # moto answers it with HTTP 500.
            raise AwsError(operation.name, "AccessDeniedException", "denied", status=400)
        return call(gateway, target, operation, request)

    monkeypatch.setattr(SdkGateway, "call", recorded)
    return Account(moto_account.url, calls)


def written(text: str) -> str:
    Path("job.yaml").write_text(text, "utf-8")
    return "job.yaml"


NIGHTLY = f"""\
name: nightly
image: alpine:3
execution_role_arn: {ROLE}/run
task_definition: {{tags: [{{key: team, value: data}}]}}
subnets: [subnet-1]
schedule: {{rate: 1 day, group: jobs, role_arn: {ROLE}/scheduler}}
"""


def schedules(account: Account) -> None:
    """Create a schedule with its group, change it, and remove it for one of another name."""
    account.run("schedule", written(NIGHTLY))
    account.run("schedule", written(NIGHTLY.replace("rate: 1 day", "rate: 2 days")))
    account.run("schedule", written(NIGHTLY.replace("name: nightly", "name: daily")), "--prune", "--yes")


def prunes(account: Account) -> None:
    """Delete a revision beside one of each use; a family that there is not is looked for, too."""
    ecs, scheduler, events, ec2 = (account.client(each) for each in ("ecs", "scheduler", "events", "ec2"))
    containers = [{"name": "main", "image": "alpine", "memory": 64}]
    arns = [
        ecs.register_task_definition(family="etl", containerDefinitions=containers)["taskDefinition"][
            "taskDefinitionArn"
        ]
        for _ in range(6)
    ]
    cluster = ecs.create_cluster(clusterName="shop")["cluster"]["clusterArn"]
    ecs.create_service(cluster="shop", serviceName="web", taskDefinition=arns[0], desiredCount=0)
    network = {"awsvpcConfiguration": {"subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]]}}
    ecs.run_task(cluster="shop", taskDefinition=arns[1], launchType="FARGATE", networkConfiguration=network)
    target = {"Arn": cluster, "RoleArn": f"{ROLE}/s", "EcsParameters": {"TaskDefinitionArn": arns[2]}}
    window = {"Mode": "OFF"}
    scheduler.create_schedule(
        Name="nightly", ScheduleExpression="rate(1 day)", FlexibleTimeWindow=window, Target=target
    )
    events.create_event_bus(Name="orders")
    for bus in ("default", "orders"):
        events.put_rule(Name="hourly", EventBusName=bus, EventPattern='{"source": ["shop"]}')
        events.put_targets(Rule="hourly", EventBusName=bus, Targets=[{"Id": "job", **target}])
    account.run("prune", "--family", "etl", "--keep", "1", "--delete", "--yes")
    account.run("prune", "--family", "elt", "--keep", "1", "--yes", status=125)


VERIFIED = f"""\
defaults:
  cluster: batch
  security_groups: [GROUP]
  execution_role_arn: {ROLE}/run
jobs:
  etl:
    image: {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/etl:1
    subnets: [PUBLIC, PRIVATE]
    secrets: {{A: "arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-a1B2c3", B: /app/b}}
    configure_cloudwatch_logs: true
    schedule:
      rate: 1 day
      group: jobs
      role_arn: {ROLE}/scheduler
      dead_letter_arn: arn:aws:sqs:us-east-1:{ACCOUNT}:lost
    task_definition:
      containerDefinitions:
        - name: main
          environmentFiles: [{{type: s3, value: "arn:aws:s3:::settings/prod.env"}}]
  files:
    image: {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/etl:1
    subnets: [PUBLIC, CLOSED]
    task_definition:
      containerDefinitions:
        - name: main
          mountPoints: [{{sourceVolume: files, containerPath: /files}}]
      volumes:
        - name: files
          efsVolumeConfiguration:
            fileSystemId: FILES
            transitEncryption: ENABLED
            authorizationConfig: {{accessPointId: ACCESS}}
  own:
    image: {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/missing:1
    capacity_provider_strategy: [{{capacityProvider: own, weight: 1}}]
    task_definition: {{networkMode: bridge}}
    security_groups: null
  linked:
    task_definition_arn: linked:1
    execution_role_arn: null
    subnets: [PUBLIC]
"""


def verifies(account: Account) -> None:
    """Verify jobs that need everything that there is to be checked, in an account that has most of it."""
    network = _network(account)
    names = network | _files(account, network["PUBLIC"])
    _roles(account, "run", "ecs-tasks")
    _roles(account, "scheduler", "scheduler")
    account.client("ecs").create_cluster(clusterName="batch", capacityProviders=["FARGATE", "own"])
    account.client("ecs").register_task_definition(
        family="linked",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "main", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/etl:1"}],
    )
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="etl")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/json", "size": 2, "digest": f"sha256:{'c' * 64}"},
        "layers": [],
    }
    ecr.put_image(repositoryName="etl", imageTag="1", imageManifest=json.dumps(manifest))
    text = VERIFIED
    for name, value in names.items():
        text = text.replace(name, value)
    account.run("verify", written(text), status=1)


def _roles(account: Account, name: str, service: str) -> None:
    trusted = {"Service": f"{service}.amazonaws.com"}
    policy = {"Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}]}
    account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))


def _network(account: Account) -> dict[str, str]:
    """Make a subnet with an internet gateway, one with a NAT gateway, and one without a way out."""
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    public, private, closed = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/28")["Subnet"]["SubnetId"]
        for number in range(3)
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    nat = ec2.create_nat_gateway(SubnetId=public, ConnectivityType="public")["NatGateway"]["NatGatewayId"]
    for subnet, way in ((public, {"GatewayId": gateway}), (private, {"NatGatewayId": nat})):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group_id = ec2.create_security_group(VpcId=vpc, GroupName="tasks", Description="tasks")["GroupId"]
    return {"PUBLIC": public, "PRIVATE": private, "CLOSED": closed, "GROUP": group_id}


def _files(account: Account, subnet: str) -> dict[str, str]:
    efs = account.client("efs")
    files = efs.create_file_system(CreationToken="files")["FileSystemId"]
    efs.create_mount_target(FileSystemId=files, SubnetId=subnet)
    access = efs.create_access_point(FileSystemId=files, ClientToken="access")["AccessPointId"]
    return {"FILES": files, "ACCESS": access}


RUNS: dict[str, Callable[[Account], None]] = {"schedule": schedules, "prune": prunes, "verify": verifies}


ONLY_IN_TROUBLE = {"prune": {"ecs:DescribeTaskDefinition"}}
"""What is called only where an answer was lost."""


@pytest.mark.parametrize("command", RUNS)
def test_the_page_allows_what_a_command_calls(account: Account, command: str) -> None:
    RUNS[command](account)

    page: Policy = {"Statement": list(statements(command))}
    assert [each for each in account.asked() if not allows(page, each)] == []
    own = {row["action"] for row in ROW.finditer(PAGE) if command in row["of"].split(", ")}
    assert own - {each.action for each in account.asked()} == ONLY_IN_TROUBLE.get(command, set())
