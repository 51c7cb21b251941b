"""Facts of a plan at apply: each is asked for again, and where one has changed nothing is started."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from apply_stage import Stage
from scripted_aws import denied

from ecsplan.plan.plan import Plan, read_plan, write_plan
from ecsplan.terms.json_types import Json
from ecsplan.terms.observed import NOT_FOUND, Aws, Body, NotThere
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import (
    ApplierError,
    AwsError,
    NotObservedError,
    OtherAccountError,
    StalePlanError,
)
from ecsplan_applier.outcomes.result import Outcome
from ecsplan_applier.revisions.planned_facts import changes

Begin = Callable[..., Stage]

EXITS = [{"at": 1, "status": "RUNNING"}, {"at": 2, "status": "STOPPED", "exitCode": 0}]
CHANGING = ("RegisterTaskDefinition", "RunTask", "TagResource", "DeregisterTaskDefinition", "StopTask")
GONE = NotThere("there is no such thing", "did you mean another?", NOT_FOUND)


@pytest.mark.parametrize(
    ("planned", "found", "lost", "lines"),
    [
        pytest.param({"ssm:/a": "x"}, {"ssm:/a": "x"}, {}, [], id="the same"),
        pytest.param(
            {"ssm:/a": "x"},
            {"ssm:/a": "y"},
            {},
            ['the plan observed ssm:/a = "x"; now it is "y"'],
            id="another text",
        ),
        pytest.param(
            {"subnets": ["subnet-1"]},
            {"subnets": ["subnet-1", "subnet-2"]},
            {},
            ['the plan observed subnets = ["subnet-1"]; now it is ["subnet-1", "subnet-2"]'],
            id="another list",
        ),
        pytest.param(
            {"ssm:/a": "x,y"},
            {"ssm:/a": ["x", "y"]},
            {},
            ['the plan observed ssm:/a = "x,y"; now it is ["x", "y"]'],
            id="another type",
        ),
        pytest.param(
            {"vpc_id": "vpc-1"},
            {},
            {"vpc_id": GONE},
            ['the plan observed vpc_id = "vpc-1"; now there is no such thing'],
            id="gone",
        ),
        pytest.param(
            {"service": {"taskDefinition": "web:1", "launchType": "FARGATE", "network": {"subnets": ["a"]}}},
            {
                "service": {
                    "taskDefinition": "web:2",
                    "platformVersion": "1.4.0",
                    "network": {"subnets": ["b"]},
                }
            },
            {},
            [
                'the plan observed service.launchType = "FARGATE"; now it is nothing',
                'the plan observed service.network.subnets = ["a"]; now it is ["b"]',
                'the plan observed service.platformVersion = nothing; now it is "1.4.0"',
                'the plan observed service.taskDefinition = "web:1"; now it is "web:2"',
            ],
            id="members of a service",
        ),
        pytest.param(
            {"ssm:/db/password": "hunter2"},
            {"ssm:/db/password": "hunter3"},
            {},
            ['the plan observed ssm:/db/password = "***"; now it is another value'],
            id="masked by its name",
        ),
        pytest.param(
            {"cfn:db.Url": "postgres://u:hunter2@db/x"},
            {"cfn:db.Url": "postgres://u:hunter3@db/x"},
            {},
            ['the plan observed cfn:db.Url = "***"; now it is another value'],
            id="masked by what it holds",
        ),
        pytest.param(
            {"ssm:/a": "x" * 600},
            {"ssm:/a": "a\x1b[31m\nb"},
            {},
            [f'the plan observed ssm:/a = "{"x" * 498}…; now it is "a\\u001b[31m\\nb"'],
            id="long, and with control characters",
        ),
        pytest.param(
            {"ssm:/vpc": "vpc-1", "subnets": ["subnet-1"]},
            {"ssm:/vpc": "vpc-2"},
            {},
            ['the plan observed ssm:/vpc = "vpc-1"; now it is "vpc-2"'],
            id="what depends on a changed fact is not told apart",
        ),
        pytest.param(
            {"ssm:/vpc": "vpc-1", "moon": "full"},
            {"ssm:/vpc": "vpc-1"},
            {},
            ["the plan observed moon, which its `spec` does not look up"],
            id="nothing asks for it",
        ),
    ],
)
def test_what_is_said_of_a_fact(
    planned: Mapping[str, Json], found: Mapping[str, Json], lost: Mapping[str, NotThere], lines: list[str]
) -> None:
    assert list(changes(planned, found, lost)) == lines


class Beside:
    """A gateway with CloudFormation beside the embedded ECS, or whatever else a test lets it answer."""

    def __init__(self, world: Stage, **says: Callable[[Body], Body]) -> None:
        self._inner = world.gateway
        self.says = says
        self.calls: Counter[str] = Counter()

    def target(self, aws: Aws) -> Target:
        return self._inner.target(aws)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        self.calls[operation.name] += 1
        answer = self.says.get(operation.name)
        return self._inner.call(target, operation, request) if answer is None else answer(request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return self._inner.unknown(target, operation, request)


class World(Stage):
    """A stage with parameters, and with a stack `net` and exports."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.endpoint, stage.clock.scripted, stage.folder)
        self.outputs = {"Queue": "work"}
        self.exports = {"net-Queue": "work"}
        self.status = "CREATE_COMPLETE"
        self.gateway = Beside(stage, DescribeStacks=self._stacks, ListExports=self._exports)
        self.ssm = boto3.client(
            "ssm",
            region_name="us-east-1",
            endpoint_url=stage.endpoint.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        self.put("/app/url", "one")
        self.put("/app/list", "a,b", "StringList")

    @property
    def beside(self) -> Beside:
        assert isinstance(self.gateway, Beside)
        return self.gateway

    def put(self, name: str, value: str, kind: str = "String") -> None:
        self.ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)

    def _stacks(self, request: Body) -> Body:
        if request["StackName"] != "net":
            raise AwsError("DescribeStacks", "ValidationError", "it does not exist", status=400)
        listed = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": listed}]}

    def _exports(self, request: Body) -> Body:
        del request
        return {"Exports": [{"Name": name, "Value": value} for name, value in self.exports.items()]}

    def refused(self, plan: Plan, **options: Any) -> str:
        """Return why an apply refuses a plan as stale; nothing was changed."""
        self.endpoint.forget_calls()
        with pytest.raises(StalePlanError) as caught:
            self.apply(plan, **options)
        assert self.endpoint_calls(*CHANGING) == []
        assert caught.value.exit_status == 122
        return str(caught.value)

    def endpoint_calls(self, *operations: str) -> list[str]:
        return [each.operation for each in self.endpoint.calls() if each.operation in operations]


