"""Security groups: they exist, and let tasks connect to what they need to start."""

import pytest
from scripted_aws import denied
from scripted_vpc import (
    CLOSED,
    GROUP,
    PUBLIC,
    ScriptedVpc,
    gateway_endpoint,
    group,
    interface_endpoint,
    manifest,
    rule,
    subnet,
    table,
)
from verified_manifests import found_by

from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.job_network import group_networks
from ecsplan_applier.verify.security_groups import egress, security_group_exists

EXISTS = Check(security_group_exists, over=group_networks)
EGRESS = Check(egress, over=group_networks)
OTHER = "sg-0000000b"


def test_a_missing_group_is_found_where_it_is_named() -> None:
    found = found_by(EXISTS, manifest(PUBLIC, groups=(GROUP, OTHER)), ScriptedVpc().says()).findings

    assert [(each.state, each.location.line, each.location.column, each.message) for each in found] == [
        ("fails", 5, 32, f"there is no security group {OTHER} in us-east-1")
    ]


@pytest.mark.parametrize(
    ("vpc", "state"),
    [
        pytest.param(ScriptedVpc(), "ok", id="it exists"),
        pytest.param(
            ScriptedVpc(denied={"DescribeSecurityGroups": denied("DescribeSecurityGroups")}),
            "unknown",
            id="denied",
        ),
    ],
)
def test_groups_exist(vpc: ScriptedVpc, state: str) -> None:
    (found,) = found_by(EXISTS, manifest(PUBLIC), vpc.says()).findings

    assert (found.state, found.location.line, found.location.column) == (state, 5, 18)


TO_VPC = {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
TO_LIST = {"PrefixListIds": [{"PrefixListId": "pl-1"}]}
TO_GROUP = {"UserIdGroupPairs": [{"GroupId": "sg-endpoints"}]}
TO_IPV6 = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        pytest.param([rule()], "ok", id="all traffic"),
        pytest.param([rule("tcp", (443, 443))], "ok", id="HTTPS"),
        pytest.param([rule("tcp", (0, 65535))], "ok", id="all ports"),
        pytest.param([rule("6", (400, 443))], "ok", id="a range that ends with it, by number"),
        pytest.param([], "fails", id="no rule"),
        pytest.param([rule("tcp", (444, 65535))], "fails", id="a range that begins after it"),
        pytest.param([rule("tcp", (1, 442))], "fails", id="a range that ends before it"),
        pytest.param([rule("udp", (443, 443))], "fails", id="another protocol"),
        pytest.param([rule("icmp", (-1, -1))], "fails", id="ping"),
        pytest.param([rule("-1", None, **TO_IPV6)], "fails", id="only IPv6"),
        pytest.param([rule("tcp", (443, 443), **TO_VPC)], "unknown", id="only some addresses"),
        pytest.param([rule("tcp", (443, 443), **TO_LIST)], "unknown", id="a prefix list"),
        pytest.param([rule("tcp", (443, 443), **TO_GROUP)], "unknown", id="another group"),
        pytest.param([rule("tcp", (443, 443), **TO_LIST), rule("tcp", (443, 443))], "ok", id="rules add up"),
    ],
)
def test_egress(rules: list[dict[str, object]], state: str) -> None:
    vpc = ScriptedVpc(groups=[group(GROUP, out=rules)])

    (found,) = found_by(EGRESS, manifest(PUBLIC), vpc.says()).findings

    assert (found.state, found.location.line) == (state, 5)


TO_ENDPOINTS = [rule("tcp", (443, 443), UserIdGroupPairs=[{"GroupId": "sg-endpoints"}])]
TO_SUBNET = [rule("tcp", (443, 443), IpRanges=[{"CidrIp": "10.0.99.0/24"}])]
TO_S3 = [rule("tcp", (443, 443), PrefixListIds=[{"PrefixListId": "pl-s3"}])]


def with_endpoints(rules: list[dict[str, object]]) -> ScriptedVpc:
    """Return a VPC with endpoints for ECR and S3, and a group of tasks with these outbound rules."""
    where = {"Groups": [{"GroupId": "sg-endpoints"}], "SubnetIds": [CLOSED]}
    to_s3 = {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "State": "active"}
    return ScriptedVpc(
        groups=[group(GROUP, out=rules), group("sg-endpoints")],
        endpoints=[
            interface_endpoint("ecr.api", **where),
            interface_endpoint("ecr.dkr", **where),
            gateway_endpoint("rtb-main"),
        ],
        tables=[table("rtb-main", (), to_s3, main=True)],
    )


