"""A review shows everything: whichever member of a job's run changes, all three forms do."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from compiled_jobs import compiled

from ecsplan.decision.decide_revision import Reuse
from ecsplan.plan.plan import Logs, Plan, PlannedJob, Watch
from ecsplan.terms.observed import Aws
from ecsplan.terms.run_policy import Combination, LogRetention, Retry, RunPolicy
from ecsplan.variables.declarations import Declaration
from ecsplan_cli.render.diff import render_json, render_text
from ecsplan_cli.render.diff_markdown import render_markdown
from ecsplan_cli.render.review import review

Path = tuple[str | int, ...]
NOT_OF_A_PLAN = {"clientToken", "startedBy"}
CONTAINERS = [{"name": "main", "image": "a"}, {"name": "side", "image": "b", "essential": False}]
ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/job:1"


def planned() -> PlannedJob:
    """Return a job that reuses its definition, so that nothing but its run is to be reviewed."""
    manifest = {
        "name": "job",
        "container_name": "main",
        "command": ["echo", "hi"],
        "env": {"MODE": "fast"},
        "task_definition": {"containerDefinitions": CONTAINERS},
        "network_configuration": {"subnets": ["subnet-1"]},
        "aws": {"region": "eu-west-1"},
    }
    plan = compiled(manifest).plan
    assert plan is not None
    (job,) = plan.jobs
    request = {**job.run_request, "taskDefinition": ARN}
    return replace(job, definition=replace(job.definition, decision=Reuse(ARN)), run_request=request)


def reviews(job: PlannedJob) -> tuple[str, str, str]:
    jobs = review(Plan(observed=True, jobs=(job,)))
    return render_text(jobs), render_json(jobs), render_markdown(jobs)


def assert_shown(before: PlannedJob, after: PlannedJob) -> None:
    for form, one, other in zip(("text", "json", "markdown"), reviews(before), reviews(after), strict=True):
        assert one != other, form


def leaves(shape: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield place and shape of each value that a request of this shape may have; lists have one item."""
    match shape.type_name:
        case "structure":
            for name, member in shape.members.items():
                if path or name not in NOT_OF_A_PLAN:
                    yield from leaves(member, (*path, name))
        case "list":
            yield from leaves(shape.member, (*path, 0))
        case _:
            yield path, shape


def value(shape: Any, turn: int) -> Any:
    """Return one of two values of a shape, both of which are no default."""
    match shape.type_name:
        case "integer" | "long":
            return 7 + turn
        case "boolean":
            return bool(turn)
        case "float" | "double":
            return 1.5 + turn
        case _:
            known = getattr(shape, "enum", ())
            return (known if len(known) > 1 else ("one", "two"))[turn]


def put(document: Any, path: Path, value: Any) -> None:
    """Set a value, making what is missing on the way to it."""
    for step, following in pairwise(path):
        inner: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not document:
                document.append(inner)
            document = document[0]
        else:
            document = document.setdefault(step, inner)
    if isinstance(path[-1], int):
        document[:] = [value]
    else:
        document[path[-1]] = value


RUN_TASK = botocore.session.Session().get_service_model("ecs").operation_model("RunTask").input_shape
LEAVES = [pytest.param(path, shape, id="/".join(map(str, path))) for path, shape in leaves(RUN_TASK)]


@pytest.mark.parametrize(("path", "shape"), LEAVES)
def test_each_member_that_run_task_takes(path: Path, shape: Any) -> None:
    before = planned()
    request: dict[str, Any] = deepcopy(dict(before.run_request))
    put(request, path, value(shape, 1 if shape.type_name == "boolean" else 0))

    assert_shown(before, replace(before, run_request=request))


@pytest.mark.parametrize(("path", "shape"), LEAVES)
def test_each_member_among_all_others(path: Path, shape: object) -> None:
    full: dict[str, Any] = {}
    for each, found in leaves(RUN_TASK):
        put(full, each, value(found, 0))
    before = replace(planned(), run_request=full)
    request = deepcopy(full)
    put(request, path, value(shape, 1))

    assert_shown(before, replace(before, run_request=request))


