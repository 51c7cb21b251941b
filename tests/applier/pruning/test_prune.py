"""Deregistering and deleting: what was listed and is unused still, and a report of all that was not done."""

from pathlib import Path
from typing import Any

import pytest
from pruned_account import PrunedAccount, revision, task
from scripted_aws import denied

from ecsplan.terms.observed import Body
from ecsplan_applier.machine.locks import Locks
from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.pruning.prune import LOOK_AGAIN_S, Pruned, prune
from ecsplan_applier.pruning.session import PruneSession

THROTTLED = AwsError("", "ThrottlingException", "Rate exceeded", status=400)


def names(arns: list[str]) -> list[str]:
    return [each.rpartition("/")[2] for each in arns]


def pruned(
    account: PrunedAccount, folder: Path, keep: int = 1, session: PruneSession | None = None, **options: Any
) -> Pruned:
    """Prune all families of an account, after a survey that found everything in order."""
    survey = account.survey(folder, keep)
    account.requests.clear()
    session = session or account.session(folder)
    return session.run(prune(session, survey, **options))


def test_the_oldest_go_first_and_each_family_by_itself(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [3, 2, 1], "report": [7, 8]})
    done = pruned(account, tmp_path)

    assert done.is_whole
    assert names(done.deregistered) == ["etl:1", "etl:2", "report:7"]
    assert account.active == {"etl": [3], "report": [8]}
    assert account.calls == {"DeregisterTaskDefinition": 3}


def test_deleting_is_done_ten_at_a_time(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [*range(1, 13)], "report": [*range(1, 15)]})
    done = pruned(account, tmp_path, deleting=True)

    sizes = [len(each["taskDefinitions"]) for name, each in account.changes if name.startswith("Delete")]
    assert sizes == [10, 10, 4]
    assert (done.is_whole, len(done.deleted), done.deleted) == (True, 24, done.deregistered)


def test_thousands_are_pruned_however_much_aws_throttles(tmp_path: Path) -> None:
    """By a bucket as that of an account whose quota nobody has raised, which others use as well."""
    account = PrunedAccount({"etl": [*range(1, 2002)]})
    level, since = 20.0, account.clock.elapsed()
    throttled = 0

    def metered(request: Body) -> Body:
        nonlocal level, since, throttled
        now = account.clock.elapsed()
        level, since = min(20.0, level + (now - since)), now
        if level < 1:
            throttled += 1
            raise AwsError("DeregisterTaskDefinition", THROTTLED.code, THROTTLED.text, status=400)
        level -= 1
        return account._deregister_task_definition(request)

    account.says["DeregisterTaskDefinition"] = metered
    done = pruned(account, tmp_path)

    assert done.is_whole
    assert account.active == {"etl": [2001]}
    assert 0 < throttled < 2001


def test_what_was_listed_and_has_become_used_stays(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4]})
    survey = account.survey(tmp_path)
    session = account.session(tmp_path)
    account.tasks.append(task(1, "etl:2"))
    done = session.run(prune(session, survey, look_again=True))

    assert done.is_whole
    assert names(done.deregistered) == ["etl:1", "etl:3"]
    assert [(each.name, each.why) for each in done.spared] == [("etl:2", f"task {1:032x} in cluster shop")]


@pytest.mark.parametrize(
    ("now_active", "goes", "spared"),
    [
        pytest.param([1, 2, 3, 4], [1, 2, 3], [], id="nothing has changed"),
        pytest.param([1, 2, 3, 4, 5, 6], [1, 2, 3], [], id="newer ones were registered: only the listed go"),
        pytest.param([1, 2, 3], [1, 2], [("etl:3", "one of the newest by now")], id="the newest is gone"),
        pytest.param([1, 3, 4], [1, 3], [("etl:2", "no longer ACTIVE")], id="one of them is gone"),
        pytest.param(
            [],
            [],
            [(f"etl:{each}", "no longer ACTIVE") for each in (1, 2, 3)],
            id="the family is gone",
        ),
    ],
)
def test_what_changes_between_the_question_and_the_answer(
    tmp_path: Path, now_active: list[int], goes: list[int], spared: list[tuple[str, str]]
) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4]})
    survey = account.survey(tmp_path)
    account.active["etl"] = now_active
    session = account.session(tmp_path)
    done = session.run(prune(session, survey, look_again=True))

    assert names(done.deregistered) == [f"etl:{each}" for each in goes]
    assert [(each.name, each.why) for each in done.spared] == spared
    assert done.is_whole


