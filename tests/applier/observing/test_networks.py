"""VPCs and subnets by tag, security groups by name: one list each, and the nearest of what there is not."""

from collections.abc import Callable

import pytest
from scripted_aws import ScriptedAws, denied

from ecsplan.terms.observed import (
    FOUND_TWICE,
    NOT_FOUND,
    Answer,
    AskSecurityGroup,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    Aws,
    Body,
    NotThere,
    Question,
    Subnet,
)
from ecsplan_applier.outcomes.errors import ApplierError, AwsError

HERE = Aws()


def tagged(tags: dict[str, str]) -> list[Body]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


VPCS: list[Body] = [
    {"VpcId": "vpc-main", "IsDefault": True, "Tags": tagged({"Name": "main", "stage": "prod"})},
    {"VpcId": "vpc-1", "Tags": tagged({"Name": "twin", "stage": "dev"})},
    {"VpcId": "vpc-2", "Tags": tagged({"Name": "twin", "stage": "test"})},
    {"VpcId": "vpc-bare"},
]
SUBNETS: list[Body] = [
    {
        "SubnetId": "subnet-b",
        "VpcId": "vpc-main",
        "AvailabilityZone": "b",
        "Tags": tagged({"tier": "private"}),
    },
    {
        "SubnetId": "subnet-a",
        "VpcId": "vpc-main",
        "AvailabilityZone": "a",
        "Tags": tagged({"tier": "private"}),
    },
    {"SubnetId": "subnet-p", "VpcId": "vpc-main", "AvailabilityZone": "a", "Tags": tagged({"tier": "pub*"})},
    {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "a", "Tags": tagged({"tier": "private"})},
    {"SubnetId": "subnet-x", "VpcId": "vpc-2", "AvailabilityZone": "a"},
]
GROUPS: list[Body] = [
    {"GroupId": "sg-web", "GroupName": "web", "VpcId": "vpc-main"},
    {"GroupId": "sg-star", "GroupName": "w*", "VpcId": "vpc-main"},
    {"GroupId": "sg-other", "GroupName": "web", "VpcId": "vpc-1"},
    {"GroupId": "sg-default", "GroupName": "default", "VpcId": "vpc-main"},
]


def filtered(name: str, items: list[Body], members: dict[str, str]) -> Callable[[Body], Body]:
    """Answer as EC2 does: by filters, in which `*` stands for anything."""

    def fits(item: Body, each: Body) -> bool:
        value = str(item.get(members[each["Name"]], False)).lower()
        return any(
            value == one or (one.endswith("*") and value.startswith(one[:-1])) for one in each["Values"]
        )

    def answer(request: Body) -> Body:
        found = [item for item in items if all(fits(item, each) for each in request.get("Filters", ()))]
        return {name: found}

    return answer


def vpcs(request: Body) -> Body:
    known = [each for each in VPCS if each["VpcId"] in request.get("VpcIds", [each["VpcId"]])]
    if not known:
        raise AwsError("DescribeVpcs", "InvalidVpcID.NotFound", "it does not exist", status=400)
    return filtered("Vpcs", known, {"isDefault": "IsDefault"})(request)


def ec2() -> ScriptedAws:
    of_subnets = {"vpc-id": "VpcId", "subnet-id": "SubnetId"}
    of_groups = {"vpc-id": "VpcId", "group-name": "GroupName"}
    return ScriptedAws(
        {
            "DescribeVpcs": vpcs,
            "DescribeSubnets": filtered("Subnets", SUBNETS, of_subnets),
            "DescribeSecurityGroups": filtered("SecurityGroups", GROUPS, of_groups),
        }
    )


PRIVATE = (Subnet("subnet-a", "a"), Subnet("subnet-b", "b"))


@pytest.mark.parametrize(
    ("question", "expected", "calls"),
    [
        pytest.param(AskVpc(HERE, (("Name", "main"),)), "vpc-main", ["DescribeVpcs"], id="VPC by a tag"),
        pytest.param(
            AskVpc(HERE, (("Name", "twin"), ("stage", "test"))),
            "vpc-2",
            ["DescribeVpcs"],
            id="VPC by two tags",
        ),
        pytest.param(
            AskSubnets(HERE, "vpc-main", (("tier", "private"),)),
            PRIVATE,
            ["DescribeSubnets"],
            id="subnets by tag",
        ),
        pytest.param(
            AskSubnets(HERE, None, (("tier", "private"),)),
            PRIVATE,
            ["DescribeVpcs", "DescribeSubnets"],
            id="in the default VPC",
        ),
        pytest.param(
            AskSubnets(HERE, "vpc-main", (("tier", "pub*"),)),
            (Subnet("subnet-p", "a"),),
            ["DescribeSubnets"],
            id="a star is a star",
        ),
        pytest.param(
            AskVpcOfSubnets(HERE, ("subnet-a", "subnet-b")),
            "vpc-main",
            ["DescribeSubnets"],
            id="VPC of subnets",
        ),
        pytest.param(
            AskSecurityGroup(HERE, "vpc-main", "web"),
            "sg-web",
            ["DescribeSecurityGroups"],
            id="group by name",
        ),
        pytest.param(
            AskSecurityGroup(HERE, "vpc-1", "web"),
            "sg-other",
            ["DescribeSecurityGroups"],
            id="the same name in another VPC",
        ),
        pytest.param(
            AskSecurityGroup(HERE, None, "web"),
            "sg-web",
            ["DescribeVpcs", "DescribeSecurityGroups"],
            id="group in the default VPC",
        ),
        pytest.param(
            AskSecurityGroup(HERE, "vpc-main", "w*"),
            "sg-star",
            ["DescribeSecurityGroups"],
            id="a star in a group's name is a star",
        ),
    ],
)
def test_what_is_found(question: Question, expected: Answer, calls: list[str]) -> None:
    aws = ec2()

    assert aws.answer(question) == expected
    assert [name for name, _ in aws.requests] == calls