@pytest.fixture
def world(stage: Begin) -> Iterator[World]:
    made = World(stage({"tasks": [{"timeline": EXITS}]}))
    yield made
    made.ssm.close()


def manifest(**env: str) -> str:
    written = ", ".join(f'{name}: "{value}"' for name, value in env.items())
    return f"variables: {{}}\nimage: alpine\nenv: {{{written}}}\n"


EVERY = manifest(
    A="${ssm:/app/url}", B="${cfn:net.Queue}", C="${cfn-export:net-Queue}", D="https://${ssm:/app/url}/x"
)


def test_a_plan_whose_facts_hold_is_applied(world: World) -> None:
    plan = world.compile(EVERY)
    world.beside.calls.clear()

    played = world.apply(plan)

    assert played.status == 0
    assert plan.jobs[0].observed == {
        "ssm:/app/url": "one",
        "cfn:net.Queue": "work",
        "cfn-export:net-Queue": "work",
    }
    facts = {name: world.beside.calls[name] for name in ("GetParameters", "DescribeStacks", "ListExports")}
    assert facts == {"GetParameters": 1, "DescribeStacks": 1, "ListExports": 1}


def change_parameter(world: World) -> None:
    world.put("/app/url", "two")


def change_list(world: World) -> None:
    world.put("/app/list", "a,b,c", "StringList")


def change_type(world: World) -> None:
    world.put("/app/url", "two", "SecureString")


def remove_parameter(world: World) -> None:
    world.ssm.delete_parameter(Name="/app/url")


def change_output(world: World) -> None:
    world.outputs["Queue"] = "other"


def remove_output(world: World) -> None:
    world.outputs.clear()


def roll_back(world: World) -> None:
    world.status = "UPDATE_ROLLBACK_FAILED"


def change_export(world: World) -> None:
    world.exports["net-Queue"] = "other"


def remove_export(world: World) -> None:
    world.exports.clear()