def test_a_survey_that_has_got_old_is_made_again(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4, 5]})

    def age(operation: str) -> None:
        if operation == "DeregisterTaskDefinition":
            account.clock.advance(LOOK_AGAIN_S)
            account.tasks[:] = [task(1, "etl:3")]

    account.after = age
    done = pruned(account, tmp_path)

    assert names(done.deregistered) == ["etl:1", "etl:2", "etl:4"]
    assert [each.name for each in done.spared] == ["etl:3"]
    assert account.calls["ListTaskDefinitions"] == 1


def test_where_it_cannot_be_made_again_the_work_ends(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3]})
    survey = account.survey(tmp_path)
    account.says["ListSchedules"] = denied("")
    session = account.session(tmp_path)
    done = session.run(prune(session, survey, look_again=True))

    assert account.changes == []
    assert (done.is_whole, done.deregistered) == (False, [])
    assert "ListSchedules" in str(done.failure)


def test_an_apply_that_has_begun_meanwhile_keeps_its_revision(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3]})
    locks = Locks(tmp_path)
    survey = account.survey(tmp_path)
    locks.hold(revision("etl:1"))
    session = account.session(tmp_path)
    try:
        done = session.run(prune(session, survey))
    finally:
        locks.close()

    assert names(done.deregistered) == ["etl:2"]
    assert [(each.name, each.why) for each in done.spared] == [("etl:1", "an apply on this machine")]


def failing_for(account: PrunedAccount, name: str, error: AwsError) -> None:
    """Have the deregistration of a revision fail with an error."""

    def answer(request: Body) -> Body:
        if request["taskDefinition"] == revision(name):
            raise AwsError("DeregisterTaskDefinition", error.code, error.text, status=error.status)
        return account._deregister_task_definition(request)

    account.says["DeregisterTaskDefinition"] = answer


def test_a_refusal_ends_the_work_on_its_family(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4], "report": [1, 2]})
    failing_for(account, "etl:1", denied(""))
    done = pruned(account, tmp_path)

    assert names(done.deregistered) == ["report:1"]
    assert names([each.arn for each in done.failed]) == ["etl:1"]
    assert account.calls["DeregisterTaskDefinition"] == 2
    assert "AccessDeniedException" in done.failed[0].why
    assert not done.is_whole


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(THROTTLED, id="throttled for minutes"),
        pytest.param(AwsError("", AwsError.NOT_REACHED, "no route"), id="out of reach"),
        pytest.param(AwsError("", "InternalFailure", "", status=500), id="out of order"),
    ],
)
def test_trouble_ends_all_of_it(tmp_path: Path, error: AwsError) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4], "report": [1, 2]})
    failing_for(account, "etl:2", error)
    done = pruned(account, tmp_path, deleting=True)

    assert names(done.deregistered) == names(done.deleted) == ["etl:1", "etl:3"]
    assert "DeregisterTaskDefinition of etl:2" in str(done.failure)
    assert not done.is_whole


def test_a_lost_answer_is_made_up_for(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3]})

    def lost(request: Body) -> Body:
        name = request["taskDefinition"].rpartition("/")[2]
        if name in account.inactive:
            raise AwsError("DeregisterTaskDefinition", "ClientException", "it does not exist", status=400)
        account._deregister_task_definition(request)
        raise AwsError("DeregisterTaskDefinition", AwsError.NO_ANSWER, "the connection broke")

    account.says["DeregisterTaskDefinition"] = lost
    done = pruned(account, tmp_path)

    assert (done.is_whole, names(done.deregistered)) == (True, ["etl:1", "etl:2"])


def test_what_somebody_else_has_deleted_is_gone(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3]}, deleted=["etl:1"])
    failing_for(account, "etl:1", AwsError("", "ClientException", "it does not exist", status=400))
    done = pruned(account, tmp_path)

    assert names(done.deregistered) == ["etl:2"]
    assert [(each.name, each.why) for each in done.spared] == [("etl:1", "no longer ACTIVE")]
    assert done.is_whole


