"""Secrets of every source, and everything that ecsplan prints and writes: none of them is in any of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from apply_stage import Command

from ecsplan_local import serve

PLANNED = {
    "env": "canary-env-4f1d9c27",
    "environment": "canary-environment-a80b3e5d",
    "log option": "canary-option-77c2e9f1",
}
"""Written into the manifest, so that plans hold them: they are what the job is to be given."""
NEVER = {
    "variable of ecsplan": "canary-own-5b7e02d4",
    "access key": "AKIACANARY0123456789",
    "secret key": "canary-key-b6d3a4c0e9f2",
    "session token": "canary-session-c1f09e77",
    "resolved secret": "canary-resolved-e49a6b30",
}
ROLE = "arn:aws:iam::000000000000:role/execution"


def manifest(secret: str, *, image: str = "alpine") -> str:
    options = {"splunk-url": "https://splunk.example", "splunk-token": PLANNED["log option"]}
    main = {
        "name": "main",
        "image": "alpine",
        "environment": [{"name": "DB_PASSWORD", "value": PLANNED["environment"]}],
    }
    logging = {"logDriver": "splunk", "options": options}
    sidecar = {"name": "side", "image": "alpine", "essential": False, "logConfiguration": logging}
    return json.dumps(
        {
            "image": image,
            "execution_role_arn": ROLE,
            "configure_cloudwatch_logs": True,
            "secrets": {"RESOLVED": secret},
            "env": {"API_TOKEN": PLANNED["env"]},
            "task_definition": {"containerDefinitions": [main, sidecar]},
        }
    )


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    timeline = [{"at": 0.2, "status": "RUNNING"}, {"at": 0.4, "status": "STOPPED", "exitCode": 3}]
    endpoint = serve(runner="scripted", faults={"tasks": [{"timeline": timeline}]}, record=True)
    made = Command(endpoint, tmp_path)
    made.env |= {
        "MY_PASSWORD": NEVER["variable of ecsplan"],
        "AWS_ACCESS_KEY_ID": NEVER["access key"],
        "AWS_SECRET_ACCESS_KEY": NEVER["secret key"],
        "AWS_SESSION_TOKEN": NEVER["session token"],
    }
    yield made
    endpoint.close()


@pytest.fixture
def secret(command: Command) -> str:
    """Return the ARN of a secret that the endpoint holds."""
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    url = command.endpoint.url
    client: Any = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url=url, **keys)
    arn = str(client.create_secret(Name="resolved", SecretString=NEVER["resolved secret"])["ARN"])
    client.close()
    return arn


def refused(operation: str) -> dict[str, object]:
    return {
        "rules": [{"operation": operation, "action": "error", "code": "AccessDeniedException", "status": 400}]
    }


def nothing(command: Command) -> None:
    pass


def stale(command: Command) -> None:
    """Have somebody register something else into the family."""
    assert command.run("apply", "plan.json").status == 3
    document = json.loads((command.folder / "hello.yaml").read_text(encoding="utf-8"))
    command.write("hello.yaml", json.dumps(document | {"image": "other"}))
    assert command.run("compile", "hello.yaml", "-o", "other.json").status == 0
    assert command.run("apply", "other.json").status == 3


def edited(command: Command) -> None:
    """Edit the plan, so that its digest is wrong."""
    text = (command.folder / "plan.json").read_text(encoding="utf-8")
    command.write("plan.json", text.replace('"memory": "2048"', '"memory": "4096"'))


def wrong(command: Command) -> None:
    """Corrupt the manifest beside its secrets."""
    document = json.loads((command.folder / "hello.yaml").read_text(encoding="utf-8"))
    document["env"] |= {"API_SECRET": [PLANNED["env"]]}
    document["task_definition"]["containerDefinitions"][1]["logConfiguration"]["options"]["x"] = [
        PLANNED["log option"]
    ]
    command.write("hello.yaml", json.dumps(document, indent=1))


USES: dict[str, tuple[list[str], Callable[[Command], None], dict[str, object], int]] = {
    "check": (["check", "hello.yaml"], nothing, {}, 0),
    "check of a wrong one": (["check", "hello.yaml"], wrong, {}, 1),
    "diff": (["diff", "hello.yaml", "--verbose"], nothing, {}, 0),
    "diff of a change": (["diff", "hello.yaml"], stale, {}, 0),
    "diff as JSON": (["diff", "hello.yaml", "--format", "json"], stale, {}, 0),
    "diff as Markdown": (["diff", "hello.yaml", "--format", "markdown"], nothing, {}, 0),
    "apply": (["apply", "plan.json", "--verbose", "--result", "result.json"], nothing, {}, 3),
    "apply of a stale plan": (["apply", "plan.json", "--verbose", "--result", "result.json"], stale, {}, 122),
    "apply of an edited plan": (["apply", "plan.json", "--verbose"], edited, {}, 123),
    "registering refused": (
        ["apply", "plan.json", "--verbose"],
        nothing,
        refused("RegisterTaskDefinition"),
        125,
    ),
    "running refused": (["apply", "plan.json", "--result", "result.json"], nothing, refused("RunTask"), 125),
    "compiling refused": (["compile", "hello.yaml", "--verbose"], nothing, refused("*"), 125),
}


@pytest.mark.parametrize("use", USES)
def test_no_canary_sings(command: Command, secret: str, use: str) -> None:
    arguments, prepare, faults, status = USES[use]
    command.compile(manifest(secret))
    prepare(command)
    if faults:
        command.endpoint.set_faults(faults)

    ended = command.run(*arguments)

    assert ended.status == status, ended.err
    said = ended.out + ended.err
    written = [path for path in command.folder.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    files = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in written}
    plans = {name: text for name, text in files.items() if name in {"plan.json", "other.json"}}
    rest = said + "".join(text for name, text in files.items() if name not in plans)
    assert {source for source, canary in (PLANNED | NEVER).items() if canary in rest} == set(), rest
    assert {source for source, canary in NEVER.items() if canary in "".join(plans.values())} == set()


def test_warning_proposes_secrets(command: Command, secret: str) -> None:
    command.write("hello.yaml", manifest(secret))

    ended = command.run("check", "hello.yaml")

    assert "API_TOKEN" in ended.err
    assert "secrets" in ended.err
