"""Airflow's arguments that a manifest has no key for, and why."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ecsplan_convert.airflow.policy import POLICY
from ecsplan_convert.python.values import Open, Value
from ecsplan_convert.source import Row

_LOGS: Final = "ecsplan reads from the task definition where the container's log is"
_VIEW: Final = "only Airflow's own pages show it"
_SLOTS: Final = "Airflow's scheduler reads it; ecsplan has no queue of tasks"
_MAIL: Final = "ecsplan sends no messages; its exit status and `--events` say how a run ended"
_CALLBACK: Final = "ecsplan runs no code of its own around a job"
_PAST: Final = (
    "ecsplan starts a job without regard to earlier runs; see `concurrency` for one that still runs"
)
_XCOM: Final = "ecsplan passes nothing from job to job; `apply --result` writes the ARNs of the tasks"
_AIRFLOW: Final = "it concerns Airflow's own process"

OPERATOR: Final[dict[str, str]] = {
    "aws_conn_id": "credentials come from the AWS SDK's default chain, or from `aws.profile`",
    **dict.fromkeys(("verify", "botocore_config"), "the AWS SDK's own settings apply"),
    **dict.fromkeys(
        ("awslogs_group", "awslogs_region", "awslogs_stream_prefix", "awslogs_fetch_interval"), _LOGS
    ),
    "number_logs_exception": "the last lines of a failed job's log are always shown",
    "quota_retry": "ecsplan tries again by itself when there is no capacity or AWS limits the rate of calls",
    "reattach": "`ecsplan apply --run-id` finds the tasks of a run again",
    "wait_for_completion": "`ecsplan apply --detach` does not wait",
    "deferrable": "ecsplan waits by itself",
    "waiter_max_attempts": "`task_timeout_seconds` limits how long a task runs",
    "skip_on_exit_code": "no exit code skips a job; `succeed_on` lists those that count as success",
    "stop_task_on_failure": "ecsplan stops the tasks of a job that it gives up",
    **dict.fromkeys(("do_xcom_push", "multiple_outputs"), _XCOM),
    "trigger_rule": "a job starts when all jobs under its `after` have succeeded",
    **dict.fromkeys(
        ("depends_on_past", "wait_for_downstream", "wait_for_past_depends_before_skipping"), _PAST
    ),
    **dict.fromkeys(("pool", "pool_slots", "priority_weight", "weight_rule", "queue", "executor"), _SLOTS),
    **dict.fromkeys(("max_active_tis_per_dag", "max_active_tis_per_dagrun", "task_concurrency"), _SLOTS),
    **dict.fromkeys(("email", "email_on_failure", "email_on_retry", "sla", "notifier"), _MAIL),
    **dict.fromkeys(
        tuple(f"on_{each}_callback" for each in ("execute", "failure", "success", "retry", "skipped")),
        _CALLBACK,
    ),
    **dict.fromkeys(("pre_execute", "post_execute"), _CALLBACK),
    **dict.fromkeys(
        ("owner", "doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "task_display_name"), _VIEW
    ),
    **dict.fromkeys(("map_index_template", "inlets", "outlets", "logger_name", "provide_context"), _VIEW),
    **dict.fromkeys(("executor_config", "resources", "run_as_user", "do_as_user", "auto_refresh"), _AIRFLOW),
    **dict.fromkeys(
        ("params", "user_defined_macros"), "`variables:` of a manifest are filled in for each run"
    ),
    **dict.fromkeys(("start_date", "end_date"), "a schedule of ecsplan has no first and last day"),
    "catchup": "ecsplan makes up for no missed runs",
    "ignore_first_depends_on_past": _PAST,
    "retry_from_failure": _PAST,
    "is_teardown": "no job of ecsplan is a setup or teardown of others",
    "is_setup": "no job of ecsplan is a setup or teardown of others",
    "allow_nested_operators": _AIRFLOW,
}
"""Arguments of the operator and of every operator, and why they are not kept."""

DAG: Final[dict[str, str]] = {
    **dict.fromkeys(("start_date", "end_date"), "a schedule of ecsplan has no first and last day"),
    "catchup": "ecsplan makes up for no missed runs",
    **dict.fromkeys(("max_active_runs", "max_active_tasks", "concurrency"), "see `concurrency` of a job"),
    "max_consecutive_failed_dag_runs": "ecsplan starts a job without regard to earlier runs",
    "dagrun_timeout": "`task_timeout_seconds` limits each job",
    **dict.fromkeys(("params", "user_defined_macros", "user_defined_filters"), OPERATOR["params"]),
    **dict.fromkeys(
        ("template_searchpath", "template_undefined", "jinja_environment_kwargs"), OPERATOR["params"]
    ),
    "render_template_as_native_obj": OPERATOR["params"],
    **dict.fromkeys(("on_success_callback", "on_failure_callback", "sla_miss_callback"), _CALLBACK),
    **dict.fromkeys(("description", "doc_md", "tags", "default_view", "orientation", "owner_links"), _VIEW),
    **dict.fromkeys(("dag_display_name", "access_control", "is_paused_upon_creation"), _VIEW),
    **dict.fromkeys(("full_filepath", "fail_stop", "fail_fast", "auto_register"), _AIRFLOW),
}
"""Arguments of a DAG, and why they are not kept."""

OPERATOR_ROWS: Final = tuple(
    Row(", ".join(name for name, each in OPERATOR.items() if each == reason), "", reason)
    for reason in dict.fromkeys(OPERATOR.values())
)
DAG_ROWS: Final = (
    Row("DAG: default_args", "", "as arguments of each of its operators"),
    Row(
        "DAG: schedule, schedule_interval, timetable", "schedule", "as a comment: a schedule needs `role_arn`"
    ),
    *(
        Row("DAG: " + ", ".join(name for name, each in DAG.items() if each == reason), "", reason)
        for reason in dict.fromkeys(DAG.values())
    ),
)

SILENT: Final = frozenset({"dag", "task_group", "task_id"})
"""Arguments that say where a task stands, which its job shows."""
_USUAL: Final[Mapping[str, object]] = {
    "wait_for_completion": True,
    "stop_task_on_failure": True,
    "trigger_rule": "all_success",
    "number_logs_exception": 10,
    "waiter_max_attempts": 1_000_000,
}
"""Values that mean what ecsplan does anyway; of any other argument False and None do."""
_FALSE_MATTERS: Final = frozenset({"wait_for_completion", "stop_task_on_failure"})


def unsupported_notes(arguments: Mapping[str, Value], kept: Iterable[str]) -> Iterator[str]:
    """Yield notes for the arguments of an operator that are lost, unless ecsplan does the same anyway."""
    others = arguments.keys() - SILENT - POLICY - {*kept}
    names = [each for each in arguments if each in others]
    yield from reasons(names, arguments, OPERATOR, "is not an argument of the operator that ecsplan knows")


def reasons(
    names: Iterable[str], values: Mapping[str, Value], known: Mapping[str, str], otherwise: str
) -> Iterator[str]:
    """Yield a note for each reason for which arguments are not kept.

    Args:
        names: The arguments, in their order.
        values: Their values.
        known: The reasons.
        otherwise: What is said of an argument that has none, behind its name.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        if name not in known:
            yield f"{name} is left out: it {otherwise}" if name != "**" else _spread(values[name])
        elif not _is_usual(name, values[name]):
            groups.setdefault(known[name], []).append(name)
    for reason, members in groups.items():
        yield f"{', '.join(members)} {'are' if len(members) > 1 else 'is'} left out: {reason}"


def _spread(value: Value) -> str:
    what = f"it is {value.what} (line {value.line})" if isinstance(value, Open) else "it is not a mapping"
    return f"** is left out: {what}"


def _is_usual(name: str, value: Value) -> bool:
    """Return whether an argument says what ecsplan does anyway."""
    if isinstance(value, Open) and isinstance(value.node, ast.Attribute):
        # Members of an enumeration, such as TriggerRule.ALL_SUCCESS.
        value = value.node.attr.lower()
    if name in _USUAL and value == _USUAL[name] and type(value) is type(_USUAL[name]):
        return True
    return value is None or (value is False and name not in _FALSE_MATTERS)
