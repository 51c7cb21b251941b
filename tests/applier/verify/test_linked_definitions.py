"""Linked task definitions: they are ACTIVE."""

from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan.terms.observed import AskAccount, AskLinked, Aws, Observed, Revision
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.linked_definitions import linked_definition_active, linked_definitions

CHECK = Check(linked_definition_active, over=linked_definitions)
ARN = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/web:7"
MANIFEST = f"network_configuration: {{subnets: [subnet-1]}}\ntask_definition_arn: {ARN}\n"
BODY: dict[str, Any] = {
    "taskDefinitionArn": ARN,
    "family": "web",
    "revision": 7,
    "status": "ACTIVE",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "alpine:3"}],
}
AWS = Aws(region="us-east-1")
OBSERVED = Observed({AskLinked(AWS, ARN): Revision(BODY), AskAccount(AWS): ACCOUNT})
MISSING = AwsError(
    "DescribeTaskDefinition", "ClientException", "Unable to describe task definition.", status=400
)


@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        pytest.param({"taskDefinition": BODY}, "ok", "task definition web:7 is ACTIVE", id="active"),
        pytest.param(
            {"taskDefinition": {**BODY, "status": "INACTIVE"}},
            "fails",
            "task definition web:7 is INACTIVE",
            id="inactive",
        ),
        pytest.param(MISSING, "fails", "task definition web:7 does not exist", id="missing"),
        pytest.param(
            denied("DescribeTaskDefinition"),
            "unknown",
            "task definition web:7: DescribeTaskDefinition is denied",
            id="denied",
        ),
    ],
)
def test_a_linked_definition_is_active(answer: Said, state: str, message: str) -> None:
    (found,) = found_by(CHECK, MANIFEST, {"DescribeTaskDefinition": answer}, observed=OBSERVED).findings

    assert (found.state, found.check, found.message) == (state, "linked-definition-active", message)
    assert (found.location.line, found.location.column) == (2, 22)


def test_a_definition_of_its_own_is_not_asked_for() -> None:
    assert found_by(CHECK, "image: alpine:3\n", {}).requests == ()
