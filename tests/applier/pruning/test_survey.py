"""Which revisions are to go: the old ones that nothing uses, and none where something is unknown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pruned_account import CLUSTER, ECS_CALLS, PREFIX, PrunedAccount, revision, service, task
from scripted_aws import denied

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.machine.locks import Locks
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, NotObservedError
from ecsplan_applier.pruning.family import Family
from ecsplan_applier.pruning.survey import Survey, surveyed

ETL = {"etl": [1, 2, 3, 4, 5]}
RUNS_ECS = {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": revision("etl:2")}}
LATEST = {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": revision("etl")}}


def removable(survey: Survey) -> list[str]:
    return [each.name for _, each in survey.removable]


def users(survey: Survey, name: str) -> tuple[str, ...]:
    (found,) = [each.users for family in survey.families for each in family.revisions if each.name == name]
    return found


@pytest.mark.parametrize(
    ("numbers", "keep", "expected"),
    [
        pytest.param([1, 2, 3], 1, ["etl:1", "etl:2"], id="the newest one"),
        pytest.param([1, 2, 3], 2, ["etl:1"], id="the newest two"),
        pytest.param([1, 2, 3], 3, [], id="as many as there are"),
        pytest.param([1, 2, 3], 10**30, [], id="far more than there are"),
        pytest.param([10, 9, 100, 2], 2, ["etl:2", "etl:9"], id="by their numbers"),
        pytest.param([3, 7, 90], 1, ["etl:3", "etl:7"], id="numbers with gaps"),
    ],
)
def test_the_newest_are_kept(tmp_path: Path, numbers: list[int], keep: int, expected: list[str]) -> None:
    survey = PrunedAccount({"etl": numbers}).survey(tmp_path, keep)

    assert removable(survey) == expected


@pytest.mark.parametrize(
    ("has", "used_by"),
    [
        pytest.param({"tasks": [task(1, "etl:2")]}, f"task {1:032x} in cluster shop", id="a running task"),
        pytest.param(
            {"tasks": [task(1, "etl:2", "PROVISIONING")]}, f"task {1:032x} in cluster shop", id="a new task"
        ),
        pytest.param(
            {"tasks": [task(1, "etl:2", "DEACTIVATING", "STOPPED")]},
            f"task {1:032x} in cluster shop",
            id="a task that is being stopped",
        ),
        pytest.param({"tasks": [task(1, "etl:2", "STOPPED", "STOPPED")]}, None, id="a task that has stopped"),
        pytest.param({"tasks": [task(1, "etl-2:2")]}, None, id="a task of another family"),
        pytest.param({"services": [service("web", "etl:2")]}, "service web in cluster shop", id="a service"),
        pytest.param(
            {"services": [service("web", "etl:5", deployments=[{"taskDefinition": revision("etl:2")}])]},
            "service web in cluster shop",
            id="a deployment that is being replaced",
        ),
        pytest.param(
            {"services": [service("web", None, taskSets=[{"taskDefinition": revision("etl:2")}])]},
            "service web in cluster shop",
            id="a task set",
        ),
        pytest.param(
            {"services": [service("web", "etl:2", status="DRAINING")]},
            "service web in cluster shop",
            id="a service that is being deleted",
        ),
        pytest.param(
            {"services": [service("web", "etl:2", status="INACTIVE")]}, None, id="a service that was deleted"
        ),
        pytest.param({"schedules": {("default", "n"): RUNS_ECS}}, "schedule default/n", id="a schedule"),
        pytest.param({"schedules": {("team", "n"): RUNS_ECS}}, "schedule team/n", id="a schedule of a group"),
        pytest.param(
            {
                "schedules": {
                    ("default", "n"): {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": "etl:2"}}
                }
            },
            "schedule default/n",
            id="a schedule that names no ARN",
        ),
        pytest.param(
            {"schedules": {("default", "n"): {"Arn": ECS_CALLS, "Input": '{"TaskDefinition": "etl:2"}'}}},
            "schedule default/n",
            id="a schedule that calls ECS",
        ),
        pytest.param(
            {"schedules": {("default", "n"): {"Arn": ECS_CALLS, "Input": "etl:2"}}},
            None,
            id="a schedule that sends ECS what is no request",
        ),
        pytest.param(
            {"schedules": {("default", "n"): {"Arn": "arn:aws:lambda:us-east-1:1:function:f"}}},
            None,
            id="a schedule of something else",
        ),
        pytest.param({"rules": {("default", "n"): [RUNS_ECS]}}, "rule n", id="a rule"),
        pytest.param(
            {"rules": {("orders", "n"): [{"Arn": "arn:aws:sqs:us-east-1:1:q"}, RUNS_ECS]}},
            "rule n of event bus orders",
            id="a rule of another bus, with several targets",
        ),
    ],
)
def test_what_uses_a_revision_keeps_it(tmp_path: Path, has: Mapping[str, Any], used_by: str | None) -> None:
    survey = PrunedAccount(dict(ETL), **has).survey(tmp_path, 1)

    assert users(survey, "etl:2") == (() if used_by is None else (used_by,))
    assert removable(survey) == ["etl:1", *([] if used_by else ["etl:2"]), "etl:3", "etl:4"]


@pytest.mark.parametrize(
    "has",
    [
        pytest.param({"schedules": {("default", "n"): LATEST}}, id="a schedule"),
        pytest.param({"rules": {("default", "n"): [LATEST]}}, id="a rule"),
        pytest.param(
            {"schedules": {("default", "n"): {"Arn": ECS_CALLS, "Input": '{"taskDefinition": "etl"}'}}},
            id="a schedule that calls ECS",
        ),
    ],
)
def test_who_names_a_family_uses_its_newest_revision(tmp_path: Path, has: Mapping[str, Any]) -> None:
    survey = PrunedAccount(dict(ETL), **has).survey(tmp_path, 1)

    assert users(survey, "etl:5") != ()
    assert removable(survey) == ["etl:1", "etl:2", "etl:3", "etl:4"]


def test_an_apply_on_this_machine_keeps_what_it_is_about_to_run(tmp_path: Path) -> None:
    locks = Locks(tmp_path)
    locks.hold(revision("etl:2"))
    try:
        survey = PrunedAccount(dict(ETL)).survey(tmp_path, 1)
    finally:
        locks.close()

    assert users(survey, "etl:2") == ("an apply on this machine",)


ASKED = (
    "ListTaskDefinitions",
    "ListClusters",
    "ListTasks",
    "DescribeTasks",
    "ListServices",
    "DescribeServices",
    "ListSchedules",
    "GetSchedule",
    "ListEventBuses",
    "ListRules",
    "ListTargetsByRule",
)
"""Every call that says what uses a revision."""


def full() -> PrunedAccount:
    return PrunedAccount(
        dict(ETL),
        tasks=[task(1, "etl:1")],
        services=[service("web", "etl:1")],
        schedules={("default", "n"): RUNS_ECS},
        rules={("default", "n"): [RUNS_ECS]},
    )


def test_these_are_all_calls(tmp_path: Path) -> None:
    account = full()
    account.survey(tmp_path)

    assert set(account.calls) == set(ASKED)


@pytest.mark.parametrize("operation", ASKED)
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(denied(""), id="denied"),
        pytest.param(AwsError("", AwsError.NOT_REACHED, "no route"), id="not reached"),
        pytest.param(AwsError("", "UnknownOperationException", "no such thing", status=404), id="not served"),
        pytest.param(AwsError("", "ThrottlingException", "Rate exceeded", status=400), id="always throttled"),
        pytest.param(AwsError("", "InternalFailure", "", status=500), id="out of order"),
        pytest.param(AwsError("", AwsError.BAD_ANSWER, "a login page", status=200), id="not from AWS"),
        pytest.param({}, id="an answer without what it is about"),
    ],
)
def test_what_could_not_be_asked_ends_the_survey(
    tmp_path: Path, operation: str, error: AwsError | Body
) -> None:
    account = full()
    account.says[operation] = error

    with pytest.raises(ApplierError) as raised:
        account.survey(tmp_path)

    assert raised.value.exit_status == 125
    assert operation in str(raised.value)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        pytest.param("DescribeTasks", {"tasks": [], "failures": []}, id="a task that is not described"),
        pytest.param(
            "DescribeServices", {"services": [], "failures": []}, id="a service that is not described"
        ),
        pytest.param(
            "DescribeServices",
            {"services": [], "failures": [{"arn": service("web", None)["serviceArn"], "reason": "ODD"}]},
            id="a service that is not described, for a reason that nobody knows",
        ),
        pytest.param(
            "DescribeTasks",
            {"tasks": [{"taskArn": task(1, "etl:1")["taskArn"]}]},
            id="a task without revision",
        ),
        pytest.param("ListSchedules", {"Schedules": [{"Name": "n"}]}, id="a schedule without target"),
        pytest.param("GetSchedule", {"Name": "n"}, id="a schedule that is described without target"),
        pytest.param("GetSchedule", {"Target": {}}, id="a schedule whose target is empty"),
        pytest.param("ListRules", {"Rules": [{}]}, id="a rule without name"),
    ],
)
def test_what_aws_does_not_say_ends_the_survey(tmp_path: Path, operation: str, answer: Body) -> None:
    account = full()
    account.says[operation] = answer

    with pytest.raises(ApplierError):
        account.survey(tmp_path)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        pytest.param("ListTasks", "ClusterNotFoundException", id="a cluster, before its tasks are listed"),
        pytest.param("DescribeTasks", "ClusterNotFoundException", id="a cluster, before they are described"),
        pytest.param("ListServices", "ClusterNotFoundException", id="a cluster, before its services"),
        pytest.param("GetSchedule", "ResourceNotFoundException", id="a schedule"),
        pytest.param("ListRules", "ResourceNotFoundException", id="an event bus"),
        pytest.param("ListTargetsByRule", "ResourceNotFoundException", id="a rule"),
    ],
)
def test_what_is_deleted_meanwhile_uses_nothing(tmp_path: Path, operation: str, code: str) -> None:
    account = full()
    account.says[operation] = AwsError(operation, code, "not found", status=400)

    assert account.survey(tmp_path).families


def test_a_service_deleted_meanwhile_uses_nothing(tmp_path: Path) -> None:
    account = PrunedAccount(dict(ETL), services=[service("web", "etl:1")])
    # With the short ARN that accounts have which never asked for the long one.
    missing = {"arn": f"{PREFIX}:service/web", "reason": "MISSING"}
    account.says["DescribeServices"] = {"services": [], "failures": [missing]}

    assert removable(account.survey(tmp_path))[0] == "etl:1"


def test_a_task_that_is_described_a_moment_later_keeps_its_revision(tmp_path: Path) -> None:
    account = PrunedAccount(dict(ETL), tasks=[task(1, "etl:1")])
    described: list[Body] = [{"tasks": []}, {"tasks": account.tasks}]
    answers = iter(described)
    account.says["DescribeTasks"] = lambda _: next(answers)

    assert removable(account.survey(tmp_path)) == ["etl:2", "etl:3", "etl:4"]


def test_nothing_is_asked_where_all_are_kept_anyway(tmp_path: Path) -> None:
    account = full()
    survey = account.survey(tmp_path, 5)

    assert removable(survey) == []
    assert account.calls == {"ListTaskDefinitions": 1}


@pytest.mark.parametrize(
    ("families", "per_cluster"),
    [
        pytest.param(4, [{"family": f"f{number}"} for number in range(4)], id="a few, one by one"),
        pytest.param(5, [{}], id="many, all at once"),
    ],
)
def test_many_families_cost_as_many_calls_as_one(
    tmp_path: Path, families: int, per_cluster: list[Body]
) -> None:
    account = PrunedAccount({f"f{number}": [1, 2] for number in range(families)}, tasks=[task(1, "f1:1")])
    survey = account.survey(tmp_path)

    listed = [
        {name: value for name, value in request.items() if name == "family"}
        for operation, request in account.requests
        if operation == "ListTasks" and request["desiredStatus"] == "RUNNING"
    ]
    assert listed == per_cluster
    assert users(survey, "f1:1") != ()
    assert account.calls["ListSchedules"] == account.calls["ListEventBuses"] == 1


def test_all_pages_are_read(tmp_path: Path) -> None:
    account = PrunedAccount(
        {"etl": [*range(1, 31)]},
        clusters=[CLUSTER, *(f"{CLUSTER}-{number}" for number in range(7))],
        tasks=[task(number, f"etl:{number}") for number in range(1, 8)],
        services=[service(f"s{number}", f"etl:{number}") for number in range(8, 24)],
        schedules={("default", f"n{number}"): {**RUNS_ECS} for number in range(9)},
        rules={(f"b{number}", f"n{each}"): [RUNS_ECS] for number in range(4) for each in range(4)},
        page=3,
    )
    account.schedules["default", "n8"] = {
        **RUNS_ECS,
        "EcsParameters": {"TaskDefinitionArn": revision("etl:24")},
    }
    account.rules["b3", "n3"] = [
        *[{"Arn": "q"}] * 5,
        {**RUNS_ECS, "EcsParameters": {"TaskDefinitionArn": "etl:25"}},
    ]

    assert removable(account.survey(tmp_path, 2)) == ["etl:26", "etl:27", "etl:28"]


def test_only_the_family_itself_is_meant(tmp_path: Path) -> None:
    """`familyPrefix` may be taken at its word."""
    account = PrunedAccount({"etl": [1, 2]})
    account.says["ListTaskDefinitions"] = {
        "taskDefinitionArns": [revision("etl:2"), revision("etl:1"), revision("etl-daily:7")]
    }

    assert [each.name for each in account.survey(tmp_path).families[0].revisions] == ["etl:2", "etl:1"]


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        pytest.param("nightly_etl", "did you mean `nightly-etl`?", id="a near one"),
        pytest.param(
            "zzz",
            "`aws ecs list-task-definition-families` lists them; check the region and the account",
            id="none is near",
        ),
    ],
)
def test_a_family_that_does_not_exist(tmp_path: Path, name: str, help_text: str) -> None:
    with pytest.raises(NotObservedError) as raised:
        PrunedAccount({"nightly-etl": [1]}).survey(tmp_path, 1, "nightly-etl", name)

    assert str(raised.value) == f"there is no family {name} in us-east-1\n  help: {help_text}"


def test_the_suggestion_needs_no_permission(tmp_path: Path) -> None:
    account = PrunedAccount({}, says={"ListTaskDefinitionFamilies": denied("")})

    with pytest.raises(NotObservedError, match="there is no family etl"):
        account.survey(tmp_path, 1, "etl")


def test_a_family_whose_revisions_are_gone_has_nothing_to_prune(tmp_path: Path) -> None:
    survey = PrunedAccount({}, inactive=["etl:1"]).survey(tmp_path, 1, "etl")

    assert [each.revisions for each in survey.families] == [()]


@pytest.mark.parametrize(
    ("account_id", "is_refused"),
    [
        pytest.param("111122223333", False, id="that of the credentials"),
        pytest.param("999999999999", True, id="another one"),
        pytest.param(None, False, id="any"),
    ],
)
def test_the_account_is_the_one_that_is_named(
    tmp_path: Path, account_id: str | None, is_refused: bool
) -> None:
    account = PrunedAccount({"etl": [1, 2]})
    session = account.session(tmp_path)
    work = surveyed(session, [Family(account.target(Aws()), "etl", account_id)], 1)

    if is_refused:
        with pytest.raises(NotObservedError, match="for account 111122223333"):
            session.run(work)
    else:
        assert removable(session.run(work)) == ["etl:1"]


def test_regions_are_looked_at_apart(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2]})
    session = account.session(tmp_path)
    families = [Family(account.target(Aws(region=each)), "etl") for each in ("us-east-1", "eu-west-1")]
    survey = session.run(surveyed(session, families, 1))

    assert len(survey.removable) == 2
    assert account.calls["ListClusters"] == 2


def test_a_request_of_a_schedule_may_be_nested_too_deeply(tmp_path: Path) -> None:
    deep = json.dumps("x").join(("[" * 100_000, "]" * 100_000))
    account = PrunedAccount(dict(ETL), schedules={("default", "n"): {"Arn": ECS_CALLS, "Input": deep}})

    assert len(removable(account.survey(tmp_path))) == 4


def test_a_family_that_two_profiles_lead_to_is_surveyed_once(tmp_path: Path) -> None:
    account = PrunedAccount(ETL)
    session = account.session(tmp_path)
    families = [Family(account.target(Aws(profile=each)), "etl") for each in ("one", "two")]

    survey = session.run(surveyed(session, families, 3))

    assert [each.family.target.profile for each in survey.families] == ["one"]
    assert removable(survey) == ["etl:1", "etl:2"]
