"""From a source to a manifest: what is recognized, how jobs are named and joined, and what is said."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.decision.canonical import canonical
from ecsplan.yaml.values import read_documents
from ecsplan_convert.init import Converted, converted, found_in, found_in_folder
from ecsplan_convert.manifest.wanted import differences, plain_request
from ecsplan_convert.named_jobs import NoJobError
from ecsplan_convert.references import reference
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

DEFINITION: dict[str, Any] = {
    "family": "etl",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "alpine:3", "command": ["true"]}],
}
RUN: dict[str, Any] = {
    "taskDefinition": "etl:3",
    "cluster": "batch",
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d"]}},
}


def source(document: Any, name: str = "file.json") -> Source:
    return Source(name, document if isinstance(document, str) else json.dumps(document))


def container(name: str) -> dict[str, Any]:
    return {"name": name, "image": "x"}


def overriding(*overrides: dict[str, Any]) -> dict[str, Any]:
    return {"containerOverrides": [*overrides]}


def made(job: Job, **options: Any) -> Converted:
    return converted(SourceJobs((job,), options.pop("variables", {})), title="file.json", **options)


def keys(text: str) -> dict[str, Any]:
    (document,) = read_documents(text, file="job.yaml").data
    assert isinstance(document, dict)
    return document


def requests(text: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two requests of a manifest of one job, without what is empty in the second one."""
    compiled = compile_manifest(text, file="job.yaml", **options)
    assert compiled.plan is not None, compiled.diagnostics
    (job,) = compiled.plan.jobs
    return dict(job.definition.request), dict(job.run_request)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({}, {"launch_type": None}, id="no launch type: the cluster's default"),
        pytest.param({"launchType": "FARGATE"}, {}, id="Fargate is the default"),
        pytest.param({"launchType": "EC2"}, {"launch_type": "EC2"}, id="EC2"),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
            {"launch_type": "FARGATE_SPOT"},
            id="Spot",
        ),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "base": 1}]},
            {"capacity_provider_strategy": [{"capacityProvider": "FARGATE_SPOT", "base": 1}]},
            id="Spot in other words",
        ),
        pytest.param(
            {"launchType": "EC2", "count": 1, "cluster": "default"}, {"launch_type": "EC2"}, id="defaults"
        ),
        pytest.param(
            {"launchType": "EC2", "count": 3, "group": "g", "propagateTags": "TASK_DEFINITION"},
            {"launch_type": "EC2", "count": 3, "group": "g", "propagate_tags": "TASK_DEFINITION"},
            id="members with keys of their own",
        ),
        pytest.param(
            {"launchType": "FARGATE", "tags": [{"key": "team", "value": "data"}]},
            {"labels": {"team": "data"}},
            id="tags",
        ),
        pytest.param(
            {
                "launchType": "FARGATE",
                "overrides": {"containerOverrides": [{"name": "app", "command": ["a"]}]},
            },
            {"command": ["a"], "container_name": "app"},
            id="a command",
        ),
        pytest.param(
            {"launchType": "FARGATE", "overrides": {"taskRoleArn": "arn:aws:iam::111122223333:role/r"}},
            {"task_role_arn": "arn:aws:iam::111122223333:role/r"},
            id="a role",
        ),
        pytest.param(
            {"launchType": "FARGATE", "overrides": {"cpu": "512"}},
            {"task_customizations": [{"op": "add", "path": "/overrides/cpu", "value": "512"}]},
            id="what a key would set elsewhere, too",
        ),
        pytest.param(
            {"launchType": "FARGATE", "newMember": {"a": 1}},
            {"task_customizations": [{"op": "add", "path": "/newMember", "value": {"a": 1}}]},
            id="what no key says",
        ),
    ],
)
def test_a_request_as_keys(request_: dict[str, Any], expected: dict[str, Any]) -> None:
    done = made(Job(request={"taskDefinition": "etl", **request_}))

    assert keys(done.text) == {"name": "etl", "task_definition_arn": "etl", **expected}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, {}, id="Fargate"),
        pytest.param({"requiresCompatibilities": ["EC2"]}, {"launch_type": "EC2"}, id="EC2"),
        pytest.param({"requiresCompatibilities": ["EXTERNAL"]}, {"launch_type": "EXTERNAL"}, id="external"),
        pytest.param({"requiresCompatibilities": []}, {"launch_type": None}, id="not said"),
        pytest.param(
            {"containerDefinitions": [container("a"), container("b")]},
            {"container_name": "a"},
            id="two containers that the job could mean",
        ),
        pytest.param(
            {
                "containerDefinitions": [
                    {"name": "a", "image": "x", "essential": False},
                    {"name": "b", "image": "x"},
                ]
            },
            {},
            id="one that is essential",
        ),
    ],
)
def test_a_definition_runs_as_it_is(changed: dict[str, Any], expected: dict[str, Any]) -> None:
    definition = {**DEFINITION, **changed}
    done = made(Job(definition=definition))

    written = keys(done.text)
    assert {
        name: value for name, value in written.items() if name not in {"name", "task_definition"}
    } == expected
    assert requests(done.text)[0]["containerDefinitions"] == definition["containerDefinitions"]


