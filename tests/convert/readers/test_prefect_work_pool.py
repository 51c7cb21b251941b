"""Base job templates of Prefect's ECS work pools become manifests that make the worker's requests."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT

from ecsplan.compile import compile_manifest
from ecsplan.decision.canonical import canonical
from ecsplan_convert.init import found_in
from ecsplan_convert.prefect.fields import DEFAULT_IMAGE
from ecsplan_convert.prefect.template import base_job_template
from ecsplan_convert.readers.prefect_work_pool import read
from ecsplan_convert.source import ConversionError, Job, Source

RECORDED: dict[str, dict[str, Any]] = json.loads(
    (ROOT / "tests" / "convert" / "data" / "worker-templates.recorded.json").read_text("utf-8")
)
REGION = "eu-west-1"
ROLE = "arn:aws:iam::111122223333:role/exec"


def job_of(template: Any) -> Job:
    """Return the job of a template."""
    (job,) = read(Source("template.json", "", template)).jobs
    return job


def compiled(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the requests of the manifest that a job becomes, which has no error."""
    manifest = json.dumps({"name": "job", **job.keys})
    made = compile_manifest(manifest, file="job.yaml", region=REGION)
    assert made.plan is not None, made.diagnostics
    (planned,) = made.plan.jobs
    return canonical(planned.definition.request), dict(planned.run_request)


def template_of(
    defaults: dict[str, Any] | None = None, request: dict[str, Any] | None = None, **configuration: Any
) -> dict[str, Any]:
    """Return the base job template with defaults of variables and members of the job configuration."""
    template = base_job_template()
    for name, value in (defaults or {}).items():
        template["variables"]["properties"].setdefault(name, {})["default"] = value
    template["job_configuration"].update(configuration)
    template["job_configuration"]["task_run_request"].update(request or {})
    return template


def compared(value: Any, without: frozenset[str]) -> Any:
    """Return a request without empty members and some others, with lists in order."""
    if isinstance(value, dict):
        kept = {name: compared(each, without) for name, each in value.items() if name not in without}
        if kept.get("base") == 0:
            del kept["base"]
        return {name: each for name, each in kept.items() if each not in ([], {}, None)}
    if isinstance(value, list):
        key = "key" if value and isinstance(value[0], dict) and "key" in value[0] else "name"
        named = all(isinstance(each, dict) and key in each for each in value)
        return [compared(each, without) for each in (sorted(value, key=lambda e: e[key]) if named else value)]
    return value


NOT_COMPARED = frozenset({"taskDefinition", "networkConfiguration", "executionRoleArn"})
"""What is looked up, and the role that a manifest sends as well as registers."""


LINKED = "linked-definition: migrate"
"""A template whose container is not known before AWS is asked."""


