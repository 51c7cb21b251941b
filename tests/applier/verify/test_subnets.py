"""Subnets: they exist, are in one VPC with the security groups, and have addresses for the tasks."""

import pytest
from scripted_aws import denied
from scripted_vpc import GROUP, PRIVATE, PUBLIC, ScriptedVpc, group, manifest, subnet
from verified_manifests import Found, found_by

from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.job_network import JobNetwork, networks
from ecsplan_applier.verify.subnets import free_addresses, one_vpc, subnet_exists

EXISTS = Check(subnet_exists, over=networks)
ONE_VPC = Check(one_vpc, over=networks)
ADDRESSES = Check(free_addresses, over=networks)
OTHER = "sg-0000000b"


def said(found: Found) -> list[tuple[str, int, int, str]]:
    return [(each.state, each.location.line, each.location.column, each.message) for each in found.findings]


@pytest.mark.parametrize(
    ("vpc", "expected"),
    [
        pytest.param(
            ScriptedVpc(), [("ok", 3, 1, f"subnets {PUBLIC}, {PRIVATE} exist")], id="all of them exist"
        ),
        pytest.param(
            ScriptedVpc(subnets=[subnet(PUBLIC)]),
            [
                ("ok", 3, 1, f"subnet {PUBLIC} exists"),
                ("fails", 5, 5, f"there is no subnet {PRIVATE} in us-east-1"),
            ],
            id="the second does not exist",
        ),
        pytest.param(
            ScriptedVpc(subnets=[subnet(PUBLIC, State="failed"), subnet(PRIVATE)]),
            [("fails", 4, 5, f"subnet {PUBLIC} is failed: no task can start in it")],
            id="the first is not available",
        ),
        pytest.param(
            ScriptedVpc(denied={"DescribeSubnets": denied("DescribeSubnets", "UnauthorizedOperation")}),
            [("unknown", 3, 1, "network of etl: DescribeSubnets is denied")],
            id="denied",
        ),
    ],
)
def test_subnets_exist(vpc: ScriptedVpc, expected: list[tuple[str, int, int, str]]) -> None:
    assert said(found_by(EXISTS, manifest(PUBLIC, PRIVATE), vpc.says())) == expected


def test_a_network_configuration_names_its_subnets_too() -> None:
    job = (
        "name: etl\nimage: alpine:3\nnetwork_configuration:\n  awsvpcConfiguration:\n"
        f"    subnets: [{PUBLIC},\n      subnet-0000000f]\n"
    )

    found = found_by(EXISTS, job, ScriptedVpc().says())

    assert said(found)[1:] == [("fails", 6, 7, "there is no subnet subnet-0000000f in us-east-1")]


@pytest.mark.parametrize(
    ("vpc", "expected"),
    [
        pytest.param(
            ScriptedVpc(groups=[group(GROUP), group(OTHER)]),
            [("ok", 3, 1, "subnets and security groups are in vpc-0000000a")],
            id="one VPC",
        ),
        pytest.param(
            ScriptedVpc(
                subnets=[subnet(PUBLIC), subnet(PRIVATE, VpcId="vpc-2")], groups=[group(GROUP), group(OTHER)]
            ),
            [("fails", 5, 5, f"subnet {PRIVATE} is in vpc-2, but {PUBLIC} is in vpc-0000000a")],
            id="a subnet of another VPC",
        ),
        pytest.param(
            ScriptedVpc(groups=[group(GROUP), group(OTHER, VpcId="vpc-2")]),
            [("fails", 6, 32, f"security group {OTHER} is in vpc-2, but the subnets are in vpc-0000000a")],
            id="a security group of another VPC",
        ),
        pytest.param(
            ScriptedVpc(groups=[group(GROUP)]), [], id="a group that is not there is another check's"
        ),
        pytest.param(
            ScriptedVpc(denied={"DescribeSecurityGroups": denied("DescribeSecurityGroups")}),
            [("unknown", 3, 1, "network of etl: DescribeSecurityGroups is denied")],
            id="denied",
        ),
    ],
)
def test_one_vpc(vpc: ScriptedVpc, expected: list[tuple[str, int, int, str]]) -> None:
    assert said(found_by(ONE_VPC, manifest(PUBLIC, PRIVATE, groups=(GROUP, OTHER)), vpc.says())) == expected


def free(*counts: int, **members: bool) -> ScriptedVpc:
    names = (PUBLIC, PRIVATE)
    return ScriptedVpc(
        subnets=[
            subnet(name, AvailableIpAddressCount=count, **members)
            for name, count in zip(names, counts, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("tasks", "vpc", "state"),
    [
        pytest.param("", free(1, 0), "ok", id="one address for one task"),
        pytest.param("", free(0, 0), "fails", id="none for one task"),
        pytest.param("count: 5", free(3, 2), "ok", id="the subnets together have as many as tasks"),
        pytest.param("count: 6", free(3, 2), "fails", id="one too few"),
        pytest.param("array: 6", free(3, 2), "fails", id="one too few for an array"),
        pytest.param("array: 600\nmax_parallel: 5", free(3, 2), "ok", id="few at a time"),
        pytest.param("array: 600\nmax_parallel: 6", free(3, 2), "fails", id="one too many at a time"),
        pytest.param("array: 4\nmax_parallel: 9", free(2, 2), "ok", id="a limit beyond the array"),
        pytest.param("count: 9", free(0, 0, Ipv6Native=True), None, id="IPv6 does not run out"),
        pytest.param("count: 9", ScriptedVpc(subnets=[subnet(PUBLIC)]), None, id="a subnet is missing"),
    ],
)
def test_free_addresses(tasks: str, vpc: ScriptedVpc, state: str | None) -> None:
    found = found_by(ADDRESSES, manifest(PUBLIC, PRIVATE, more=tasks), vpc.says()).findings

    assert [(each.state, each.location.line) for each in found] == ([] if state is None else [(state, 3)])


def test_free_addresses_says_how_many() -> None:
    (found,) = found_by(ADDRESSES, manifest(PUBLIC, more="array: 9"), free(1, 9).says()).findings

    assert found.message == f"subnet {PUBLIC} has 1 free address, but 9 tasks of etl run at a time"
    assert found.help.startswith("add a subnet with free addresses")
    assert "`max_parallel`" in found.help


def test_free_addresses_needs_describe_subnets() -> None:
    vpc = ScriptedVpc(denied={"DescribeSubnets": denied("DescribeSubnets")})

    found = found_by(ADDRESSES, manifest(PUBLIC), vpc.says())

    assert found.states() == [("free-addresses", "unknown")]


@pytest.mark.parametrize("check", [EXISTS, ONE_VPC, ADDRESSES], ids=lambda check: check.name)
@pytest.mark.parametrize(
    "more",
    [
        pytest.param(f"launch_type: EC2\nmemory: 128\ntask_definition: {{networkMode: {mode}}}\n", id=mode)
        for mode in ("bridge", "host", "none")
    ],
)
def test_nothing_is_said_of_a_network_that_tasks_do_not_have(check: Check[JobNetwork], more: str) -> None:
    found = found_by(check, f"name: etl\nimage: alpine:3\n{more}", {})

    assert (found.findings, found.requests) == ((), ())


def test_of_subnets_that_were_not_looked_up_one_thing_is_said() -> None:
    found = found_by([EXISTS, ONE_VPC, ADDRESSES], "name: etl\nimage: alpine:3\n", {})

    assert [(each.check, each.state, each.message) for each in found.findings] == [
        ("subnet-exists", "unknown", "the subnets of etl could not be looked up")
    ]
    assert found.requests == ()
