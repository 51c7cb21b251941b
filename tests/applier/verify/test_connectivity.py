"""The way out of subnets: an internet gateway, a NAT gateway, or endpoints for all that a job needs."""

from typing import Any

import pytest
from scripted_aws import denied
from scripted_vpc import (
    CLOSED,
    GROUP,
    PRIVATE,
    PUBLIC,
    ScriptedVpc,
    default,
    default_ipv6,
    gateway_endpoint,
    group,
    interface_endpoint,
    manifest,
    rule,
    subnet,
    table,
)
from verified_manifests import Found, found_by

from ecsplan.terms.observed import AskAccount, AskLatest, AskSubnets, Aws, Observed, Subnet
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.connectivity import way_out
from ecsplan_applier.verify.job_network import group_networks, networks
from ecsplan_applier.verify.order import CHECKS
from ecsplan_applier.verify.security_groups import egress

CHECK = Check(way_out, over=networks)
AWS = Aws(region="us-east-1")
OTHER = "subnet-0000000d"
PUBLIC_IP = "assign_public_ip: true"
EC2 = "launch_type: EC2\nmemory: 128\ntask_definition: {networkMode: awsvpc}"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:1"
NONE = f"tasks in {CLOSED} have no way out: route table rtb-main has no default route; "


def nat(**members: Any) -> dict[str, Any]:
    return {"NatGatewayId": "nat-1", "State": "available", "SubnetId": PUBLIC, **members}


def routed(*routes: dict[str, Any], **members: Any) -> ScriptedVpc:
    """Return a VPC whose closed subnet has these routes."""
    return ScriptedVpc(
        subnets=[subnet(CLOSED, **members)],
        tables=[table("rtb-main", (CLOSED,), *routes), table("rtb-public", (PUBLIC,), default("igw-1"))],
    )


def found(vpc: ScriptedVpc, *subnets: str, **more: Any) -> Found:
    return found_by(CHECK, manifest(*subnets, **more), vpc.says())


def only(vpc: ScriptedVpc, name: str, **more: Any) -> tuple[str, str]:
    (one,) = found(vpc, name, **more).findings
    assert one.location.line == (3 if one.state == "ok" else 4)
    return one.state, one.message


@pytest.mark.parametrize(
    ("name", "more", "state", "words"),
    [
        pytest.param(PUBLIC, PUBLIC_IP, "ok", "internet gateway igw-1", id="public subnet, public address"),
        pytest.param(
            PUBLIC,
            "assign_public_ip: false",
            "fails",
            "its default route leads to internet gateway igw-1, and tasks get no public IP address",
            id="public subnet, no public address",
        ),
        pytest.param(PRIVATE, "", "ok", "NAT gateway nat-1", id="private subnet"),
        pytest.param(PRIVATE, PUBLIC_IP, "ok", "NAT gateway nat-1", id="private subnet, public address"),
        pytest.param(CLOSED, "", "fails", "route table rtb-main has no default route", id="no default route"),
        pytest.param(CLOSED, PUBLIC_IP, "fails", "no default route", id="a public address alone"),
        pytest.param(PRIVATE, EC2, "ok", "NAT gateway nat-1", id="EC2, private subnet"),
        pytest.param(
            PUBLIC,
            EC2,
            "unknown",
            "container instances, which pull images, have a network of their own",
            id="EC2, public subnet",
        ),
        pytest.param(CLOSED, EC2, "unknown", "container instances, which pull", id="EC2, closed subnet"),
    ],
)
@pytest.mark.parametrize("image", [ECR, "alpine:3"])
def test_default_routes(name: str, more: str, state: str, words: str, image: str) -> None:
    found_state, message = only(ScriptedVpc(), name, more=more, image=image)

    assert found_state == state
    assert words in message


def test_each_subnet_without_a_way_is_found_where_it_is_named() -> None:
    findings = found(ScriptedVpc(), PRIVATE, PUBLIC, CLOSED).findings

    assert [(each.state, each.location.line, each.location.column) for each in findings] == [
        ("ok", 3, 1),
        ("fails", 5, 5),
        ("fails", 6, 5),
    ]
    assert findings[0].message == f"tasks have a way out: {PRIVATE} through NAT gateway nat-1"