@pytest.mark.parametrize(
    ("question", "message", "help_text", "rule"),
    [
        (AskVpc(HERE, (("Name", "mian"),)), "no VPC in us-east-1 has the tag Name=mian", "`main`", NOT_FOUND),
        (
            AskVpc(HERE, (("name", "main"),)),
            "has the tag name=main",
            "did you mean the tag `Name`?",
            NOT_FOUND,
        ),
        (AskVpc(HERE, (("Zz", "1"),)), "has the tag Zz=1", "the tags of VPCs: Name, stage", NOT_FOUND),
        (AskVpc(HERE, (("Name", "qqq"),)), "Name=qqq", "the values of Name: main, twin", NOT_FOUND),
        (
            AskVpc(HERE, (("Name", "main"), ("stage", "dev"))),
            "has the tags Name=main and stage=dev",
            "nothing has all of them",
            NOT_FOUND,
        ),
        (
            AskVpc(HERE, (("Name", "twin"),)),
            "2 VPCs in us-east-1 have the tag Name=twin: vpc-1, vpc-2",
            "add a tag that only one of them has",
            FOUND_TWICE,
        ),
        (
            AskSubnets(HERE, "vpc-main", (("tier", "privat"),)),
            "no subnet of vpc-main has the tag tier=privat",
            "did you mean `private`?",
            NOT_FOUND,
        ),
        (
            AskSubnets(HERE, "vpc-2", (("tier", "private"),)),
            "no subnet of vpc-2",
            "its subnets: none",
            NOT_FOUND,
        ),
        (AskSubnets(HERE, "vpc-9", (("tier", "x"),)), "there is no VPC vpc-9", "check vpc_id", NOT_FOUND),
        (AskSubnets(HERE, "vpc-bare", (("tier", "x"),)), "VPC vpc-bare has no subnets", "vpc_id", NOT_FOUND),
        (
            AskVpcOfSubnets(HERE, ("subnet-a", "subnet-x", "subnet-b")),
            "2 VPCs: subnet-a is in vpc-main, subnet-x is in vpc-2, subnet-b is in vpc-main",
            "name the subnets of one VPC",
            FOUND_TWICE,
        ),
        (AskVpcOfSubnets(HERE, ("subnet-a", "subnet-9")), "there is no subnet subnet-9", "ids", NOT_FOUND),
        (AskVpcOfSubnets(HERE, ("sn-8", "sn-9")), "there are no subnets sn-8, sn-9", "ids", NOT_FOUND),
        (
            AskSecurityGroup(HERE, "vpc-main", "wbe"),
            "vpc-main has no security group named 'wbe'",
            "did you mean `web`?",
            NOT_FOUND,
        ),
        (AskSecurityGroup(HERE, "vpc-main", "Web"), "named 'Web'", "did you mean `web`?", NOT_FOUND),
        (AskSecurityGroup(HERE, "vpc-main", "q"), "named 'q'", "its groups are: default, w*, web", NOT_FOUND),
        (AskSecurityGroup(HERE, "vpc-9", "web"), "there is no VPC vpc-9", "check vpc_id", NOT_FOUND),
    ],
)
def test_what_is_not_there(question: Question, message: str, help_text: str, rule: str) -> None:
    answer = ec2().answer(question)

    assert isinstance(answer, NotThere)
    assert message in answer.message
    assert help_text in answer.help
    assert answer.rule == rule


@pytest.mark.parametrize(
    "question", [AskSubnets(HERE, None, (("tier", "x"),)), AskSecurityGroup(HERE, None, "web")]
)
def test_without_a_default_vpc_a_tag_or_name_is_sought_nowhere(question: Question) -> None:
    answer = ScriptedAws({"DescribeVpcs": {}}).answer(question)

    assert isinstance(answer, NotThere)
    assert "the account has no default VPC in us-east-1" in answer.message
    assert "vpc_id" in answer.help