def test_an_override_of_the_size_leaves_the_definition_alone() -> None:
    request = {**RUN, "overrides": {"cpu": "512", "memory": "1024", "containerOverrides": []}}

    definition, run = requests(made(Job(definition=DEFINITION, request=request)).text)

    assert (definition["cpu"], definition["memory"]) == ("256", "512")
    assert (run["overrides"]["cpu"], run["overrides"]["memory"]) == ("512", "1024")


def test_overrides_of_several_containers() -> None:
    overrides: list[dict[str, Any]] = [
        {"name": "proxy", "command": ["p"], "cpu": 5},
        {"name": "app", "environment": [{"name": "A", "value": ""}]},
    ]
    job = Job(
        definition={**DEFINITION, "containerDefinitions": [container("app"), container("proxy")]},
        request={**RUN, "overrides": overriding(*overrides)},
    )

    done = made(job)

    _, run = requests(done.text)
    assert sorted(run["overrides"]["containerOverrides"], key=lambda each: str(each["name"])) == [
        {"name": "app", "environment": [{"name": "A", "value": ""}]},
        {"name": "proxy", "command": ["p"], "cpu": 5},
    ]
    assert any("proxy" in each and "container_name" in each for each in done.notes)


def test_the_order_of_environment_and_tags_needs_no_patch() -> None:
    environment = [{"name": "B", "value": "1"}, {"name": "A", "value": "2"}]
    request = {
        **RUN,
        "overrides": overriding({"name": "app", "environment": environment}),
        "tags": [{"key": "b", "value": "1"}, {"key": "a", "value": "2"}],
    }

    written = keys(made(Job(definition=DEFINITION, request=request)).text)

    assert "task_customizations" not in written
    assert (written["env"], written["labels"]) == ({"B": "1", "A": "2"}, {"b": "1", "a": "2"})