def test_an_answer_that_the_revision_is_still_active_is_not_believed(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2]})
    account.says["DeregisterTaskDefinition"] = {
        "taskDefinition": {"taskDefinitionArn": revision("etl:1"), "status": "ACTIVE"}
    }
    done = pruned(account, tmp_path)

    assert (done.is_whole, done.deregistered) == (False, [])


@pytest.mark.parametrize(("deleting", "deleted"), [(False, []), (True, ["etl:1"])])
def test_a_signal_ends_it_after_the_calls_that_are_under_way(
    tmp_path: Path, deleting: bool, deleted: list[str]
) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4, 5]})
    session = account.session(tmp_path)

    def progress(done: Pruned) -> None:
        if len(done.deregistered) == 1:
            session.cancelled.set()

    done = pruned(account, tmp_path, session=session, deleting=deleting, progress=progress)

    assert names(done.deregistered) == ["etl:1"]
    assert names(done.deleted) == deleted
    assert account.active == {"etl": [2, 3, 4, 5]}
    assert not done.is_whole


def test_it_goes_on_where_it_has_ended(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2, 3, 4]})
    failing_for(account, "etl:2", AwsError("", AwsError.NOT_REACHED, "no route"))
    pruned(account, tmp_path)
    del account.says["DeregisterTaskDefinition"]
    done = pruned(account, tmp_path)

    assert (done.is_whole, names(done.deregistered)) == (True, ["etl:2"])


STILL_ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target."


def refusing(account: PrunedAccount, name: str, reason: str, times: int) -> None:
    """Have the deletion of a revision fail so many times."""
    left = times

    def answer(request: Body) -> Body:
        nonlocal left
        arns = [each for each in request["taskDefinitions"] if not (each == revision(name) and left)]
        failures = [
            {"arn": each, "reason": reason} for each in request["taskDefinitions"] if each not in arns
        ]
        left -= len(failures)
        done = (
            account._delete_task_definitions({"taskDefinitions": arns}) if arns else {"taskDefinitions": []}
        )
        return {**done, "failures": failures}

    account.says["DeleteTaskDefinitions"] = answer


@pytest.mark.parametrize(
    ("reason", "times", "undeleted"),
    [
        pytest.param(STILL_ACTIVE, 2, [], id="ACTIVE still, for a moment"),
        pytest.param(STILL_ACTIVE, 99, [("etl:1", STILL_ACTIVE)], id="ACTIVE still, for long"),
        pytest.param("odd", 1, [("etl:1", "odd")], id="refused"),
        pytest.param("It is in DELETE_IN_PROGRESS status.", 1, [], id="deleted by a try that was lost"),
        pytest.param("", 1, [("etl:1", "ECS gives no reason")], id="refused without a reason"),
    ],
)
def test_what_is_not_deleted_is_named(
    tmp_path: Path, reason: str, times: int, undeleted: list[tuple[str, str]]
) -> None:
    account = PrunedAccount({"etl": [1, 2, 3]})
    refusing(account, "etl:1", reason, times)
    done = pruned(account, tmp_path, deleting=True)

    assert [(each.arn.rpartition("/")[2], each.why) for each in done.undeleted] == undeleted
    assert names(done.deregistered) == ["etl:1", "etl:2"]
    assert done.is_whole is (not undeleted)


def test_what_an_answer_leaves_out_is_not_deleted(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [1, 2]}, says={"DeleteTaskDefinitions": {"taskDefinitions": []}})
    done = pruned(account, tmp_path, deleting=True)

    assert [each.why for each in done.undeleted] == ["the response does not mention it"]


def test_where_deleting_is_denied_no_more_is_deregistered(tmp_path: Path) -> None:
    account = PrunedAccount({"etl": [*range(1, 31)]}, says={"DeleteTaskDefinitions": denied("")})
    done = pruned(account, tmp_path, deleting=True)

    assert len(done.deregistered) == len(done.undeleted) == 11
    assert account.calls == {"DeregisterTaskDefinition": 11, "DeleteTaskDefinitions": 2}
    assert "DeleteTaskDefinitions" in str(done.failure)
