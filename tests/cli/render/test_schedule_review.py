"""Schedules in a review: whichever member changes, all three forms show it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from compiled_jobs import compiled

from ecsplan.decision.compare import Change
from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import Plan
from ecsplan_applier.schedules.compared import ScheduleState
from ecsplan_cli.render.diff import render_json, render_text
from ecsplan_cli.render.diff_markdown import render_markdown
from ecsplan_cli.render.review import counted_only, review

NOW = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/scheduler"
WHOLE: dict[str, Any] = {
    "cron": "0 3 * * ? *",
    "timezone": "Europe/Berlin",
    "role_arn": ROLE,
    "flexible_window_minutes": 15,
    "enabled": True,
    "group": "jobs",
    "dead_letter_arn": "arn:aws:sqs:eu-west-1:111122223333:lost",
    "retry": {"attempts": 3, "max_age_seconds": 3600},
}


def plan_of(schedule: dict[str, Any]) -> Plan:
    made = compiled({"name": "nightly", "image": "alpine", "subnets": ["subnet-1"], "schedule": schedule})
    assert made.plan is not None, [each.message for each in made.diagnostics]
    return made.plan


def forms(schedule: dict[str, Any], state: ScheduleState | None = None) -> tuple[str, str, str]:
    jobs = review(plan_of(schedule), {} if state is None else {"nightly": state}, NOW)
    return render_text(jobs), render_json(jobs), render_markdown(jobs)


@pytest.mark.parametrize(
    "change",
    [
        {"cron": "0 4 * * ? *"},
        {"cron": None, "rate": "1 day"},
        {"cron": None, "at": "2027-01-31T06:00:00"},
        {"timezone": "Asia/Tokyo"},
        {"timezone": None},
        {"role_arn": f"{ROLE}2"},
        {"flexible_window_minutes": 16},
        {"enabled": False},
        {"group": "others"},
        {"dead_letter_arn": "arn:aws:sqs:eu-west-1:111122223333:others"},
        {"retry": {"attempts": 4, "max_age_seconds": 3600}},
        {"retry": {"attempts": 3, "max_age_seconds": 60}},
    ],
    ids=str,
)
def test_every_member_is_shown(change: dict[str, Any]) -> None:
    before, after = forms(WHOLE), forms({**WHOLE, **change})

    assert [one != other for one, other in zip(before, after, strict=True)] == [True, True, True]


def test_the_lines() -> None:
    state = ScheduleState("update", (Change("replace", "/State", "DISABLED", "ENABLED"),))

    text, _, markdown = forms(WHOLE, state)

    lines = (
        "    schedule: jobs/nightly: cron(0 3 * * ? *) in Europe/Berlin, up to 15 min later\n"
        "    next runs: Mon 2026-11-30 03:00 +01:00, Tue 2026-12-01 03:00 +01:00,"
        " Wed 2026-12-02 03:00 +01:00, Thu 2026-12-03 03:00 +01:00, Fri 2026-12-04 03:00 +01:00\n"
        f"    schedule role_arn: {ROLE}\n"
        "    schedule dead_letter_arn: arn:aws:sqs:eu-west-1:111122223333:lost\n"
        '    schedule retry: {"attempts": 3, "max_age_seconds": 3600}\n'
        "    ecsplan schedule: would update it: 1 change\n"
        '    schedule change: ~ /State: "DISABLED" -> "ENABLED"\n'
    )
    assert lines in text
    assert lines in markdown


@pytest.mark.parametrize(
    ("state", "action", "message"),
    [
        pytest.param(None, None, None, id="a plan, of which AWS is not asked"),
        pytest.param(ScheduleState("create"), "create", "would create it", id="new"),
        pytest.param(ScheduleState("unchanged"), "unchanged", "would change nothing", id="the same"),
        pytest.param(
            ScheduleState("passed"), "passed", "would leave it unchanged: its time has passed", id="over"
        ),
        pytest.param(
            ScheduleState("refused", why="it exists"), "refused", "would refuse it: it exists", id="by hand"
        ),
        pytest.param(
            ScheduleState("unknown", why="it is denied"), "unknown", "not known: it is denied", id="denied"
        ),
    ],
)
def test_what_would_be_done(state: ScheduleState | None, action: str | None, message: str | None) -> None:
    text, document, markdown = forms(WHOLE, state)
    (job,) = json.loads(document)["jobs"]

    assert (job["schedule"]["action"], job["schedule"]["message"]) == (action, message)
    for form in text, markdown:
        assert (f"    ecsplan schedule: {message}\n" in form) is (message is not None)


def test_the_json_form() -> None:
    (job,) = json.loads(forms(WHOLE, ScheduleState("create"))[1])["jobs"]

    assert job["schedule"] == {
        **WHOLE,
        "name": "nightly",
        "expression": "cron(0 3 * * ? *)",
        "next_runs": [f"2026-{day}T03:00:00+01:00" for day in ("11-30", "12-01", "12-02", "12-03", "12-04")],
        "action": "create",
        "message": "would create it",
        "changes": [],
    }


def test_a_job_without_a_schedule_has_no_such_member() -> None:
    made = compiled({"name": "plain", "image": "alpine", "subnets": ["subnet-1"]})
    assert made.plan is not None

    jobs = review(made.plan, None, NOW)

    assert "schedule" not in json.loads(render_json(jobs))["jobs"][0]
    assert "schedule" not in render_text(jobs)


@pytest.mark.parametrize(
    ("state", "is_counted"),
    [(None, False), ("create", False), ("update", False), ("unknown", False), ("unchanged", True)],
)
def test_of_many_jobs_a_schedule_that_may_change_is_shown(state: Any, is_counted: bool) -> None:
    (job,) = plan_of(WHOLE).jobs
    reused = replace(job, definition=replace(job.definition, decision=Reuse("arn:x:1")))
    plan = Plan(True, (reused, replace(reused, name="other")))

    jobs = review(plan, {} if state is None else {each.name: ScheduleState(state) for each in plan.jobs}, NOW)

    assert (counted_only(jobs) == {0, 1}) is is_counted
