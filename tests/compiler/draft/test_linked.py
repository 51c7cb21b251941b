"""Linked definitions: what runs them as they are, and what makes a revision of them."""

import json
from typing import Any

import pytest
from compiled_jobs import ROLE, TASK_ROLE, arn, compiled, described, job_of, observed, said

from ecsplan.compile import compile_manifest, open_questions, read_jobs
from ecsplan.terms.observed import AskLatest, AskLinked, AskRegion, AskSubnets, Aws, Observed
from ecsplan.terms.placeholders import REGISTERED_AT_APPLY

LOGS = {
    "awslogs-create-group": "true",
    "awslogs-group": "g",
    "awslogs-region": "eu-west-1",
    "awslogs-stream-prefix": "p",
}
MAIN: dict[str, object] = {
    "name": "main",
    "image": "web:1",
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [{"name": "MODE", "value": "web"}],
    "secrets": [{"name": "KEY", "valueFrom": "key"}],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}
SIDECAR: dict[str, object] = {"name": "proxy", "image": "envoy:1", "cpu": 0, "essential": False}
FARGATE: dict[str, object] = {
    "containerDefinitions": [MAIN, SIDECAR],
    "executionRoleArn": ROLE,
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
EC2: dict[str, Any] = {
    "containerDefinitions": [{**MAIN, "memory": 128}],
    "executionRoleArn": ROLE,
    "networkMode": "bridge",
}
JOB = {"name": "etl", "task_definition_arn": "web:7"}


def with_main(base: dict[str, Any] = FARGATE, **changes: Any) -> dict[str, Any]:
    """Return a definition whose job's container has these members."""
    own, *others = base["containerDefinitions"]
    return {**base, "containerDefinitions": [{**own, **changes}, *others]}


def planned(keys: dict[str, Any], definition: dict[str, Any] = FARGATE, *, latest: Any = None) -> Any:
    """Return the job planned on `web:7`, of which `latest` is the newest revision of each family."""
    families = dict.fromkeys(("web", "other"), latest)
    return job_of(
        {**JOB, **keys}, observed(linked={"web:7": described("web:7", definition)}, latest=families)
    )


LOGGING = with_main(logConfiguration={"logDriver": "awslogs", "options": LOGS})


@pytest.mark.parametrize(
    ("keys", "definition"),
    [
        pytest.param({}, FARGATE, id="nothing"),
        pytest.param({"env": {"MODE": "etl", "NEW": "1"}}, FARGATE, id="env"),
        pytest.param({"env": {"OTHER": None}}, FARGATE, id="env null for a variable that it does not set"),
        pytest.param({"command": ["a"]}, FARGATE, id="command"),
        pytest.param({"labels": {"a": "b"}}, FARGATE, id="labels"),
        pytest.param({"cpu": 512, "memory": 1024}, FARGATE, id="size on Fargate"),
        pytest.param({"cpu": 512, "memory": 1024, "launch_type": "EC2"}, EC2, id="size on instances"),
        pytest.param({"cluster": "c", "count": 3}, FARGATE, id="cluster and count"),
        pytest.param({"execution_role_arn": TASK_ROLE}, FARGATE, id="execution role"),
        pytest.param({"task_role_arn": TASK_ROLE}, FARGATE, id="task role"),
        pytest.param({"ephemeral_storage_gib": 50}, FARGATE, id="ephemeral storage"),
        pytest.param({"launch_type": "FARGATE_SPOT"}, FARGATE, id="Fargate Spot"),
        pytest.param(
            {"capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            FARGATE,
            id="a strategy on Fargate",
        ),
        pytest.param({"launch_type": "EXTERNAL"}, EC2, id="EXTERNAL"),
        pytest.param({"launch_type": None}, EC2, id="launch type null"),
        pytest.param({"launch_type": "EC2"}, FARGATE, id="EC2, where the task has a size"),
        pytest.param({"container_name": "proxy"}, FARGATE, id="a container of it"),
        pytest.param({"image": "web:1"}, FARGATE, id="its own image"),
        pytest.param({"family": "web"}, FARGATE, id="its own family"),
        pytest.param({"flow_name": "f", "deployment_name": "d"}, FARGATE, id="a flow"),
        pytest.param({"secrets": {"KEY": "key"}}, FARGATE, id="its own secret"),
        pytest.param({"stream_output": False}, FARGATE, id="no streaming"),
        pytest.param(
            {"stream_output": True, "configure_cloudwatch_logs": False}, LOGGING, id="streaming what is there"
        ),
        pytest.param({"configure_cloudwatch_logs": True}, LOGGING, id="logging that is there"),
        pytest.param(
            {"configure_cloudwatch_logs": True, "cloudwatch_logs_options": {"awslogs-group": "g"}},
            LOGGING,
            id="its own log options",
        ),
        pytest.param(
            {"runtime_platform": {"cpuArchitecture": "ARM64"}},
            {**FARGATE, "runtimePlatform": {"cpuArchitecture": "ARM64"}},
            id="its own platform",
        ),
        pytest.param(
            {"task_customizations": [{"op": "add", "path": "/group", "value": "g"}]},
            FARGATE,
            id="a patch of the run",
        ),
        pytest.param(
            {"task_definition_customizations": [{"op": "test", "path": "/cpu", "value": "256"}]},
            FARGATE,
            id="a patch that changes nothing",
        ),
    ],
)
def test_it_runs_as_it_is(keys: dict[str, object], definition: dict[str, object]) -> None:
    job = planned(keys, definition)

    assert (job["task_definition"]["action"], job["task_definition"]["arn"]) == ("reuse", arn("web:7"))
    assert job["task_definition"]["changes"] == []
    assert job["run_request"]["taskDefinition"] == arn("web:7")
    assert job["task_definition"]["family"] == "web"


@pytest.mark.parametrize(
    ("keys", "definition", "changes"),
    [
        pytest.param(
            {"image": "web:2"},
            FARGATE,
            ['replace /containerDefinitions/main/image: "web:1" -> "web:2"'],
            id="image",
        ),
        pytest.param({"family": "other"}, FARGATE, ['replace /family: "web" -> "other"'], id="family"),
        pytest.param(
            {"secrets": {"KEY": "/other"}},
            FARGATE,
            ['replace /containerDefinitions/main/secrets/KEY: "key" -> "/other"'],
            id="secret",
        ),
        pytest.param(
            {"env": {"MODE": None}},
            FARGATE,
            ['remove /containerDefinitions/main/environment/MODE: "web"'],
            id="env null for a variable that it sets",
        ),
        pytest.param(
            {"env": {"KEY": None}},
            FARGATE,
            ['remove /containerDefinitions/main/secrets/KEY: "key"'],
            id="env null for a secret",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True},
            FARGATE,
            ["add /containerDefinitions/main/logConfiguration"],
            id="logging",
        ),
        pytest.param(
            {"configure_cloudwatch_logs": True, "cloudwatch_logs_options": {"awslogs-group": "h"}},
            LOGGING,
            ['replace /containerDefinitions/main/logConfiguration/options/awslogs-group: "g" -> "h"'],
            id="a log option",
        ),
        pytest.param(
            {"task_definition_customizations": [{"op": "add", "path": "/pidMode", "value": "task"}]},
            FARGATE,
            ['add /pidMode: "task"'],
            id="a patch of the definition",
        ),
        pytest.param(
            {"runtime_platform": {"cpuArchitecture": "ARM64"}},
            FARGATE,
            ['add /runtimePlatform: {"cpuArchitecture": "ARM64"}'],
            id="platform",
        ),
        pytest.param(
            {"launch_type": "FARGATE"},
            {**FARGATE, "requiresCompatibilities": ["EC2"]},
            ["add /requiresCompatibilities"],
            id="a launch type that it is not compatible with",
        ),
        pytest.param(
            {"container_name": "job", "image": "job:1"},
            FARGATE,
            ["add /containerDefinitions/job: "],
            id="a container that it has not",
        ),
    ],
)
def test_a_revision_is_made_of_it(
    keys: dict[str, object], definition: dict[str, object], changes: list[str]
) -> None:
    linked = described("web:7", definition)
    result = compiled(
        {**JOB, **keys}, observed(linked={"web:7": linked}, latest={"web": linked, "other": None})
    )

    assert said(result) == [("warning", "linked-changed", "/task_definition_arn")]
    (found,) = result.diagnostics
    assert found.message.startswith(
        f"the job needs changes to {arn('web:7')}, so it runs a revision of its own"
    )
    for change in changes:
        assert change in found.message
    assert result.plan is not None
    assert result.plan.jobs[0].definition.decision.action == "register"
    assert result.plan.jobs[0].run_request["taskDefinition"] == REGISTERED_AT_APPLY


def test_a_revision_of_it_keeps_what_it_says_and_gets_all_keys() -> None:
    keys = {
        "image": "web:2",
        "cpu": 512,
        "memory": 1024,
        "execution_role_arn": TASK_ROLE,
        "env": {"MODE": None, "A": "1"},
    }
    tags = ({"key": "team", "value": "web"},)
    linked = described("web:7", {**FARGATE, "pidMode": "task"}, tags=tags)

    job = job_of({**JOB, **keys}, observed(linked={"web:7": linked}, latest={"web": linked}))

    assert job["task_definition"]["request"] == {
        "family": "web",
        **FARGATE,
        "pidMode": "task",
        "volumes": [],
        "placementConstraints": [],
        "tags": list(tags),
        "cpu": "512",
        "memory": "1024",
        "executionRoleArn": TASK_ROLE,
        "containerDefinitions": [{**MAIN, "image": "web:2", "environment": []}, SIDECAR],
    }
    assert job["task_definition"]["latest"] == arn("web:7")
    assert [each["path"] for each in job["task_definition"]["changes"]] == [
        "/containerDefinitions/main/environment/MODE",
        "/containerDefinitions/main/image",
        "/cpu",
        "/executionRoleArn",
        "/memory",
    ]


def test_the_run_of_a_linked_definition() -> None:
    keys = {"cpu": 512, "memory": 1024, "ephemeral_storage_gib": 50, "execution_role_arn": TASK_ROLE}

    job = planned({**keys, "env": {"A": "1", "MODE": None, "B": None}}, with_main(environment=[]))

    assert job["run_request"] == {
        "taskDefinition": arn("web:7"),
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "assignPublicIp": "ENABLED",
                "securityGroups": [],
                "subnets": ["subnet-a", "subnet-b"],
            }
        },
        "overrides": {
            "containerOverrides": [{"name": "main", "environment": [{"name": "A", "value": "1"}]}],
            "cpu": "512",
            "memory": "1024",
            "ephemeralStorage": {"sizeInGiB": 50},
            "executionRoleArn": TASK_ROLE,
        },
        "tags": [],
    }