@pytest.mark.parametrize("number", [0, 1, 2], ids=["own", "another", "own again"])
@pytest.mark.parametrize(
    "member",
    [
        {"command": ["sh", "-c", "other"]},
        {"command": ["echo", *(300 * ["x"]), "y"]},
        {"environment": [{"name": "MODE", "value": "fast"}, {"name": "NEW", "value": "1"}]},
        {"environment": [{"name": "MODE", "value": "fast"}, {"name": "MODE", "value": "slow"}]},
        {"environment": [{"name": "MODE", "value": "fast"}, {"name": "NONE"}]},
        {"environment": [{"name": "MODE", "value": "fast"}, {"value": "x"}]},
        {"environment": [{"name": "MODE", "value": "a B=c"}]},
        {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/x.env"}]},
        {"cpu": 7},
        {"memory": 7},
        {"memoryReservation": 7},
        {"resourceRequirements": [{"type": "GPU", "value": "1"}]},
        {"notKnownHere": {"deep": [1, {"x": None, "y": 0}]}},
    ],
    ids=lambda member: f"{next(iter(member))} {str(member)[-24:]}",
)
def test_overrides_of_every_container(number: int, member: dict[str, object]) -> None:
    own = {"name": "main", "command": ["echo", "hi"], "environment": [{"name": "MODE", "value": "fast"}]}
    containers: list[dict[str, Any]] = [own, {"name": "side"}, {"name": "main"}]
    before = replace(planned(), run_request={"overrides": {"containerOverrides": containers}})
    changed = [{**each, **member} if n == number else each for n, each in enumerate(containers)]

    assert_shown(before, replace(before, run_request={"overrides": {"containerOverrides": changed}}))


@pytest.mark.parametrize(
    "more",
    [
        {"notKnownHere": "x"},
        {"notKnownHere": False},
        {"notKnownHere": {"deep": [{"name": "a", "x": 1}, {"name": "a"}]}},
        {"enableExecuteCommand": True},
        {"count": 0},
        {"launchType": ""},
        {"taskDefinition": "other:1"},
    ],
    ids=str,
)
def test_members_that_nobody_expects(more: dict[str, object]) -> None:
    before = planned()

    assert_shown(before, replace(before, run_request={**before.run_request, **more}))


WATCH = Watch(
    container="side",
    start_timeout_s=121,
    timeout_s=60,
    poll_interval_s=4.0,
    stream_output=True,
    logs=Logs("group", "prefix", "eu-west-1"),
    deregister=True,
)
AWS = Aws(
    region="eu-west-3",
    profile="ci",
    account_id="111122223333",
    assume_role_arn="arn:aws:iam::111122223333:role/deploy",
    endpoint_url="http://127.0.0.1:1",
)

POLICY = RunPolicy(
    after=("extract",),
    array=7,
    max_parallel=3,
    succeed_on=(0, 3),
    retry=Retry(5, frozenset({"start"}), (75,), written=True),
    concurrency="forbid",
    log_retention=LogRetention(30),
    matrix=Combination("job", {"day": 1}),
)


@pytest.mark.parametrize("name", [each.name for each in fields(RunPolicy)])
def test_each_member_of_the_policy(name: str) -> None:
    job = planned()
    changed = replace(job, policy=replace(job.policy, **{name: getattr(POLICY, name)}))
    without = replace(job, policy=replace(POLICY, **{name: getattr(RunPolicy(), name)}))

    assert_shown(job, changed)
    assert_shown(without, replace(job, policy=POLICY))


@pytest.mark.parametrize("name", [each.name for each in fields(Watch)])
def test_each_way_to_watch(name: str) -> None:
    before = planned()

    assert_shown(before, replace(before, watch=replace(before.watch, **{name: getattr(WATCH, name)})))


@pytest.mark.parametrize("name", [each.name for each in fields(Aws)])
def test_each_way_to_aws(name: str) -> None:
    before = planned()

    assert_shown(before, replace(before, aws=replace(before.aws, **{name: getattr(AWS, name)})))


@pytest.mark.parametrize("number", range(3))
def test_each_place_of_the_log(number: int) -> None:
    before = planned()
    logs = Logs("a", "b", "c")
    before = replace(before, watch=replace(before.watch, logs=logs, stream_output=True))
    name = ("group", "stream_prefix", "region")[number]

    other = replace(logs, **{name: "other"})
    assert_shown(before, replace(before, watch=replace(before.watch, logs=other)))


@pytest.mark.parametrize("number", range(1, 17))
def test_each_subnet(number: int) -> None:
    names = [f"subnet-{each}" for each in range(16)]

    def job(subnets: list[str]) -> PlannedJob:
        network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": []}}
        return replace(planned(), run_request={"networkConfiguration": network})

    assert_shown(job(names), job([*names[: number - 1], "subnet-x", *names[number:]]))


TOKEN = Declaration("token", sensitive=True)


@pytest.mark.parametrize(
    "member",
    [
        pytest.param({"variables": {"tag": "4"}}, id="another value"),
        pytest.param({"variables": {"tag": "3", "n": 1}}, id="one more"),
        pytest.param({"variables": {}}, id="none"),
        pytest.param({"variables": {"tag": ""}}, id="an empty one"),
        pytest.param({"variables": {"tag": ["3", "4"]}}, id="a list"),
        pytest.param({"sensitive": ()}, id="none that apply takes"),
        pytest.param({"sensitive": (replace(TOKEN, name="key"),)}, id="another name"),
        pytest.param({"sensitive": (replace(TOKEN, type="integer"),)}, id="another type"),
        pytest.param({"sensitive": (replace(TOKEN, env="CI_TOKEN"),)}, id="a source"),
        pytest.param({"sensitive": (replace(TOKEN, pattern="a.*"),)}, id="a pattern"),
        pytest.param({"sensitive": (replace(TOKEN, enum=("a", "b")),)}, id="an enum"),
    ],
)
def test_each_way_to_variables(member: dict[str, Any]) -> None:
    before = replace(planned(), variables={"tag": "3"}, sensitive=(TOKEN,))

    assert_shown(before, replace(before, **member))


def test_variables_are_words_and_masked() -> None:
    values = {
        "tag": "1 2",
        "n": 3,
        "on": True,
        "zones": ["a"],
        "password": "hunter22",
        "db": "pg://u:hunter22@h/d",
    }

    text, document, markdown = reviews(replace(planned(), variables=values, sensitive=(TOKEN,)))

    for form in text, markdown:
        assert "    variables: tag='1 2' n=3 on=true zones='[\"a\"]' password=*** db=***\n" in form
        assert "    variables given to apply: token\n" in form
        assert "/variables" not in form
    assert '"password": "***"' in document
    assert "hunter22" not in text + document + markdown


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"overrides": None},
        {"overrides": {"containerOverrides": None}},
        {"overrides": {"containerOverrides": [None, {}, {"name": "main", "environment": [None, {}]}]}},
        {"overrides": {"containerOverrides": [{"name": "main", "environment": None, "command": None}]}},
        {"networkConfiguration": None},
        {"networkConfiguration": {"awsvpcConfiguration": None}},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": None, "securityGroups": [None]}}},
        {"capacityProviderStrategy": [None, {}, {"capacityProvider": None, "weight": None}]},
        {"tags": [None, {}, {"key": None}]},
        {"count": None, "launchType": None, "cluster": None},
    ],
    ids=str,
)
def test_no_member_has_to_be_there(request_body: dict[str, object]) -> None:
    for each in reviews(replace(planned(), run_request=request_body)):
        assert "job" in each


