"""The key `schedule`: merged, expanded, set and looked up like any mapping, and kept in a plan's `spec`."""

import json
from typing import Any

import pytest

import ecsplan
from ecsplan.compile import compile_manifest, read_jobs
from ecsplan.job.looked_up import looked_up
from ecsplan.plan.planned_spec import spec_of
from ecsplan.settings.overlay import Settings
from ecsplan.terms.observed import Value

ROLE = "arn:aws:iam::111122223333:role/scheduler"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:not-started"
EVERY_MEMBER: dict[str, Any] = {
    "retry": {"max_age_seconds": 3600, "attempts": 3},
    "dead_letter_arn": QUEUE,
    "group": "etl",
    "enabled": False,
    "flexible_window_minutes": 15,
    "role_arn": ROLE,
    "timezone": "Europe/Berlin",
    "cron": "0 3 * * ? *",
}


def schedules_in(text: str, *, settings: tuple[str, ...] = ()) -> list[Any]:
    """Return the schedule of each job, bound; None for a job without one."""
    jobs = read_jobs(text, file="job.yaml", overlay=Settings(settings, None))
    return [each.spec.get("schedule") for each in jobs.jobs]


def manifest(schedule: dict[str, Any], **keys: Any) -> str:
    return json.dumps({"image": "alpine", "schedule": schedule, **keys})


def test_every_member_stands_in_the_documented_order() -> None:
    (schedule,) = schedules_in(manifest(EVERY_MEMBER))

    assert schedule == EVERY_MEMBER
    assert list(schedule) == [
        *("cron", "timezone", "role_arn", "flexible_window_minutes", "enabled", "group", "dead_letter_arn"),
        "retry",
    ]


@pytest.mark.parametrize(
    ("key", "written", "bound"),
    [
        pytest.param("cron", " 0  3 * * ?\t*\n", "0 3 * * ? *", id="cron"),
        pytest.param("rate", "1   day", "1 day", id="rate"),
        pytest.param("at", "2027-01-31T06:00:00 ", "2027-01-31T06:00:00", id="at"),
    ],
)
def test_an_expression_has_single_spaces(key: str, written: str, bound: str) -> None:
    (schedule,) = schedules_in(manifest({key: written, "role_arn": ROLE}))

    assert schedule == {key: bound, "role_arn": ROLE}


def test_defaults_merge_and_null_removes() -> None:
    text = f"""
    defaults:
      image: alpine
      schedule: {{role_arn: '{ROLE}', timezone: Asia/Tokyo, rate: 1 day, retry: {{attempts: 3}}}}
    jobs:
      as-they-are: {{}}
      merged: {{schedule: {{retry: {{max_age_seconds: 60}}, enabled: false}}}}
      replaced: {{schedule: {{rate: null, cron: "0 3 * * ? *", timezone: null, retry: null}}}}
      none: {{schedule: null}}
    """

    assert compile_manifest(text, file="job.yaml").diagnostics == ()
    assert schedules_in(text) == [
        {"rate": "1 day", "timezone": "Asia/Tokyo", "role_arn": ROLE, "retry": {"attempts": 3}},
        {
            "rate": "1 day",
            "timezone": "Asia/Tokyo",
            "role_arn": ROLE,
            "enabled": False,
            "retry": {"attempts": 3, "max_age_seconds": 60},
        },
        {"cron": "0 3 * * ? *", "role_arn": ROLE},
        None,
    ]


def test_variables_and_the_matrix_stand_in_every_member() -> None:
    text = f"""
    variables: {{hour: {{type: integer, default: 3}}, window: {{type: integer, default: 15}},
                zone: {{default: Asia/Tokyo}}, on: {{type: boolean, default: false}}}}
    image: alpine
    matrix: {{day: [MON, TUE]}}
    schedule:
      cron: 0 ${{hour}} ? * ${{matrix.day}} *
      timezone: ${{zone}}
      role_arn: {ROLE}
      flexible_window_minutes: ${{window}}
      enabled: ${{on}}
      group: ${{job.name}}
    """

    assert [each["cron"] for each in schedules_in(text)] == ["0 3 ? * MON *", "0 3 ? * TUE *"]
    assert [
        (each["timezone"], each["flexible_window_minutes"], each["enabled"]) for each in schedules_in(text)
    ] == [("Asia/Tokyo", 15, False)] * 2


