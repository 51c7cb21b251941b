"""From grants to policies: few statements, which allow what is granted and nothing else."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iam_policies import Check, allows

from ecsplan.permissions.grants import Grant
from ecsplan.permissions.permission import Condition, Permission, Scope
from ecsplan.permissions.policy import MAX_CHARACTERS, covers, parts, policy, size, statements

ROW = Permission("ecs:RunTask", ("ecs:RunTask",), "", "", ("a page",))


def grant(action: str, resource: str = "*", condition: Condition | None = None, job: str = "etl") -> Grant:
    return Grant(replace(ROW, action=action), Scope(resource, condition), job, "apply", "")


def arn(name: str, account: str = "111122223333") -> str:
    return f"arn:aws:ecs:us-east-1:{account}:task/{name}"


def in_cluster(name: str) -> Condition:
    return Condition("ecs:cluster", (f"arn:aws:ecs:us-east-1:111122223333:cluster/{name}",), "arn")


def written(*grants: Grant) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy(statements(grants))["Statement"]
    return found


def test_actions_that_need_the_same_share_a_statement() -> None:
    assert written(grant("ecs:StopTask", arn("a")), grant("ecs:DescribeTasks", arn("a"))) == [
        {
            "Sid": "EcsDescribeStop",
            "Effect": "Allow",
            "Action": ["ecs:DescribeTasks", "ecs:StopTask"],
            "Resource": arn("a"),
        }
    ]


def test_actions_that_need_different_things_do_not() -> None:
    found = written(grant("ecs:StopTask", arn("a")), grant("ecs:DescribeTasks", arn("b")))

    assert [(each["Action"], each["Resource"]) for each in found] == [
        ("ecs:DescribeTasks", arn("b")),
        ("ecs:StopTask", arn("a")),
    ]


def test_values_of_a_condition_are_put_together_only_where_the_rest_is_the_same() -> None:
    listed = [grant("ecs:ListTasks", "*", in_cluster(each)) for each in ("y", "x")]
    run = [grant("ecs:RunTask", arn("a"), in_cluster("x")), grant("ecs:RunTask", arn("b"), in_cluster("y"))]

    found = written(*listed, *run)

    assert [each["Sid"] for each in found] == ["EcsListTasks", "EcsRunTask", "EcsRunTask2"]
    assert found[0]["Condition"] == {
        "ArnEquals": {
            "ecs:cluster": [*in_cluster("x").values, *in_cluster("y").values],
        }
    }
    assert [each["Resource"] for each in found[1:]] == [arn("a"), arn("b")]


@pytest.mark.parametrize(
    ("actions", "sid"),
    [
        pytest.param(["ecs:RunTask"], "EcsRunTask", id="one action"),
        pytest.param(["logs:DescribeLogGroups", "logs:DescribeLogStreams"], "LogsDescribe", id="one verb"),
        pytest.param(
            ["ecs:DescribeTaskDefinition", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
            "Ec2EcsDescribe",
            id="several services",
        ),
        pytest.param(["s3:PutObject", "s3:GetObject"], "S3GetPut", id="several verbs"),
        pytest.param(["ecr:BatchGetImage", "ecr:DescribeImages"], "EcrBatchGetDescribe", id="a batch"),
    ],
)
def test_a_statement_is_named_after_all_of_its_actions(actions: list[str], sid: str) -> None:
    (found,) = written(*(grant(each, "*") for each in actions))

    assert found["Sid"] == sid


def test_what_a_pattern_matches_is_left_out() -> None:
    (found,) = written(grant("ecs:StopTask", arn("a", "*")), grant("ecs:StopTask", arn("a")))

    assert found["Resource"] == arn("a", "*")


def test_a_condition_with_a_pattern_says_so() -> None:
    (found,) = written(grant("ecs:ListTasks", "*", in_cluster("*")))

    assert found["Condition"] == {"ArnLike": {"ecs:cluster": in_cluster("*").values[0]}}


def test_an_asterisk_that_stands_for_itself_is_no_pattern() -> None:
    (found,) = written(grant("ecs:ListTasks", "*", in_cluster("${*}")))

    assert found["Condition"].keys() == {"ArnEquals"}


@pytest.mark.parametrize(
    ("pattern", "other", "covered"),
    [
        ("a*", "ab", True),
        ("a*", "a*b", True),
        ("*", "arn:aws:s3:::b", True),
        ("ab", "a*", False),
        ("a*b", "a*", False),
        ("a", "a", True),
        ("a${*}", "ab", False),
        ("a${*}*", "a${*}b", True),
        ("a.c*", "abcd", False),
    ],
)
def test_covers(pattern: str, other: str, covered: bool) -> None:
    assert covers(pattern, other) == covered


NAMES = st.sampled_from(["a", "b", "*"])
CONDITIONS = st.sampled_from([None, in_cluster("x"), in_cluster("y"), in_cluster("*")])
GRANTS = st.builds(grant, st.sampled_from(["ecs:A", "ecs:B", "s3:C"]), NAMES.map(arn), CONDITIONS)


@given(st.lists(GRANTS, min_size=1, max_size=8))
def test_a_policy_allows_what_its_grants_allow(grants: list[Grant]) -> None:
    """One statement for each grant allows the same, and the order of the grants does not matter."""
    whole = policy(statements(grants))
    single = policy(each for one in grants for each in statements([one]))

    for action, name, cluster in itertools.product(("ecs:A", "ecs:B", "s3:C"), "abc", "xyz"):
        check = Check(action, arn(name), {"ecs:cluster": in_cluster(cluster).values[0]})
        assert allows(whole, check) == allows(single, check)
        assert allows(whole, replace(check, context={})) == allows(single, replace(check, context={}))
    assert policy(statements(reversed(grants))) == whole
    names = [each["Sid"] for each in whole["Statement"]]
    assert len(set(names)) == len(names)
    assert all(each.isalnum() for each in names)


@pytest.mark.parametrize("count", [1, 50, 200, 1000])
def test_parts_fit_and_allow_the_same(count: int) -> None:
    grants = [grant("ecs:StopTask", arn(f"job-{each:04}")) for each in range(count)]
    whole = statements([*grants, grant("ecs:ListTasks", "*", in_cluster("x"))])

    found = parts(whole)

    assert (len(found) == 1) == (size(whole) <= MAX_CHARACTERS)
    assert all(size(each) <= MAX_CHARACTERS for each in found)
    for each in grants[:: max(1, count // 20)]:
        assert sum(allows(policy(part), Check("ecs:StopTask", each.scope.resource)) for part in found) == 1
    assert len(found) <= size(whole) // MAX_CHARACTERS * 2 + 1
    for part in found:
        names = [each.sid for each in part]
        assert len(set(names)) == len(names)
        assert all(each.grants for each in part)
