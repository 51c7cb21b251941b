"""The two files and commands for the AWS CLI: what is in them, what is left out, and what they cannot do."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from compiled_jobs import arn, compiled, described, observed

from ecsplan.compile import compile_manifest
from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.observed import Observed
from ecsplan_convert.exported import Exported
from ecsplan_convert.writers.aws_cli import write

ETL = {"name": "etl", "image": "alpine:3", "network_configuration": {"subnets": ["subnet-a"]}}
WEB = {
    "family": "web",
    "containerDefinitions": [{"name": "app", "image": "alpine:3", "memory": 512}],
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
SEEN = observed(linked={"web:7": described("web:7", WEB)}, latest={"web": described("web:7", WEB)})


def jobs_of(manifest: Mapping[str, Any], seen: Observed | None = None) -> tuple[PlannedJob, ...]:
    done = compiled(manifest, seen)
    assert done.plan is not None, done.diagnostics
    return done.plan.jobs


def written(manifest: Mapping[str, Any], seen: Observed | None = None) -> Exported:
    return write(jobs_of(manifest, seen))


def request_of(done: Exported, name: str = "run-task.json") -> dict[str, Any]:
    request: dict[str, Any] = json.loads(done.files[name])
    return request


def test_one_job() -> None:
    (job,) = jobs_of({**ETL, "command": ["echo", "hi"]})

    done = write([job])

    assert done.text == (
        "aws ecs register-task-definition --cli-input-json file://task-definition.json --region eu-west-1\n"
        "aws ecs run-task --cli-input-json file://run-task.json --region eu-west-1\n"
    )
    assert list(done.files) == ["task-definition.json", "run-task.json"]
    assert json.loads(done.files["task-definition.json"]) == job.definition.request
    assert request_of(done) == {
        "taskDefinition": "etl",
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a"]}},
        "overrides": {"containerOverrides": [{"name": "main", "command": ["echo", "hi"]}]},
    }
    assert done.notes == ()


@pytest.mark.parametrize(
    ("keys", "member", "expected"),
    [
        pytest.param({}, "overrides", None, id="no overrides at all"),
        pytest.param({}, "tags", None, id="no tags"),
        pytest.param({"labels": {"a": "b"}}, "tags", [{"key": "a", "value": "b"}], id="tags"),
        pytest.param(
            {"env": {"A": ""}},
            "overrides",
            {"containerOverrides": [{"name": "main", "environment": [{"name": "A", "value": ""}]}]},
            id="an empty value is a value",
        ),
        pytest.param(
            {"task_role_arn": "arn:aws:iam::111122223333:role/task"},
            "overrides",
            {"taskRoleArn": "arn:aws:iam::111122223333:role/task"},
            id="overrides of the task alone",
        ),
    ],
)
def test_empty_members_are_left_out(keys: dict[str, Any], member: str, expected: Any) -> None:
    assert request_of(written({**ETL, **keys})).get(member) == expected


def test_security_groups_that_are_given_stay() -> None:
    network = {"subnets": ["subnet-a"], "securityGroups": ["sg-1"]}

    request = request_of(written({**ETL, "network_configuration": network}))

    assert request["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] == ["sg-1"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(1, [""], id="one"),
        pytest.param(10, [""], id="the most for a call"),
        pytest.param(11, [" --count 10", " --count 1"], id="one above the most"),
        pytest.param(20, [" --count 10", " --count 10"], id="two full calls"),
    ],
)
def test_many_copies_are_several_calls(count: int, expected: list[str]) -> None:
    done = written({**ETL, "count": count})

    commands = [each for each in done.text.splitlines() if " run-task " in each]
    assert commands == [
        f"aws ecs run-task --cli-input-json file://run-task.json{each} --region eu-west-1"
        for each in expected
    ]
    assert any("`count`" in each for each in done.notes) == (len(expected) > 1)
    assert request_of(done).get("count", 1) == count


def test_several_jobs_have_files_of_their_own() -> None:
    done = written({"defaults": {"image": "alpine:3"}, "jobs": {"a/b": {}, "a b": {}, "A-B": {}, "c": {}}})

    assert list(done.files) == [
        f"{stem}.{kind}.json"
        for stem in ("a-b", "a-b-2", "A-B-3", "c")
        for kind in ("task-definition", "run-task")
    ]
    names = [shlex.split(each)[4] for each in done.text.splitlines()]
    assert names[:2] == ["file://a-b.task-definition.json", "file://a-b.run-task.json"]


def test_a_number_is_not_given_twice() -> None:
    done = written({"defaults": {"image": "alpine:3"}, "jobs": {"a-2": {}, "a.": {}, "a:": {}, "a": {}}})

    assert [each for each in done.files if "run-task" in each] == [
        f"{stem}.run-task.json" for stem in ("a-2", "a", "a-3", "a-4")
    ]


def test_a_long_name_is_cut() -> None:
    done = written({"defaults": {"image": "alpine:3"}, "jobs": {"x" * 250: {}, "y": {}}})

    assert max(map(len, done.files)) < 255


def test_equal_definitions_of_a_family_are_registered_once() -> None:
    done = written({**ETL, "matrix": {"day": [1, 2]}, "env": {"DAY": "${matrix.day}"}})

    assert [shlex.split(each)[2] for each in done.text.splitlines()] == [
        "register-task-definition",
        "run-task",
        "run-task",
    ]


def test_another_definition_of_a_family_is_registered_before_its_task() -> None:
    jobs = {"a": {"image": "alpine:1"}, "b": {"image": "alpine:2"}, "c": {"image": "alpine:1"}}

    done = written({"defaults": {"family": "shared"}, "jobs": jobs})

    assert [shlex.split(each)[2] for each in done.text.splitlines()] == [
        *("register-task-definition", "run-task") * 3
    ]


@pytest.mark.parametrize(
    ("keys", "seen", "definition"),
    [
        pytest.param({}, SEEN, "web:7", id="runs as it is"),
        pytest.param({}, None, "web:7", id="AWS was not asked"),
        pytest.param({"image": "alpine:4"}, SEEN, None, id="a revision is made of it"),
    ],
)
def test_a_linked_definition(keys: dict[str, Any], seen: Observed | None, definition: str | None) -> None:
    linked = {
        "name": "etl",
        "task_definition_arn": "web:7",
        "network_configuration": {"subnets": ["subnet-a"]},
    }

    done = written({**linked, **keys}, seen)

    assert request_of(done)["taskDefinition"] == (definition or "web")
    assert ("task-definition.json" in done.files) == (definition is None)
    assert ("register-task-definition" in done.text) == (definition is None)


def test_a_family_that_is_linked_is_named_as_it_is() -> None:
    web = described("web:7", WEB)
    seen = observed(linked={"web": web, arn("web:7"): web}, latest={"web": web})

    for reference in "web", arn("web:7"):
        done = written({"name": "etl", "task_definition_arn": reference}, seen)
        assert list(done.files) == ["run-task.json"]
        assert request_of(done)["taskDefinition"] == reference


def test_the_options_say_where_the_job_runs() -> None:
    where = {
        "region": "eu-central-1",
        "profile": "my profile",
        "endpoint_url": "http://127.0.0.1:4566",
        "assume_role_arn": "arn:aws:iam::111122223333:role/runner",
    }

    done = write(jobs_of({**ETL, "aws": where}))

    assert done.text.splitlines()[1] == (
        "aws ecs run-task --cli-input-json file://run-task.json --region eu-central-1 --profile 'my profile'"
        " --endpoint-url http://127.0.0.1:4566"
    )
    assert [each.partition(":")[0] for each in done.notes] == ["etl"]
    assert "assume the role first" in done.notes[0]


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        pytest.param({"array": 3}, "`array`", id="array"),
        pytest.param({"array": 3, "max_parallel": 2}, "`max_parallel`", id="max_parallel"),
        pytest.param({"retry": {"attempts": 2}}, "`retry`", id="retry"),
        pytest.param({"succeed_on": [0, 3]}, "`succeed_on`", id="succeed_on"),
        pytest.param({"concurrency": "forbid"}, "`concurrency`", id="concurrency"),
        pytest.param({"task_timeout_seconds": 60}, "`task_timeout_seconds`", id="timeout"),
        pytest.param({"task_start_timeout_seconds": 60}, "`task_start_timeout_seconds`", id="start timeout"),
        pytest.param(
            {"auto_deregister_task_definition": True}, "`auto_deregister_task_definition`", id="deregister"
        ),
        pytest.param(
            {"stream_output": True, "execution_role_arn": "arn:aws:iam::111122223333:role/x"},
            "`aws logs tail ",
            id="the log",
        ),
    ],
)
def test_what_the_aws_cli_does_not_do_is_noted(keys: dict[str, Any], key: str) -> None:
    notes = written({**ETL, **keys}).notes

    assert any(each.startswith("etl: ") and key in each for each in notes), notes


ROLE = "arn:aws:iam::111122223333:role/x"


@pytest.mark.parametrize(
    ("keys", "command"),
    [
        pytest.param(
            {"aws": {"region": "eu-central-1", "profile": "my profile"}},
            "`aws logs tail ecsplan --follow --region eu-central-1 --profile 'my profile'`",
            id="where the tasks are",
        ),
        pytest.param(
            {
                "aws": {"region": "eu-central-1", "endpoint_url": "http://127.0.0.1:4566"},
                "cloudwatch_logs_options": {"awslogs-region": "us-west-2", "awslogs-group": "/my jobs"},
            },
            "`aws logs tail '/my jobs' --follow --region us-west-2 --endpoint-url http://127.0.0.1:4566`",
            id="another region",
        ),
    ],
)
def test_the_command_that_shows_the_log_leads_to_it(keys: dict[str, Any], command: str) -> None:
    own = {**ETL, "stream_output": True, "execution_role_arn": ROLE, **keys}

    (note,) = [each for each in write(jobs_of(own)).notes if "aws logs tail" in each]

    assert note.endswith(f": {command}")


def test_the_command_that_shows_a_log_of_an_unknown_region_names_none() -> None:
    offline = compile_manifest(
        json.dumps({**ETL, "stream_output": True, "execution_role_arn": ROLE}), file="j.yaml"
    )
    assert offline.plan is not None

    (note,) = write(offline.plan.jobs).notes

    assert note.endswith(": `aws logs tail ecsplan --follow`")


def test_the_commands_of_a_job_stand_behind_those_of_the_jobs_that_it_is_after() -> None:
    jobs = {
        "load": {"after": ["extract"]},
        "other": {},
        "extract": {},
        "report": {"after": ["load", "other"]},
    }

    commands = written({"defaults": {"image": "alpine:3"}, "jobs": jobs}).text.splitlines()

    runs = [shlex.split(each)[4] for each in commands if "run-task" in each]
    names = [each.removeprefix("file://").partition(".")[0] for each in runs]
    assert sorted(names) == sorted(jobs)
    assert names.index("extract") < names.index("load") < names.index("report")
    assert names.index("other") < names.index("report")


def test_what_follows_another_job_is_noted() -> None:
    jobs = {"extract": {}, "load": {"after": ["extract"]}}

    notes = written({"defaults": {"image": "alpine:3"}, "jobs": jobs}).notes

    assert [each.partition(":")[0] for each in notes] == ["load"]
    assert "once `extract` succeeded" in notes[0]


@pytest.mark.parametrize("value", ["ä", "\u202e", "##[group]x", "\x1b[2J", "${X}"])
def test_the_files_are_ascii_and_keep_every_text(value: str) -> None:
    done = written({**ETL, "env": {"A": value}})

    assert done.files["run-task.json"].isascii()
    (own,) = request_of(done)["overrides"]["containerOverrides"]
    assert own["environment"] == [{"name": "A", "value": value}]