def test_the_newest_revision_that_already_says_so_runs() -> None:
    made = described("web:9", with_main(image="web:2"))

    job = planned({"image": "web:2"}, latest=made)

    assert (job["task_definition"]["action"], job["task_definition"]["arn"]) == ("reuse", arn("web:9"))
    assert job["task_definition"]["latest"] == arn("web:9")


def test_a_family_means_its_newest_revision() -> None:
    newest = described("web:9", FARGATE)

    job = job_of({"name": "etl", "task_definition_arn": "web"}, observed(linked={"web": newest}))

    assert job["task_definition"]["arn"] == arn("web:9")
    assert job["task_definition"]["latest"] == arn("web:9")


def test_a_revision_of_upper_case_stays_in_its_family() -> None:
    linked = described("MyJob:3", FARGATE)

    job = job_of({"name": "etl", "task_definition_arn": "MyJob:3"}, observed(linked={"MyJob:3": linked}))

    assert (job["task_definition"]["family"], job["task_definition"]["arn"]) == ("MyJob", arn("MyJob:3"))


@pytest.mark.parametrize("status", ["INACTIVE", "DELETE_IN_PROGRESS"])
@pytest.mark.parametrize("keys", [{}, {"image": "web:2"}], ids=["as it is", "with another image"])
def test_one_that_cannot_start_tasks_is_an_error(status: str, keys: dict[str, object]) -> None:
    linked = described("web:7", FARGATE, status=status)

    result = compiled({**JOB, **keys}, observed(linked={"web:7": linked}, latest={"web": None}))

    assert said(result) == [("error", "linked-inactive", "/task_definition_arn")]
    assert status in result.diagnostics[0].message


