"""Jobs become base job templates, as ECSTask of prefect-aws writes them, of which no value is lost."""

import json
from typing import Any

import pytest
from compiled_jobs import AWS, arn, described, observed
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.terms.manifest_keys import KEYS
from ecsplan.terms.observed import AskRecent
from ecsplan_convert.exported import Exported
from ecsplan_convert.prefect.template import base_job_template
from ecsplan_convert.readers.prefect_block import job_of
from ecsplan_convert.writers.prefect_work_pool import LOST, write

DATA = ROOT / "tests" / "convert" / "data"
BLOCKS: dict[str, dict[str, Any]] = json.loads((DATA / "ecs-tasks.json").read_text("utf-8"))
RECORDED = json.loads((DATA / "ecs-tasks.recorded.json").read_text("utf-8"))
REGION = "eu-west-1"


def exported(manifest: dict[str, Any]) -> Exported:
    """Return the template of a manifest's one job."""
    made = compile_manifest(json.dumps(manifest), file="job.yaml", region=REGION)
    assert made.plan is not None, made.diagnostics
    return write(made.plan.jobs)


def changed(template: dict[str, Any]) -> dict[str, Any]:
    """Return what a template has beside those of the base."""
    base = base_job_template()
    old, new = base["variables"]["properties"], template["variables"]["properties"]
    configuration = template["job_configuration"]
    return {
        "defaults": {
            name: each["default"]
            for name, each in new.items()
            if each.get("default", ...) != old[name].get("default", ...)
        },
        "job_configuration": {
            name: configuration.get(name)
            for name in base["job_configuration"]
            if configuration.get(name) != base["job_configuration"][name]
        },
    }


def test_the_base_is_that_of_the_worker() -> None:
    base = base_job_template()
    facts = {
        name: {key: each for key, each in schema.items() if key != "description"}
        for name, schema in base["variables"]["properties"].items()
    }

    assert facts == RECORDED["variables"]
    assert base["job_configuration"] == RECORDED["job_configuration"]


DIFFERENT: dict[str, set[str]] = {
    "an upper-case family": {"family"},  # the worker registers it as it is, so that it is the one of ECSTask
    "a family with blanks": {"family"},
    "labels to clean": {"labels"},  # ditto for tags
    "logs with options": {"cloudwatch_logs_options"},  # with the group that the job has
    "streaming without configuration": {"stream_output", "configure_cloudwatch_logs"},  # nothing to stream
    "no launch type": {"launch_type"},  # a null that RunTask would refuse
    "defaults that are written": {"env", "labels"},  # empty
}
"""Blocks -> the defaults of ECSTask's template that the manifest made of the block does not give."""


@pytest.mark.parametrize("name", BLOCKS)
def test_defaults_are_those_of_ecstask(name: str) -> None:
    job = job_of(BLOCKS[name])
    made = changed(json.loads(exported({"name": job.name or "job", **job.keys}).text))
    theirs = RECORDED["blocks"][name]["template"]["defaults"]
    expected = {each for each in theirs if each not in DIFFERENT.get(name, set())}
    if "image" not in job.keys:
        expected -= {"image"}  # ECSTask repeats the image of the definition, which nothing then reads

    assert {each: made["defaults"].get(each) for each in expected} == {
        each: theirs[each] for each in expected
    }


def default_of(made: Exported, name: str) -> Any:
    """Return the default of a variable, or None."""
    return json.loads(made.text)["variables"]["properties"][name].get("default")


def configuration_of(made: Exported, name: str) -> Any:
    """Return a member of the job configuration, or None."""
    return json.loads(made.text)["job_configuration"].get(name)


ROLE = "arn:aws:iam::111122223333:role/exec"


@pytest.mark.parametrize(
    ("keys", "name", "value"),
    [
        pytest.param({"command": "sh -c 'echo \"a b\"'"}, "command", "sh -c 'echo \"a b\"'", id="command"),
        pytest.param({"cpu": "0.5 vCPU"}, "cpu", 512, id="units"),
        pytest.param({"env": {"A": "1"}}, "env", {"A": "1"}, id="env"),
        pytest.param({"labels": {"a!b": "c"}}, "labels", {"a-b": "c"}, id="labels as they are sent"),
        pytest.param({}, "family", "job", id="the family that is registered"),
        pytest.param({}, "container_name", "main", id="the container"),
        pytest.param({"container_name": "prefect"}, "container_name", None, id="the worker's own container"),
        pytest.param({"vpc_id": "vpc-0123456789abcdef0"}, "vpc_id", "vpc-0123456789abcdef0", id="a VPC"),
        pytest.param({"task_start_timeout_seconds": 120}, "task_start_timeout_seconds", 120, id="a default"),
        pytest.param({}, "task_start_timeout_seconds", 300, id="the worker's default"),
        pytest.param({"reuse": "latest"}, "match_latest_revision_in_family", True, id="reuse"),
        pytest.param(
            {"auto_deregister_task_definition": True}, "auto_deregister_task_definition", True, id="true"
        ),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "own", "weight": 1}]},
            "launch_type",
            "EC2",
            id="own",
        ),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "own", "weight": 1}]},
            "capacity_provider_strategy",
            [{"base": 0, "capacityProvider": "own", "weight": 1}],
            id="a strategy with all members that Prefect requires",
        ),
        pytest.param(
            {"stream_output": True, "execution_role_arn": ROLE},
            "cloudwatch_logs_options",
            {"awslogs-group": "ecsplan", "awslogs-stream-prefix": "job"},
            id="where the job logs to",
        ),
        pytest.param(
            {"network_configuration": {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}}},
            "network_configuration",
            {"securityGroups": [], "subnets": ["subnet-0123456789abcdef0"]},
            id="a network",
        ),
    ],
)
def test_a_key_becomes_a_default(keys: dict[str, Any], name: str, value: Any) -> None:
    made = exported({"name": "job", "image": "a", **keys})

    assert default_of(made, name) == value
    assert made.notes == ()


