"""Compiles manifests that tests write as Python data, and returns the parts of the plan they compare."""

import json
from collections.abc import Mapping
from typing import Any

from ecsplan.compile import Compiled, compile_manifest
from ecsplan.plan.plan import write_plan
from ecsplan.terms.observed import (
    Answer,
    AskLatest,
    AskLinked,
    AskSubnets,
    Aws,
    Observed,
    Question,
    Revision,
    Subnet,
)

AWS = Aws(region="eu-west-1")
ROLE = "arn:aws:iam::111122223333:role/execution"
TASK_ROLE = "arn:aws:iam::111122223333:role/task"
SUBNETS = (Subnet("subnet-b", "eu-west-1b"), Subnet("subnet-a", "eu-west-1a"))


def arn(revision: str) -> str:
    """Return the ARN of `family:number`."""
    return f"arn:aws:ecs:eu-west-1:111122223333:task-definition/{revision}"


def described(revision: str, body: Mapping[str, Any], *, tags: tuple[Any, ...] = (), **more: Any) -> Revision:
    """Return a revision as DescribeTaskDefinition returns it, `family:number`."""
    family, number = revision.split(":")
    answer = {
        "family": family,
        "revision": int(number),
        "taskDefinitionArn": arn(revision),
        "status": "ACTIVE",
        "volumes": [],
        "placementConstraints": [],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredBy": "arn:aws:iam::111122223333:root",
        **body,
        **more,
    }
    return Revision(answer, tags)


def observed(
    *,
    linked: Mapping[str, Revision] | None = None,
    latest: Mapping[str, Revision | None] | None = None,
    vpc: str | None = None,
) -> Observed:
    """Return what AWS said: linked revisions by reference, the newest ones by family, and a VPC's subnets."""
    answers: dict[Question, Answer] = {AskSubnets(AWS, vpc): SUBNETS}
    answers |= {AskLinked(AWS, reference): found for reference, found in (linked or {}).items()}
    answers |= {AskLatest(AWS, family): found for family, found in (latest or {}).items()}
    return Observed(answers)


def compiled(
    manifest: Mapping[str, Any], seen: Observed | None = None, *, region: str | None = "eu-west-1"
) -> Compiled:
    """Return what compiling a manifest gives."""
    return compile_manifest(json.dumps(manifest), file="etl.yaml", observed=seen, region=region)


def job_of(
    manifest: Mapping[str, Any], seen: Observed | None = None, *, region: str | None = "eu-west-1"
) -> dict[str, Any]:
    """Return the one job of a manifest's plan, as JSON."""
    result = compiled(manifest, seen, region=region)
    assert result.plan is not None, result.diagnostics
    job: dict[str, Any] = json.loads(write_plan(result.plan))["jobs"][0]
    return job


def said(result: Compiled) -> list[tuple[str, str, str]]:
    """Return severity, rule and pointer of what was found."""
    return [(each.severity, each.rule, each.location.pointer) for each in result.diagnostics]


def but(document: Mapping[str, object], **changes: object) -> dict[str, object]:
    """Return a copy of a document with these members; None takes one out."""
    changed = {**document, **changes}
    return {name: value for name, value in changed.items() if value is not None}