def test_one_without_containers_gets_one() -> None:
    empty = {**FARGATE, "containerDefinitions": []}

    job = planned({"image": "web:2"}, empty)

    assert job["task_definition"]["request"]["containerDefinitions"] == [{"name": "main", "image": "web:2"}]


@pytest.mark.parametrize("definition", [arn("web:8"), "web:7", "<registered at apply>:1"])
def test_a_patch_cannot_run_another_definition(definition: str) -> None:
    patch = [{"op": "replace", "path": "/taskDefinition", "value": definition}]
    seen = observed(linked={"web:7": described("web:7", FARGATE)})

    result = compiled({**JOB, "task_customizations": patch}, seen)

    assert said(result) == [("error", "patch", "/task_customizations/0/value")]
    assert result.diagnostics[0].help == "link it with `task_definition_arn`"


def test_its_network_mode_decides_on_the_network() -> None:
    job = planned({"launch_type": "EC2"}, EC2)

    assert "networkConfiguration" not in job["run_request"]


def test_beside_a_task_definition_it_is_an_error() -> None:
    result = compiled({**JOB, "task_definition": {"cpu": "256"}})

    assert said(result) == [("error", "definition-and-arn", "/task_definition")]


DEPENDS = [{"containerName": "main", "condition": "COMPLETE"}]
WORKER: dict[str, object] = {"name": "worker", "image": "web:1", "cpu": 0, "essential": True}
ROUTER: dict[str, object] = {**WORKER, "name": "log_router", "firelensConfiguration": {"type": "fluentbit"}}


