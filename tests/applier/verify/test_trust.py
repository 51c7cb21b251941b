"""Trust policies: which services they let assume a role, and what keeps the others out."""

from typing import Any

import pytest

from ecsplan_applier.verify.trust import AssumingService, trusts

SCHEDULER = AssumingService(
    "scheduler.amazonaws.com",
    "111122223333",
    "arn:aws:scheduler:eu-west-1:111122223333:schedule-group/nightly",
)
ECS = AssumingService("ecs-tasks.amazonaws.com", "111122223333", "arn:aws:ecs:eu-west-1:111122223333:*")
NOBODY = AssumingService("scheduler.amazonaws.com", None, "*")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**changes: Any) -> dict[str, Any]:
    """Return a service's documented statement with changes; None leaves a member out."""
    principal = {"Service": ["scheduler.amazonaws.com", "ecs-tasks.amazonaws.com"]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **changes}
    return {name: value for name, value in statement.items() if value is not None}


def only_if(operator: str, key: str, *values: str) -> dict[str, Any]:
    return allow(Condition={operator: {key: list(values)}})


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        pytest.param(allow(), "trusted", id="as documented"),
        pytest.param(allow(Principal={"Service": "scheduler.amazonaws.com"}), "trusted", id="one service"),
        pytest.param(allow(Principal="*"), "trusted", id="everybody"),
        pytest.param(allow(Principal={"AWS": "*"}), "trusted", id="everybody, the long way"),
        pytest.param(allow(Principal={"Service": "events.amazonaws.com"}), "refused", id="another service"),
        pytest.param(allow(Principal={"Service": "sched*"}), "refused", id="a pattern of a service"),
        pytest.param(allow(Principal={"AWS": "arn:aws:iam::1:root"}), "refused", id="an account"),
        pytest.param(allow(Principal=None), "refused", id="nobody"),
        pytest.param(allow(Action="sts:*"), "trusted", id="all actions of sts"),
        pytest.param(allow(Action="*"), "trusted", id="all actions"),
        pytest.param(allow(Action="STS:assumerole"), "trusted", id="an action in another case"),
        pytest.param(allow(Action=["sts:TagSession", "sts:Assume?ole"]), "trusted", id="one of several"),
        pytest.param(allow(Action="sts:AssumeRoleWithWebIdentity"), "refused", id="another action"),
        pytest.param(allow(Action="sts:TagSession"), "refused", id="an action beside it"),
        pytest.param(allow(Action=None, NotAction="sts:TagSession"), "trusted", id="all actions but another"),
        pytest.param(allow(Action=None, NotAction="sts:AssumeRole"), "refused", id="all actions but this"),
        pytest.param(allow(Effect="Deny"), "refused", id="denied"),
    ],
)
def test_who_and_what(statement: dict[str, Any], state: str) -> None:
    assert trusts(policy(statement), SCHEDULER).state == state
    assert trusts({"Statement": statement}, SCHEDULER).state == state, "one statement without a list"


ARN = "aws:SourceArn"


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        pytest.param(only_if("StringEquals", "aws:SourceAccount", "111122223333"), "trusted", id="account"),
        pytest.param(
            only_if("StringEquals", "aws:sourceaccount", "111122223333"), "trusted", id="in any case"
        ),
        pytest.param(only_if("StringEquals", "aws:SourceAccount", "9"), "refused", id="another account"),
        pytest.param(
            only_if("StringEquals", "aws:SourceAccount", "9", "111122223333"), "trusted", id="either"
        ),
        pytest.param(
            only_if("StringNotEquals", "aws:SourceAccount", "9"), "trusted", id="not another account"
        ),
        pytest.param(
            only_if("StringNotEquals", "aws:SourceAccount", "9", "111122223333"), "refused", id="neither"
        ),
        pytest.param(only_if("StringLike", "aws:SourceAccount", "1111*"), "trusted", id="like"),
        pytest.param(
            only_if("StringLike", "aws:SourceAccount", "*2??3333"), "trusted", id="like, in the middle"
        ),
        pytest.param(
            only_if("StringEquals", "aws:SourceAccount", "1111*"), "refused", id="equal to a pattern"
        ),
        pytest.param(only_if("StringEqualsIfExists", "aws:SourceAccount", "9"), "refused", id="if it exists"),
        pytest.param(
            only_if("ArnLike", ARN, "arn:aws:scheduler:*:111122223333:schedule-group/*"), "trusted", id="arn"
        ),
        pytest.param(only_if("ArnEquals", ARN, SCHEDULER.source_arn), "trusted", id="the same arn"),
        pytest.param(
            only_if("ArnLike", ARN, "arn:aws:scheduler:*:111122223333:schedule-group/weekly"),
            "refused",
            id="another group",
        ),
        pytest.param(only_if("ArnLike", ARN, "arn:aws:scheduler:*"), "open", id="the beginning of an arn"),
        pytest.param(only_if("ArnLike", ARN, "*"), "open", id="any arn, or none"),
        pytest.param(only_if("ArnLike", ARN, "arn:aws:events:*"), "refused", id="the beginning of another"),
        pytest.param(only_if("ArnLike", ARN, "arn:aws:scheduler"), "refused", id="no arn at all"),
        pytest.param(only_if("StringLike", ARN, "arn:aws:scheduler:*"), "trusted", id="the text of an arn"),
        pytest.param(
            only_if("ArnNotLike", ARN, "arn:aws:events:*:*:*"), "trusted", id="not of another service"
        ),
        pytest.param(only_if("StringEquals", "aws:SourceOrgID", "o-1"), "open", id="another key"),
        pytest.param(only_if("StringEquals", ARN, "${aws:PrincipalTag/arn}"), "open", id="a policy variable"),
        pytest.param(only_if("Null", ARN, "true"), "open", id="another operator"),
        pytest.param(only_if("ForAnyValue:StringEquals", ARN, "x"), "open", id="a set operator"),
        pytest.param(
            allow(Condition={"StringEquals": {"aws:SourceAccount": "9", "aws:SourceOrgID": "o-1"}}),
            "refused",
            id="another account, and another key",
        ),
    ],
)
def test_conditions(statement: dict[str, Any], state: str) -> None:
    assert trusts(policy(statement), SCHEDULER).state == state
    assert trusts(policy(statement, allow()), SCHEDULER).state == "trusted", "any statement is enough"