@pytest.mark.parametrize(
    ("more", "state", "expected"),
    [
        pytest.param(
            "assign_public_ip: false",
            "fails",
            [f"tasks in {PUBLIC} have no way out: ", f"tasks in {CLOSED}, {OTHER} have no way out: "],
            id="fails",
        ),
        pytest.param(
            EC2,
            "unknown",
            [f"tasks in {PUBLIC} have no ", f"tasks in {CLOSED}, {OTHER} have no "],
            id="unknown",
        ),
    ],
)
def test_subnets_at_one_place_share_what_is_equal_about_them(
    more: str, state: str, expected: list[str]
) -> None:
    names = (PUBLIC, CLOSED, PRIVATE, OTHER)
    vpc = ScriptedVpc(subnets=[subnet(each) for each in names])
    looked_up = AskSubnets(AWS, None), tuple(Subnet(each, f"us-east-1{each[-1]}") for each in names)
    observed = Observed(dict([looked_up, (AskAccount(AWS), "123456789012"), (AskLatest(AWS, "etl"), None)]))
    text = manifest(more=more).replace("subnets:\n", "")

    done = found_by(CHECK, text, vpc.says(), observed=observed)

    bad = [each for each in done.findings if each.state != "ok"]
    assert {each.state for each in bad} == {state}
    assert [each.message.startswith(said) for each, said in zip(bad, expected, strict=True)] == [True, True]


@pytest.mark.parametrize(
    ("vpc", "state", "words"),
    [
        pytest.param(
            routed(default("igw-1", state="blackhole")),
            "fails",
            "igw-1, which is gone (blackhole)",
            id="no igw",
        ),
        pytest.param(
            routed(default("nat-1", "NatGatewayId", "blackhole")),
            "fails",
            "nat-1, which is gone",
            id="no nat",
        ),
        pytest.param(routed(default("tgw-1", "TransitGatewayId")), "unknown", "leads to tgw-1", id="transit"),
        pytest.param(routed(default("pcx-1", "VpcPeeringConnectionId")), "unknown", "pcx-1", id="peering"),
        pytest.param(routed(default("vgw-1")), "unknown", "vgw-1", id="virtual private gateway"),
        pytest.param(routed(default("vpce-1")), "unknown", "vpce-1", id="firewall endpoint"),
        pytest.param(routed(default("eni-1", "NetworkInterfaceId")), "unknown", "eni-1", id="NAT instance"),
        pytest.param(
            routed({"DestinationCidrBlock": "10.8.0.0/13", "TransitGatewayId": "tgw-1", "State": "active"}),
            "unknown",
            "can be reached through tgw-1 is not checked",
            id="another network, which may have endpoints",
        ),
        pytest.param(
            routed(
                {"DestinationCidrBlock": "10.8.0.0/13", "TransitGatewayId": "tgw-1", "State": "blackhole"}
            ),
            "fails",
            "no default route",
            id="another network that is gone",
        ),
        pytest.param(
            routed(default_ipv6("igw-1"), Ipv6CidrBlockAssociationSet=[{"Ipv6CidrBlock": "2600:1f18::/64"}]),
            "unknown",
            "with IPv6 only",
            id="a way out for IPv6 only",
        ),
        pytest.param(routed(default_ipv6("igw-1")), "fails", "no default route", id="no IPv6 addresses"),
        pytest.param(
            routed(default_ipv6("igw-1"), Ipv6Native=True), "ok", "internet gateway igw-1", id="IPv6 alone"
        ),
        pytest.param(
            routed(default_ipv6("eigw-1", "EgressOnlyInternetGatewayId"), Ipv6Native=True),
            "ok",
            "egress-only internet gateway eigw-1",
            id="IPv6 alone, outbound only",
        ),
        pytest.param(
            ScriptedVpc(tables=[]), "unknown", "its route table is not shown to this account", id="no table"
        ),
    ],
)
def test_other_routes(vpc: ScriptedVpc, state: str, words: str) -> None:
    found_state, message = only(vpc, CLOSED)

    assert found_state == state
    assert words in message