@pytest.mark.parametrize(
    "containers",
    [
        pytest.param([MAIN, SIDECAR], id="first"),
        pytest.param([SIDECAR, MAIN], id="last"),
        pytest.param([ROUTER, SIDECAR, MAIN], id="after a log router"),
    ],
)
def test_the_jobs_container_is_found_in_any_order(containers: list[dict[str, object]]) -> None:
    job = planned({"command": ["migrate"]}, {**FARGATE, "containerDefinitions": containers})

    assert job["task_definition"]["action"] == "reuse"
    assert job["watch"]["container"] == "main"
    assert job["run_request"]["overrides"]["containerOverrides"] == [
        {"name": "main", "command": ["migrate"], "environment": []}
    ]


@pytest.mark.parametrize(
    "keys", [pytest.param({}, id="that runs as it is"), pytest.param({"image": "web:2"}, id="that changes")]
)
def test_several_containers_that_the_job_may_mean_are_an_error(keys: dict[str, object]) -> None:
    definition = {**FARGATE, "containerDefinitions": [WORKER, SIDECAR, MAIN]}
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    result = compiled({**JOB, **keys}, seen)

    (found,) = (each for each in result.diagnostics if each.severity == "error")
    assert (found.rule, found.location.pointer) == ("job-container-ambiguous", "/task_definition_arn")
    assert found.message.endswith(": worker, main")
    assert planned({**keys, "container_name": "main"}, definition)["watch"]["container"] == "main"


FLAWED_ON_EC2: dict[str, Any] = {
    "networkMode": "bridge",
    "requiresCompatibilities": ["EC2"],
    "containerDefinitions": [{**MAIN, "memory": 128}, {**SIDECAR, "dependsOn": DEPENDS}],
}
"""The sidecar has no memory, and waits for one that is essential."""
FLAWED_ON_FARGATE: dict[str, object] = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "3072",
    "containerDefinitions": [
        {**MAIN, "privileged": True},
        {**SIDECAR, "portMappings": [{"containerPort": 80, "hostPort": 81}], "cpu": 1024},
    ],
}
"""A size that Fargate does not sell, a privileged container, a host port, too many CPU units, no role."""