def test_the_help_says_where_a_wrong_value_came_from() -> None:
    text = manifest({"cron": "0 ${hour} * * ? *", "role_arn": ROLE}, variables={"hour": {"default": "25"}})
    (found,) = compile_manifest(text, file="job.yaml").diagnostics

    assert (found.rule, found.pointer) == ("schedule-cron", "/schedule/cron")
    assert "hour='25' from its default" in found.help


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        pytest.param("schedule.cron=0 5 * * ? *", {"cron": "0 5 * * ? *", "role_arn": ROLE}, id="a member"),
        pytest.param(
            "schedule.retry.attempts=3",
            {"cron": "0 3 * * ? *", "role_arn": ROLE, "retry": {"attempts": 3}},
            id="a member of a member",
        ),
        pytest.param(
            f"schedule={{rate: 1 day, role_arn: '{ROLE}'}}",
            {"rate": "1 day", "role_arn": ROLE},
            id="the whole",
        ),
        pytest.param("schedule=null", None, id="null"),
    ],
)
def test_set(setting: str, expected: Any) -> None:
    text = manifest({"cron": "0 3 * * ? *", "role_arn": ROLE})

    assert schedules_in(text, settings=(setting,)) == [expected]


def test_a_wrong_field_of_an_option_has_its_column_there() -> None:
    jobs = read_jobs(
        manifest({"cron": "0 3 * * ? *", "role_arn": ROLE}),
        file="job.yaml",
        overlay=Settings(("schedule.cron=0 25 * * ? *",), None),
    )
    found = ecsplan.compile.compile_jobs(jobs, None).diagnostics

    assert [(each.path, each.line, each.column, each.location.width) for each in found] == [
        ("--set", 1, 17, 2)
    ]


LOOKED_UP = manifest(
    {"cron": "0 ${ssm:/hour} * * ? *", "timezone": "${ssm:/zone}", "role_arn": "${cfn:stack.Role}"},
    variables={},
)


def test_offline_a_lookup_stays_open_in_a_schedule() -> None:
    compiled = compile_manifest(LOOKED_UP, file="job.yaml")

    assert compiled.diagnostics == ()
    assert compiled.plan is not None
    assert compiled.plan.jobs[0].spec["schedule"] == json.loads(LOOKED_UP)["schedule"]


def test_what_a_lookup_finds_is_judged() -> None:
    (job,) = read_jobs(LOOKED_UP, file="job.yaml").jobs
    answers = {"ssm:/hour": Value("3"), "ssm:/zone": Value("UTC"), "cfn:stack.Role": Value("scheduler")}

    known, found = looked_up(job, answers)

    assert [(each.rule, each.location.pointer) for each in found] == [("wrong-format", "/schedule/role_arn")]
    assert known.spec["schedule"] == {"cron": "0 3 * * ? *", "timezone": "UTC"}


@pytest.mark.parametrize("text", [manifest(EVERY_MEMBER), LOOKED_UP], ids=["every member", "looked up"])
def test_a_plan_that_is_read_back_has_the_schedule(text: str) -> None:
    plan = compile_manifest(text, file="job.yaml").plan
    assert plan is not None

    read = ecsplan.read_plan(ecsplan.write_plan(plan))

    (job,) = read_jobs(text, file="job.yaml").jobs
    assert read == plan
    assert spec_of(read.jobs[0]).spec["schedule"] == job.spec["schedule"]


def test_a_schedule_changes_neither_request() -> None:
    with_it = compile_manifest(manifest(EVERY_MEMBER), file="job.yaml").plan
    without = compile_manifest(json.dumps({"image": "alpine"}), file="job.yaml").plan
    assert with_it is not None
    assert without is not None

    assert with_it.jobs[0].run_request == without.jobs[0].run_request
    assert with_it.jobs[0].definition == without.jobs[0].definition
    assert with_it.jobs[0].watch == without.jobs[0].watch


def test_what_looks_like_a_credential_is_not_quoted() -> None:
    key = "AKIA" + "IOSFODNN7EXAMPLE"
    for member in ("cron", "rate", "at", "timezone"):
        text = manifest({"rate": "1 day", "role_arn": ROLE, member: f"{key} 3 * * ? *"})

        shown = str(compile_manifest(text, file="job.yaml").diagnostics)

        assert "schedule-" in shown
        assert key not in shown