@pytest.mark.parametrize(
    "name", [name for name, each in RECORDED.items() if "request" in each and name != LINKED]
)
def test_a_template_gives_the_requests_of_the_worker(name: str) -> None:
    recorded = RECORDED[name]
    job = job_of(recorded["template"])
    definition, request = compiled(job)

    assert compared(request, NOT_COMPARED) == compared(recorded["request"], NOT_COMPARED)
    network = recorded["request"].get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    if network.get("subnets") not in (None, ["<subnets>"]):
        assert request["networkConfiguration"]["awsvpcConfiguration"] == {"securityGroups": [], **network}
    wanted = recorded["definition"]
    if wanted:
        made_up = {each for each in ("family",) if wanted[each].startswith("prefect_pool_")}
        wanted["containerDefinitions"] = [
            {**each, "image": DEFAULT_IMAGE} if each["image"].startswith("prefecthq/") else each
            for each in wanted["containerDefinitions"]
        ]
        without = frozenset(made_up)
        assert compared(definition, without) == compared(canonical(wanted), without)


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        pytest.param(template_of({"cpu": 512, "memory": 1024}), {"cpu": 512, "memory": 1024}, id="sizes"),
        pytest.param(template_of({"command": "sh -c 'a b'"}), {"command": ["sh", "-c", "a b"]}, id="command"),
        pytest.param(template_of({"env": {"A": 1, "B": None}}), {"env": {"A": "1"}}, id="variables"),
        pytest.param(template_of({"labels": {"a": "b"}}), {"labels": {"a": "b"}}, id="labels"),
        pytest.param(template_of({"cluster": "batch"}), {"cluster": "batch"}, id="cluster"),
        pytest.param(template_of({"vpc_id": "vpc-1"}), {"vpc_id": "vpc-1"}, id="a VPC"),
        pytest.param(template_of({"task_role_arn": ROLE}), {"task_role_arn": ROLE}, id="a role of the task"),
        pytest.param(template_of({"execution_role_arn": ROLE}), {"execution_role_arn": ROLE}, id="a role"),
        pytest.param(
            template_of({"launch_type": "FARGATE_SPOT"}), {"launch_type": "FARGATE_SPOT"}, id="Spot"
        ),
        pytest.param(
            template_of({"task_start_timeout_seconds": 120, "task_watch_poll_interval": 1.5}),
            {"task_watch_poll_interval": 1.5},
            id="timeouts",
        ),
        pytest.param(
            template_of({"auto_deregister_task_definition": True}),
            {"auto_deregister_task_definition": True},
            id="flag",
        ),
        pytest.param(template_of(request={"count": 2}), {"count": 2}, id="a member that has a key"),
        pytest.param(
            template_of(request={"referenceId": "x"}),
            {"task_customizations": [{"op": "add", "path": "/referenceId", "value": "x"}]},
            id="a member that has none",
        ),
        pytest.param(
            template_of({"vpc_id": "vpc-1", "network_configuration": {"subnets": ["subnet-1"]}}),
            {"network_configuration": {"subnets": ["subnet-1"]}},
            id="a network",
        ),
        pytest.param(
            template_of({"stream_output": True, "execution_role_arn": ROLE, "cloudwatch_logs_prefix": "p"}),
            {
                "stream_output": True,
                "execution_role_arn": ROLE,
                "cloudwatch_logs_options": {"awslogs-group": "prefect", "awslogs-stream-prefix": "p"},
            },
            id="logs",
        ),
        pytest.param(
            template_of({"prefect_api_key_secret_arn": "arn:x"}, prefect_api_key_secret_arn="arn:x"),
            {"secrets": {"PREFECT_API_KEY": "arn:x"}},
            id="a secret of a newer worker",
        ),
        pytest.param(
            template_of({"aws_credentials": {"region_name": "us-east-1", "aws_secret_access_key": "hidden"}}),
            {"aws": {"region": "us-east-1"}},
            id="credentials",
        ),
    ],
)
def test_a_default_becomes_a_key(template: dict[str, Any], keys: dict[str, Any]) -> None:
    properties = template["variables"]["properties"]
    properties["image"]["default"], properties["family"]["default"] = "a", "etl"
    properties["task_start_timeout_seconds"]["default"] = 120
    job = job_of(template)

    assert job.keys == {"image": "a", "family": "etl", "container_name": "prefect", **keys}
    assert "hidden" not in repr(job)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        pytest.param(base_job_template(), "no image is set", id="no image"),
        pytest.param(base_job_template(), "no family is set", id="no family"),
        pytest.param(base_job_template(), "`{{ cpu }}`", id="variables without a default"),
        pytest.param(
            template_of(command="x {{ prefect.variables.y }}"), "prefect.variables.y", id="a variable"
        ),
        pytest.param(
            template_of({"cpu": 256}, queue="x"), "`job_configuration.queue` is not a member", id="unknown"
        ),
        pytest.param(template_of(env=["x"]), "`env` is not a mapping", id="a wrong type"),
        pytest.param(
            template_of({"stream_output": True, "execution_role_arn": ROLE}), "no prefix", id="no prefix"
        ),
        pytest.param(
            template_of({"task_definition_arn": "etl:3", "stream_output": True}),
            "configures no log",
            id="linked",
        ),
        pytest.param(
            template_of({"task_definition_arn": "etl:3", "image": "a"}), "ignores `task_def", id="ignored"
        ),
        pytest.param(template_of({"vpc_id": "vpc-1", "launch_type": "EC2"}), "only network mode", id="a VPC"),
        pytest.param(
            template_of({"network_configuration": {"subnets": ["s"]}}), "without a `vpc_id`", id="no VPC"
        ),
        pytest.param(
            template_of({"aws_credentials": {"$ref": {"block_document_id": "1"}}}),
            "names a block",
            id="a block",
        ),
    ],
)
def test_what_is_left_out_is_noted(template: dict[str, Any], words: str) -> None:
    assert [note for note in job_of(template).notes if words in note]