@pytest.mark.parametrize(
    ("text", "change", "said"),
    [
        (EVERY, change_parameter, 'ssm:/app/url = "one"; now it is "two"'),
        (EVERY, remove_parameter, "ssm:/app/url = \"one\"; now there is no parameter '/app/url'"),
        (EVERY, change_type, "ssm:/app/url = \"one\"; now the parameter '/app/url' is a SecureString"),
        (EVERY, change_output, 'cfn:net.Queue = "work"; now it is "other"'),
        (EVERY, remove_output, "cfn:net.Queue = \"work\"; now the stack 'net' has no output 'Queue'"),
        (EVERY, roll_back, "cfn:net.Queue = \"work\"; now the stack 'net' is in UPDATE_ROLLBACK_FAILED"),
        (EVERY, change_export, 'cfn-export:net-Queue = "work"; now it is "other"'),
        (EVERY, remove_export, "cfn-export:net-Queue = \"work\"; now there is no export 'net-Queue'"),
        (
            'variables: {}\nimage: alpine\ncommand: "${ssm:/app/list}"\n',
            change_list,
            'ssm:/app/list = ["a", "b"]; now it is ["a", "b", "c"]',
        ),
        ('variables: {}\nimage: "alpine:${ssm:/app/url}"\n', change_parameter, "ssm:/app/url"),
        ('variables: {}\nimage: alpine\nfamily: "x-${ssm:/app/url}"\n', change_parameter, "ssm:/app/url"),
    ],
)  # fmt: skip
def test_a_fact_that_has_changed_makes_the_plan_stale(
    world: World, text: str, change: Callable[[World], None], said: str
) -> None:
    plan = world.compile(text)
    change(world)

    reason = world.refused(read_plan(write_plan(plan)))

    assert f"hello: the plan observed {said}" in reason
    assert "--refresh" in reason
    assert "two" not in reason or change is change_parameter


def test_every_fact_that_has_changed_is_named_beside_the_definition(world: World) -> None:
    plan = world.compile(EVERY)
    change_parameter(world)
    change_output(world)
    world.register()

    reason = world.refused(plan)

    assert "ssm:/app/url" in reason
    assert "cfn:net.Queue" in reason
    assert "as the latest of family hello" in reason


def test_jobs_that_rest_on_one_fact_share_its_line_and_its_call(world: World) -> None:
    jobs = ", ".join(f'job-{number}: {{env: {{A: "${{ssm:/app/url}}"}}}}' for number in range(12))
    plan = world.compile(f"variables: {{}}\ndefaults: {{image: alpine}}\njobs: {{{jobs}}}\n")
    change_parameter(world)
    world.beside.calls.clear()

    reason = world.refused(plan)

    assert reason.count("ssm:/app/url") == 1
    assert "job-0, job-1, job-2 and 9 more jobs: the plan observed ssm:/app/url" in reason
    assert world.beside.calls["GetParameters"] == 1


def test_twenty_facts_are_checked_with_four_calls(world: World) -> None:
    for number in range(14):
        world.put(f"/p/{number}", "x")
    world.outputs |= {f"Out{number}": "x" for number in range(3)}
    world.exports |= {f"e{number}": "x" for number in range(3)}
    names = [
        *(f"ssm:/p/{number}" for number in range(14)),
        *(f"cfn:net.Out{number}" for number in range(3)),
        *(f"cfn-export:e{number}" for number in range(3)),
    ]
    plan = world.compile(manifest(**{f"V{index}": f"${{{name}}}" for index, name in enumerate(names)}))
    world.beside.calls.clear()

    assert world.apply(plan).status == 0
    assert len(plan.jobs[0].observed) == 20
    assert world.beside.calls["GetParameters"] == 2
    assert world.beside.calls["DescribeStacks"] == 1
    assert world.beside.calls["ListExports"] == 1


def test_refresh_looks_everything_up_again(world: World) -> None:
    plan = world.compile(EVERY)
    change_parameter(world)
    world.beside.calls.clear()

    played = world.apply(plan, refresh=True)

    (task,) = world.tasks()
    environment = {
        each["name"]: each["value"] for each in task["overrides"]["containerOverrides"][0]["environment"]
    }
    assert played.status == 0
    assert environment == {"A": "two", "B": "work", "C": "work", "D": "https://two/x"}
    assert world.beside.calls["GetParameters"] == 1


def test_refresh_cannot_look_up_what_is_gone(world: World) -> None:
    plan = world.compile(EVERY)
    world.put("/app/urls", "near")
    remove_parameter(world)

    with pytest.raises(NotObservedError) as caught:
        world.apply(plan, refresh=True)

    assert "there is no parameter '/app/url'" in str(caught.value)
    assert "did you mean `/app/urls`?" in str(caught.value)
    assert world.tasks() == []