def test_everything_of_one_place_takes_four_calls() -> None:
    aws = ec2()
    asked: tuple[Question, ...] = (
        *(AskVpc(HERE, (("Name", each),)) for each in ("main", "mian", "twin")),
        *(AskSubnets(HERE, "vpc-main", tags) for tags in ((), (("tier", "private"),), (("tier", "no"),))),
        *(AskVpcOfSubnets(HERE, (each,)) for each in ("subnet-a", "subnet-b", "subnet-1", "subnet-9")),
        *(AskSecurityGroup(HERE, "vpc-main", each) for each in ("web", "default", "w*")),
    )

    assert len(aws.answers(*asked, *asked)) == len(asked)
    assert aws.calls == {"DescribeVpcs": 1, "DescribeSubnets": 2, "DescribeSecurityGroups": 1}


def test_the_default_vpc_is_looked_for_once() -> None:
    aws = ec2()

    aws.answers(AskSubnets(HERE, None), AskSecurityGroup(HERE, None, "web"))

    assert aws.calls == {"DescribeVpcs": 1, "DescribeSubnets": 1, "DescribeSecurityGroups": 1}


def test_pages_are_read_to_their_end() -> None:
    pages: list[Body] = [{"Vpcs": VPCS[:2], "NextToken": "1"}, {"Vpcs": VPCS[2:]}]

    answer = ScriptedAws({"DescribeVpcs": pages}).answer(AskVpc(HERE, (("Name", "twin"),)))

    assert isinstance(answer, NotThere)
    assert answer.rule == FOUND_TWICE


def test_a_suggestion_that_cannot_be_had_is_left_out() -> None:
    def only_named(request: Body) -> Body:
        if len(request["Filters"]) == 1:
            raise denied("DescribeSecurityGroups", "UnauthorizedOperation")
        return {}

    aws = ScriptedAws({"DescribeSecurityGroups": only_named, "DescribeVpcs": {"Vpcs": VPCS}})

    answer = aws.answer(AskSecurityGroup(HERE, "vpc-main", "web"))

    assert isinstance(answer, NotThere)
    assert answer.help == "its groups are: none"


GARBLED: list[tuple[str, Body, Question]] = [
    ("DescribeVpcs", {"Vpcs": "x"}, AskVpc(HERE, (("Name", "main"),))),
    ("DescribeVpcs", {"Vpcs": [{"Tags": tagged({"Name": "main"})}]}, AskVpc(HERE, (("Name", "main"),))),
    ("DescribeVpcs", {"Vpcs": [{"VpcId": 7}]}, AskSecurityGroup(HERE, None, "web")),
    ("DescribeSubnets", {"Subnets": [1]}, AskSubnets(HERE, "vpc-1", (("a", "b"),))),
    (
        "DescribeSubnets",
        {"Subnets": [{"Tags": tagged({"a": "b"})}]},
        AskSubnets(HERE, "vpc-1", (("a", "b"),)),
    ),
    ("DescribeSubnets", {"Subnets": [{"SubnetId": "subnet-a"}]}, AskVpcOfSubnets(HERE, ("subnet-a",))),
    ("DescribeSecurityGroups", {"SecurityGroups": {}}, AskSecurityGroup(HERE, "vpc-1", "web")),
    (
        "DescribeSecurityGroups",
        {"SecurityGroups": [{"GroupName": "web"}]},
        AskSecurityGroup(HERE, "vpc-1", "web"),
    ),
]


@pytest.mark.parametrize(("operation", "answer", "question"), GARBLED, ids=lambda each: str(each)[:60])
def test_a_garbled_answer_is_a_message(operation: str, answer: Body, question: Question) -> None:
    with pytest.raises(ApplierError) as caught:
        ScriptedAws({operation: answer}).answer(question)

    assert caught.value.exit_status == 125
    assert operation in str(caught.value)
    assert "BadAnswer" in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "question"),
    [
        ("DescribeVpcs", AskVpc(HERE, (("Name", "main"),))),
        ("DescribeVpcs", AskSecurityGroup(HERE, None, "web")),
        ("DescribeSubnets", AskSubnets(HERE, "vpc-1", (("tier", "private"),))),
        ("DescribeSubnets", AskVpcOfSubnets(HERE, ("subnet-a",))),
        ("DescribeSecurityGroups", AskSecurityGroup(HERE, "vpc-1", "web")),
    ],
)
def test_what_is_denied_is_an_error(operation: str, question: Question) -> None:
    aws = ScriptedAws({operation: denied(operation, "UnauthorizedOperation")})

    with pytest.raises(ApplierError) as caught:
        aws.answer(question)

    assert caught.value.exit_status == 125
    assert operation in str(caught.value)
    assert "not allowed to do this" in str(caught.value)
