"""Rules about copies and attempts: arrays, retries, exit codes, and how long logs are kept."""

import pytest
from rule_rows import FARGATE, REMOVED, found, linked_to, spoiled

ARRAY = {**FARGATE, "array": 10}
FIRELENS = {"logDriver": "awsfirelens"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="an array"),
        pytest.param({"array": 1}, [], id="of one copy"),
        pytest.param({"array": 10_000}, [], id="the most copies"),
        pytest.param({"array": 10_001}, [("out-of-range", "array")], id="one more than the most"),
        pytest.param({"array": 0}, [("out-of-range", "array")], id="no copies"),
        pytest.param({"array": 2.5}, [("wrong-type", "array")], id="a fraction"),
        pytest.param({"array": True}, [("wrong-type", "array")], id="a boolean"),
        pytest.param({"array": "10"}, [("wrong-type", "array")], id="a text"),
        pytest.param({"count": 10}, [("array-and-count", "count")], id="with count"),
        pytest.param({"env/ECSPLAN_INDEX": "1"}, [("array-variable", "env/ECSPLAN_INDEX")], id="its index"),
        pytest.param({"env/ECSPLAN_COUNT": 1}, [("array-variable", "env/ECSPLAN_COUNT")], id="its count"),
        pytest.param(
            {"env/ECSPLAN_ATTEMPT": ""}, [("array-variable", "env/ECSPLAN_ATTEMPT")], id="its attempt"
        ),
        pytest.param({"env/ECSPLAN_OTHER": "1"}, [], id="another variable"),
        pytest.param(
            {"secrets/ECSPLAN_INDEX": "/a"}, [("array-variable", "secrets/ECSPLAN_INDEX")], id="a secret"
        ),
        pytest.param(
            {"main/environment/0": {"name": "ECSPLAN_INDEX", "value": "1"}},
            [("array-variable?", "main/environment/0/name")],
            id="in the definition",
        ),
        pytest.param(
            {"cache/environment": [{"name": "ECSPLAN_INDEX", "value": "1"}]}, [], id="of another container"
        ),
        pytest.param({"array": REMOVED, "env/ECSPLAN_INDEX": "1"}, [], id="no array"),
        pytest.param(
            {
                "task_customizations": [
                    {
                        "op": "add",
                        "path": "/overrides/containerOverrides/0/environment/-",
                        "value": {"name": "ECSPLAN_COUNT", "value": "1"},
                    }
                ]
            },
            [("array-variable", "task_customizations/0/value/name")],
            id="in a patch",
        ),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": "/count", "value": 5}]},
            [("array-and-count", "task_customizations/0/value")],
            id="with a count by a patch",
        ),
        pytest.param(
            {"array": REMOVED, "task_customizations": [{"op": "add", "path": "/count", "value": 5}]},
            [],
            id="no array, and a count by a patch",
        ),
        pytest.param({"max_parallel": 1}, [], id="one at a time"),
        pytest.param({"max_parallel": 11}, [], id="more at a time than there are"),
        pytest.param({"max_parallel": 0}, [("out-of-range", "max_parallel")], id="none at a time"),
        pytest.param({"max_parallel": -1}, [("out-of-range", "max_parallel")], id="a negative number"),
    ],
)
def test_arrays(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(ARRAY, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"retry": {}}, [], id="the defaults"),
        pytest.param({"retry": {"attempts": 1}}, [], id="off"),
        pytest.param({"retry": {"attempts": 10}}, [], id="the most"),
        pytest.param({"retry": {"attempts": 0}}, [("out-of-range", "retry/attempts")], id="no attempt"),
        pytest.param(
            {"retry": {"attempts": 11}}, [("out-of-range", "retry/attempts")], id="more than the most"
        ),
        pytest.param({"retry": {"attempts": 2.5}}, [("wrong-type", "retry/attempts")], id="a fraction"),
        pytest.param({"retry": 3}, [("wrong-type", "retry")], id="a number"),
        pytest.param({"retry": {"on": []}}, [("too-few", "retry/on")], id="no cause"),
        pytest.param({"retry": {"on": ["spot"]}}, [("not-allowed", "retry/on/0")], id="no such cause"),
        pytest.param({"retry": {"on": "start"}}, [("wrong-type", "retry/on")], id="a text"),
        pytest.param({"retry": {"on": [137]}}, [("wrong-type", "retry/on/0")], id="a bare exit code"),
        pytest.param({"retry": {"limit": 3}}, [("unknown-key", "retry/limit")], id="an unknown key"),
        pytest.param({"retry": {"on": ["start", "interruption", "failure"]}}, [], id="three causes"),
        pytest.param(
            {"retry": {"on": ["start", "start"]}}, [("repeated-item", "retry/on/1")], id="a cause twice"
        ),
        pytest.param({"retry": {"on": ["timeout"]}}, [("retry-timeout?", "retry/on/0")], id="no timeout"),
        pytest.param({"retry": {"on": ["timeout"]}, "task_timeout_seconds": 60}, [], id="a timeout"),
        pytest.param(
            {"retry": {"on": ["timeout"]}, "task_timeout_seconds": "60"},
            [("wrong-type", "task_timeout_seconds")],
            id="a wrong timeout",
        ),
        pytest.param({"retry": {"on": [{"exit_codes": [1, 255]}]}}, [], id="exit codes"),
        pytest.param(
            {"retry": {"on": [{"exit_codes": [256]}]}},
            [("out-of-range", "retry/on/0/exit_codes/0")],
            id="above the largest exit code",
        ),
        pytest.param(
            {"retry": {"on": [{"exit_codes": [-1]}]}},
            [("out-of-range", "retry/on/0/exit_codes/0")],
            id="below the smallest exit code",
        ),
        pytest.param(
            {"retry": {"on": ["timeout", {"exit_codes": []}]}, "task_timeout_seconds": 60},
            [("too-few", "retry/on/1/exit_codes")],
            id="no exit codes",
        ),
        pytest.param({"retry": {"on": [{}]}}, [("missing-key", "retry/on/0")], id="no key"),
        pytest.param(
            {"retry": {"on": [{"exit_codes": [75]}, {"exit_codes": [3, 75]}]}},
            [("repeated-item", "retry/on/1/exit_codes/1")],
            id="an exit code twice",
        ),
        pytest.param(
            {"retry": {"on": [{"exit_codes": [0]}]}},
            [("retry-success", "retry/on/0/exit_codes/0")],
            id="0 counts as success",
        ),
        pytest.param(
            {"retry": {"on": ["start", {"exit_codes": [1, 3]}]}, "succeed_on": [0, 3]},
            [("retry-success", "retry/on/1/exit_codes/1")],
            id="another code counts as success",
        ),
        pytest.param(
            {"retry": {"on": [{"exit_codes": [0]}]}, "succeed_on": [3]},
            [("succeed-on-zero?", "succeed_on")],
            id="0 counts as failure",
        ),
        pytest.param({"succeed_on": [0]}, [], id="success is 0"),
        pytest.param({"succeed_on": [255, 0]}, [], id="or 255"),
        pytest.param({"succeed_on": [0, 256]}, [("out-of-range", "succeed_on/1")], id="or 256"),
        pytest.param({"succeed_on": []}, [("too-few", "succeed_on")], id="nothing is success"),
        pytest.param({"succeed_on": 3}, [("wrong-type", "succeed_on")], id="success without a list"),
        pytest.param({"succeed_on": ["3"]}, [("wrong-type", "succeed_on/0")], id="a text as exit code"),
        pytest.param({"succeed_on": [0, True]}, [("wrong-type", "succeed_on/1")], id="a boolean"),
        pytest.param({"succeed_on": [0, 3, 3]}, [("repeated-item", "succeed_on/2")], id="a success twice"),
        pytest.param({"concurrency": "forbid"}, [], id="concurrency"),
        pytest.param({"concurrency": "Forbid"}, [("not-allowed", "concurrency")], id="as Kubernetes has it"),
        pytest.param({"concurrency": True}, [("not-allowed", "concurrency")], id="concurrency as a switch"),
    ],
)
def test_attempts(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"log_retention_days": 30}, [], id="days"),
        pytest.param({"log_retention_days": 1}, [], id="the fewest"),
        pytest.param({"log_retention_days": 3653}, [], id="the most"),
        pytest.param({"log_retention_days": 10}, [("not-allowed", "log_retention_days")], id="between two"),
        pytest.param({"log_retention_days": 0}, [("not-allowed", "log_retention_days")], id="none"),
        pytest.param({"log_retention_days": 7.5}, [("wrong-type", "log_retention_days")], id="a fraction"),
        pytest.param({"log_retention_days": "30"}, [("wrong-type", "log_retention_days")], id="a text"),
        pytest.param({"log_retention": {"days": 30, "always": True}}, [], id="on any group"),
        pytest.param(
            {"log_retention": {"days": 31}}, [("not-allowed", "log_retention/days")], id="wrong days"
        ),
        pytest.param({"log_retention": {"always": True}}, [("missing-key", "log_retention")], id="no days"),
        pytest.param({"log_retention": 30}, [("wrong-type", "log_retention")], id="a number"),
        pytest.param(
            {"log_retention_days": 30, "log_retention": {"days": 30}},
            [("log-retention-both", "log_retention_days")],
            id="both",
        ),
        pytest.param(
            {"log_retention_days": 30, "configure_cloudwatch_logs": False},
            [("log-retention-unused?", "log_retention_days")],
            id="no logs",
        ),
        pytest.param(
            {
                "log_retention": {"days": 30},
                "configure_cloudwatch_logs": REMOVED,
                "main/logConfiguration": {"logDriver": "splunk", "options": {"splunk-url": "https://x"}},
                "main/logConfiguration/secretOptions": [{"name": "splunk-token", "valueFrom": "/t"}],
            },
            [("log-retention-unused?", "log_retention")],
            id="another driver",
        ),
        pytest.param(
            {"log_retention_days": 30, "configure_cloudwatch_logs": "yes"},
            [("wrong-type", "configure_cloudwatch_logs")],
            id="a wrong switch",
        ),
    ],
)
def test_log_retention(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


def test_logs_of_a_linked_definition_are_judged_once_it_is_known() -> None:
    manifest: dict[str, object] = {"name": "etl", "task_definition_arn": "etl:3", "log_retention_days": 30}
    linked = linked_to({"containerDefinitions": [{"name": "main", "image": "a", "memory": 64}]})

    assert found(manifest) == []
    assert ("log-retention-unused?", "log_retention_days") in found(manifest, linked)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, [], id="what fits without an array"),
        pytest.param({"array": 10_000}, ["overrides-length"], id="the variables of an array are too many"),
    ],
)
def test_overrides_leave_room_for_the_variables_of_an_array(
    keys: dict[str, object], expected: list[str]
) -> None:
    longest = 8192 - len('{"containerOverrides":[{"name":"main","environment":[{"name":"A","value":""}]}]}')
    manifest = {"name": "a", "image": "alpine:3", "env": {"A": "x" * longest}, **keys}

    assert [rule for rule, _ in found(manifest)] == expected
    variables = (
        ',{"name":"ECSPLAN_INDEX","value":"9999"},{"name":"ECSPLAN_COUNT","value":"10000"}'
        ',{"name":"ECSPLAN_ATTEMPT","value":"3"}'
    )
    shorter = longest - len(variables)
    assert found({**manifest, "env": {"A": "x" * shorter}}) == []
    assert [rule for rule, _ in found({**manifest, "env": {"A": "x" * (shorter + 1)}})] == expected