PATH = "/networkConfiguration/awsvpcConfiguration"
SUBNETS = {"op": "replace", "path": f"{PATH}/subnets", "value": ["subnet-0123456789abcdef0"]}
GROUP = "sg-0123456789abcdef0"


@pytest.mark.parametrize(
    ("patch", "network"),
    [
        pytest.param([SUBNETS], {"subnets": SUBNETS["value"]}, id="replace"),
        pytest.param(
            [SUBNETS, {"op": "add", "path": f"{PATH}/securityGroups/-", "value": GROUP}],
            {"subnets": SUBNETS["value"], "securityGroups": [GROUP]},
            id="add to the end of a list",
        ),
        pytest.param(
            [SUBNETS, {"op": "add", "path": f"{PATH}/securityGroups/0", "value": GROUP}],
            {"subnets": SUBNETS["value"], "securityGroups": [GROUP]},
            id="add to the beginning of a list",
        ),
        pytest.param(
            [SUBNETS, {"op": "remove", "path": f"{PATH}/assignPublicIp"}],
            {"subnets": SUBNETS["value"]},
            id="remove",
        ),
        pytest.param(
            [
                {
                    "op": "add",
                    "path": "/networkConfiguration",
                    "value": {"awsvpcConfiguration": {"subnets": ["s-1"]}},
                }
            ],
            {"subnets": ["s-1"]},
            id="the whole network",
        ),
        pytest.param(
            [{"op": "test", "path": f"{PATH}/assignPublicIp", "value": "ENABLED"}, SUBNETS],
            {"subnets": SUBNETS["value"]},
            id="a test",
        ),
    ],
)
def test_a_patch_of_the_network_is_applied_to_a_minimal_request(
    patch: list[dict[str, Any]], network: dict[str, Any]
) -> None:
    made = exported({"name": "job", "image": "a", "task_customizations": patch})

    assert default_of(made, "network_configuration") == network
    assert all("the network of the template is without" in note for note in made.notes)


@pytest.mark.parametrize("vpc_id", [None, "vpc-0123456789abcdef0"])
def test_the_worker_refuses_a_network_without_a_vpc_so_that_the_request_has_it(vpc_id: str | None) -> None:
    keys = {} if vpc_id is None else {"vpc_id": vpc_id}
    made = exported({"name": "job", "image": "a", "task_customizations": [SUBNETS], **keys})
    placeholder = "{{ network_configuration }}"
    request = configuration_of(made, "task_run_request")

    assert configuration_of(made, "network_configuration") == (placeholder if vpc_id else None)
    assert request.get("networkConfiguration") == (None if vpc_id else {"awsvpcConfiguration": placeholder})


