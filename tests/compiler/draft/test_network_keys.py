"""The network by its parts: vpc_id, subnets, security_groups and assign_public_ip, by ids, tags and names."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from compiled_jobs import AWS, ROLE, compiled, described, job_of, said

from ecsplan.compile import compile_manifest, open_questions, read_jobs
from ecsplan.terms.observed import (
    Answer,
    AskAccount,
    AskLatest,
    AskLinked,
    AskSecurityGroup,
    AskSubnets,
    AskVpc,
    AskVpcOfSubnets,
    NotThere,
    Observed,
    Question,
    Subnet,
)

JOB: dict[str, Any] = {"name": "etl", "image": "alpine"}
MAIN = {"tags": {"Name": "main"}}
PRIVATE = {"tags": {"tier": "private", "a": "b"}}
TAGS = (("Name", "main"),)
PRIVATE_TAGS = (("a", "b"), ("tier", "private"))
FOUND = (Subnet("subnet-2", "eu-west-1b"), Subnet("subnet-1", "eu-west-1a"))


def network(manifest: Mapping[str, Any], seen: Observed | None = None) -> dict[str, Any]:
    """Return the network in the run request of a job."""
    found = job_of({**JOB, **manifest}, seen)["run_request"]["networkConfiguration"]
    inner: dict[str, Any] = found["awsvpcConfiguration"]
    return inner


def settled(
    manifest: Mapping[str, Any], said_of: Mapping[Question, Answer]
) -> tuple[Observed, list[Question]]:
    """Return the answers to all that a job asks, in rounds, and the questions about its network in order."""
    jobs = read_jobs(json.dumps({**JOB, **manifest}), file="etl.yaml", region="eu-west-1").jobs
    observed, asked = Observed(), list[Question]()
    while questions := open_questions(jobs, observed):
        asked += (each for each in questions if not isinstance(each, AskLatest | AskLinked))
        observed = observed.with_answers({each: said_of.get(each) for each in questions})
    return observed, asked


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param(
            {"subnets": ["subnet-2", "subnet-1"]},
            {"subnets": ["subnet-2", "subnet-1"], "securityGroups": [], "assignPublicIp": "DISABLED"},
            id="ids of subnets, in the order given",
        ),
        pytest.param(
            {"subnets": ["subnet-1"], "assign_public_ip": True},
            {"subnets": ["subnet-1"], "securityGroups": [], "assignPublicIp": "ENABLED"},
            id="a public address",
        ),
        pytest.param(
            {"assign_public_ip": False},
            {
                "subnets": ["<subnets of the default VPC>"],
                "securityGroups": [],
                "assignPublicIp": "DISABLED",
            },
            id="no public address in the default VPC",
        ),
        pytest.param(
            {"security_groups": ["sg-1", "sg-2"]},
            {
                "subnets": ["<subnets of the default VPC>"],
                "securityGroups": ["sg-1", "sg-2"],
                "assignPublicIp": "ENABLED",
            },
            id="ids of groups",
        ),
        pytest.param(
            {"vpc_id": MAIN, "subnets": PRIVATE, "security_groups": ["web & co", "sg-1"]},
            {
                "subnets": ["<subnets with a=b, tier=private of the VPC with Name=main>"],
                "securityGroups": ["<security group web & co of the VPC with Name=main>", "sg-1"],
                "assignPublicIp": "ENABLED",
            },
            id="tags and names",
        ),
        pytest.param(
            {"vpc_id": "vpc-1", "subnets": {"tags": {"tier": "private"}}, "security_groups": ["web"]},
            {
                "subnets": ["<subnets with tier=private of vpc-1>"],
                "securityGroups": ["<security group web of vpc-1>"],
                "assignPublicIp": "ENABLED",
            },
            id="in a VPC by its id",
        ),
        pytest.param(
            {"subnets": ["subnet-1", "subnet-2"], "security_groups": ["web"]},
            {
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["<security group web of the VPC of subnet-1>"],
                "assignPublicIp": "DISABLED",
            },
            id="a name in the VPC of the subnets",
        ),
        pytest.param(
            {"vpc_id": MAIN},
            {
                "subnets": ["<subnets of the VPC with Name=main>"],
                "securityGroups": [],
                "assignPublicIp": "ENABLED",
            },
            id="all subnets of a VPC by its tags",
        ),
        pytest.param(
            {"subnets": PRIVATE, "launch_type": "EC2", "task_definition": {"networkMode": "awsvpc"}},
            {
                "subnets": ["<subnets with a=b, tier=private of the default VPC>"],
                "securityGroups": [],
                "assignPublicIp": "DISABLED",
            },
            id="no public address off Fargate",
        ),
    ],
)
def test_offline_what_is_looked_up_stays_open(keys: dict[str, Any], expected: dict[str, Any]) -> None:
    assert network(keys) == expected


NAMED = {"vpc_id": MAIN, "subnets": PRIVATE, "security_groups": ["web", "sg-9", "db"]}
IN_ORDER: list[Any] = [
    pytest.param(
        NAMED,
        {
            AskVpc(AWS, TAGS): "vpc-1",
            AskSubnets(AWS, "vpc-1", PRIVATE_TAGS): FOUND,
            AskSecurityGroup(AWS, "vpc-1", "web"): "sg-1",
            AskSecurityGroup(AWS, "vpc-1", "db"): "sg-2",
        },
        {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1", "sg-9", "sg-2"]},
        {"vpc_id": "vpc-1", "subnets": ["subnet-1", "subnet-2"], "security_groups": ["sg-1", "sg-2"]},
        id="all by tags and names",
    ),
    pytest.param(
        {"vpc_id": "vpc-7", "subnets": PRIVATE},
        {AskSubnets(AWS, "vpc-7", PRIVATE_TAGS): FOUND},
        {"subnets": ["subnet-1", "subnet-2"], "securityGroups": []},
        {"subnets": ["subnet-1", "subnet-2"]},
        id="tags in a VPC by its id",
    ),
    pytest.param(
        {"subnets": ["subnet-8", "subnet-9", "subnet-8"], "security_groups": ["web"]},
        {
            AskVpcOfSubnets(AWS, ("subnet-8", "subnet-9")): "vpc-2",
            AskSecurityGroup(AWS, "vpc-2", "web"): "sg-1",
        },
        {"subnets": ["subnet-8", "subnet-9"], "securityGroups": ["sg-1"]},
        {"vpc_id": "vpc-2", "security_groups": ["sg-1"]},
        id="a name in the VPC of the given subnets",
    ),
    pytest.param(
        {"vpc_id": "vpc-7", "subnets": ["subnet-8"], "security_groups": ["web"]},
        {AskSecurityGroup(AWS, "vpc-7", "web"): "sg-1"},
        {"subnets": ["subnet-8"], "securityGroups": ["sg-1"]},
        {"security_groups": ["sg-1"]},
        id="a name in the VPC that is given, not in that of the subnets",
    ),
    pytest.param(
        {"vpc_id": MAIN, "subnets": ["subnet-8"], "security_groups": ["web"]},
        {AskVpc(AWS, TAGS): "vpc-1", AskSecurityGroup(AWS, "vpc-1", "web"): "sg-1"},
        {"subnets": ["subnet-8"], "securityGroups": ["sg-1"]},
        {"vpc_id": "vpc-1", "security_groups": ["sg-1"]},
        id="a name in a VPC by its tags",
    ),
    pytest.param(
        {"security_groups": ["web"]},
        {AskSecurityGroup(AWS, None, "web"): "sg-1", AskSubnets(AWS, None): FOUND},
        {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"]},
        {"security_groups": ["sg-1"]},
        id="a name in the default VPC",
    ),
    pytest.param(
        {"vpc_id": MAIN},
        {AskVpc(AWS, TAGS): "vpc-1", AskSubnets(AWS, "vpc-1"): FOUND},
        {"subnets": ["subnet-1", "subnet-2"], "securityGroups": []},
        {"vpc_id": "vpc-1"},
        id="all subnets of a VPC by its tags",
    ),
    pytest.param(
        {"subnets": ["subnet-8"], "security_groups": ["sg-1"]},
        {},
        {"subnets": ["subnet-8"], "securityGroups": ["sg-1"]},
        None,
        id="nothing is asked about ids",
    ),
    pytest.param(
        {"security_groups": ["web", "sg-1", "web"], "subnets": ["subnet-8"], "vpc_id": "vpc-1"},
        {AskSecurityGroup(AWS, "vpc-1", "web"): "sg-1"},
        {"subnets": ["subnet-8"], "securityGroups": ["sg-1"]},
        {"security_groups": ["sg-1"]},
        id="a group that is given by name and id",
    ),
]


@pytest.mark.parametrize(("keys", "said_of", "expected", "facts"), IN_ORDER)
def test_one_answer_leads_to_the_next(
    keys: dict[str, Any], said_of: dict[Question, Answer], expected: dict[str, Any], facts: Any
) -> None:
    observed, asked = settled(keys, said_of)
    job = job_of({**JOB, **keys}, observed)
    found = job["run_request"]["networkConfiguration"]["awsvpcConfiguration"]

    assert asked == list(said_of)
    assert {name: found[name] for name in expected} == expected
    assert job.get("observed") == facts


SPREAD = tuple(Subnet(f"subnet-{zone}{number}", zone) for zone in "ab" for number in range(10, 20))


def test_of_more_than_sixteen_subnets_with_the_tags_sixteen_are_chosen_over_the_zones() -> None:
    keys = {"vpc_id": "vpc-1", "subnets": {"tags": {"tier": "private"}}}
    seen, _ = settled(keys, {AskSubnets(AWS, "vpc-1", (("tier", "private"),)): SPREAD})

    chosen = network(keys, seen)["subnets"]

    assert [sum(each.startswith(f"subnet-{zone}") for each in chosen) for zone in "ab"] == [8, 8]
    (found,) = compiled({**JOB, **keys}, seen).diagnostics
    assert (found.rule, found.location.pointer) == ("subnets-left-out", "/subnets")
    assert found.message.startswith("vpc-1 has 20 subnets with tier=private")
    assert len(job_of({**JOB, **keys}, seen)["observed"]["subnets"]) == 20


GONE = NotThere("there is no such thing", "the nearest is `thing`", "lookup-not-found")


@pytest.mark.parametrize(
    ("keys", "said_of", "pointers"),
    [
        pytest.param(NAMED, {AskVpc(AWS, TAGS): GONE}, ["/vpc_id"], id="no VPC, and nothing else is asked"),
        pytest.param(
            NAMED,
            {
                AskVpc(AWS, TAGS): "vpc-1",
                AskSubnets(AWS, "vpc-1", PRIVATE_TAGS): GONE,
                AskSecurityGroup(AWS, "vpc-1", "web"): "sg-1",
                AskSecurityGroup(AWS, "vpc-1", "db"): GONE,
            },
            ["/security_groups/2", "/subnets"],
            id="all that is not there at once",
        ),
        pytest.param(
            {"subnets": ["subnet-8", "subnet-9"], "security_groups": ["web"]},
            {AskVpcOfSubnets(AWS, ("subnet-8", "subnet-9")): GONE},
            ["/subnets"],
            id="subnets of two VPCs",
        ),
        pytest.param(
            {"vpc_id": "vpc-1"}, {AskSubnets(AWS, "vpc-1"): GONE}, ["/vpc_id"], id="a VPC that is not there"
        ),
        pytest.param(
            {"vpc_id": MAIN},
            {AskVpc(AWS, TAGS): "vpc-1", AskSubnets(AWS, "vpc-1"): GONE},
            ["/vpc_id"],
            id="a VPC without subnets",
        ),
        pytest.param({}, {AskSubnets(AWS, None): GONE}, [""], id="no default VPC"),
    ],
)
def test_what_is_not_there_is_an_error_at_its_place(
    keys: dict[str, Any], said_of: dict[Question, Answer], pointers: list[str]
) -> None:
    observed, asked = settled(keys, said_of)
    result = compiled({**JOB, **keys}, observed)

    assert asked == list(said_of)
    assert result.plan is None
    assert sorted(said(result)) == [("error", "lookup-not-found", each) for each in pointers]
    assert {(each.message, each.help) for each in result.diagnostics} == {(GONE.message, GONE.help)}


BRIDGE: dict[str, Any] = {"launch_type": "EC2"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"subnets": []}, [("error", "too-few", "/subnets")], id="no subnets"),
        pytest.param({"security_groups": []}, [("error", "too-few", "/security_groups")], id="no groups"),
        pytest.param(
            {"subnets": [f"subnet-{each}" for each in range(16)]}, [], id="as many subnets as ECS takes"
        ),
        pytest.param(
            {"subnets": [f"subnet-{each}" for each in range(17)]},
            [("error", "too-many", "/subnets")],
            id="17 subnets",
        ),
        pytest.param({"security_groups": [f"sg-{each}" for each in range(5)]}, [], id="five groups"),
        pytest.param(
            {"security_groups": [f"sg-{each}" for each in range(6)]},
            [("error", "too-many", "/security_groups")],
            id="six groups",
        ),
        pytest.param({"subnets": ["private"]}, [("error", "wrong-format", "/subnets/0")], id="a name"),
        pytest.param(
            {"subnets": ["subnet-1", "sg-1"]}, [("error", "wrong-format", "/subnets/1")], id="another id"
        ),
        pytest.param({"subnets": "subnet-1"}, [("error", "wrong-type", "/subnets")], id="one subnet"),
        pytest.param({"vpc_id": "main"}, [("error", "wrong-format", "/vpc_id")], id="the name of a VPC"),
        pytest.param({"vpc_id": {}}, [("error", "missing-key", "/vpc_id")], id="a VPC without tags"),
        pytest.param({"vpc_id": {"tags": {}}}, [("error", "lookup-tags", "/vpc_id/tags")], id="no tags"),
        pytest.param(
            {"subnets": {"tags": {"a": None}}}, [("error", "lookup-tags", "/subnets/tags")], id="null tags"
        ),
        pytest.param({"subnets": {"tags": {"a": ""}}}, [], id="a tag with an empty value"),
        pytest.param(
            {"subnets": {"tags": {"tier": 1}}}, [("error", "wrong-type", "/subnets/tags/tier")], id="a number"
        ),
        pytest.param(
            {"subnets": {"tag": {"a": "b"}}},
            [("error", "unknown-key", "/subnets/tag")],
            id="a mistyped key",
        ),
        pytest.param(
            {"vpc_id": {"Name": "main"}},
            [("error", "missing-key", "/vpc_id"), ("error", "unknown-key", "/vpc_id/Name")],
            id="tags one level too high",
        ),
        pytest.param(
            {"security_groups": ["sg-"]}, [("error", "wrong-format", "/security_groups/0")], id="half an id"
        ),
        pytest.param(
            {"security_groups": ["SG-0a1b2c3d"]},
            [("error", "wrong-format", "/security_groups/0")],
            id="an id in capitals",
        ),
        pytest.param(
            {"security_groups": ["sg_0a1b2c3d"]},
            [("warning", "security-group-name", "/security_groups/0")],
            id="a name that looks like an id",
        ),
        pytest.param(
            {"security_groups": ["web", "eni-0a1b2c3d4e5f60718"]},
            [("warning", "security-group-name", "/security_groups/1")],
            id="another id in place of a group",
        ),
        pytest.param({"security_groups": ["web-facade"]}, [], id="a name of hexadecimal digits, but six"),
        pytest.param(
            {"subnets": ["subnet-1", "subnet-2", "subnet-1"], "security_groups": ["web", "web"]},
            [
                ("warning", "network-duplicate", "/security_groups/1"),
                ("warning", "network-duplicate", "/subnets/2"),
            ],
            id="repetitions",
        ),
        pytest.param(
            {
                **BRIDGE,
                "vpc_id": MAIN,
                "subnets": PRIVATE,
                "security_groups": ["web"],
                "assign_public_ip": False,
            },
            [
                ("warning", "network-unused", f"/{each}")
                for each in ("assign_public_ip", "security_groups", "subnets", "vpc_id")
            ],
            id="bridge mode",
        ),
        pytest.param(
            {**BRIDGE, "task_definition": {"networkMode": "host"}, "subnets": ["subnet-1"]},
            [("warning", "network-unused", "/subnets")],
            id="host mode",
        ),
        pytest.param(
            {**BRIDGE, "task_definition": {"networkMode": "awsvpc"}, "assign_public_ip": True},
            [("error", "public-ip", "/assign_public_ip")],
            id="a public address on instances",
        ),
        pytest.param(
            {"vpc_id": "vpc-1", "subnets": ["subnet-1"]},
            [("warning", "vpc-unused", "/vpc_id")],
            id="a VPC beside the ids of subnets",
        ),
        pytest.param(
            {"vpc_id": "vpc-1", "subnets": ["subnet-1"], "security_groups": ["web"]},
            [],
            id="a VPC in which a name is sought",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_place(keys: dict[str, Any], expected: list[Any]) -> None:
    assert sorted(said(compiled({**JOB, **keys}))) == expected


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param(
            "network_configuration: {subnets: [subnet-1]}\nsubnets: [subnet-1]\nassign_public_ip: true\n",
            [(3, 1), (4, 1)],
            id="each key that comes later",
        ),
        pytest.param(
            "subnets: [subnet-1]\nsecurity_groups: [sg-1]\nnetwork_configuration: {subnets: [subnet-1]}\n",
            [(4, 1)],
            id="the configuration where it comes last",
        ),
        pytest.param(
            "subnets: [subnet-1]\nnetwork_configuration: {subnets: [subnet-1]}\nsecurity_groups: [sg-1]\n",
            [(4, 1)],
            id="between them",
        ),
        pytest.param(
            "subnets: null\nnetwork_configuration: {subnets: [subnet-1]}\nassign_public_ip:\n", [], id="null"
        ),
    ],
)
def test_a_network_configuration_excludes_the_keys(text: str, places: list[tuple[int, int]]) -> None:
    found = compile_manifest(f"image: alpine\n{text}", file="etl.yaml").diagnostics

    assert [(each.rule, each.line, each.column) for each in found] == [
        ("network-keys", *each) for each in places
    ]


@pytest.mark.parametrize(
    ("operation", "is_open"),
    [
        pytest.param({"op": "add", "path": "/subnets/-", "value": "subnet-9"}, True, id="one more subnet"),
        pytest.param({"op": "remove", "path": "/subnets/1"}, True, id="a subnet less"),
        pytest.param({"op": "replace", "path": "/subnets", "value": ["subnet-9"]}, False, id="other subnets"),
        pytest.param(
            {"op": "test", "path": "/securityGroups/1", "value": "sg-2"}, True, id="a test of a group"
        ),
        pytest.param(
            {"op": "replace", "path": "/securityGroups/0", "value": "sg-9"}, False, id="a known group"
        ),
        pytest.param(
            {"op": "replace", "path": "/assignPublicIp", "value": "DISABLED"}, False, id="the address"
        ),
    ],
)
def test_a_patch_that_reaches_into_what_is_looked_up_stays_open(
    operation: dict[str, Any], is_open: bool
) -> None:
    path = f"/networkConfiguration/awsvpcConfiguration{operation['path']}"
    keys = {"vpc_id": MAIN, "subnets": PRIVATE, "security_groups": ["sg-1", "web"]}
    job = job_of({**JOB, **keys, "task_customizations": [{**operation, "path": path}]})

    assert job.get("open", []) == (["/task_customizations/0"] if is_open else [])


def test_a_patch_works_on_what_was_found() -> None:
    path = "/networkConfiguration/awsvpcConfiguration/subnets/-"
    keys = {**NAMED, "task_customizations": [{"op": "add", "path": path, "value": "subnet-9"}]}
    seen, _ = settled(
        keys,
        {
            AskVpc(AWS, TAGS): "vpc-1",
            AskSubnets(AWS, "vpc-1", PRIVATE_TAGS): FOUND,
            AskSecurityGroup(AWS, "vpc-1", "web"): "sg-1",
            AskSecurityGroup(AWS, "vpc-1", "db"): "sg-2",
        },
    )

    assert network(keys, seen)["subnets"] == ["subnet-1", "subnet-2", "subnet-9"]


LINKED = {"containerDefinitions": [{"name": "main", "image": "web:1", "memory": 128}]}


@pytest.mark.parametrize("mode", ["awsvpc", "bridge"])
def test_a_linked_definition_decides_whether_the_network_has_an_effect(mode: str) -> None:
    keys = {"task_definition_arn": "web:7", "launch_type": "EC2", "subnets": ["subnet-1"]}
    seen = Observed({AskLinked(AWS, "web:7"): described("web:7", {**LINKED, "networkMode": mode})})
    manifest = {"name": "etl", **keys}

    assert "networkConfiguration" in job_of(manifest)["run_request"]
    assert ("networkConfiguration" in job_of(manifest, seen)["run_request"]) == (mode == "awsvpc")
    assert [each[1] for each in said(compiled(manifest, seen))] == ["network-unused"] * (mode == "bridge")


def test_the_spec_compiles_to_the_same_network() -> None:
    spec = job_of({**JOB, **NAMED, "execution_role_arn": ROLE})["spec"]

    assert spec["subnets"] == {"tags": {"a": "b", "tier": "private"}}
    assert network(spec) == network(NAMED)


def test_jobs_of_one_network_ask_once() -> None:
    text = (
        "defaults: {image: alpine, vpc_id: {tags: {Name: main}}, security_groups: [web]}\njobs:\n"
        + "".join(f"  job{each}: {{}}\n" for each in range(50))
    )
    jobs = read_jobs(text, file="etl.yaml", region="eu-west-1").jobs

    first = open_questions(jobs, Observed())
    second = open_questions(jobs, Observed({each: "vpc-1" for each in first if isinstance(each, AskVpc)}))

    of_network = [each for each in (*first, *second) if not isinstance(each, AskLatest | AskAccount)]
    assert of_network == [AskVpc(AWS, TAGS), AskSecurityGroup(AWS, "vpc-1", "web"), AskSubnets(AWS, "vpc-1")]


@pytest.mark.parametrize(
    ("key", "value", "help_text"),
    [
        ("vpc_id", "main", "to find a VPC by its name, write {tags: {Name: …}}"),
        (
            "subnets",
            ["main"],
            "to find subnets by their tags, write {tags: {KEY: VALUE}} instead of the list",
        ),
    ],
)
def test_a_name_in_place_of_an_id_is_explained(key: str, value: object, help_text: str) -> None:
    (found,) = compiled({**JOB, key: value}).diagnostics

    assert found.help == help_text
