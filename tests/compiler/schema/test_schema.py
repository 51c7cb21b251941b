"""What the schemas say about documents that break them: all of it, at its place, in words."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
import referencing
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML

from ecsplan.schema.check import (
    Violation,
    job_violations,
    plan_violations,
    request_violations,
    violations,
)
from ecsplan.schema.files import (
    SCHEMA_NAMES,
    PartName,
    bundled_schema_text,
    load_schema,
    schema_text,
)
from ecsplan.schema.pattern_text import NOT_BEFORE_A_NEWLINE, PATTERNS
from ecsplan.schema.schema_rules import SCHEMA_RULES
from ecsplan.terms.manifest_keys import SPEC_ORDER
from ecsplan.terms.pointers import tokens_of

ROLE = "arn:aws:iam::111122223333:role/etl"
DEFINITION_ARN = "arn:aws:ecs:us-east-1:111122223333:task-definition/"
GOOD: dict[str, object] = {
    "name": "etl",
    "image": "public.ecr.aws/docker/library/alpine:3",
    "command": ["echo", "hello world"],
    "env": {"STAGE": "prod", "ROWS": 5000, "RATIO": 1.5, "OLD": None},
    "secrets": {"DB_PASSWORD": "etl/db"},
    "labels": {"team": "data"},
    "cpu": "0.5 vCPU",
    "memory": 1024,
    "launch_type": None,
    "capacity_provider_strategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    "network_configuration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"},
    "task_definition": {
        "revision": 7,
        "registeredAt": "2026-11-22T10:00:00Z",
        "containerDefinitions": [
            {
                "name": "main",
                "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 30},
                "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
            },
            {"name": "router", "image": "fluent:1", "environment": [{"name": "A", "value": "b"}]},
        ],
    },
    "execution_role_arn": ROLE,
    "task_customizations": [{"op": "remove", "path": "/overrides/cpu"}],
    "task_definition_customizations": '[{"op": "add", "path": "/pidMode", "value": "task"}]',
    "task_start_timeout_seconds": 1.5,
    "count": 25,
    "platform_version": "1.4.0",
    "aws": {"region": "eu-west-1", "account_id": "111122223333", "profile": None},
}
HEALTH = "/task_definition/containerDefinitions/0/healthCheck"


def spoiled(pointer: str, value: object) -> dict[str, object]:
    """Return GOOD with another value at a pointer; the keys on the way are added where they are missing."""
    data: Any = json.loads(json.dumps(GOOD))
    *way, last = tokens_of(pointer)
    holder = data
    for token in way:
        holder = holder[int(token)] if isinstance(holder, list) else holder.setdefault(token, {})
    holder[int(last) if isinstance(holder, list) else last] = value
    return dict(data)


def found_in(data: Any) -> list[Violation]:
    return list(job_violations(data))


def test_a_good_manifest_has_no_violations() -> None:
    assert found_in(GOOD) == []


@pytest.mark.parametrize(
    ("pointer", "value", "expected"),
    [
        pytest.param("/count", 1, None, id="the smallest count"),
        pytest.param(
            "/count",
            0,
            Violation("out-of-range", "/count", False, "count: expected at least 1, got 0"),
            id="no copies",
        ),
        pytest.param(
            "/count",
            2.5,
            Violation("wrong-type", "/count", False, "count: expected a whole number, got 2.5"),
            id="a count with a fraction",
        ),
        pytest.param(
            "/count",
            "2",
            Violation(
                "wrong-type",
                "/count",
                False,
                'count: expected a whole number, got "2"',
                "leave the quotes out",
            ),
            id="a count in quotes",
        ),
        pytest.param(
            "/count",
            True,
            Violation("wrong-type", "/count", False, "count: expected a whole number, got true"),
            id="true is not one",
        ),
        pytest.param("/task_timeout_seconds", 0.1, None, id="a short timeout"),
        pytest.param("/command", "a" * 65536, None, id="the longest command in one string"),
        pytest.param(
            "/command",
            "a" * 65537,
            Violation(
                "wrong-length",
                "/command",
                False,
                "command: expected at most 65536 characters, got 65537",
            ),
            id="a longer one, which would take long to split",
        ),
        pytest.param("/command", ["a" * 65537], None, id="a list is not split"),
        pytest.param(
            "/task_timeout_seconds",
            0,
            Violation(
                "out-of-range",
                "/task_timeout_seconds",
                False,
                "task_timeout_seconds: expected more than 0 seconds, got 0",
            ),
            id="no time at all",
        ),
        pytest.param(
            "/task_timeout_seconds",
            math.nan,
            Violation(
                "wrong-type",
                "/task_timeout_seconds",
                False,
                "task_timeout_seconds: expected a number, got .nan",
            ),
            id="not a number",
        ),
        pytest.param(
            "/task_timeout_seconds",
            -math.inf,
            Violation(
                "wrong-type",
                "/task_timeout_seconds",
                False,
                "task_timeout_seconds: expected a number, got -.inf",
            ),
            id="endless",
        ),
        pytest.param("/cpu", 256, None, id="cpu as a number"),
        pytest.param("/cpu", "1vcpu", None, id="cpu without a space"),
        pytest.param("/cpu", ".25 VCPU", None, id="cpu without a zero"),
        pytest.param(
            "/cpu",
            "fast",
            Violation(
                "wrong-format",
                "/cpu",
                False,
                'cpu: expected CPU units (256) or vCPUs ("0.25 vCPU"), got "fast"',
            ),
            id="cpu in words",
        ),
        pytest.param(
            "/cpu",
            "256\n",
            Violation(
                "wrong-format",
                "/cpu",
                False,
                'cpu: expected CPU units (256) or vCPUs ("0.25 vCPU"), got "256\\n"',
            ),
            id="a newline at the end",
        ),
        pytest.param(
            "/cpu",
            0.25,
            Violation(
                "wrong-type",
                "/cpu",
                False,
                'cpu: expected CPU units (256) or vCPUs ("0.25 vCPU"), got 0.25',
                'for vCPUs write "0.25 vCPU"',
            ),
            id="cpu as a fraction",
        ),
        pytest.param(
            "/memory",
            True,
            Violation(
                "wrong-type", "/memory", False, 'memory: expected MiB (512) or gigabytes ("0.5 GB"), got true'
            ),
            id="quotes would not help",
        ),
        pytest.param(
            "/memory",
            "3 TB",
            Violation(
                "wrong-format",
                "/memory",
                False,
                'memory: expected MiB (512) or gigabytes ("0.5 GB"), got "3 TB"',
            ),
            id="memory in terabytes",
        ),
        pytest.param(
            "/launch_type",
            "fargate",
            Violation(
                "not-allowed",
                "/launch_type",
                False,
                'launch_type: expected one of FARGATE, FARGATE_SPOT, EC2, EXTERNAL, null, got "fargate"',
                "did you mean FARGATE?",
            ),
            id="lower case",
        ),
        pytest.param(
            "/launch_type",
            "MANAGED_INSTANCES",
            Violation(
                "not-allowed",
                "/launch_type",
                False,
                "launch_type: expected one of FARGATE, FARGATE_SPOT, EC2, EXTERNAL, null, got "
                '"MANAGED_INSTANCES"',
                "name their capacity provider in capacity_provider_strategy",
            ),
            id="a launch type that needs a strategy",
        ),
        pytest.param(
            "/env/DEBUG",
            True,
            Violation(
                "env-boolean",
                "/env/DEBUG",
                False,
                "DEBUG: expected a string, a number or null, got true",
                'quote it: "true"',
            ),
            id="a bare boolean",
        ),
        pytest.param(
            "/env/A=B",
            "x",
            Violation(
                "wrong-format",
                "/env/A=B",
                True,
                'A=B: expected a name for the variable, without =, got "A=B"',
            ),
            id="a variable with =",
        ),
        pytest.param(
            "/platform_version",
            1.4,
            Violation(
                "wrong-type",
                "/platform_version",
                False,
                "platform_version: expected a string, got 1.4",
                "put it in quotes",
            ),
            id="a version without quotes",
        ),
        pytest.param(
            "/stream_output",
            "yes",
            Violation(
                "wrong-type",
                "/stream_output",
                False,
                'stream_output: expected true or false, got "yes"',
                "write true or false, without quotes; yes, no, on and off are texts in YAML 1.2",
            ),
            id="yes",
        ),
        pytest.param("/command", "echo 'hello world'", None, id="a command line"),
        pytest.param(
            "/command/1",
            5,
            Violation(
                "wrong-type", "/command/1", False, "command[1]: expected a string, got 5", "put it in quotes"
            ),
            id="an argument that is a number",
        ),
        pytest.param(
            "/capacity_provider_strategy",
            {"capacityProvider": "FARGATE"},
            Violation(
                "wrong-type",
                "/capacity_provider_strategy",
                False,
                "capacity_provider_strategy: expected a list, got a mapping",
                "put a hyphen and a space before each item of a list",
            ),
            id="a strategy without a hyphen",
        ),
        pytest.param(
            "/capacity_provider_strategy/0/weight",
            1001,
            Violation(
                "out-of-range",
                "/capacity_provider_strategy/0/weight",
                False,
                "weight: expected 0 to 1000, got 1001",
            ),
            id="too heavy",
        ),
        pytest.param(
            "/network_configuration/subnet",
            ["x"],
            Violation(
                "unknown-key",
                "/network_configuration/subnet",
                True,
                "unknown key 'subnet' in network_configuration",
                "did you mean 'subnets'?",
            ),
            id="a subnet too few",
        ),
        pytest.param(
            "/network_configuration", {"awsvpcConfiguration": {"subnets": ["x"]}}, None, id="the AWS wrapper"
        ),
        pytest.param(
            "/network_configuration",
            {},
            Violation(
                "missing-key",
                "/network_configuration",
                False,
                "missing key 'subnets' in network_configuration",
            ),
            id="no subnets",
        ),
        pytest.param(
            "/network_configuration/subnets",
            ["x"] * 17,
            Violation(
                "too-many",
                "/network_configuration/subnets",
                False,
                "subnets: expected at most 16 items, got 17",
            ),
            id="17 subnets",
        ),
        pytest.param("/network_configuration/subnets", ["x"] * 16, None, id="16 subnets"),
        pytest.param(
            "/aws/account_id",
            111122223333,
            Violation(
                "wrong-type",
                "/aws/account_id",
                False,
                "account_id: expected a string or null, got 111122223333",
                "put it in quotes",
            ),
            id="an account without quotes",
        ),
        pytest.param(
            "/aws/aws_secret_access_key",
            "x",
            Violation(
                "aws-credentials",
                "/aws/aws_secret_access_key",
                True,
                "'aws_secret_access_key': access keys have no place in a manifest",
                "use aws.profile, aws.assume_role_arn or the environment of the AWS SDK",
            ),
            id="an access key",
        ),
        pytest.param(
            f"{HEALTH}/interval",
            301,
            Violation(
                "out-of-range", f"{HEALTH}/interval", False, "interval: expected 5 to 300 seconds, got 301"
            ),
            id="a bound of the documentation, broken",
        ),
        pytest.param(f"{HEALTH}/interval", 300, None, id="a bound of the documentation"),
        pytest.param("/count", 2.0, None, id="a count without a fraction"),
        pytest.param(f"{HEALTH}/command", ["true"], None, id="a health check without CMD"),
        pytest.param(
            "/task_definition/containerDefinitions/0/ulimits",
            [{"name": "nofil", "softLimit": 1, "hardLimit": 1}],
            Violation(
                "not-allowed",
                "/task_definition/containerDefinitions/0/ulimits/0/name",
                False,
                'name: "nofil" is not one of the allowed values',
                "did you mean nofile?",
            ),
            id="a long list of values",
        ),
        pytest.param(
            "/task_definition/containerDefinitions/1/environment/0/value",
            80,
            Violation(
                "wrong-type",
                "/task_definition/containerDefinitions/1/environment/0/value",
                False,
                "value: expected a string, got 80",
                "put it in quotes",
            ),
            id="a value that is a number",
        ),
        pytest.param(
            "/task_definition/cpu",
            None,
            Violation(
                "wrong-type",
                "/task_definition/cpu",
                False,
                "cpu: expected a string, got null",
                "leave the key out",
            ),
            id="null in an AWS document",
        ),
        pytest.param(
            "/task_customizations/0/op",
            "delete",
            Violation(
                "not-allowed",
                "/task_customizations/0/op",
                False,
                'op: expected one of add, remove, replace, move, copy, test, got "delete"',
            ),
            id="no such operation",
        ),
        pytest.param(
            "/task_customizations/0",
            {"op": "replace", "path": "/count"},
            Violation(
                "missing-key",
                "/task_customizations/0",
                False,
                "missing key 'value' in task_customizations[0]",
            ),
            id="replace by what",
        ),
        pytest.param(
            "/task_customizations/0",
            {"op": "copy", "path": "/count"},
            Violation(
                "missing-key",
                "/task_customizations/0",
                False,
                "missing key 'from' in task_customizations[0]",
            ),
            id="copy from where",
        ),
        pytest.param(
            "/family",
            "",
            Violation("wrong-length", "/family", False, "family: must not be empty"),
            id="an empty family",
        ),
        pytest.param(
            "/task_definition/family",
            "f" * 256,
            Violation(
                "wrong-length",
                "/task_definition/family",
                False,
                "family: expected at most 255 characters, got 256",
            ),
            id="a family that is too long",
        ),
        pytest.param("/task_definition/family", "f" * 255, None, id="the longest family"),
        *(
            pytest.param(
                "/aws/endpoint_url",
                address,
                Violation(
                    "wrong-format",
                    "/aws/endpoint_url",
                    False,
                    "endpoint_url: expected an address, http://… or https://…, without user name and "
                    f'password, which the AWS SDK does not send, got "{shown}"',
                ),
                id=f"a login: {address}",
            )
            for address, shown in (
                ("http://user:hunter22@localhost:80", "***"),
                ("https://:hunter22@localhost/?a", "***"),
                ("http://user@localhost", "http://user@localhost"),
            )
        ),
        pytest.param(
            "/aws/endpoint_url", "http://[::1]:80/a@b?c@d", None, id="an address with @ in its path"
        ),
    ],
)
def test_values(pointer: str, value: object, expected: Violation | None) -> None:
    assert found_in(spoiled(pointer, value)) == ([] if expected is None else [expected])


@pytest.mark.parametrize("before", ["", DEFINITION_ARN], ids=["name", "ARN"])
@pytest.mark.parametrize(
    "revision", [":0", ":00", ":-1", ":+1", ":latest", ":1.0", ":", ": 3", ":3 ", ":1:2", "@3"]
)
def test_a_revision_is_a_number_from_1(before: str, revision: str) -> None:
    (found,) = found_in({"name": "etl", "task_definition_arn": f"{before}etl{revision}"})

    assert (found.rule, found.pointer) == ("wrong-format", "/task_definition_arn")
    assert found.help == "revisions are numbered from 1, as in etl:1; etl alone means the newest ACTIVE one"


@pytest.mark.parametrize(
    "value",
    [
        "arn:aws:ecs:us-east-1:111122223333:cluster/batch",
        "arn:aws:ecs:us-east-1:1:task-definition/etl:3",
        "arn:aws:lambda:us-east-1:111122223333:function:etl",
        "https://example.com/etl:3",
    ],
)
def test_what_is_no_task_definition_has_no_revision(value: str) -> None:
    (found,) = found_in({"name": "etl", "task_definition_arn": value})

    assert (found.rule, found.help) == ("wrong-format", "")


@pytest.mark.parametrize("before", ["", DEFINITION_ARN], ids=["name", "ARN"])
@pytest.mark.parametrize("revision", [":1", ":10", ":007", ""])
def test_a_revision_that_may_exist(before: str, revision: str) -> None:
    assert found_in({"name": "etl", "task_definition_arn": f"{before}etl{revision}"}) == []


@pytest.mark.parametrize("key", sorted(GOOD))
def test_a_key_that_is_null_is_not_set(key: str) -> None:
    assert found_in({**GOOD, key: None}) == []


@pytest.mark.parametrize(
    ("pointer", "hint"),
    [
        pytest.param("/comand", "did you mean 'command'?", id="a letter missing"),
        pytest.param("/taskRoleArn", "did you mean 'task_role_arn'?", id="camelCase at the top"),
        pytest.param("/task-role-arn", "did you mean 'task_role_arn'?", id="hyphens"),
        pytest.param("/environment", "did you mean 'env'?", id="what other tools call it"),
        pytest.param("/enviroment", "did you mean 'env'?", id="a slip in what other tools call it"),
        pytest.param("/timout", "did you mean 'task_timeout_seconds'?", id="another such slip"),
        pytest.param("/region", "'region' belongs under aws", id="a key of aws"),
        pytest.param("/ipcMode", "'ipcMode' belongs under task_definition", id="a key of the definition"),
        pytest.param(
            "/port_mappings",
            "'port_mappings' belongs under task_definition.containerDefinitions, as 'portMappings'",
            id="a key of a container",
        ),
        pytest.param(
            "/awsvpc_configuration",
            "'awsvpc_configuration' belongs under network_configuration, as 'awsvpcConfiguration'",
            id="a key of the network",
        ),
        pytest.param(
            "/task_definition/container_definitions",
            "did you mean 'containerDefinitions'?",
            id="snake_case in AWS",
        ),
        pytest.param(
            "/task_definition/containerDefinitions/0/Image", "did you mean 'image'?", id="a capital letter"
        ),
        pytest.param(f"{HEALTH}/intervall", "did you mean 'interval'?", id="a letter too many, deep down"),
        pytest.param(
            "/task_definition/healthCheck", "'healthCheck' belongs under containerDefinitions", id="too high"
        ),
        pytest.param(
            "/aws/zone",
            "known keys: region, profile, account_id, assume_role_arn, endpoint_url",
            id="nothing near, few known",
        ),
        pytest.param("/zzzzzz", "", id="nothing near, many known"),
        pytest.param("/" + "c" * 1000, "", id="no slip of the pen"),
    ],
)
def test_hints_for_unknown_keys(pointer: str, hint: str) -> None:
    (violation,) = found_in(spoiled(pointer, 1))

    assert (violation.rule, violation.pointer, violation.at_key) == ("unknown-key", pointer, True)
    assert violation.help == hint


@pytest.mark.parametrize(
    ("member", "wrong", "hint"),
    [
        pytest.param("environment", "valueFrom", "belongs in `secrets`", id="a secret among variables"),
        pytest.param("secrets", "value", "belongs in `environment`", id="a variable among secrets"),
    ],
)
def test_an_item_of_the_list_beside_is_sent_there(member: str, wrong: str, hint: str) -> None:
    container = {"name": "app", "image": "alpine:3", member: [{"name": "A", wrong: "x"}]}

    found = found_in({"task_definition": {"containerDefinitions": [container]}})

    [unknown] = [each for each in found if each.rule == "unknown-key"]
    assert hint in unknown.help


def test_all_violations_are_found_at_once_and_sorted() -> None:
    data = {"comand": 1, "count": 0, "aws": {"regoin": 1}, "task_definition": {"volumes": [{"nam": 1}, 5]}}

    assert [(each.rule, each.pointer) for each in found_in(data)] == [
        ("unknown-key", "/aws/regoin"),
        ("unknown-key", "/comand"),
        ("out-of-range", "/count"),
        ("unknown-key", "/task_definition/volumes/0/nam"),
        ("wrong-type", "/task_definition/volumes/1"),
    ]


def test_several_keys_that_are_missing_are_all_named() -> None:
    container = {"name": "main", "ulimits": [{"name": "nofile"}]}

    found = found_in({"task_definition": {"containerDefinitions": [container]}})

    assert [each.message for each in found] == [
        "missing key 'softLimit' in ulimits[0]",
        "missing key 'hardLimit' in ulimits[0]",
    ]


@pytest.mark.parametrize("rule", SCHEMA_RULES, ids=lambda rule: rule.name)
def test_the_example_of_a_rule_breaks_it_alone(rule: Any) -> None:
    data = YAML(typ="safe", pure=True).load(rule.example)

    assert [each.rule for each in found_in(data)] == [rule.name]


def test_rules_are_documented_once() -> None:
    names = [rule.name for rule in SCHEMA_RULES]

    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        pytest.param("/image", "AKIA" + "ABCDEFGHIJKLMNOP" + " ", id="by its shape"),
        pytest.param("/execution_role_arn", "postgres://etl:hunter2@db/x", id="a password in a URL"),
        pytest.param(
            "/task_definition/containerDefinitions/1/environment/0",
            {"name": "DB_PASSWORD", "value": 70316429},
            id="by its name",
        ),
        pytest.param("/env/DB_PASSWORD=hunter2", "x", id="in the name of a variable"),
        pytest.param("/postgres:~1~1etl:hunter2@db", "x", id="in an unknown key"),
    ],
)
def test_what_looks_secret_is_not_quoted(pointer: str, value: object) -> None:
    (violation,) = found_in(spoiled(pointer, value))

    assert "***" in violation.message
    assert not re.search("AKIA|hunter2|70316429", violation.message + violation.help)


def test_long_values_are_cut_and_stay_on_one_line() -> None:
    (violation,) = found_in({"cpu": "a\n\x1b[31m" + "x" * 5000})

    assert violation.message.startswith(
        'cpu: expected CPU units (256) or vCPUs ("0.25 vCPU"), got "a\\n\\x1b[31mxx'
    )
    assert len(violation.message) < 200


def test_a_credential_that_does_not_end_where_a_value_is_cut_is_not_quoted() -> None:
    (violation,) = found_in({"cpu": 'PASSWORD="hunter2 ' + "x" * 10_000 + '"'})

    assert "***" in violation.message
    assert "hunter2" not in violation.message


def test_numbers_beyond_what_python_prints() -> None:
    (violation,) = found_in({"image": 10**5000})

    assert violation.message == "image: expected a string, got an infinite number"


def test_thousands_of_violations_are_all_reported() -> None:
    found = found_in({f"key{number}": 1 for number in range(3000)})

    assert len(found) == 3000


PLAN: dict[str, Any] = {
    "$schema": "plan.schema.json",
    "plan_version": 1,
    "compiler": {"name": "ecsplan", "version": "0.1.0"},
    "observed": False,
    "jobs": [
        {
            "name": "hello",
            "source": {"path": "manifests/hello.yaml", "line": 1},
            "aws": {},
            "spec": {"name": "hello", "task_definition_arn": "hello", "launch_type": "FARGATE"},
            "task_definition": {
                "action": "undecided",
                "family": "hello",
                "arn": None,
                "latest": None,
                "request": {"family": "hello"},
                "fingerprint": "sha256:" + "0" * 64,
                "changes": [],
            },
            "run_request": {
                "taskDefinition": "<registered at apply>",
                "count": 25,
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "subnets": ["<subnets of the default VPC>"],
                        "securityGroups": [],
                        "assignPublicIp": "ENABLED",
                    }
                },
                "overrides": {"containerOverrides": [{"name": "main", "environment": []}]},
                "tags": [],
            },
            "watch": {
                "container": "main",
                "start_timeout_seconds": 120,
                "timeout_seconds": None,
                "poll_interval_seconds": 5.0,
                "stream_output": True,
                "logs": {"group": "ecsplan", "stream_prefix": "hello", "region": "<region at apply>"},
                "deregister": False,
            },
        }
    ],
    "digest": "sha256:" + "f" * 64,
}
FULL = {
    "family": "hello",
    "containerDefinitions": [
        {
            "name": "main",
            "image": "alpine:3",
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-region": "<region at apply>", "awslogs-group": "ecsplan"},
            },
        }
    ],
}


def planned(**parts: object) -> dict[str, object]:
    """Return PLAN with other members in its job, or in the task definition of its job."""
    job = PLAN["jobs"][0]
    own = {name: value for name, value in parts.items() if name in job}
    definition = {**job["task_definition"], **{name: parts[name] for name in parts if name not in own}}
    return {**PLAN, "jobs": [{**job, "task_definition": definition, **own}]}


def test_placeholders_and_parts_of_requests_stand_in_plans() -> None:
    assert list(plan_violations(PLAN)) == []
    assert list(request_violations("task-definition", FULL)) == []
    assert list(request_violations("run-request", PLAN["jobs"][0]["run_request"])) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        pytest.param(
            planned(
                action="register",
                request=FULL,
                changes=[
                    {"op": "replace", "path": "/containerDefinitions/main/image", "from": "a", "to": "b"}
                ],
            ),
            [],
            id="register",
        ),
        pytest.param(planned(action="reuse", arn="arn:…:7", latest="arn:…:7", request=FULL), [], id="reuse"),
        pytest.param(
            planned(spec={"image": "alpine:3"}),
            [("missing-key", "/jobs/0/task_definition/request")],
            id="a part of a request, and nothing linked",
        ),
        pytest.param(
            planned(action="reuse", request=FULL),
            [("wrong-type", "/jobs/0/task_definition/arn")],
            id="reuse what",
        ),
        pytest.param(
            planned(action="register", arn="arn:…:7", request=FULL),
            [("wrong-type", "/jobs/0/task_definition/arn")],
            id="registered before",
        ),
        pytest.param(planned(request={"newer": "member"}), [], id="what AWS once accepted"),
        pytest.param(
            planned(spec={"image": "alpine:3"}, request={**FULL, "tomorrow": {"mode": "strict"}}),
            [],
            id="a member of the definition that a patch added and the model does not have",
        ),
        pytest.param(
            planned(run_request={"taskDefinition": "hello:7", "tomorrow": 1}),
            [],
            id="a member of the run request that the model does not have",
        ),
        pytest.param(
            planned(spec={"image": "alpine:3"}, request={**FULL, "cpu": 7}),
            [("wrong-type", "/jobs/0/task_definition/request/cpu")],
            id="a known member of a wrong type",
        ),
        pytest.param(
            planned(spec={"imag": "x"}, request=FULL),
            [("unknown-key", "/jobs/0/spec/imag")],
            id="spec is a manifest",
        ),
        pytest.param({**PLAN, "extra": 1}, [("unknown-key", "/extra")], id="an unknown member"),
        pytest.param(
            {**PLAN, "plan_version": True}, [("not-allowed", "/plan_version")], id="true is not format 1"
        ),
        pytest.param({**PLAN, "digest": "sha256:x"}, [("wrong-format", "/digest")], id="no digest"),
        pytest.param([], [("wrong-type", "")], id="a list"),
    ],
)
def test_plans(plan: object, expected: list[tuple[str, str]]) -> None:
    assert [(each.rule, each.pointer) for each in plan_violations(plan)] == expected


def test_patches_are_checked_alone_too() -> None:
    found = list(violations([{"op": "add", "path": "x"}], part="patch"))

    assert [(each.rule, each.pointer) for each in found] == [
        ("missing-key", "/0"),
        ("wrong-format", "/0/path"),
    ]


# The published files themselves: what editors and other validators read.


FILES: tuple[Any, ...] = (*SCHEMA_NAMES, *get_args(PartName), "documents", "advice", "expanding")


def registry() -> referencing.Registry[Any]:
    return referencing.Registry().with_resources(
        (f"{name}.schema.json", DRAFT202012.create_resource(load_schema(name))) for name in FILES
    )


def subschemas(schema: object) -> Iterator[dict[str, object]]:
    if isinstance(schema, dict):
        yield schema
    if isinstance(schema, (dict, list)):
        for each in schema.values() if isinstance(schema, dict) else schema:
            yield from subschemas(each)


@pytest.mark.parametrize("name", FILES)
def test_schemas_are_schemas(name: Any) -> None:
    schema = load_schema(name)

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.schema.json"
    assert schema_text(name) == json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", FILES)
def test_references_lead_somewhere_in_the_same_folder(name: Any) -> None:
    resolver = registry().resolver(f"{name}.schema.json")

    for schema in subschemas(load_schema(name)):
        if isinstance(reference := schema.get("$ref"), str):
            assert re.match(r"([a-z-]+\.schema\.json)?(#.*)?$", reference)
            assert isinstance(resolver.lookup(reference).contents, dict)


@pytest.mark.parametrize("name", FILES)
def test_patterns_are_portable_and_explained(name: Any) -> None:
    for schema in subschemas(load_schema(name)):
        if isinstance(pattern := schema.get("pattern"), str):
            whole = pattern.removesuffix(NOT_BEFORE_A_NEWLINE)
            assert pattern.endswith(NOT_BEFORE_A_NEWLINE)
            assert (whole[0], whole[-1]) == ("^", "$")
            assert "\\p{" not in pattern
            re.compile(pattern)
            # The command expands references before it judges what they became.
            assert name == "expanding" or PATTERNS[whole].startswith("expected ")


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_mappings_are_closed(name: Any) -> None:
    for schema in subschemas(load_schema(name)):
        is_condition = "description" not in schema
        if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
            assert "additionalProperties" in schema or {"then", "else"} <= set(schema) or is_condition


def test_the_manifest_schema_has_the_keys_of_manifests() -> None:
    job = load_schema("manifest")["$defs"]["job"]["properties"]

    assert tuple(job) == SPEC_ORDER
    assert all(len(each["description"]) > 20 for each in job.values())


def test_examples_and_defaults_are_valid() -> None:
    published = Draft202012Validator(load_schema("manifest"), registry=registry())
    for key, schema in load_schema("manifest")["$defs"]["job"]["properties"].items():
        for example in [*schema.get("examples", []), *([schema["default"]] if "default" in schema else [])]:
            assert published.is_valid({key: example}), key


@pytest.mark.parametrize(
    ("manifest", "valid"),
    [
        pytest.param(GOOD, True, id="one job"),
        pytest.param({}, True, id="nothing yet"),
        pytest.param({"jobs": {"a": {"image": "x"}, "b": {}}, "defaults": {"cpu": 256}}, True, id="several"),
        pytest.param({"jobs": {"a": None}}, False, id="a job that is nothing"),
        pytest.param({"jobs": {"a": {"labels": {"team": None}}}}, True, id="null removes what defaults set"),
        pytest.param({"jobs": {}}, False, id="no jobs"),
        pytest.param({"defaults": {"cpu": 256}}, False, id="only defaults"),
        pytest.param({"jobs": {"a": {"imag": "x"}}}, False, id="an unknown key in a job"),
        pytest.param({"jobs": {"a": {}}, "image": "x"}, False, id="a job beside jobs"),
        pytest.param({"imag": "x"}, False, id="an unknown key"),
        pytest.param([], False, id="a list"),
    ],
)
def test_whole_manifests_in_editors(manifest: object, valid: bool) -> None:
    validator = Draft202012Validator(load_schema("manifest"), registry=registry())

    assert validator.is_valid(manifest) is valid


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_bundled_schema_needs_no_other_file(name: Any) -> None:
    bundled = json.loads(bundled_schema_text(name))
    resource = DRAFT202012.create_resource(bundled)
    resolver = referencing.Registry().with_resource(bundled["$id"], resource).resolver(bundled["$id"])

    Draft202012Validator.check_schema(bundled)
    for schema in subschemas(bundled):
        if isinstance(reference := schema.get("$ref"), str):
            assert reference[0] == "#"
            assert isinstance(resolver.lookup(reference).contents, dict)


@pytest.mark.parametrize(("name", "good"), [("manifest", GOOD), ("plan", PLAN), ("task-definition", FULL)])
def test_a_bundled_schema_says_the_same(name: Any, good: Any) -> None:
    whole = Draft202012Validator(json.loads(bundled_schema_text(name)))
    parts = Draft202012Validator(load_schema(name), registry=registry())

    assert whole.is_valid(good)
    for path in places(good):
        document = replaced(good, path, {"x": 1})
        assert whole.is_valid(document) == parts.is_valid(document)


@pytest.mark.parametrize("module", ["ecsplan", "ecsplan.decision.decide_revision", "ecsplan_cli.main"])
def test_what_validates_nothing_does_not_import_the_library(module: str) -> None:
    names = "{'jsonschema', 'referencing'}"
    code = f"import {module}, sys; sys.exit(not {names}.isdisjoint(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("image", "loaded"), [("alpine", False), ("no image", True)])
def test_what_words_a_violation_is_loaded_where_there_is_one(image: str, loaded: bool) -> None:
    code = (
        f"import ecsplan, sys; ecsplan.compile_manifest('image: {image}', file='job.yaml')\n"
        "print({'ecsplan.schema.messages', 'ecsplan.schema.hints'} & sys.modules.keys() != set())"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == f"{loaded}\n"


# Laws.

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**4000),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.integers() | st.none() | st.floats(), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(data: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    if isinstance(data, (dict, list)):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = dict(data) if isinstance(data, dict) else list(data)
    copied[path[0]] = replaced(data[path[0]], path[1:], value)
    return copied


KEYS = [*load_schema("manifest")["$defs"]["job"]["properties"], "comand", "x"]
MUTATED = st.one_of(
    st.dictionaries(st.sampled_from(KEYS) | st.integers() | st.none(), JUNK, max_size=4),
    st.builds(replaced, st.just(GOOD), st.sampled_from(list(places(GOOD))[1:]), JUNK),
)


def exists(data: object, pointer: str) -> bool:
    for token in tokens_of(pointer):
        match data:
            case Mapping():
                keys = {str(key): key for key in data}
                if token not in keys:
                    return False
                data = data[keys[token]]
            case list() if token.isdecimal() and int(token) < len(data):
                data = data[int(token)]
            case _:
                return False
    return True


@given(MUTATED)
def test_no_data_makes_it_fail(data: Any) -> None:
    before = repr_without_numbers(data)

    for violation in job_violations(data):
        assert exists(data, violation.pointer)
        assert violation.rule in {rule.name for rule in SCHEMA_RULES}
        assert violation.message.isprintable()
        assert len(violation.message) < 700
    assert repr_without_numbers(data) == before


def repr_without_numbers(data: object) -> str:
    """Return a text of the data in which a number is its type: Python prints none of thousands of digits."""
    if isinstance(data, dict):
        return "{" + ",".join(f"{key!r}:{repr_without_numbers(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(repr_without_numbers, data)) + "]"
    return data if isinstance(data, str) else type(data).__name__


@given(JUNK, st.sampled_from(["patch", "plan", "task-definition", "run-request"]))
def test_no_data_makes_the_other_parts_fail(data: Any, part: Any) -> None:
    for violation in violations(data, part=part):
        assert exists(data, violation.pointer)


def test_deep_data() -> None:
    deep: Any = "x"
    for _ in range(120):
        deep = [{"task_definition": deep}]

    assert [each.rule for each in found_in({"task_definition": {"volumes": deep}, "x": deep})] != []
