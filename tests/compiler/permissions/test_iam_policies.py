"""The evaluator of policies that judges ecsplan's: it says what IAM's documentation says."""

import json
from typing import Any

import pytest
from iam_policies import Check, allows, weakened
from moto.iam.access_control import IAMPolicy, PermissionResult

TASK = "arn:aws:ecs:us-east-1:111122223333:task/batch/0123"
CLUSTER = "arn:aws:ecs:us-east-1:111122223333:cluster/batch"
IN_BATCH = {"ecs:cluster": CLUSTER}


def policy(action: Any = "ecs:StopTask", resource: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Sid": "S", "Effect": "Allow", "Action": action, "Resource": resource}
    return {
        "Version": "2012-10-17",
        "Statement": [statement | ({"Condition": condition} if condition else {})],
    }


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        pytest.param("ecs:StopTask", "*", True, id="all resources"),
        pytest.param("ecs:stoptask", "*", True, id="actions have no case"),
        pytest.param("ecs:Stop*", "*", True, id="a pattern of actions"),
        pytest.param("ecs:StopTas?", "*", True, id="any one character"),
        pytest.param("ecs:StopTask?", "*", False, id="one character more"),
        pytest.param("ecs:RunTask", "*", False, id="another action"),
        pytest.param(["ecs:RunTask", "ecs:StopTask"], "*", True, id="one of several actions"),
        pytest.param("ecs:StopTask", TASK, True, id="the resource"),
        pytest.param("ecs:StopTask", TASK.upper(), False, id="resources have case"),
        pytest.param("ecs:StopTask", TASK.replace("0123", "*"), True, id="a pattern of resources"),
        pytest.param("ecs:StopTask", TASK.replace("us-east-1", "*"), True, id="any region"),
        pytest.param("ecs:StopTask", TASK.replace("batch", "other"), False, id="another cluster"),
        pytest.param("ecs:StopTask", [CLUSTER, TASK], True, id="one of several resources"),
    ],
)
def test_actions_and_resources(action: Any, resource: Any, allowed: bool) -> None:
    given = policy(action, resource)
    judged_by_moto = IAMPolicy(json.dumps(given)).is_action_permitted("ecs:StopTask", TASK)

    assert allows(given, Check("ecs:StopTask", TASK)) == allowed
    # Moto takes the names of actions with their case, and `?` otherwise.
    if action != "ecs:stoptask" and "?" not in action:
        assert (judged_by_moto == PermissionResult.PERMITTED) == allowed


def test_an_action_without_resources_needs_all() -> None:
    assert allows(policy("ecs:ListTasks"), Check("ecs:ListTasks"))
    assert not allows(policy("ecs:ListTasks", "arn:aws:ecs:*:*:*"), Check("ecs:ListTasks"))


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        pytest.param({"ArnEquals": {"ecs:cluster": CLUSTER}}, True, id="the cluster"),
        pytest.param({"ArnLike": {"ecs:cluster": CLUSTER.replace("batch", "*")}}, True, id="any cluster"),
        pytest.param(
            {"ArnEquals": {"ecs:cluster": CLUSTER.replace("1111", "*")}}, True, id="the same operator"
        ),
        pytest.param({"ArnEquals": {"ecs:cluster": f"{CLUSTER}s"}}, False, id="another cluster"),
        pytest.param({"ArnLike": {"ecs:cluster": "arn:*:cluster/batch:*:*:*"}}, False, id="parts are apart"),
        pytest.param({"ArnEquals": {"ecs:cluster": [TASK, CLUSTER]}}, True, id="one of several"),
        pytest.param({"StringEquals": {"ecs:cluster": "arn:*"}}, False, id="equal texts have no patterns"),
        pytest.param({"StringLike": {"ecs:cluster": "arn:*"}}, True, id="a pattern of texts"),
        pytest.param({"StringLike": {"ecs:cluster": "arn${*}"}}, False, id="an asterisk itself"),
        pytest.param({"StringEquals": {"ecs:CreateAction": "RunTask"}}, False, id="a key that is not there"),
        pytest.param(
            {"ArnEquals": {"ecs:cluster": CLUSTER}, "StringEquals": {"ecs:CreateAction": "RunTask"}},
            False,
            id="all have to hold",
        ),
    ],
)
def test_conditions(condition: dict[str, Any], allowed: bool) -> None:
    assert allows(policy("ecs:ListTasks", **condition), Check("ecs:ListTasks", "*", IN_BATCH)) == allowed


def test_weakened_takes_each_part_away() -> None:
    given = policy(["a:B", "a:C"], ["arn:1", "arn:2"], ArnEquals={"ecs:cluster": ["x", "y"]})
    given["Statement"].append({"Sid": "T", "Effect": "Allow", "Action": "a:D", "Resource": "*"})

    found = dict(weakened(given))

    assert list(found) == ["S", "S: a:B", "S: a:C", "S: arn:1", "S: arn:2", "S: x", "S: y", "T"]
    assert found["S"]["Statement"] == given["Statement"][1:]
    assert found["S: x"]["Statement"][0]["Condition"] == {"ArnEquals": {"ecs:cluster": ["y"]}}
    assert given["Statement"][0]["Action"] == ["a:B", "a:C"]
