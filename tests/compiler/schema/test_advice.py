"""What only the documentation of AWS asks for: a warning at its place, in manifests and in patches."""

import json

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.terms.observed import Answer, AskLinked, Aws, Observed, Question, Revision

SHA = "sha256:" + "0" * 64


def found(manifest: dict[str, object]) -> list[tuple[str, str, str]]:
    compiled = compile_manifest(json.dumps(manifest), file="job.yaml")
    assert compiled.plan is not None, compiled.diagnostics
    return [(each.severity, each.rule, each.pointer) for each in compiled.diagnostics]


def on_instances(**members: object) -> dict[str, object]:
    container = {"name": "main", "image": "alpine", "memory": 64, **members}
    return {"launch_type": "EC2", "task_definition": {"containerDefinitions": [container]}}


MAIN = "/task_definition/containerDefinitions/0"


@pytest.mark.parametrize(
    ("members", "rule", "pointer"),
    [
        pytest.param({"cpu": -1}, "out-of-range", "cpu", id="a negative cpu"),
        pytest.param({"image": "a" * 256}, "wrong-format", "image", id="a long image"),
        pytest.param({"image": "alpine@sha256:12"}, "wrong-format", "image", id="a short digest"),
        pytest.param({"credentialSpecs": ["x"]}, "wrong-format", "credentialSpecs/0", id="a credential spec"),
        pytest.param(
            {"credentialSpecs": ["credentialspec:a", "credentialspec:b"]},
            "too-many",
            "credentialSpecs",
            id="two credential specs",
        ),
        pytest.param(
            {"dockerSecurityOptions": ["seccomp=unconfined"]},
            "wrong-format",
            "dockerSecurityOptions/0",
            id="a security option",
        ),
        pytest.param(
            {"linuxParameters": {"capabilities": {"add": ["BPF"]}}},
            "not-allowed",
            "linuxParameters/capabilities/add/0",
            id="a newer capability",
        ),
        pytest.param(
            {
                "linuxParameters": {
                    "tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["huge=always"]}]
                }
            },
            "wrong-format",
            "linuxParameters/tmpfs/0/mountOptions/0",
            id="a mount option",
        ),
        pytest.param(
            {"linuxParameters": {"maxSwap": 1, "swappiness": 101}},
            "out-of-range",
            "linuxParameters/swappiness",
            id="swappiness",
        ),
        pytest.param(
            {"portMappings": [{"containerPort": 80, "name": "Web"}]},
            "wrong-format",
            "portMappings/0/name",
            id="a port's name",
        ),
        pytest.param(
            {"restartPolicy": {"enabled": True, "ignoredExitCodes": list(range(51))}},
            "too-many",
            "restartPolicy/ignoredExitCodes",
            id="many exit codes",
        ),
        pytest.param({"healthCheck": {"command": []}}, "too-few", "healthCheck/command", id="an empty check"),
        pytest.param(
            {"healthCheck": {"command": ["/healthcheck"]}},
            "health-check-command",
            "healthCheck/command",
            id="a check without CMD",
        ),
        pytest.param(
            {"systemControls": [{"namespace": "kernel.domainname", "value": "x"}]},
            "wrong-format",
            "systemControls/0/namespace",
            id="a kernel parameter",
        ),
    ],
)
def test_a_container_against_the_documentation(members: dict[str, object], rule: str, pointer: str) -> None:
    assert found(on_instances(**members)) == [("warning", rule, f"{MAIN}/{pointer}")]


@pytest.mark.parametrize(
    ("manifest", "rule", "pointer"),
    [
        pytest.param(
            {"task_definition": {"networkMode": "default"}}, "not-allowed", "/networkMode", id="mode"
        ),
        pytest.param(
            {"task_definition": {"volumes": [{"name": "my.data"}]}},
            "wrong-format",
            "/volumes/0/name",
            id="volume",
        ),
        pytest.param(
            {"task_definition": {"placementConstraints": [{"type": "memberOf", "expression": "a"}] * 11}},
            "too-many",
            "/placementConstraints",
            id="constraints",
        ),
    ],
)
def test_a_definition_against_the_documentation(manifest: dict[str, object], rule: str, pointer: str) -> None:
    manifest |= {"image": "alpine", "launch_type": "EC2"}

    assert found(manifest) == [("warning", rule, f"/task_definition{pointer}")]


def test_a_run_against_the_documentation() -> None:
    constraints = [{"type": "memberOf", "expression": "a" * 2001}]

    assert found({"image": "alpine", "launch_type": "EC2", "placement_constraints": constraints}) == [
        ("warning", "wrong-length", "/placement_constraints/0/expression")
    ]


def test_the_image_of_the_job_is_found_at_its_key() -> None:
    assert found({"image": "alpine@sha256:12"}) == [("warning", "wrong-format", "/image")]
    assert found({"image": f"alpine@{SHA}"}) == []


def test_a_patch_is_advised_too() -> None:
    patch = [{"op": "add", "path": "/containerDefinitions/0/cpu", "value": -1}]

    assert found(on_instances() | {"task_definition_customizations": patch}) == [
        ("warning", "out-of-range", "/task_definition_customizations/0/value")
    ]


def test_a_linked_definition_is_what_aws_accepted() -> None:
    arn = "arn:aws:ecs:us-east-1:111122223333:task-definition/hello:3"
    container = {"name": "main", "image": "alpine", "memory": 64, "cpu": -1}
    described = {
        "taskDefinitionArn": arn,
        "family": "hello",
        "revision": 3,
        "status": "ACTIVE",
        "containerDefinitions": [container],
    }
    aws = Aws(region="us-east-1")
    answers: dict[Question, Answer] = {AskLinked(aws, "hello:3"): Revision(described, ())}
    text = "task_definition_arn: hello:3\nlaunch_type: EC2\naws: {region: us-east-1}\n"

    compiled = compile_manifest(text, file="job.yaml", observed=Observed().with_answers(answers))

    assert [each.rule for each in compiled.diagnostics] == []


def test_a_comment_silences_advice() -> None:
    text = "image: alpine@sha256:12 # ecsplan: ignore[wrong-format]\n"

    assert compile_manifest(text, file="job.yaml").diagnostics == ()