@pytest.mark.parametrize(
    ("keys", "definition"),
    [
        pytest.param({"launch_type": "EC2"}, FLAWED_ON_EC2, id="instances"),
        pytest.param({"launch_type": None}, FLAWED_ON_EC2, id="the cluster's strategy"),
        pytest.param({}, FLAWED_ON_FARGATE, id="Fargate"),
        pytest.param({}, {**FLAWED_ON_FARGATE, "requiresCompatibilities": []}, id="validated for Fargate"),
    ],
)
@pytest.mark.parametrize("change", [{}, {"image": "web:2-and-a-longer-name"}], ids=["as it is", "image"])
def test_flaws_of_an_active_revision_are_not_judged(
    keys: dict[str, object], definition: dict[str, object], change: dict[str, object]
) -> None:
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    result = compiled({**JOB, "execution_role_arn": ROLE, **keys, **change}, seen)

    assert {each.rule for each in result.diagnostics} <= {"linked-changed"}
    assert compiled({**JOB, **keys, "task_definition_arn": None, "task_definition": definition}).plan is None


@pytest.mark.parametrize(
    ("keys", "definition", "rule", "place"),
    [
        pytest.param(
            {"launch_type": "EC2", "image": "web:2", "secrets": {"MODE": "x"}},
            FLAWED_ON_EC2,
            "secret-env-clash",
            None,
            id="a secret that is a variable already",
        ),
        pytest.param({"cpu": 300}, FLAWED_ON_FARGATE, "fargate-cpu", "/cpu", id="a size for the run"),
        pytest.param(
            {"launch_type": "FARGATE"},
            {**FLAWED_ON_EC2, "compatibilities": ["EC2"]},
            "fargate-network-mode",
            "/task_definition_arn",
            id="where it is to be run",
        ),
        pytest.param(
            {
                "task_definition_customizations": [
                    {"op": "add", "path": "/containerDefinitions/1/memory", "value": 5000}
                ]
            },
            FLAWED_ON_FARGATE,
            "container-memory",
            "/task_definition_customizations/0/value",
            id="what a patch changes",
        ),
    ],
)
def test_what_the_manifest_changes_is_judged(
    keys: dict[str, object], definition: dict[str, object], rule: str, place: str | None
) -> None:
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    found = {each.rule: each.location.pointer for each in compiled({**JOB, **keys}, seen).diagnostics}

    assert rule in found
    assert place in {None, found[rule]}


UNSEEN = {"name": "<container of web:7>", "environment": []}


@pytest.mark.parametrize(
    ("keys", "request_", "own"),
    [
        pytest.param(
            {},
            {"family": "web"},
            UNSEEN,
            id="nothing",
        ),
        pytest.param({"launch_type": "EC2"}, {"family": "web"}, UNSEEN, id="EC2"),
        pytest.param(
            {
                "launch_type": "EC2",
                "family": "a b",
                "image": "i",
                "container_name": "job",
                "env": {"A": None},
            },
            {"family": "a-b", "containerDefinitions": [{"name": "job", "image": "i"}]},
            {**UNSEEN, "name": "job"},
            id="keys that change it",
        ),
        pytest.param(
            {"launch_type": "EC2", "cpu": 256, "memory": 512, "execution_role_arn": ROLE},
            {"family": "web"},
            UNSEEN,
            id="keys that do not",
        ),
        pytest.param(
            {
                "launch_type": "EC2",
                "task_definition_customizations": [{"op": "remove", "path": "/volumes/3"}],
            },
            {"family": "web"},
            UNSEEN,
            id="a patch of what is not known",
        ),
    ],
)
def test_offline_the_plan_says_what_is_known(
    keys: dict[str, object], request_: dict[str, object], own: dict[str, object]
) -> None:
    job = job_of({**JOB, **keys})

    assert job["task_definition"]["action"] == "undecided"
    assert job["task_definition"]["arn"] is None
    assert job["task_definition"]["latest"] is None
    assert job["task_definition"]["request"] == request_
    assert job["run_request"]["taskDefinition"] == REGISTERED_AT_APPLY
    assert job["run_request"]["overrides"]["containerOverrides"] == [own]