def to_transit(block: str) -> dict[str, Any]:
    return {"DestinationCidrBlock": block, "TransitGatewayId": "tgw-1", "State": "active"}


@pytest.mark.parametrize(
    ("image", "blocks", "state"),
    [
        pytest.param(ECR, ["10.8.0.0/13"], "unknown", id="a private network may have endpoints"),
        pytest.param("alpine:3", ["10.8.0.0/13", "192.168.0.0/16"], "fails", id="but not Docker Hub"),
        pytest.param("alpine:3", ["0.0.0.0/1", "128.0.0.0/1"], "unknown", id="everything in two halves"),
        pytest.param(ECR, ["pl-1"], "unknown", id="not a network"),
    ],
)
def test_routes_to_other_networks(image: str, blocks: list[str], state: str) -> None:
    assert only(routed(*map(to_transit, blocks)), CLOSED, image=image)[0] == state


HALVES = ("0.0.0.0/1", "128.0.0.0/1")


@pytest.mark.parametrize(
    ("more", "state"), [(PUBLIC_IP, "unknown"), ("assign_public_ip: false", "fails")], ids=["public", "not"]
)
def test_the_internet_in_two_halves(more: str, state: str) -> None:
    routes = [{"DestinationCidrBlock": each, "GatewayId": "igw-1", "State": "active"} for each in HALVES]

    assert only(routed(*routes), CLOSED, image="alpine:3", more=more)[0] == state


@pytest.mark.parametrize(
    ("target", "state"),
    [
        pytest.param({"NatGatewayId": "nat-1"}, "unknown", id="NAT gateway"),
        pytest.param({"TransitGatewayId": "tgw-1"}, "unknown", id="transit gateway"),
        pytest.param({"GatewayId": "vpce-1"}, "fails", id="gateway endpoint"),
    ],
)
@pytest.mark.parametrize("image", ["alpine:3", ECR])
def test_routes_to_a_prefix_list(image: str, target: dict[str, Any], state: str) -> None:
    route = {"DestinationPrefixListId": "pl-1", "State": "active", **target}

    assert only(routed(route), CLOSED, image=image)[0] == state


@pytest.mark.parametrize(
    ("gateway", "state", "words"),
    [
        pytest.param(nat(State="pending"), "fails", "NAT gateway nat-1 is pending", id="pending"),
        pytest.param(nat(State="deleted"), "fails", "NAT gateway nat-1 is deleted", id="deleted"),
        pytest.param(nat(State="failed"), "fails", "NAT gateway nat-1 is failed", id="failed"),
        pytest.param(
            nat(SubnetId=CLOSED),
            "fails",
            f"NAT gateway nat-1 is in {CLOSED}, which has no route to an internet gateway itself",
            id="in a subnet that is not public",
        ),
        pytest.param(nat(ConnectivityType="private"), "fails", "is private, so it has no way", id="private"),
        pytest.param(nat(SubnetId=None, AvailabilityMode="regional"), "ok", "nat-1", id="regional"),
        pytest.param(
            {"NatGatewayId": "nat-2"}, "unknown", "nat-1 is not shown to this account", id="not shown"
        ),
    ],
)
def test_nat_gateways(gateway: dict[str, Any], state: str, words: str) -> None:
    found_state, message = only(ScriptedVpc(gateways=[gateway]), PRIVATE)

    assert found_state == state
    assert words in message


def test_blocked_public_access() -> None:
    blocked = {"BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-bidirectional"}}
    inbound = {"BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-ingress"}}

    states = [
        only(ScriptedVpc(subnets=[subnet(PUBLIC, **each)]), PUBLIC, more=PUBLIC_IP)[0]
        for each in (blocked, inbound)
    ]

    assert states == ["fails", "ok"]


ALL = [interface_endpoint("ecr.api"), interface_endpoint("ecr.dkr"), gateway_endpoint("rtb-main")]