def test_what_is_a_default_is_not_shown() -> None:
    text, *_ = reviews(planned())

    assert text == (
        "= job: reuse job:1: the newest revision matches\n"
        "  run 1 task on the default cluster in eu-west-1: FARGATE, 1 vCPU, 2048 MiB, "
        "1 subnet (subnet-1), no public IP\n"
        "    container: main\n"
        "    command: echo hi\n"
        "    environment: MODE=fast\n"
        "\n"
        "1 job: 0 to register, 1 to reuse.\n"
    )


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        pytest.param({}, False, id="nothing special"),
        pytest.param({"spec": {"task_customizations": [{"op": "remove"}]}}, True, id="a patch of the run"),
        pytest.param(
            {"run_request": {"overrides": {"containerOverrides": [{"name": "side", "cpu": 1}]}}},
            True,
            id="overrides of another container",
        ),
        pytest.param({"aws": Aws(assume_role_arn=AWS.assume_role_arn)}, True, id="an assumed role"),
        pytest.param({"aws": Aws(endpoint_url=AWS.endpoint_url)}, True, id="an endpoint"),
        pytest.param({"aws": Aws(profile="ci")}, False, id="a profile"),
    ],
)
def test_of_several_jobs_those_that_reuse_are_counted(change: dict[str, Any], shown: bool) -> None:
    first = replace(planned(), name="first")
    jobs = review(Plan(observed=True, jobs=(first, replace(planned(), name="second", **change))))

    for render in render_text, render_markdown:
        assert ("second" in render(jobs)) == shown
        assert "first" not in render(jobs)
        assert ("1 job reuses its definition and is not shown" in render(jobs)) == shown
        assert "first" in render(jobs, all_jobs=True)
        assert "second" in render(jobs, all_jobs=True)
        assert "not shown" not in render(jobs, all_jobs=True)
    assert "first" in render_json(jobs)


@pytest.mark.parametrize("form", range(3), ids=["text", "json", "markdown"])
def test_credentials_in_any_member_are_masked(form: int) -> None:
    job = planned()
    side = {"name": "side", "command": ["login", "--password", "s3cretOne"]}
    own = {"name": "main", "environment": [{"name": "API_TOKEN", "value": "s3cretTwo"}, {"name": "X"}]}
    request = {
        "overrides": {"containerOverrides": [own, side]},
        "tags": [{"key": "db-password", "value": "s3cretThree"}],
        "notKnownHere": {"url": "postgres://u:s3cretFour@h/db"},
    }

    shown = reviews(replace(job, run_request=request))[form]

    assert "s3cret" not in shown
    assert shown.count("***") >= 4
