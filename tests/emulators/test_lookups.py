"""Lookups against an unmodified moto: what exists is found over the wire, and what does not is named."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from emulator_servers import moto

from ecsplan.terms.observed import (
    Answer,
    AskExport,
    AskParameter,
    AskSecurityGroup,
    AskService,
    AskStackOutput,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Aws,
    NotThere,
    Question,
    Service,
    Subnet,
    Value,
)
from ecsplan_applier.aws.gateway import SessionOptions
from ecsplan_applier.observing.observer import Observer

HERE = Aws()
REGION = "us-east-1"
TEMPLATE = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}},
    "Outputs": {
        "QueueName": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}, "Export": {"Name": "net-Queue"}},
        "Fixed": {"Value": "subnet-1,subnet-2"},
    },
}


@dataclass
class Account:
    """What was made in moto, and the calls that an observer makes of it."""

    url: str
    vpc: str
    other_vpc: str
    subnets: tuple[str, ...]
    group: str

    def answers(self, *questions: Question) -> tuple[dict[Question, Answer], Counter[str]]:
        """Return the answers, and how often each operation was called for them."""
        calls: Counter[str] = Counter()
        session = SessionOptions(
            region=REGION, endpoint_url=self.url, static_credentials=("test", "test"), call_timeout_s=30.0
        )
        observer = Observer(session, trace=lambda operation, _: calls.update([operation]))
        return observer.answer(questions), calls

    def answer(self, question: Question) -> Answer:
        """Return the answer to one question."""
        return self.answers(question)[0][question]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with moto(tmp_path_factory.mktemp("moto")) as emulator:
        reset = urllib.request.Request(emulator.reset, method="POST")
        with urllib.request.urlopen(reset, timeout=30) as answer:
            answer.read()
        yield made(emulator.url)


def made(url: str) -> Account:
    """Make parameters, a stack, a network and services."""

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=REGION, endpoint_url=url, **keys)

    ssm = client("ssm")
    for name, kind, value in (
        ("/app/url", "String", "https://x"),
        ("/app/subnets", "StringList", "subnet-1,subnet-2"),
        ("/app/password", "SecureString", "correct horse"),
    ):
        ssm.put_parameter(Name=name, Type=kind, Value=value)
    for number in range(12):
        ssm.put_parameter(Name=f"/many/{number}", Type="String", Value=str(number))
    client("cloudformation").create_stack(StackName="net", TemplateBody=json.dumps(TEMPLATE))
    ecs = client("ecs")
    ecs.create_cluster(clusterName="prod")
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "app", "image": "example.test/web:1", "memory": 64}]
    )
    ecs.create_service(cluster="prod", serviceName="web", taskDefinition="web", desiredCount=0)
    ecs.create_service(
        cluster="prod", serviceName="outside", desiredCount=0, deploymentController={"type": "EXTERNAL"}
    )
    return network(url, client("ec2"))


def network(url: str, ec2: Any) -> Account:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "main"}])
    ec2.create_tags(Resources=[vpc, other], Tags=[{"Key": "team", "Value": "data"}])
    subnets = []
    for where, block, zone, tier in (
        (vpc, "10.0.1.0/24", "a", "private"),
        (vpc, "10.0.2.0/24", "b", "private"),
        (vpc, "10.0.3.0/24", "a", "public"),
        (other, "10.1.1.0/24", "a", "private"),
    ):
        made = ec2.create_subnet(VpcId=where, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        subnets.append(made["Subnet"]["SubnetId"])
        ec2.create_tags(Resources=subnets[-1:], Tags=[{"Key": "tier", "Value": tier}])
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.create_security_group(GroupName="web", Description="web", VpcId=other)
    return Account(url, vpc, other, tuple(subnets), group)


def test_lookups_are_found(account: Account) -> None:
    expected: dict[Question, Answer] = {
        AskParameter(HERE, "/app/url"): Value("https://x"),
        AskParameter(HERE, "/app/url:1"): Value("https://x"),
        AskParameter(HERE, "/app/subnets"): Value(("subnet-1", "subnet-2")),
        AskStackOutput(HERE, "net", "QueueName"): Value("work"),
        AskStackOutput(HERE, "net", "Fixed"): Value("subnet-1,subnet-2"),
        AskExport(HERE, "net-Queue"): Value("work"),
    }

    answers, calls = account.answers(*expected)

    assert answers == expected
    assert calls == {"GetParameters": 1, "DescribeStacks": 1, "ListExports": 1}


def test_twenty_lookups_of_a_thousand_jobs_take_four_calls(account: Account) -> None:
    twenty: list[Question] = [
        *(AskParameter(HERE, f"/many/{number}") for number in range(12)),
        *(AskParameter(HERE, name) for name in ("/app/url", "/app/subnets")),
        *(AskStackOutput(HERE, "net", name) for name in ("QueueName", "Fixed")),
        AskExport(HERE, "net-Queue"),
    ]

    answers, calls = account.answers(*(each for _ in range(1000) for each in twenty))

    assert not [each for each in answers.values() if not isinstance(each, Value)]
    assert calls == {"GetParameters": 2, "DescribeStacks": 1, "ListExports": 1}


def test_networks_are_found_by_tag_and_name(account: Account) -> None:
    private = tuple(
        Subnet(name, f"{REGION}{zone}") for name, zone in zip(account.subnets, "ab", strict=False)
    )
    expected: dict[Question, Answer] = {
        AskVpc(HERE, (("Name", "main"),)): account.vpc,
        AskSubnets(HERE, account.vpc, (("tier", "private"),)): private,
        AskVpcOfSubnets(HERE, account.subnets[:3]): account.vpc,
        AskSecurityGroup(HERE, account.vpc, "web"): account.group,
    }

    answers, calls = account.answers(*expected)

    assert answers == expected
    assert calls == {"DescribeVpcs": 1, "DescribeSubnets": 2, "DescribeSecurityGroups": 1}


def test_a_service_is_described(account: Account) -> None:
    answer = account.answer(AskService(HERE, "prod", "web"))

    assert isinstance(answer, Service)
    assert str(answer.body["taskDefinition"]).endswith(":task-definition/web:1")


@pytest.mark.parametrize(
    ("question", "message", "help_text"),
    [
        (AskParameter(HERE, "/app/ulr"), "no parameter '/app/ulr'", "`/app/url`"),
        (AskParameter(HERE, "/other/url"), "no parameter '/other/url'", "`/app/url`"),
        (AskParameter(HERE, "/app/password"), "a SecureString", "`secrets`"),
        (AskStackOutput(HERE, "nett", "Fixed"), "no stack 'nett'", "`net`"),
        (AskStackOutput(HERE, "net", "Fixd"), "no output 'Fixd'", "`Fixed`"),
        (AskExport(HERE, "net-Qeue"), "no export 'net-Qeue'", "`net-Queue`"),
        (AskVpc(HERE, (("Name", "mian"),)), "no VPC in us-east-1 has the tag Name=mian", "`main`"),
        (AskVpc(HERE, (("team", "data"),)), "2 VPCs in us-east-1 have the tag team=data", "add a tag"),
        (AskVpcOfSubnets(HERE, ("subnet-0123",)), "no subnet subnet-0123", "the account"),
        (AskService(HERE, "prod", "wbe"), "no service 'wbe'", "`web`"),
        (AskService(HERE, "prod", "outside"), "an external controller", "task_definition_arn"),
        (AskService(HERE, "prdo", "web"), "no cluster 'prdo'", "`prod`"),
    ],
)
def test_what_is_not_there_is_said(
    account: Account, question: Question, message: str, help_text: str
) -> None:
    answer = account.answer(question)

    assert isinstance(answer, NotThere)
    assert message in answer.message
    assert help_text in answer.help
    assert "correct horse" not in repr(answer)


def test_what_is_not_in_a_vpc_is_said(account: Account) -> None:
    public = AskSubnets(HERE, account.vpc, (("tier", "publc"),))
    group = AskSecurityGroup(HERE, account.vpc, "wbe")
    several = AskVpcOfSubnets(HERE, (account.subnets[0], account.subnets[3]))

    found = [account.answer(each) for each in (public, group, several)]

    assert [isinstance(each, NotThere) and each.help for each in found] == [
        "did you mean `public`?",
        "did you mean `web`?",
        "name the subnets of one VPC",
    ]
    assert f"{account.subnets[3]} is in {account.other_vpc}" in repr(found[2])