@pytest.mark.parametrize(
    ("operation", "member", "value"),
    [
        pytest.param({"op": "add", "path": "/count", "value": 2}, "count", 2, id="a member"),
        pytest.param(
            {"op": "add", "path": "/tags/-", "value": {"key": "b", "value": "2"}},
            "tags",
            [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}],
            id="what the template has as a placeholder",
        ),
        pytest.param({"op": "remove", "path": "/launchType"}, "launchType", None, id="a member less"),
    ],
)
def test_another_patch_is_in_the_run_request(operation: dict[str, Any], member: str, value: Any) -> None:
    made = exported({"name": "job", "image": "a", "labels": {"a": "1"}, "task_customizations": [operation]})

    assert configuration_of(made, "task_run_request").get(member) == value


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        pytest.param({"retry": {"attempts": 2}}, "`retry`: set retries in the flow", id="retries"),
        pytest.param(
            {"aws": {"region": "eu-west-1"}}, "`aws`: create an AWS Credentials block", id="credentials"
        ),
        pytest.param({"launch_type": None}, "prepares the definition as for Fargate", id="no launch type"),
        pytest.param({"reuse": "recent"}, "looks at the newest revision alone", id="the ten newest"),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": f"{PATH}/securityGroups", "value": [GROUP]}]},
            "is without `assignPublicIp`, `subnets`",
            id="a network without subnets",
        ),
        pytest.param(
            {"task_customizations": [{"op": "remove", "path": f"{PATH}/assignPublicIp"}]},
            "so Prefect's worker looks the network up",
            id="a network of which only something is removed",
        ),
        pytest.param(
            {"launch_type": "EC2", "task_customizations": [{"op": "remove", "path": "/launchType"}]},
            "changes `containerDefinitions`, `cpu`, `memory`, `networkMode`, `requiresCompatibilities` of",
            id="a patch on which the definition depends",
        ),
        pytest.param({"labels": {"a": "b c"}}, "cleans the tags `a`", id="a blank in a tag"),
        pytest.param({"count": 3}, "`count`: each flow run starts so many tasks", id="several tasks"),
        pytest.param(
            {"env": {"A": "{{ prefect.blocks.secret.a }}"}},
            "what `{{ prefect.… }}` refers to",
            id="a reference",
        ),
    ],
)
def test_what_cannot_be_kept_is_noted(keys: dict[str, Any], words: str) -> None:
    made = exported({"name": "job", "image": "a", **keys})

    assert [note for note in made.notes if words in note]
    assert all(note.startswith("job: ") for note in made.notes)


KEPT = {
    "name",
    "env_file",
    "matrix",
    "task_definition",
    "task_definition_customizations",
    "task_customizations",
    "reuse",
    "pin_image",
    "auto_deregister_task_definition",
    "task_start_timeout_seconds",
    "task_watch_poll_interval",
}
"""Keys that are in no request by themselves and that the template keeps, or that its requests show."""


def test_every_key_that_is_in_no_request_is_kept_or_noted() -> None:
    assert {each.name for each in KEYS if not each.members} <= KEPT | LOST.keys()


def test_tags_that_a_patch_adds_to_the_definition_are_kept() -> None:
    tags = [{"key": "team", "value": "data"}]
    patch = [{"op": "add", "path": "/tags", "value": tags}]

    made = exported({"name": "job", "image": "a", "task_definition_customizations": patch})

    assert configuration_of(made, "task_definition")["tags"] == tags
    assert made.notes == ()


def test_a_linked_definition() -> None:
    made = exported({"name": "job", "task_definition_arn": "etl:3", "execution_role_arn": ROLE, "cpu": 256})
    overrides = configuration_of(made, "task_run_request")["overrides"]

    assert default_of(made, "task_definition_arn") == "etl:3"
    assert default_of(made, "family") is None
    assert overrides["executionRoleArn"] == ROLE
    assert made.notes == (
        "job: the container is not known offline: Prefect's worker takes `prefect`, else the first one",
    )


REVISION = {
    "containerDefinitions": [{"name": "main", "image": "a", "memory": 64}],
    "memory": "512",
    "cpu": "256",
}
FARGATE = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}


@pytest.mark.parametrize(
    ("reference", "keys", "expected"),
    [
        pytest.param("etl:3", {}, "etl:3", id="as it is"),
        pytest.param("etl", {}, "etl", id="the newest of its family"),
        pytest.param(arn("etl:3"), {}, arn("etl:3"), id="an ARN"),
        pytest.param("etl:3", {"image": "b"}, None, id="with another image"),
    ],
)
def test_a_linked_definition_that_was_looked_at(
    reference: str, keys: dict[str, Any], expected: str | None
) -> None:
    revision = described("etl:3", {**REVISION, **FARGATE})
    seen = observed(linked={reference: revision}, latest={"etl": revision})
    plan = compile_manifest(
        json.dumps({"name": "job", "task_definition_arn": reference, **keys}),
        file="job.yaml",
        observed=seen,
        region=REGION,
    ).plan
    assert plan is not None

    made = write(plan.jobs)

    assert default_of(made, "task_definition_arn") == expected
    definition = configuration_of(made, "task_definition")["containerDefinitions"][0]
    assert definition["image"] == "{{ image }}"
    assert made.notes == ()


def test_an_older_revision_that_fits_is_named_itself() -> None:
    """The family alone would mean its newest revision, which has another image."""
    other = [{"name": "main", "image": "b", "memory": 64}]
    newest = described("etl:3", {**REVISION, **FARGATE})
    older = described("etl:2", {**REVISION, **FARGATE, "containerDefinitions": other})
    seen = observed(linked={"etl": newest}, latest={"etl": newest})
    seen = seen.with_answers({AskRecent(AWS, "etl"): (newest, older)})
    plan = compile_manifest(
        json.dumps({"name": "job", "task_definition_arn": "etl", "image": "b", "reuse": "recent"}),
        file="job.yaml",
        observed=seen,
        region=REGION,
    ).plan
    assert plan is not None

    assert default_of(write(plan.jobs), "task_definition_arn") == arn("etl:2")