def without(service: str, *others: dict[str, Any]) -> ScriptedVpc:
    kept = [each for each in ALL if not each["ServiceName"].endswith(service)]
    return ScriptedVpc(endpoints=[*kept, *others])


@pytest.mark.parametrize(
    ("vpc", "state", "words"),
    [
        pytest.param(
            ScriptedVpc(endpoints=ALL),
            "ok",
            f"tasks have a way out: {CLOSED} through the endpoints ecr.api, ecr.dkr, s3",
            id="all of them",
        ),
        pytest.param(
            ScriptedVpc(), "fails", f"{NONE}vpc-0000000a has no endpoint for ecr.api, ecr.dkr, s3", id="none"
        ),
        pytest.param(
            without("ecr.api"), "fails", f"{NONE}vpc-0000000a has no endpoint for ecr.api", id="no api"
        ),
        pytest.param(
            without("ecr.dkr"), "fails", f"{NONE}vpc-0000000a has no endpoint for ecr.dkr", id="no dkr"
        ),
        pytest.param(without("s3"), "fails", f"{NONE}vpc-0000000a has no endpoint for s3", id="no s3"),
        pytest.param(
            without("ecr.api", interface_endpoint("ecr.api", State="pending")),
            "fails",
            f"{NONE}endpoint vpce-ecr.api (ecr.api) is pending",
            id="pending",
        ),
        pytest.param(
            without("ecr.api", interface_endpoint("ecr.api", State="Available")),
            "ok",
            "ecr.api",
            id="Available",
        ),
        pytest.param(
            without("ecr.api", interface_endpoint("ecr.api", PrivateDnsEnabled=False)),
            "unknown",
            "private DNS is off for endpoint vpce-ecr.api (ecr.api); whether a private hosted zone",
            id="private DNS off",
        ),
        pytest.param(
            without("s3", gateway_endpoint("rtb-private")),
            "fails",
            "endpoint vpce-s3 (s3) is not associated with route table rtb-main",
            id="a gateway endpoint of other subnets",
        ),
        pytest.param(
            without("s3", interface_endpoint("s3")),
            "unknown",
            "is an interface endpoint, which ECR does not support",
            id="an interface endpoint for S3",
        ),
        pytest.param(
            without("ecr.api", interface_endpoint("ecr.api", VpcId="vpc-2")),
            "fails",
            "no endpoint for ecr.api",
            id="an endpoint of another VPC",
        ),
        pytest.param(
            without("ecr.api", interface_endpoint("ecr.api", ServiceName="com.amazonaws.eu-west-1.ecr.api")),
            "fails",
            "no endpoint for ecr.api",
            id="an endpoint of another region",
        ),
    ],
)
def test_endpoints_are_a_way_out(vpc: ScriptedVpc, state: str, words: str) -> None:
    found_state, message = only(vpc, CLOSED)

    assert found_state == state
    assert words in message


CONTAINER = "task_definition:\n  containerDefinitions:\n    - name: etl\n"
LOGS = (
    f"{CONTAINER}      logConfiguration: {{logDriver: awslogs, options: {{awslogs-group: /etl, "
    "awslogs-region: us-east-1, awslogs-stream-prefix: etl}}\n"
)


@pytest.mark.parametrize(
    ("more", "service"),
    [
        pytest.param(LOGS, "logs", id="awslogs"),
        pytest.param(
            "secrets: {KEY: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:key'}",
            "secretsmanager",
            id="a secret",
        ),
        pytest.param(
            "secrets: {KEY: 'arn:aws:ssm:us-east-1:123456789012:parameter/key'}",
            "ssm",
            id="a parameter by ARN",
        ),
        pytest.param("secrets: {KEY: /etl/key}", "ssm", id="a parameter by name"),
        pytest.param(
            f"{CONTAINER}      repositoryCredentials:\n"
            "        credentialsParameter: arn:aws:secretsmanager:us-east-1:123456789012:secret:login\n",
            "secretsmanager",
            id="the login of a registry",
        ),
        pytest.param(
            f"{CONTAINER}      environmentFiles: [{{type: s3, value: 'arn:aws:s3:::bucket/a.env'}}]\n",
            None,
            id="environment files come through the endpoint for S3",
        ),
    ],
)
def test_what_a_job_uses_needs_an_endpoint(more: str, service: str | None) -> None:
    state, message = only(ScriptedVpc(endpoints=ALL), CLOSED, more=more)

    if service is None:
        assert state == "ok"
        return
    assert (state, message) == ("fails", f"{NONE}vpc-0000000a has no endpoint for {service}")
    assert only(ScriptedVpc(endpoints=[*ALL, interface_endpoint(service)]), CLOSED, more=more)[0] == "ok"