def test_what_an_offline_plan_left_open_is_looked_up_once(world: World) -> None:
    plan = world.compile(EVERY, offline=True)
    change_parameter(world)
    world.beside.calls.clear()

    played = world.apply(plan)

    (task,) = world.tasks()
    assert played.status == 0
    assert {"name": "A", "value": "two"} in task["overrides"]["containerOverrides"][0]["environment"]
    assert world.beside.calls["GetParameters"] == 1


def test_what_an_offline_plan_left_open_may_not_be_there(world: World) -> None:
    plan = world.compile(EVERY, offline=True)
    remove_parameter(world)

    with pytest.raises(NotObservedError, match="there is no parameter '/app/url'") as caught:
        world.apply(plan)

    assert caught.value.exit_status == 125
    assert world.tasks() == []


def test_all_jobs_that_lack_something_are_named_at_once(world: World) -> None:
    one, two = "image: alpine\n    env: {A: '${ssm:/not/here}'}", "image: alpine:${ssm:/not/there}"
    jobs = f"jobs:\n  one:\n    {one}\n  two:\n    {two}\n  three:\n    {one}\n"
    plan = world.compile(f"variables: {{}}\n{jobs}", offline=True)

    with pytest.raises(NotObservedError) as caught:
        world.apply(plan)

    message = str(caught.value)
    said = "the job cannot run with the current state of AWS"
    assert f"one, three: {said}: /env/A: there is no parameter" in message
    assert f"two: {said}: /image: there is no parameter" in message


@pytest.mark.parametrize("operation", ["GetParameters", "DescribeStacks", "ListExports"])
@pytest.mark.parametrize("offline", [False, True], ids=["observed", "offline"])
def test_a_lookup_that_is_denied_at_apply_is_an_error(world: World, operation: str, offline: bool) -> None:
    plan = world.compile(EVERY, offline=offline)

    def deny(request: Body) -> Body:
        raise denied(operation)

    world.beside.says[operation] = deny

    with pytest.raises(ApplierError) as caught:
        world.apply(plan)

    assert caught.value.exit_status == 125
    assert operation in str(caught.value)
    assert "not allowed to do this" in str(caught.value)
    assert world.tasks() == []


def test_another_account_is_said_before_its_facts(world: World) -> None:
    plan = world.compile(EVERY)
    elsewhere = replace(plan, jobs=(replace(plan.jobs[0], account="111122223333"),))
    remove_parameter(world)

    with pytest.raises(OtherAccountError, match="the plan is for account 111122223333"):
        world.apply(elsewhere)


def test_a_resumed_run_reports_what_ran_whatever_has_changed_since(world: World) -> None:
    plan = world.compile(EVERY)
    first = world.apply(plan, run_id="one")
    change_parameter(world)
    world.beside.calls.clear()

    second = world.apply(plan, run_id="one")

    assert (first.status, second.status) == (0, 0)
    assert [each.arn for each in second.summary.tasks] == [each.arn for each in first.summary.tasks]
    assert len(world.tasks()) == 1
    assert world.beside.calls["GetParameters"] == 0


def test_a_resumed_run_starts_no_job_whose_facts_have_changed(world: World) -> None:
    plan = world.compile(
        "variables: {}\ndefaults: {image: alpine}\n"
        'jobs: {one: {env: {A: "${ssm:/app/url}"}}, two: {env: {B: "${ssm:/app/url}"}}}\n'
    )
    world.apply(plan, run_id="one", only=("one",))
    change_parameter(world)

    reason = world.refused(plan, run_id="one")

    assert "two: the plan observed ssm:/app/url" in reason
    assert "one:" not in reason
    assert world.apply(plan, run_id="one", only=("one",)).status == 0
    assert len(world.tasks()) == 1


@pytest.mark.parametrize("refresh", [False, True], ids=["offline", "refreshed"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(EVERY, id="in an override"),
        pytest.param('variables: {}\nimage: "alpine:${ssm:/app/url}"\n', id="in the definition"),
    ],
)
def test_a_resumed_run_that_decides_again_starts_nothing_else(world: World, text: str, refresh: bool) -> None:
    plan = world.compile(text, offline=not refresh)
    world.apply(plan, run_id="one")
    revisions = world.revisions()
    change_parameter(world)

    played = world.apply(plan, run_id="one", refresh=refresh)

    # What the first apply looked up is not known: its task is named, and not taken for this request's.
    (result,) = played.summary.tasks
    assert (played.status, result.outcome) == (122, Outcome.OTHER_REQUEST)
    assert world.tasks()[0]["taskArn"] in str(result.reason)
    assert (len(world.tasks()), world.revisions()) == (1, revisions)