@pytest.mark.parametrize(
    ("operator", "value", "state"),
    [
        pytest.param("ArnLike", "arn:aws:ecs:eu-west-1:111122223333:*", "trusted", id="as documented"),
        pytest.param("StringLike", "arn:aws:ecs:*", "trusted", id="all of ecs"),
        pytest.param("ArnLike", "arn:aws:ecs:*:*:*", "trusted", id="any place"),
        pytest.param("ArnLike", "arn:aws:ecs:us-east-1:111122223333:*", "refused", id="another region"),
        pytest.param("ArnLike", "arn:aws:ecs:eu-west-1:111122223333:task/batch/*", "open", id="some tasks"),
        pytest.param("StringEquals", "arn:aws:ecs:eu-west-1:111122223333:task/a", "open", id="one task"),
        pytest.param("StringEquals", "arn:aws:ecs:eu-west-1:9:task/a", "refused", id="a task elsewhere"),
        pytest.param("StringLike", "*:task/a", "open", id="the end of it"),
    ],
)
def test_an_arn_that_is_known_in_part(operator: str, value: str, state: str) -> None:
    assert trusts(policy(only_if(operator, ARN, value)), ECS).state == state


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        pytest.param([allow(), allow(Effect="Deny")], "refused", id="deny wins"),
        pytest.param(
            [allow(), allow(Effect="Deny", Principal={"Service": "events.amazonaws.com"})],
            "trusted",
            id="deny for another",
        ),
        pytest.param(
            [allow(), allow(Effect="Deny", Principal=None, NotPrincipal={"Service": SCHEDULER.service})],
            "trusted",
            id="deny for all others",
        ),
        pytest.param(
            [allow(), allow(Effect="Deny", Principal=None, NotPrincipal={"Service": ECS.service})],
            "refused",
            id="deny for all but another",
        ),
        pytest.param(
            [allow(), {**only_if("StringNotEquals", "aws:SourceOrgID", "o-1"), "Effect": "Deny"}],
            "open",
            id="deny on a condition",
        ),
    ],
)
def test_several_statements(statements: list[dict[str, Any]], state: str) -> None:
    assert trusts(policy(*statements), SCHEDULER).state == state


@pytest.mark.parametrize(
    ("document", "caller", "why"),
    [
        pytest.param(
            policy(allow(Principal={"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]})),
            SCHEDULER,
            "its trust policy names ec2.amazonaws.com, lambda.amazonaws.com, not scheduler.amazonaws.com",
            id="others",
        ),
        pytest.param(
            policy(only_if("StringEquals", "aws:SourceAccount", "999999999999")),
            SCHEDULER,
            "a condition of its trust policy keeps scheduler.amazonaws.com out: aws:SourceAccount is"
            " 999999999999 (StringEquals)",
            id="a condition",
        ),
        pytest.param(
            policy(only_if("StringEquals", "aws:SourceAccount", "999999999999")),
            NOBODY,
            "its trust policy has a condition that cannot be judged: aws:SourceAccount is 999999999999"
            " (StringEquals)",
            id="the account is not known",
        ),
        pytest.param(
            policy(),
            SCHEDULER,
            "its trust policy does not allow sts:AssumeRole to scheduler.amazonaws.com",
            id="empty",
        ),
        pytest.param(
            policy(allow(), allow(Effect="Deny")),
            SCHEDULER,
            "its trust policy denies sts:AssumeRole to scheduler.amazonaws.com",
            id="denied",
        ),
        pytest.param(policy(allow()), NOBODY, "", id="trusted"),
    ],
)
def test_the_reason(document: dict[str, Any], caller: AssumingService, why: str) -> None:
    assert trusts(document, caller).why == why


@pytest.mark.parametrize("document", [{}, {"Statement": None}, {"Statement": [1, "x", {"Effect": "Allow"}]}])
def test_what_is_no_policy_trusts_nobody(document: dict[str, Any]) -> None:
    assert trusts(document, SCHEDULER).state == "refused"