@pytest.mark.parametrize(
    ("image", "state", "words"),
    [
        pytest.param(
            "alpine:3", "fails", "no endpoint leads to docker.io, where the image alpine:3 is", id="hub"
        ),
        pytest.param("library/alpine", "fails", "no endpoint leads to docker.io", id="hub, by its path"),
        pytest.param("public.ecr.aws/x/etl:1", "fails", "leads to public.ecr.aws", id="ECR Public"),
        pytest.param("ghcr.io/x/etl:1", "fails", "leads to ghcr.io", id="GitHub"),
        pytest.param(
            "registry.corp.example/etl:1",
            "unknown",
            "whether registry.corp.example can be reached from vpc-0000000a is not known",
            id="a registry that may be in the VPC",
        ),
        pytest.param(
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/etl:1",
            "fails",
            "no endpoint for ecr.api in eu-west-1, ecr.dkr in eu-west-1, s3 in eu-west-1",
            id="ECR of another region",
        ),
        pytest.param("123456789012.dkr-ecr.us-east-1.on.aws/etl:1", "ok", "ecr.api", id="ECR by IPv6, too"),
    ],
)
def test_registries(image: str, state: str, words: str) -> None:
    found_state, message = only(ScriptedVpc(endpoints=ALL), CLOSED, image=image)

    assert found_state == state
    assert words in message


def test_no_endpoints_are_asked_about_that_cannot_help() -> None:
    calls = found(ScriptedVpc(), CLOSED, image="alpine:3").requests

    assert [name for name, _ in calls] == ["DescribeSubnets", "DescribeRouteTables"]


HTTPS_IN = ("tcp", (443, 443))


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        pytest.param([rule(*HTTPS_IN, UserIdGroupPairs=[{"GroupId": GROUP}])], "ok", id="the tasks' group"),
        pytest.param([rule(*HTTPS_IN, IpRanges=[{"CidrIp": "10.0.0.0/16"}])], "ok", id="the VPC's addresses"),
        pytest.param([rule(*HTTPS_IN, IpRanges=[{"CidrIp": "10.0.0.0/25"}])], "fails", id="another subnet's"),
        pytest.param([rule(*HTTPS_IN, IpRanges=[{"CidrIp": "10.0.99.0/25"}])], "unknown", id="half of it"),
        pytest.param([rule(*HTTPS_IN, PrefixListIds=[{"PrefixListId": "pl-1"}])], "unknown", id="a list"),
        pytest.param([rule(*HTTPS_IN, UserIdGroupPairs=[{"GroupId": "sg-x"}])], "fails", id="another group"),
        pytest.param([rule("tcp", (80, 80))], "fails", id="another port"),
        pytest.param([], "fails", id="nobody"),
    ],
)
def test_groups_of_endpoints(rules: list[dict[str, Any]], state: str) -> None:
    api = interface_endpoint("ecr.api", Groups=[{"GroupId": "sg-endpoint"}])
    vpc = without("ecr.api", api)
    vpc.groups.append(group("sg-endpoint", into=rules))

    found_state, message = only(vpc, CLOSED)

    assert found_state == state
    if state != "ok":
        assert "the security groups of endpoint vpce-ecr.api (ecr.api)" in message


def test_endpoints_make_up_for_a_default_route_that_is_no_way_out() -> None:
    vpc = ScriptedVpc(endpoints=[*ALL[:2], gateway_endpoint("rtb-public")])

    assert only(vpc, PUBLIC)[0] == "ok"