@pytest.mark.parametrize(
    ("rules", "more", "state"),
    [
        pytest.param([*TO_ENDPOINTS, *TO_S3], "", "ok", id="the group of the endpoints, and S3"),
        pytest.param([*TO_SUBNET, *TO_S3], "", "ok", id="the subnet of the endpoints, and S3"),
        pytest.param(TO_ENDPOINTS, "", "unknown", id="not S3"),
        pytest.param(TO_S3, "", "unknown", id="S3 alone"),
        pytest.param(
            [*TO_ENDPOINTS, *TO_S3], "secrets: {KEY: /etl/key}", "unknown", id="no endpoint for ssm"
        ),
    ],
)
def test_egress_to_endpoints(rules: list[dict[str, object]], more: str, state: str) -> None:
    assert found_by(EGRESS, manifest(CLOSED, more=more), with_endpoints(rules).says()).states() == [
        ("egress", state)
    ]


@pytest.mark.parametrize(
    ("image", "more", "rules", "expected"),
    [
        pytest.param("r.example:5000/x", "", [rule("tcp", (5000, 5000))], ["ok"], id="its own port"),
        pytest.param("r.example:5000/x", "", [rule("tcp", (443, 443))], ["fails"], id="that of others"),
        pytest.param("r.example:443/x", "", [rule("tcp", (443, 443))], ["ok"], id="the usual port"),
        pytest.param(
            "r.example:5000/x", "secrets: {KEY: /x}", [rule("tcp", (5000, 5000))], ["fails", "ok"],
            id="and that of a service",
        ),
    ],
)  # fmt: skip
def test_a_registry_has_a_port(
    image: str, more: str, rules: list[dict[str, object]], expected: list[str]
) -> None:
    vpc = ScriptedVpc(groups=[group(GROUP, out=rules)])

    found = found_by(EGRESS, manifest(PUBLIC, image=image, more=more), vpc.says()).findings

    assert [each.state for each in found] == expected
    what = "KEY of" if more else f"image {image}"
    assert all(f"which tasks need for {what}" in each.message for each in found if each.state == "fails")


def test_ipv6_alone_may_suffice_where_tasks_have_both() -> None:
    both = subnet(PUBLIC, Ipv6CidrBlockAssociationSet=[{"Ipv6CidrBlock": "2600:1f18::/64"}])
    vpc = ScriptedVpc(subnets=[both], groups=[group(GROUP, out=[rule("-1", None, **TO_IPV6)])])

    assert found_by(EGRESS, manifest(PUBLIC), vpc.says()).states() == [("egress", "unknown")]


def test_egress_to_endpoints_is_none_to_docker_hub() -> None:
    vpc = with_endpoints([*TO_ENDPOINTS, *TO_S3])

    found = found_by(EGRESS, manifest(CLOSED, image="alpine:3"), vpc.says())

    assert found.states() == [("egress", "unknown")]
    assert "DescribeVpcEndpoints" not in {name for name, _ in found.requests}


def test_egress_of_several_groups_adds_up() -> None:
    vpc = ScriptedVpc(groups=[group(GROUP, out=[]), group(OTHER)])

    found = found_by(EGRESS, manifest(PUBLIC, groups=(GROUP, OTHER)), vpc.says())

    assert found.states() == [("egress", "ok")]


def test_egress_of_a_subnet_with_ipv6_alone() -> None:
    vpc = ScriptedVpc(
        subnets=[subnet(PUBLIC, Ipv6Native=True)], groups=[group(GROUP, out=[rule("-1", None, **TO_IPV6)])]
    )

    assert found_by(EGRESS, manifest(PUBLIC), vpc.says()).states() == [("egress", "ok")]


def test_without_groups_the_default_group_of_the_vpc_is_used() -> None:
    vpc = ScriptedVpc(groups=[group("sg-default", out=[], GroupName="default")])

    found = found_by(EGRESS, manifest(PUBLIC, groups=()), vpc.says())

    (only,) = found.findings
    assert (only.state, only.location.line) == ("fails", 3)
    assert only.message.startswith(
        "security group sg-default, the default group of the VPC: no outbound rule"
    )
    assert found.requests[-1][1]["Filters"] == [
        {"Name": "vpc-id", "Values": ["vpc-0000000a"]},
        {"Name": "group-name", "Values": ["default"]},
    ]


def test_container_instances_pull_with_groups_of_their_own() -> None:
    vpc = ScriptedVpc(groups=[group(GROUP, out=[])])
    job = manifest(PUBLIC, more="launch_type: EC2\nmemory: 128\ntask_definition: {networkMode: awsvpc}")

    assert found_by(EGRESS, job, vpc.says()).findings == ()


def test_egress_denied() -> None:
    vpc = ScriptedVpc(denied={"DescribeSecurityGroups": denied("DescribeSecurityGroups")})

    (found,) = found_by(EGRESS, manifest(PUBLIC), vpc.says()).findings

    assert (found.state, found.message) == ("unknown", "network of etl: DescribeSecurityGroups is denied")
