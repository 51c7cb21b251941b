"""What is only a warning, the embedded ECS registers: the examples of docs/rules.md, rule by rule."""

import inspect
import textwrap
from collections.abc import Iterator

import boto3
import pytest
from botocore.client import BaseClient

from ecsplan.compile import compile_manifest
from ecsplan.rules.order import CHECKS
from ecsplan.terms.observed import Body
from ecsplan_local import serve

STRICTER = frozenset({"awslogs_option_unknown", "volume_name_missing"})
"""ECS refuses log options that it does not know, and may know more than are documented. The embedded ECS
finds volumes by their names."""


@pytest.fixture(scope="module")
def ecs() -> Iterator[BaseClient]:
    with serve(runner="scripted") as endpoint:
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        client = boto3.client("ecs", endpoint_url=endpoint.url, region_name="us-east-1", **keys)
        yield client
        client.close()


def warned() -> Iterator[tuple[str, Body]]:
    """Yield the rules whose example is a warning, and the request that it compiles to."""
    for rule in CHECKS:
        example = textwrap.dedent((inspect.getdoc(rule) or "").partition("Example:\n")[2])
        plan = compile_manifest(example, file="job.yaml", region="us-east-1").plan
        if (
            plan is not None
            and rule.__name__ not in STRICTER
            and plan.jobs[0].spec.get("task_definition_arn") is None
        ):
            yield rule.__name__, plan.jobs[0].definition.request


@pytest.mark.parametrize("request_body", [pytest.param(body, id=name) for name, body in warned()])
def test_what_is_only_a_warning_can_be_registered(ecs: BaseClient, request_body: Body) -> None:
    answer = ecs.register_task_definition(**request_body)

    assert answer["taskDefinition"]["revision"] >= 1