def test_a_shared_vpc_does_not_show_its_endpoints() -> None:
    vpc = ScriptedVpc(subnets=[subnet(CLOSED, OwnerId="210987654321")])

    state, message = only(vpc, CLOSED)

    assert state == "unknown"
    assert "which another account shares, are not shown to this one" in message


@pytest.mark.parametrize(
    ("operation", "name", "message"),
    [
        ("DescribeSubnets", PUBLIC, "network of etl: DescribeSubnets is denied"),
        ("DescribeRouteTables", PUBLIC, "network of etl: DescribeRouteTables is denied"),
        (
            "DescribeNatGateways",
            PRIVATE,
            f"{PRIVATE}: whether NAT gateway nat-1 is available is not known: DescribeNatGateways is denied",
        ),
        (
            "DescribeVpcEndpoints",
            CLOSED,
            f"{NONE}the endpoints are not known: DescribeVpcEndpoints is denied",
        ),
    ],
)
def test_denied_calls(operation: str, name: str, message: str) -> None:
    vpc = ScriptedVpc(denied={operation: denied(operation, "UnauthorizedOperation")})

    (one,) = found(vpc, name).findings

    assert (one.state, one.message) == ("unknown", message)


def test_what_is_denied_of_one_subnet_hides_nothing_of_the_others() -> None:
    vpc = ScriptedVpc(denied={"DescribeNatGateways": denied("DescribeNatGateways")})

    findings = found(vpc, PRIVATE, PUBLIC, image="alpine:3").findings

    assert [(each.state, each.location.line) for each in findings] == [("unknown", 4), ("fails", 5)]


def test_the_help_names_several_ways() -> None:
    (trap,) = found(ScriptedVpc(), PUBLIC).findings
    (hub,) = found(ScriptedVpc(), CLOSED, image="alpine:3").findings

    assert "`assign_public_ip: true`" in trap.help
    assert "private subnet" in trap.help
    assert "ecr.api, ecr.dkr, s3" in trap.help
    assert "copy the image to ECR" in hub.help


def test_instances_cannot_have_public_addresses() -> None:
    (one,) = found(ScriptedVpc(), PUBLIC, more=EC2).findings

    assert "assign_public_ip" not in one.help


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        pytest.param(["FARGATE_SPOT"], {"egress": "fails", "way-out": "fails"}, id="Fargate"),
        pytest.param(["own"], {"way-out": "unknown"}, id="instances"),
        pytest.param([], {"way-out": "unknown"}, id="no strategy"),
        pytest.param(None, {"way-out": "unknown"}, id="denied"),
    ],
)
def test_without_a_launch_type_the_cluster_decides(strategy: list[str] | None, expected: Any) -> None:
    vpc = ScriptedVpc(groups=[group(GROUP, out=[])])
    job = manifest(CLOSED, more="launch_type: null\ncluster: batch\ntask_definition: {networkMode: awsvpc}")
    default_strategy = [{"capacityProvider": each} for each in strategy or ()]
    cluster = {"clusterName": "batch", "defaultCapacityProviderStrategy": default_strategy}
    says = vpc.says() | ({} if strategy is None else {"DescribeClusters": {"clusters": [cluster]}})

    ours = [Check(egress, over=group_networks), CHECK]
    assert dict(found_by(ours, job, says).states()) == expected


def test_jobs_that_share_a_network_share_the_calls() -> None:
    job = manifest(PUBLIC, PRIVATE, CLOSED).partition("\n")[2]
    jobs = "".join(f"---\nname: j{number}\n{job}" for number in range(20))
    ours = [each for each in CHECKS if each.over in {networks, group_networks}]

    asked = found_by(ours, jobs, ScriptedVpc(endpoints=ALL).says()).requests

    assert [name for name, _ in asked] == [
        "DescribeSubnets",
        "DescribeSecurityGroups",
        "DescribeRouteTables",
        "DescribeNatGateways",
        "DescribeVpcEndpoints",
    ]