def test_a_patch_of_a_network_that_is_not_known_is_no_error_offline() -> None:
    path = "/networkConfiguration/awsvpcConfiguration/assignPublicIp"
    keys = {
        "launch_type": "EC2",
        "task_customizations": [{"op": "replace", "path": path, "value": "DISABLED"}],
    }

    job = job_of({**JOB, **keys})

    assert "networkConfiguration" not in job["run_request"]


def questions(manifest: dict[str, Any], seen: Observed, *, region: str | None = "eu-west-1") -> list[Any]:
    return list(open_questions(read_jobs(json.dumps(manifest), file="etl.yaml", region=region).jobs, seen))


AWS = Aws(region="eu-west-1")


def test_what_is_asked_in_which_round() -> None:
    linked = described("web:7", FARGATE)
    first = Observed({AskLinked(AWS, "web:7"): linked})

    assert questions(JOB, Observed()) == [AskLinked(AWS, "web:7")]
    assert questions(JOB, first) == [AskSubnets(AWS, None)]
    assert questions({**JOB, "image": "web:2"}, first) == [AskLatest(AWS, "web"), AskSubnets(AWS, None)]
    assert (
        questions({**JOB, "launch_type": "EC2"}, Observed({AskLinked(AWS, "web:7"): described("web:7", EC2)}))
        == []
    )
    assert questions(JOB, Observed(), region=None) == [AskRegion(Aws()), AskLinked(Aws(), "web:7")]


SUBNETS = "/networkConfiguration/awsvpcConfiguration/subnets"


@pytest.mark.parametrize(
    ("patch", "asked"),
    [
        pytest.param([], True, id="no patch"),
        pytest.param([{"op": "add", "path": f"{SUBNETS}/-", "value": "subnet-z"}], True, id="one more"),
        pytest.param(
            [{"op": "replace", "path": f"{SUBNETS}/0", "value": "subnet-z"}], True, id="one replaced"
        ),
        pytest.param([{"op": "replace", "path": SUBNETS, "value": ["subnet-z"]}], False, id="all replaced"),
        pytest.param(
            [
                {
                    "op": "add",
                    "path": "/networkConfiguration",
                    "value": {"awsvpcConfiguration": {"subnets": ["subnet-z"]}},
                }
            ],
            False,
            id="the network replaced",
        ),
        pytest.param(
            [{"op": "replace", "path": f"{SUBNETS.rpartition('/')[0]}/assignPublicIp", "value": "DISABLED"}],
            True,
            id="another member",
        ),
        pytest.param(
            [{"op": "replace", "path": "/nowhere", "value": 1}], True, id="a patch that does not fit"
        ),
    ],
)
def test_subnets_that_a_patch_replaces_are_not_looked_up(patch: list[dict[str, object]], asked: bool) -> None:
    job = {"name": "etl", "image": "alpine:3", "task_customizations": patch}

    assert (AskSubnets(AWS, None) in questions(job, Observed())) == asked


def test_nothing_is_looked_up_for_a_network_that_is_given() -> None:
    job = {"name": "etl", "image": "alpine:3", "network_configuration": {"subnets": ["subnet-z"]}}

    assert questions(job, Observed()) == [AskLatest(AWS, "etl")]


def test_without_an_answer_a_job_stays_undecided() -> None:
    result = compile_manifest("image: alpine:3", file="etl.yaml", observed=Observed(), region="eu-west-1")

    assert result.plan is not None
    assert result.plan.jobs[0].definition.decision.action == "undecided"