def test_references_become_variables() -> None:
    job = Job(
        request={
            "taskDefinition": "etl",
            "launchType": "FARGATE",
            "count": reference("N"),
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": reference("SUBNETS")}},
            "overrides": {
                "containerOverrides": [{"name": "app", "command": ["--day", reference("DAY"), "${A}"]}]
            },
        }
    )
    variables = {
        "N": {"env": "N", "type": "integer"},
        "SUBNETS": {"env": "SUBNETS", "type": "list"},
        "DAY": {"env": "DAY"},
        "UNUSED": {"env": "UNUSED"},
    }

    done = made(job, variables=variables)

    assert done.notes == ()
    assert keys(done.text)["variables"] == {name: variables[name] for name in ("N", "SUBNETS", "DAY")}
    values = {"N": 3, "SUBNETS": ["subnet-0a1b2c3d"], "DAY": "1"}
    _, run = requests(done.text, variables=values)
    assert run["count"] == 3
    assert run["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-0a1b2c3d"]
    assert run["overrides"]["containerOverrides"][0]["command"] == ["--day", "1", "${A}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "contains nothing", id="an empty file"),
        pytest.param("just words", "contains nothing", id="words"),
        pytest.param('{"family": "etl", "containerDefinitions": [', "half-written", id="half-written JSON"),
        pytest.param("image: alpine\ncommand: [a]\n", "this is a manifest already", id="a manifest"),
        pytest.param('{"a": 1}', "ecsplan cannot convert this file to a manifest", id="some JSON"),
        pytest.param(
            "kind: Pod\napiVersion: v1\n", "this is a Kubernetes resource", id="another tool's file"
        ),
        pytest.param(
            '{"service": {"launchType": "FARGATE"}}', "this is an ECS service definition", id="a service"
        ),
        pytest.param("[" * 5000, "deep", id="too deep"),
    ],
)
def test_what_is_no_source(text: str, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        found_in(source(text))


def test_half_written_json_is_refused_at_its_line() -> None:
    with pytest.raises(ConversionError) as refused:
        found_in(source('{\n  "family": "etl",\n  "containerDefinitions": [\n    {"name": }\n'))

    assert refused.value.line == 3


def test_json_values_one_after_the_other_are_jobs() -> None:
    text = json.dumps(DEFINITION, indent=2) + "\n" + json.dumps({**DEFINITION, "family": "other"})

    assert converted(found_in(source(text)), title="all.json").jobs == ("etl", "other")


def test_a_member_that_json_has_twice_is_said() -> None:
    text = json.dumps(DEFINITION).replace('"cpu": "256"', '"cpu": "512", "cpu": "256"')

    assert found_in(source(text)).notes == ("line 1: `cpu` is written twice",)


@pytest.mark.parametrize(
    ("members", "paths"),
    [
        pytest.param(
            {"requiresCompatibilities": ["EC2"], "networkMode": "bridge"},
            "containerDefinitions.app.cpu, containerDefinitions.app.memory",
            id="no memory",
        ),
        pytest.param(
            {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"},
            "cpu, memory",
            id="no size on Fargate",
        ),
    ],
)
def test_what_a_manifest_sets_of_a_definition_is_said(members: dict[str, Any], paths: str) -> None:
    definition = {"family": "etl", "containerDefinitions": [container("app")], **members}

    assert made(Job(definition=definition)).notes == (
        f"the manifest sets {paths} of the task definition: ECS runs no task without",
    )


def test_a_folder_joins_requests_with_definitions() -> None:
    other = {**RUN, "taskDefinition": "other"}
    found = found_in_folder(
        [
            source(DEFINITION, "a.json"),
            source(RUN, "b.json"),
            source(other, "c.json"),
            source("words", "d.yaml"),
        ]
    )

    done = converted(found, title="folder")

    assert done.jobs == ("etl", "other")
    assert keys(done.text)["jobs"]["etl"]["cluster"] == "batch"
    assert keys(done.text)["jobs"]["other"]["task_definition_arn"] == "other"
    assert any(each.startswith("d.yaml: ") for each in done.notes)


def test_a_definition_that_two_requests_name_stands_in_both() -> None:
    found = found_in_folder(
        [source(DEFINITION, "a.json"), source(RUN, "b.json"), source({**RUN, "count": 2}, "c.json")]
    )

    done = converted(found, title="folder")

    assert done.jobs == ("etl", "etl-2")
    assert all("task_definition" in each for each in keys(done.text)["jobs"].values())


def test_files_of_one_name_belong_together_whatever_their_family() -> None:
    other = {**DEFINITION, "cpu": "512", "memory": "1024"}
    documents = {
        "a.run-task.json": RUN,
        "a.task-definition.json": DEFINITION,
        "b.run-task.json": RUN,
        "b.task-definition.json": other,
    }

    done = converted(
        found_in_folder([source(document, name) for name, document in documents.items()]), title="folder"
    )

    first, second = keys(done.text)["jobs"].values()
    assert (first["task_definition"]["cpu"], second["task_definition"]["cpu"]) == ("256", "512")


def beside(documents: Mapping[str, Any]) -> list[Source]:
    """Return the files of a folder, each of which can read the others."""
    texts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in documents.items()}

    def read(name: str) -> str:
        plain = name.removeprefix("./")
        if plain not in texts:
            raise FileNotFoundError(2, "No such file or directory", name)
        return texts[plain]

    return [replace(source(text, f"folder/{name}"), read=read) for name, text in texts.items()]


@pytest.mark.parametrize("name", ["td.json", "./td.json"])
def test_a_file_that_another_one_of_the_folder_names_is_no_job_of_its_own(name: str) -> None:
    documents = {
        "ecspresso.yml": f"region: r\ncluster: c\nservice_definition: sv.json\ntask_definition: {name}\n",
        "sv.json": {"service": {"launchType": "FARGATE"}},
        "td.json": DEFINITION,
        "other.json": {**DEFINITION, "family": "other"},
    }

    done = converted(found_in_folder(beside(documents)), title="folder")

    assert done.jobs == ("etl", "other")
    assert keys(done.text)["jobs"]["etl"]["cluster"] == "c"
    assert "folder/td.json is not a job of its own: folder/ecspresso.yml names it" in done.notes
    assert "folder/sv.json is not a job of its own: folder/ecspresso.yml names it" in done.notes


def test_services_that_another_compose_file_extends_remain_jobs() -> None:
    documents = {
        "base.yaml": "services: {a: {image: x}, b: {image: x}}\n",
        "prod.yaml": "services: {c: {extends: {file: base.yaml, service: a}}}\n",
    }

    assert converted(found_in_folder(beside(documents)), title="folder").jobs == ("a", "b", "c")


def test_a_job_without_a_name_is_named_after_its_file_in_a_folder() -> None:
    block = {"type": "ecs-task", "image": "x"}

    done = converted(
        found_in_folder([source(block, "d/load.json"), source(block, "d/x.prod.json")]), title="d"
    )

    assert done.jobs == ("load", "x")


def test_documents_that_cannot_be_converted_are_noted_beside_one_that_can() -> None:
    text = "kind: Job\napiVersion: batch/v1\n---\nservices: {a: {image: x}}\n---\nfoo: bar\n"

    done = converted(found_in(source(text, "all.yaml")), title="all.yaml")

    assert done.jobs == ("a",)
    assert [each.partition(":")[0] for each in done.notes] == [
        "document 1 was left out",
        "document 3 was left out",
    ]


def test_a_document_of_two_formats_says_which_one_it_was_taken_for() -> None:
    both = {**DEFINITION, "job_configuration": {}, "variables": {}}

    found = found_in(source(both))

    assert [each.definition is not None for each in found.jobs] == [True]
    assert found.notes == (
        "read as a task definition; it could also be a base job template of a Prefect work pool",
    )


def test_a_folder_without_a_source() -> None:
    with pytest.raises(ConversionError, match="no file in this folder") as refused:
        found_in_folder([source("words", "a.json")])

    assert refused.value.help.startswith("a.json: ")


@pytest.mark.parametrize(
    ("given", "family"),
    [
        pytest.param({}, "my-svc", id="none"),
        pytest.param({"family": "x"}, "x", id="a family"),
        pytest.param({"task_definition": {"family": "y"}}, "y", id="a definition with one"),
    ],
)
def test_a_name_that_is_no_family_has_one_beside_it(given: dict[str, Any], family: str) -> None:
    text = made(Job("my svc", keys={"image": "x", **given})).text

    result = compile_manifest(text, file="job.yaml", region="eu-west-1")

    assert result.diagnostics == ()
    assert requests(text)[0]["family"] == family


def test_a_job_is_chosen_and_named() -> None:
    jobs = (Job("a", keys={"image": "x"}), Job("b", keys={"image": "y", "after": ["a"]}))

    done = converted(SourceJobs(jobs), title="t", only="b")

    assert keys(done.text) == {"name": "b", "image": "y"}
    assert done.notes == ("alone, it waits for no other job: a",)
    assert keys(converted(SourceJobs(jobs[:1]), title="t", only="other").text) == {
        "name": "other",
        "image": "x",
    }
    with pytest.raises(NoJobError, match="there is no job named c here"):
        converted(SourceJobs(jobs), title="t", only="c")


ONE_DAG = """
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
EcsRunTaskOperator(task_id="a", task_definition="etl", cluster="c", overrides={})
EcsRunTaskOperator(task_id="b", task_definition=NEWEST, cluster="c", overrides={})
"""
ONE_SCRIPT = """
aws ecs run-task --task-definition etl
aws ecs run-task --task-definition "$(newest)"
"""


@pytest.mark.parametrize(
    ("text", "kept", "lost", "why"),
    [
        pytest.param(ONE_DAG, "a", "b", "NEWEST, which is not a literal", id="an operator"),
        pytest.param(
            "services: {a: {image: x}, b: {build: .}}",
            "a",
            "b",
            "has a `build` and no `image`",
            id="a service",
        ),
        pytest.param(ONE_SCRIPT, "etl", "b", "there is no job named b here", id="a call in a script"),
        pytest.param(
            "services: {a: {image: x}}\n---\nhello: world\n",
            "a",
            "b",
            "there is no job named b here",
            id="a document",
        ),
    ],
)
def test_the_one_job_of_several_that_can_be_converted_takes_no_other_s_name(
    text: str, kept: str, lost: str, why: str
) -> None:
    found = found_in(Source("source", text))

    assert converted(found, title="t", only=kept).jobs == (kept,)
    with pytest.raises(NoJobError, match=why) as refused:
        converted(found, title="t", only=lost)
    assert refused.value.help == f"its job is {kept}"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["a", "a", "a"], ("a", "a-2", "a-3"), id="the same"),
        pytest.param(["a", "a-2", "a"], ("a", "a-2", "a-3"), id="a number that is taken"),
        pytest.param(["a\nb", "c"], ("a b", "c"), id="a line break"),
        pytest.param(["\x1f", " "], ("file", "file-2"), id="nothing that can be shown"),
    ],
)
def test_names_are_those_that_a_manifest_may_have(names: list[str], expected: tuple[str, ...]) -> None:
    jobs = [
        Job(name=each, keys={"image": "busybox", "after": names[max(at - 1, 0) : at]})
        for at, each in enumerate(names)
    ]

    made = converted(SourceJobs(tuple(jobs)), title="file.json", name="file")

    assert made.jobs == expected
    assert compile_manifest(made.text, file="job.yaml").plan is not None


