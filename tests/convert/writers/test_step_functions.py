"""Step Functions: the RunTask request in PascalCase, states in the order of `after`, and a sound machine."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from exported_jobs import ODD_TEXTS, Jobs, job, jobs_of, repository_jobs

from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.aws.member_case import camel_case
from ecsplan_convert.writers.planned import revision_of, run_request
from ecsplan_convert.writers.step_functions import RUN_TASK, write


def machine(*jobs: PlannedJob) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(write(jobs).text)
    return made


def state(**keys: Any) -> dict[str, Any]:
    """Return the state of a job with these keys, and check that it is the only one."""
    made = machine(job(**keys))
    assert made == {"StartAt": "etl", "States": {"etl": made["States"]["etl"]}}
    found: dict[str, Any] = made["States"]["etl"]
    return found


def notes(**keys: Any) -> list[str]:
    """Return the notes of a job with these keys, but for that about its definition."""
    return [each for each in write([job(**keys)]).notes if "holds no task definition" not in each]


def all_states(made: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], Mapping[str, Any]]]:
    """Yield each state with its name and the states beside it, those of branches included."""
    for name, each in made["States"].items():
        yield name, each, made["States"]
        for branch in each.get("Branches", ()):
            yield from all_states(branch)


def test_a_job() -> None:
    assert state(
        command=["run", "--day=1"],
        env={"STAGE": "prod"},
        labels={"team": "data"},
        cluster="batch",
        subnets=["subnet-1"],
        enable_ecs_managed_tags=True,
        task_timeout_seconds=90.5,
    ) == {
        "Type": "Task",
        "Resource": RUN_TASK,
        "Parameters": {
            "Cluster": "batch",
            "TaskDefinition": "<registered at apply>",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {"AssignPublicIp": "DISABLED", "Subnets": ["subnet-1"]}
            },
            "Overrides": {
                "ContainerOverrides": [
                    {
                        "Name": "main",
                        "Command": ["run", "--day=1"],
                        "Environment": [{"Name": "STAGE", "Value": "prod"}],
                    }
                ]
            },
            "EnableECSManagedTags": True,
            "Tags": [{"Key": "team", "Value": "data"}],
        },
        "TimeoutSeconds": 91,
        "End": True,
    }


def test_texts_are_literal() -> None:
    made = state(command=[*ODD_TEXTS], env={"NAME.$": "$.value"})

    (container,) = made["Parameters"]["Overrides"]["ContainerOverrides"]
    assert container == {
        "Name": "main",
        "Command": [*ODD_TEXTS],
        "Environment": [{"Name": "NAME.$", "Value": "$.value"}],
    }


@pytest.mark.parametrize(
    ("keys", "revision", "note"),
    [
        pytest.param(
            {},
            "<registered at apply>",
            "etl: `TaskDefinition` is marked `<registered at apply>`, since a state machine holds no task "
            "definition: register it and enter its ARN, or `etl` for the newest one",
            id="its own",
        ),
        pytest.param({"image": None, "task_definition_arn": "web:7"}, "web:7", None, id="a link"),
        pytest.param(
            {"image": None, "service": "arn:aws:ecs:eu-west-1:111122223333:service/shop/web"},
            "<task definition of service web>",
            "etl: `TaskDefinition` is marked `<task definition of service web>`: enter its family or ARN",
            id="a service",
        ),
    ],
)
def test_definitions(keys: dict[str, Any], revision: str, note: str | None) -> None:
    exported = write([job(**keys)])

    assert json.loads(exported.text)["States"]["etl"]["Parameters"]["TaskDefinition"] == revision
    assert [each for each in exported.notes if "TaskDefinition" in each] == ([] if note is None else [note])


@pytest.mark.parametrize(
    ("retry", "errors", "noted"),
    [
        pytest.param(
            {"on": ["start", "interruption", "failure"]}, ["States.TaskFailed"], [], id="all failures"
        ),
        pytest.param(
            {"on": ["start", "interruption", "failure", "timeout"]},
            ["States.TaskFailed", "States.Timeout"],
            [],
            id="everything",
        ),
        pytest.param({"on": ["timeout"]}, ["States.Timeout"], [], id="timeouts"),
        pytest.param(
            {"on": ["failure"]}, ["States.TaskFailed"], ["interruption", "start"], id="failures only"
        ),
        pytest.param({"on": ["start"]}, ["AmazonECS.Unknown"], ["start"], id="starts"),
        pytest.param({}, ["AmazonECS.Unknown"], ["start", "interruption"], id="what is written without `on`"),
        pytest.param({"on": [{"exit_codes": [75]}]}, None, ["exit_codes"], id="exit codes"),
        pytest.param({"on": ["failure"], "attempts": 1}, None, [], id="one attempt"),
    ],
)
def test_retry(retry: dict[str, Any], errors: list[str] | None, noted: list[str]) -> None:
    keys = {"attempts": 4, **retry}

    made = state(retry=keys, task_timeout_seconds=60)
    told = [each for each in notes(retry=keys, task_timeout_seconds=60) if "`retry`" in each]

    assert made.get("Retry") == (None if errors is None else [{"ErrorEquals": errors, "MaxAttempts": 3}])
    assert len(told) == bool(noted)
    assert all(f"`{each}`" in told[0] for each in noted)


@pytest.mark.parametrize(
    ("keys", "noted"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"count": 3}, ["Count"], id="several tasks"),
        pytest.param({"array": 3, "max_parallel": 2}, ["array", "max_parallel"], id="an array"),
        pytest.param({"succeed_on": [0, 4]}, ["succeed_on"], id="exit codes"),
        pytest.param({"concurrency": "forbid"}, ["concurrency"], id="concurrency"),
        pytest.param({"task_start_timeout_seconds": 9}, ["task_start_timeout_seconds"], id="a start timeout"),
        pytest.param({"aws": {"region": "eu-west-1"}}, ["aws"], id="a region"),
        pytest.param(
            {"auto_deregister_task_definition": True}, ["auto_deregister_task_definition"], id="revision"
        ),
    ],
)
def test_what_a_state_cannot_say(keys: dict[str, Any], noted: list[str]) -> None:
    assert [each.split("`")[1] for each in notes(**keys)] == noted


def test_one_job_of_a_pipeline() -> None:
    jobs = jobs_of({"name": "a", "image": "i"}, {"name": "b", "image": "i", "after": ["a"]})

    assert "b: `after`: `a` is not in this state machine" in write(jobs[1:]).notes


def test_jobs_that_wait_for_more() -> None:
    jobs = jobs_of(
        {"name": "a", "image": "i"},
        {"name": "b", "image": "i"},
        {"name": "c", "image": "i", "after": ["a"]},
        {"name": "d", "image": "i", "after": ["a", "b"]},
    )

    assert (
        "c: `after`: it also waits for `b`, since a state cannot wait for some of the branches before it"
    ) in write(jobs).notes


def test_a_pipeline() -> None:
    made = machine(
        *jobs_of(
            {"name": "report", "image": "i", "after": ["load", "check"]},
            {"name": "extract", "image": "i"},
            {"name": "load", "image": "i", "after": ["extract"]},
            {"name": "check", "image": "i", "after": ["extract"]},
        )
    )

    assert made["StartAt"] == "extract"
    assert made["States"]["extract"]["Next"] == "Parallel"
    assert made["States"]["Parallel"]["Next"] == "report"
    assert made["States"]["Parallel"]["ResultPath"] is None
    assert [each["StartAt"] for each in made["States"]["Parallel"]["Branches"]] == ["load", "check"]
    assert made["States"]["report"]["End"] is True


def test_what_parallel_does_otherwise() -> None:
    jobs = jobs_of({"name": "a", "image": "i"}, {"name": "b", "image": "i"})

    assert (
        "a: when a job in the state `Parallel` fails, Step Functions stops the other branches; "
        "`ecsplan apply` lets them end"
    ) in write(jobs).notes


def test_names_alike() -> None:
    names = ("x" * 80 + "a", "x" * 80 + "b", "Parallel", "größe ☃", "x" * 80)
    jobs = jobs_of(
        *({"name": each, "family": f"f{index}", "image": "i"} for index, each in enumerate(names)),
        {"name": "last", "image": "i", "after": [*names]},
    )

    made = machine(*jobs)

    assert list(made["States"]) == ["Parallel 2", "last"]
    assert [each["StartAt"] for each in made["States"]["Parallel 2"]["Branches"]] == [
        "x" * 80,
        "x" * 78 + " 2",
        "Parallel",
        "größe ☃",
        "x" * 78 + " 3",
    ]


REPOSITORY = [pytest.param(jobs, id=name) for name, jobs in repository_jobs()]


@pytest.mark.parametrize("jobs", REPOSITORY)
def test_the_parameters_are_the_request(jobs: Jobs) -> None:
    found = [each["Parameters"] for _, each, _ in all_states(machine(*jobs)) if each["Type"] == "Task"]

    expected = [{**run_request(each), "taskDefinition": revision_of(each)} for each in jobs]
    key = json.dumps
    assert sorted(map(key, map(camel_case, found))) == sorted(map(key, expected))


@pytest.mark.parametrize("jobs", REPOSITORY)
def test_the_machine_is_sound(jobs: Jobs) -> None:
    made = machine(*jobs)
    states = list(all_states(made))

    assert len({name for name, _, _ in states}) == len(states)
    assert all(1 <= len(name) <= 80 for name, _, _ in states)
    for _, each, beside in states:
        assert each.get("End", False) is ("Next" not in each)
        assert each.get("Next", next(iter(beside))) in beside
    assert _reached(made) == {name for name, _, _ in states}


def _reached(made: Mapping[str, Any]) -> set[str]:
    """Return the states that the machine comes to from its start."""
    found: set[str] = set()
    name = made["StartAt"]
    while name is not None:
        found.add(name)
        each = made["States"][name]
        found |= set(itertools.chain(*(_reached(branch) for branch in each.get("Branches", ()))))
        name = each.get("Next")
    return found


def test_cfn_lint_accepts_it() -> None:
    lint = pytest.importorskip("cfnlint.api", reason="cfn-lint is not installed")
    machines = {f"M{index}": machine(*jobs) for index, (_, jobs) in enumerate(repository_jobs())}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            name: {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": "arn:aws:iam::111122223333:role/states",
                    "DefinitionString": json.dumps(each),
                },
            }
            for name, each in machines.items()
        },
    }

    found = lint.lint(json.dumps(template), config=lint.ManualArgs(regions=["eu-west-1"]))

    # A machine's own `${…}` is no parameter of the template.
    assert [str(each) for each in found if each.rule.id != "E1029"] == []