def test_logs_without_a_role_are_a_suggestion() -> None:
    job = job_of(template_of({"image": "a", "stream_output": True}))

    (suggestion,) = job.suggestions
    assert suggestion.keys["stream_output"] is True
    compiled(job)


@pytest.mark.parametrize("sign", ["$defs", "prefect_api_key_secret_arn"])
def test_a_template_of_prefect_3(sign: str) -> None:
    template = base_job_template()
    if sign == "$defs":
        template["variables"]["$defs"] = template["variables"].pop("definitions")
    else:
        template["job_configuration"][sign] = f"{{{{ {sign} }}}}"
    template["job_configuration"] |= {"task_start_timeout_seconds": 0, "task_watch_poll_interval": 0}
    for schema in template["variables"]["properties"].values():
        schema.setdefault("default", None)

    job = job_of(template)

    assert job.keys == {"image": "prefecthq/prefect:3-latest", "container_name": "prefect"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"variables": {}, "job_configuration": []}, id="a list"),
        pytest.param({"variables": {}, "job_configuration": {"image": "{{ image }}"}}, id="another pool's"),
    ],
)
def test_what_is_no_template_is_refused(document: Any) -> None:
    with pytest.raises(ConversionError):
        read(Source("x", "", document))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("{{ cpu }}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({*base_job_template()["job_configuration"], *base_job_template()["variables"]["properties"]})


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_values_of_any_type_become_keys_or_notes(
    defaults: dict[str, Any], configuration: dict[str, Any]
) -> None:
    job_of(template_of(defaults, **{n: v for n, v in configuration.items() if n != "task_run_request"}))


MEMBERS = [
    "overrides",
    "tags",
    "launchType",
    "capacityProviderStrategy",
    "networkConfiguration",
    "cluster",
    "x",
]
OVERRIDES = ["containerOverrides", "cpu", "memory", "taskRoleArn"]


@given(
    st.dictionaries(st.sampled_from(MEMBERS), VALUES),
    st.dictionaries(
        st.sampled_from(OVERRIDES),
        VALUES
        | st.lists(st.dictionaries(st.sampled_from(["name", "cpu", "environment", "command"]), VALUES)),
    ),
)
def test_requests_of_any_shape_become_keys_or_notes(
    request: dict[str, Any], overrides: dict[str, Any]
) -> None:
    job_of(template_of(request={"overrides": overrides, **request}))


@given(VALUES, VALUES)
def test_definitions_of_any_shape_become_keys_or_notes(inner: Any, other: Any) -> None:
    for launch_type in ("FARGATE", "EC2"):
        job_of(
            template_of(
                {"launch_type": launch_type},
                task_definition={
                    "containerDefinitions": [{"name": inner, "environment": other}, other],
                    "cpu": inner,
                },
            )
        )
        job_of(
            template_of(
                {"launch_type": launch_type}, task_definition={"containerDefinitions": inner, "family": other}
            )
        )


@pytest.mark.parametrize(
    ("named", "name"),
    [pytest.param({}, "nightly", id="of the pool"), pytest.param({"name": "etl"}, "etl", id="of the job")],
)
def test_a_pool_as_the_api_describes_it(named: dict[str, Any], name: str) -> None:
    template = template_of({"image": "x"}, **named)
    pool = {"name": "nightly", "type": "ecs", "base_job_template": template, "is_paused": False}

    (job,) = found_in(Source("pool.json", json.dumps(pool))).jobs

    assert job == replace(job_of(template), name=name)