def test_a_job_without_a_name_gets_that_of_the_file() -> None:
    assert keys(made(Job(keys={"image": "x"}), name="nightly").text)["name"] == "nightly"


def test_a_name_that_no_job_can_have_is_passed_over() -> None:
    definition = {**DEFINITION, "family": "etl"}

    assert keys(made(Job(name="\x1f", definition=definition)).text)["name"] == "etl"
    assert keys(made(Job(name="a\nb", definition=definition)).text)["name"] == "a b"
    for wrong in ("", "a\nb"):
        with pytest.raises(NoJobError, match="on one line"):
            made(Job(definition=definition), only=wrong)


@pytest.mark.parametrize(
    ("definition", "comments"),
    [
        pytest.param(
            {"cpu": "300"},
            [
                "# cpu is left out: Fargate has no size of 300 CPU units",
                "# task_definition:",
                "#   cpu: '300'",
            ],
            id="member of the task",
        ),
        pytest.param(
            {"containerDefinitions": [{**container("app"), "memory": 4096}]},
            ["#   - {name: app, memory: 4096}"],
            id="member of a container",
        ),
        pytest.param(
            {
                "containerDefinitions": [
                    {**container("app"), "mountPoints": [{"sourceVolume": "x", "containerPath": "/x"}]}
                ]
            },
            ["#   - name: app", "#     mountPoints:", "#     - {containerPath: /x, sourceVolume: x}"],
            id="item of a list",
        ),
        pytest.param(
            {
                "containerDefinitions": [
                    {
                        **container("app"),
                        "secrets": [
                            {"name": "A", "valueFrom": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}
                        ],
                    }
                ]
            },
            [
                "#     secrets:",
                "#     - {name: A, valueFrom: arn:aws:ssm:eu-west-1:111122223333:parameter/a}",
            ],
            id="secrets without a role",
        ),
    ],
)
def test_what_the_compiler_refuses_of_a_definition_is_a_comment(
    definition: dict[str, Any], comments: list[str]
) -> None:
    done = made(Job(definition={**DEFINITION, **definition}))

    requests(done.text)
    assert {*comments} <= {*done.text.splitlines()}
    assert all("is left out: " in each for each in done.notes)


@pytest.mark.parametrize(
    ("members", "note", "kept"),
    [
        pytest.param(
            {"enableExecuteCommand": True},
            "enable_execute_command is left out: enable_execute_command requires a task role",
            {},
            id="key",
        ),
        pytest.param(
            {
                "launchType": "EC2",
                "networkConfiguration": {
                    "awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d"], "assignPublicIp": "ENABLED"}
                },
            },
            "network_configuration.assignPublicIp is left out: tasks on EC2 cannot get a public IP address",
            {"launchType": "EC2"},
            id="member of a key",
        ),
        pytest.param(
            {"overrides": overriding({"name": "other", "cpu": 5}), "referenceId": "r"},
            "overrides.containerOverrides[other] is left out: the run request overrides the container"
            " 'other', which the task definition does not have",
            {"referenceId": "r"},
            id="operation of a patch that is named",
        ),
        pytest.param(
            {"overrides": overriding({"name": "app", "memory": 4096}), "referenceId": "r"},
            "overrides.containerOverrides[app].memory is left out: container 'app' may use 4096 MiB of"
            " memory; the task has 512 MiB",
            {"referenceId": "r"},
            id="operation that an error elsewhere comes from",
        ),
        pytest.param(
            {"overrides": {"cpu": "4096"}, "referenceId": "r"},
            "overrides.cpu is left out: 0.5 GB is not a valid memory size for 4 vCPU on Fargate",
            {"referenceId": "r"},
            id="size",
        ),
    ],
)
def test_of_a_request_only_what_the_compiler_refuses_is_left_out(
    members: dict[str, Any], note: str, kept: dict[str, Any]
) -> None:
    done = made(Job(definition=DEFINITION, request={**RUN, **members}))

    _, run = requests(done.text)
    assert done.notes == (note,)
    assert kept.items() <= run.items()


@pytest.mark.parametrize(
    ("definition", "request_"),
    [
        pytest.param(
            {"requiresCompatibilities": ["FARGATE", "EC2"]},
            {"launchType": "EC2", "overrides": {"cpu": "256", "memory": "512"}},
            id="sizes on EC2 of a definition for both",
        ),
        pytest.param(
            {"requiresCompatibilities": ["FARGATE", "EC2"]},
            {
                "capacityProviderStrategy": [{"capacityProvider": "mine", "weight": 1}],
                "overrides": {"memory": "512"},
            },
            id="sizes with a provider of one's own",
        ),
        pytest.param({"requiresCompatibilities": []}, {"launchType": "FARGATE"}, id="on Fargate, not said"),
    ],
)
def test_a_definition_stays_as_it_is_whatever_the_request(
    definition: dict[str, Any], request_: dict[str, Any]
) -> None:
    before = {**DEFINITION, **definition}
    request = {name: value for name, value in RUN.items() if name != "launchType"} | request_

    done = made(Job(definition=before, request=request))

    after, run = requests(done.text)
    assert canonical(after) == canonical(before)
    assert differences(run, plain_request(request)) == ()
    assert not done.notes
