"""Jobs that run like a service: what they take from it, what their own keys override, and what stays open."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from compiled_jobs import AWS, SUBNETS, arn, but, compiled, described, job_of, said

from ecsplan.compile import open_questions, read_jobs, recompile, spec_of
from ecsplan.decision.decide_revision import Reuse
from ecsplan.job.from_service import like_service, service_name, taken_from
from ecsplan.job.network_keys import NetworkKeys
from ecsplan.plan.facts import Facts
from ecsplan.plan.plan import read_plan, write_plan
from ecsplan.terms.observed import (
    NOT_FOUND,
    NOT_USABLE,
    Answer,
    AskAccount,
    AskLatest,
    AskLinked,
    AskParameter,
    AskRegion,
    AskSecurityGroup,
    AskService,
    AskSubnets,
    AskVpcOfSubnets,
    Aws,
    NotThere,
    Observed,
    Question,
    Service,
    Value,
)

SERVICE_ARN = "arn:aws:ecs:eu-west-1:111122223333:service/shop/web"
NETWORK = {"subnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
STRATEGY = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
WEB: dict[str, Any] = {
    "serviceArn": SERVICE_ARN,
    "serviceName": "web",
    "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
    "status": "ACTIVE",
    "desiredCount": 2,
    "launchType": "FARGATE",
    "platformVersion": "LATEST",
    "taskDefinition": arn("web:7"),
    "networkConfiguration": {"awsvpcConfiguration": NETWORK},
    "enableExecuteCommand": True,
    "enableECSManagedTags": True,
    "propagateTags": "SERVICE",
    "tags": [{"key": "team", "value": "web"}],
    "placementStrategy": [],
    "deployments": [{"volumeConfigurations": [{"name": "data"}]}],
}
MAIN = {"name": "app", "image": "web:1", "essential": True, "environment": [{"name": "MODE", "value": "web"}]}
FARGATE: dict[str, Any] = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "containerDefinitions": [MAIN],
}
BRIDGE: dict[str, Any] = {"networkMode": "bridge", "containerDefinitions": [MAIN | {"memory": 64}]}
ON_EC2 = but(WEB, launchType="EC2", platformVersion=None, networkConfiguration=None)
JOB = {"name": "migrate", "service": "web", "command": ["./migrate"]}


def seen(
    service: Mapping[str, Any] | NotThere = WEB,
    definition: Mapping[str, Any] = FARGATE,
    *,
    keys: Mapping[str, Any] = JOB,
    **more: Any,
) -> Observed:
    """Return what AWS said about the service that these keys name, and about its definition."""
    answer = service if isinstance(service, NotThere) else Service(service)
    cluster = keys.get("cluster") or service_name(keys["service"]).cluster
    answers: dict[Question, Answer] = {
        AskService(AWS, cluster, keys["service"]): answer,
        AskLinked(AWS, arn("web:7")): described("web:7", definition, **more),
        AskLatest(AWS, "web"): None,
        AskLatest(AWS, "other"): None,
        AskSubnets(AWS, None): SUBNETS,
        AskSubnets(AWS, "vpc-1"): SUBNETS,
        AskVpcOfSubnets(AWS, ("subnet-2", "subnet-1")): "vpc-web",
        AskSubnets(AWS, "vpc-web", (("tier", "data"),)): SUBNETS,
        AskSecurityGroup(AWS, "vpc-web", "db"): "sg-db",
    }
    return Observed(answers)


def planned(
    keys: Mapping[str, Any], service: Mapping[str, Any] = WEB, definition: Mapping[str, Any] = FARGATE
) -> dict[str, Any]:
    manifest = {**JOB, **keys}
    return job_of(manifest, seen(service, definition, keys=manifest))


def launched(job: dict[str, Any]) -> dict[str, Any]:
    """Return what a plan says of where a job runs."""
    request = job["run_request"]
    network = request.get("networkConfiguration", {}).get("awsvpcConfiguration")
    named = {
        "launchType": request.get("launchType"),
        "strategy": request.get("capacityProviderStrategy"),
        "platform": request.get("platformVersion"),
        "network": network,
    }
    return {name: value for name, value in named.items() if value is not None}


def test_it_runs_the_revision_of_the_service_where_the_service_runs() -> None:
    job = planned({})

    assert job["task_definition"]["action"] == "reuse"
    assert job["task_definition"]["arn"] == arn("web:7")
    assert job["run_request"] == {
        "taskDefinition": arn("web:7"),
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "networkConfiguration": {"awsvpcConfiguration": NETWORK},
        "overrides": {"containerOverrides": [{"name": "app", "command": ["./migrate"], "environment": []}]},
        "tags": [],
    }
    assert job["spec"] == JOB
    assert job["observed"] == {
        "service": {
            "arn": SERVICE_ARN,
            "task_definition_arn": arn("web:7"),
            "subnets": ["subnet-1", "subnet-2"],
            "security_groups": ["sg-1"],
            "assign_public_ip": False,
            "launch_type": "FARGATE",
            "platform_version": "LATEST",
        }
    }


PARTS = {"subnets", "security_groups", "assign_public_ip"}
VPC = {"subnets": ["subnet-a", "subnet-b"], "securityGroups": [], "assignPublicIp": "ENABLED"}


@pytest.mark.parametrize(
    ("keys", "service", "definition", "expected"),
    [
        pytest.param(
            {},
            but(WEB, launchType=None, capacityProviderStrategy=STRATEGY, platformVersion="1.4.0"),
            FARGATE,
            {"strategy": STRATEGY, "platform": "1.4.0", "network": NETWORK},
            id="strategy",
        ),
        pytest.param(
            {},
            but(WEB, capacityProviderStrategy=STRATEGY),
            FARGATE,
            {"strategy": STRATEGY, "platform": "LATEST", "network": NETWORK},
            id="strategy and launch type, as an emulator has it",
        ),
        pytest.param({}, ON_EC2, BRIDGE, {"launchType": "EC2"}, id="EC2 without a network"),
        pytest.param(
            {}, ON_EC2 | {"launchType": "EXTERNAL"}, BRIDGE, {"launchType": "EXTERNAL"}, id="EXTERNAL"
        ),
        pytest.param({}, but(ON_EC2, launchType=None), BRIDGE, {}, id="neither"),
        pytest.param(
            {"launch_type": "FARGATE_SPOT"},
            WEB,
            FARGATE,
            {
                "strategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                "platform": "LATEST",
                "network": NETWORK,
            },
            id="own launch type",
        ),
        pytest.param(
            {"launch_type": "FARGATE"},
            but(WEB, launchType=None, capacityProviderStrategy=STRATEGY),
            FARGATE,
            {"launchType": "FARGATE", "platform": "LATEST", "network": NETWORK},
            id="own launch type over a strategy",
        ),
        pytest.param(
            {"capacity_provider_strategy": STRATEGY},
            WEB,
            FARGATE,
            {"strategy": STRATEGY, "platform": "LATEST", "network": NETWORK},
            id="own strategy over a launch type",
        ),
        pytest.param(
            {"launch_type": None}, WEB, FARGATE, {"network": NETWORK}, id="neither, as the job itself says"
        ),
        pytest.param(
            {"launch_type": "EC2"},
            WEB,
            FARGATE | {"requiresCompatibilities": ["EC2", "FARGATE"]},
            {"launchType": "EC2", "network": NETWORK},
            id="no platform version away from Fargate",
        ),
        pytest.param(
            {"platform_version": "1.4.0"},
            WEB,
            FARGATE,
            {"launchType": "FARGATE", "platform": "1.4.0", "network": NETWORK},
            id="own platform version",
        ),
        pytest.param(
            {"network_configuration": {"subnets": ["subnet-9"]}},
            WEB,
            FARGATE,
            {
                "launchType": "FARGATE",
                "platform": "LATEST",
                "network": {"subnets": ["subnet-9"], "securityGroups": []},
            },
            id="own network",
        ),
        pytest.param(
            {"vpc_id": "vpc-1"},
            WEB,
            FARGATE,
            {"launchType": "FARGATE", "platform": "LATEST", "network": VPC},
            id="own VPC",
        ),
        pytest.param(
            {"vpc_id": "vpc-1", "security_groups": ["sg-9"], "assign_public_ip": False},
            WEB,
            FARGATE,
            {
                "launchType": "FARGATE",
                "platform": "LATEST",
                "network": VPC | {"securityGroups": ["sg-9"], "assignPublicIp": "DISABLED"},
            },
            id="own VPC and parts",
        ),
        pytest.param(
            {"subnets": ["subnet-9"]},
            WEB,
            FARGATE,
            {"launchType": "FARGATE", "platform": "LATEST", "network": NETWORK | {"subnets": ["subnet-9"]}},
            id="own subnets",
        ),
        pytest.param(
            {"security_groups": ["sg-9", "sg-8"]},
            WEB,
            FARGATE,
            {
                "launchType": "FARGATE",
                "platform": "LATEST",
                "network": NETWORK | {"securityGroups": ["sg-9", "sg-8"]},
            },
            id="own security groups",
        ),
        pytest.param(
            {"assign_public_ip": True},
            WEB,
            FARGATE,
            {
                "launchType": "FARGATE",
                "platform": "LATEST",
                "network": NETWORK | {"assignPublicIp": "ENABLED"},
            },
            id="own public address",
        ),
        pytest.param(
            {"subnets": {"tags": {"tier": "data"}}, "security_groups": ["db"]},
            WEB,
            FARGATE,
            {
                "launchType": "FARGATE",
                "platform": "LATEST",
                "network": NETWORK | {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-db"]},
            },
            id="own subnets by tags and group by name, in the VPC of the service",
        ),
    ],
)
def test_own_keys_override(
    keys: dict[str, Any], service: dict[str, Any], definition: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert launched(planned(keys, service, definition)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({}, {"launch_type", "platform_version"} | PARTS, id="all"),
        pytest.param({"vpc_id": "vpc-1"}, {"launch_type", "platform_version"}, id="own VPC"),
        pytest.param(
            {"network_configuration": {"subnets": ["subnet-9"]}},
            {"launch_type", "platform_version"},
            id="own network",
        ),
        pytest.param(
            {"security_groups": ["sg-9"]},
            {"launch_type", "platform_version"} | PARTS - {"security_groups"},
            id="own security groups",
        ),
        pytest.param({"launch_type": None}, PARTS, id="own launch type"),
        pytest.param({"platform_version": "LATEST"}, {"launch_type"} | PARTS, id="own platform"),
    ],
)
def test_only_what_was_taken_is_a_fact(keys: dict[str, Any], expected: set[str]) -> None:
    found = planned(keys)["observed"]["service"]

    assert set(found) == expected | {"arn", "task_definition_arn"}


def test_names_in_the_network_of_the_service_are_facts_of_their_own() -> None:
    found = planned({"security_groups": ["db"]})["observed"]

    assert {name: value for name, value in found.items() if name != "service"} == {
        "vpc_id": "vpc-web",
        "security_groups": ["sg-db"],
    }


def test_a_network_that_is_not_there_is_one_of_the_service() -> None:
    manifest = {**JOB, "security_groups": ["db"]}
    lost = NotThere("the subnets belong to two VPCs", "", NOT_USABLE)
    question = AskVpcOfSubnets(AWS, ("subnet-2", "subnet-1"))

    result = compiled(manifest, seen(keys=manifest).with_answers({question: lost}))

    assert said(result) == [("error", NOT_USABLE, "/service")]


def test_offline_the_parts_that_the_job_says_are_known() -> None:
    own = {"security_groups": ["sg-9", "db"], "assign_public_ip": True}

    request = job_of({**JOB, **own})["run_request"]

    assert request["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["<subnets of service web>"],
        "securityGroups": ["sg-9", "<security group db of the VPC of subnets of service web>"],
        "assignPublicIp": "ENABLED",
    }


def test_a_fact_does_not_depend_on_the_order_of_subnets() -> None:
    (job,) = read_jobs(json.dumps(JOB), file="etl.yaml", region="eu-west-1").jobs
    other = WEB | {
        "networkConfiguration": {"awsvpcConfiguration": NETWORK | {"subnets": ["subnet-1", "subnet-2"]}}
    }

    assert taken_from(job, Service(WEB)) == taken_from(job, Service(other))


@pytest.mark.parametrize(
    ("keys", "pointers"),
    [
        pytest.param({"image": "web:2"}, ["/containerDefinitions/app/image"], id="image"),
        pytest.param({"env": {"MODE": None}}, ["/containerDefinitions/app/environment/MODE"], id="env null"),
        pytest.param({"family": "other"}, [], id="family"),
    ],
)
def test_a_key_that_changes_the_definition_makes_a_revision(
    keys: dict[str, Any], pointers: list[str]
) -> None:
    manifest = {**JOB, **keys}
    answers = seen(keys=manifest).with_answers({AskLatest(AWS, "web"): described("web:7", FARGATE)})

    result = compiled(manifest, answers)

    assert said(result) == [("warning", "linked-changed", "/service")]
    assert result.plan is not None
    decision = result.plan.jobs[0].definition.decision
    assert decision.action == "register"
    assert [each.path.partition("/environment")[0] for each in decision.changes] == [
        each.partition("/environment")[0] for each in pointers
    ]


@pytest.mark.parametrize("keys", [{"env": {"A": "1"}}, {"cpu": 512, "memory": 1024}, {"labels": {"a": "b"}}])
def test_a_key_of_the_run_alone_makes_none(keys: dict[str, Any]) -> None:
    assert planned(keys)["task_definition"]["arn"] == arn("web:7")


@pytest.mark.parametrize(
    ("keys", "cluster"),
    [
        pytest.param({"service": SERVICE_ARN}, "shop", id="of the ARN"),
        pytest.param({"service": SERVICE_ARN, "cluster": "shop"}, "shop", id="of both"),
        pytest.param(
            {"service": SERVICE_ARN, "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop"},
            "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
            id="as an ARN",
        ),
        pytest.param({"cluster": "shop"}, "shop", id="of the key"),
        pytest.param({"service": SERVICE_ARN.replace("shop/", "")}, None, id="an ARN in the old format"),
        pytest.param({}, None, id="the default one"),
    ],
)
def test_the_cluster(keys: dict[str, Any], cluster: str | None) -> None:
    assert planned(keys)["run_request"].get("cluster") == cluster


def test_the_region_of_an_arn_is_that_of_a_job_that_names_none() -> None:
    job = job_of({**JOB, "service": SERVICE_ARN}, region=None)

    assert job["aws"] == {"region": "eu-west-1"}
    assert job["run_request"]["cluster"] == "shop"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param(
            {"task_definition": FARGATE},
            ("service-and-definition", "/task_definition"),
            id="task_definition",
        ),
        pytest.param(
            {"task_definition_arn": "web:7"},
            ("service-and-definition", "/task_definition_arn"),
            id="task_definition_arn",
        ),
        pytest.param(
            {"service": SERVICE_ARN, "cluster": "other"}, ("service-elsewhere", "/service"), id="cluster"
        ),
        pytest.param(
            {"service": SERVICE_ARN, "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/other"},
            ("service-elsewhere", "/service"),
            id="cluster ARN",
        ),
        pytest.param(
            {"service": SERVICE_ARN, "aws": {"region": "us-east-1"}},
            ("service-elsewhere", "/service"),
            id="region",
        ),
        pytest.param(
            {"service": SERVICE_ARN, "aws": {"account_id": "999999999999"}},
            ("service-elsewhere", "/service"),
            id="account",
        ),
        pytest.param({"service": "a b"}, ("wrong-value", "/service"), id="no name"),
        pytest.param({"service": "arn:aws:ecs:x"}, ("wrong-value", "/service"), id="no ARN"),
        pytest.param({"service": ""}, ("wrong-value", "/service"), id="empty"),
    ],
)
def test_what_does_not_go_together(keys: dict[str, Any], expected: tuple[str, str]) -> None:
    rule, pointer = expected
    found = said(compiled({**JOB, **keys}))

    assert [each[2] for each in found if each[0] == "error"] == [pointer]
    if rule != "wrong-value":
        assert found == [("error", rule, pointer)]


LOST = NotThere("there is no service 'web' in the cluster default", "did you mean web2?", NOT_FOUND)
EXTERNAL = NotThere("the service 'web' has an external deployment controller", "use another", NOT_USABLE)


@pytest.mark.parametrize("lost", [LOST, EXTERNAL])
def test_a_service_that_is_not_there(lost: NotThere) -> None:
    result = compiled(JOB, seen(lost))

    assert result.plan is None
    (found,) = result.diagnostics
    assert (found.rule, found.message, found.help) == (lost.rule, lost.message, lost.help)
    assert found.location.pointer == "/service"


def test_an_inactive_definition() -> None:
    assert said(compiled(JOB, seen(status="INACTIVE"))) == [("error", "linked-inactive", "/service")]


def test_several_primary_containers() -> None:
    two = FARGATE | {"containerDefinitions": [MAIN, MAIN | {"name": "worker"}]}

    result = compiled(JOB, seen(definition=two))

    (found,) = result.diagnostics
    assert (found.rule, found.location.pointer) == ("job-container-ambiguous", "/service")
    assert "app, worker" in found.message
    assert planned({"container_name": "worker"}, WEB, two)["watch"]["container"] == "worker"


def test_rules_see_where_the_service_runs() -> None:
    wrong = compiled({**JOB, "memory": 3000}, seen())
    on_ec2 = compiled(
        {**JOB, "launch_type": "EC2"},
        seen(
            WEB | {"networkConfiguration": {"awsvpcConfiguration": NETWORK | {"assignPublicIp": "ENABLED"}}},
            FARGATE | {"requiresCompatibilities": ["EC2"]},
        ),
    )
    placed = compiled({**JOB, "placement_strategy": [{"type": "random"}]}, seen())

    assert ("error", "fargate-memory", "/memory") in said(wrong)
    assert ("error", "public-ip", "/service") in said(on_ec2)
    assert [each[2] for each in said(placed)] == ["/placement_strategy"]


def test_the_order_of_questions() -> None:
    jobs = read_jobs(json.dumps(JOB), file="etl.yaml").jobs
    ask = AskService(Aws(), None, "web")
    answers: dict[Question, Answer] = {AskRegion(Aws()): "eu-west-1"}

    first = open_questions(jobs, Observed())
    second = open_questions(jobs, Observed(answers | {ask: Service(WEB)}))
    linked = {AskLinked(Aws(), arn("web:7")): described("web:7", FARGATE)}
    last = open_questions(jobs, Observed(answers | {ask: Service(WEB)} | linked))

    assert set(first) == {AskRegion(Aws()), ask}
    assert second == (AskLinked(Aws(), arn("web:7")),)
    assert last == ()


def test_one_service_is_asked_about_once() -> None:
    text = json.dumps({"jobs": {f"job{number}": JOB | {"name": None} for number in range(3)}})
    jobs = read_jobs(text, file="etl.yaml", region="eu-west-1").jobs

    assert open_questions(jobs, Observed()) == (AskService(AWS, None, "web"),)


def test_a_job_without_a_service_is_not_touched() -> None:
    (job,) = read_jobs("image: alpine", file="etl.yaml").jobs

    assert like_service(job, None) is job


def test_it_can_be_laid_under_again() -> None:
    (job,) = read_jobs(json.dumps({**JOB, "service": SERVICE_ARN}), file="etl.yaml").jobs

    once = like_service(job, Service(WEB))

    assert like_service(once, Service(WEB)) == once
    assert like_service(once, None) == job
    assert like_service(like_service(job, Service(WEB | {"launchType": "EC2"})), Service(WEB)) == once


def test_members_of_other_types_count_as_absent() -> None:
    (job,) = read_jobs(json.dumps(JOB), file="etl.yaml").jobs
    spoilt = {**dict.fromkeys(WEB, 7), "capacityProviderStrategy": [3], "taskDefinition": arn("web:7")}

    once = like_service(job, Service(spoilt))

    assert (once.linked, once.network, once.launch_type, once.strategy) == (arn("web:7"), None, None, ())
    assert once.network_keys == NetworkKeys()


def test_offline_it_stays_open() -> None:
    job = job_of(JOB)

    assert job["task_definition"]["action"] == "undecided"
    assert job["task_definition"]["family"] == "<family of service web>"
    assert job["run_request"] == {
        "taskDefinition": "<registered at apply>",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["<subnets of service web>"],
                "securityGroups": ["<security groups of service web>"],
            }
        },
        "overrides": {
            "containerOverrides": [
                {"name": "<container of service web>", "command": ["./migrate"], "environment": []}
            ]
        },
        "tags": [],
    }
    assert "observed" not in job


@pytest.mark.parametrize(
    "keys",
    [
        {"memory": 3000, "cpu": 256},
        {"placement_strategy": [{"type": "random"}]},
        {"platform_version": "1.4.0"},
        {"enable_execute_command": True},
        {"ephemeral_storage_gib": 30},
        {"volume_configurations": [{"name": "data"}]},
        {"secrets": {"A": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}},
        {"stream_output": True},
        {"image": "web:2"},
        {"container_name": "app"},
        {"vpc_id": "vpc-1"},
        {"launch_type": "EC2"},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_offline_no_rule_guesses(keys: dict[str, Any]) -> None:
    assert said(compiled({**JOB, **keys})) == []


def operation(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"op": name, "path": path, **more}


SUBNETS_AT = "/networkConfiguration/awsvpcConfiguration/subnets"


@pytest.mark.parametrize(
    ("operations", "member", "after"),
    [
        pytest.param([operation("remove", f"{SUBNETS_AT}/1")], "network", ["subnet-2"], id="subnet"),
        pytest.param(
            [operation("remove", "/platformVersion"), operation("replace", "/launchType", value="EC2")],
            "launchType",
            "EC2",
            id="launch type",
        ),
        pytest.param([operation("remove", "/platformVersion")], "platform", None, id="platform version"),
        pytest.param(
            [operation("test", "/launchType", value="FARGATE"), operation("remove", "/launchType")],
            "launchType",
            None,
            id="test before a change",
        ),
    ],
)
def test_offline_patches_are_left_open(operations: list[Any], member: str, after: object) -> None:
    manifest = {**JOB, "task_customizations": operations}
    definition = FARGATE | {"requiresCompatibilities": ["EC2", "FARGATE"]}

    offline = job_of(manifest)
    online = launched(job_of(manifest, seen(definition=definition)))

    assert offline["open"] == [f"/task_customizations/{number}" for number in range(len(operations))]
    found = online.get(member)
    assert (found["subnets"] if isinstance(found, dict) else found) == after


def test_offline_patches_of_what_the_job_says_itself_are_carried_out() -> None:
    own = {"launch_type": "EC2", "network_configuration": {"subnets": ["subnet-9"]}}
    patch = [operation("replace", "/launchType", value="EXTERNAL"), operation("remove", f"{SUBNETS_AT}/0")]

    job = job_of({**JOB, **own, "task_customizations": [patch[0]]})

    assert "open" not in job
    assert job["run_request"]["launchType"] == "EXTERNAL"


def test_a_plan_made_offline_is_decided_with_the_answers() -> None:
    offline = compiled(JOB).plan
    assert offline is not None
    again = recompile(read_plan(write_plan(offline)).jobs[0], seen())

    assert again.plan is not None
    assert json.loads(write_plan(again.plan))["jobs"][0]["run_request"] == planned({})["run_request"]


def test_apply_asks_for_the_same_again() -> None:
    plan = compiled(JOB, seen()).plan
    assert plan is not None
    facts = Facts((spec_of(plan.jobs[0]),))
    (question,) = facts.questions
    moved = WEB | {"taskDefinition": arn("web:8")}

    assert list(facts.with_answers({question: Service(WEB)}).found()) == [dict(plan.jobs[0].observed)]
    assert list(facts.with_answers({question: Service(moved)}).found()) != [dict(plan.jobs[0].observed)]
    assert list(facts.with_answers({question: LOST}).not_there()) == [{"service": LOST}]


def test_offline_jobs_of_one_service_do_not_displace_each_other() -> None:
    jobs = {name: {"service": "web", "image": f"web:{name}"} for name in ("a", "b")}

    assert said(compiled({"jobs": jobs})) == []


def test_the_account_of_the_plan() -> None:
    answers = seen().with_answers({AskAccount(AWS): "111122223333"})

    assert job_of(JOB, answers)["account"] == "111122223333"


def looked_up_service(cluster: str) -> Observed:
    answers: dict[Question, Answer] = {
        AskParameter(AWS, "/service"): Value("web"),
        AskParameter(AWS, "/cluster"): Value(cluster),
        AskService(AWS, cluster, "web"): Service(WEB),
        AskLinked(AWS, arn("web:7")): described("web:7", FARGATE),
    }
    return Observed(answers)


LOOKED_UP = {"variables": {}, **JOB, "service": "${ssm:/service}", "cluster": "${ssm:/cluster}"}


def test_a_service_whose_name_is_looked_up() -> None:
    plan = compiled(LOOKED_UP, looked_up_service("shop")).plan
    assert plan is not None
    job = plan.jobs[0]

    assert job.run_request["cluster"] == "shop"
    assert job.run_request["launchType"] == "FARGATE"
    assert job.observed.keys() == {"ssm:/service", "ssm:/cluster", "service"}
    assert job.definition.decision == Reuse(arn("web:7"))


def test_nothing_is_asked_about_a_service_whose_name_is_open() -> None:
    jobs = read_jobs(json.dumps(LOOKED_UP), file="etl.yaml", region="eu-west-1").jobs
    lookups = {AskParameter(AWS, "/service"), AskParameter(AWS, "/cluster")}
    known = Observed({AskParameter(AWS, each): Value(each[1:]) for each in ("/service", "/cluster")})

    assert set(open_questions(jobs, Observed())) == lookups
    assert open_questions(jobs, known) == (AskService(AWS, "cluster", "service"),)


def test_apply_looks_up_the_name_of_the_service_first() -> None:
    plan = compiled(LOOKED_UP, looked_up_service("shop")).plan
    assert plan is not None
    names: dict[Question, Answer] = {
        AskParameter(AWS, "/service"): Value("web"),
        AskParameter(AWS, "/cluster"): Value("shop"),
    }

    facts = Facts((spec_of(plan.jobs[0]),))

    assert set(facts.questions) == set(names)
    assert facts.with_answers(names).questions == (AskService(AWS, "shop", "web"),)


def test_offline_a_service_whose_name_is_looked_up_stays_open() -> None:
    offline = compiled({**LOOKED_UP, "task_customizations": [operation("remove", "/launchType")]})

    assert said(offline) == []
    assert offline.plan is not None
    assert read_plan(write_plan(offline.plan)) == offline.plan
    assert offline.plan.jobs[0].left_open == ("/task_customizations/0",)


@pytest.mark.parametrize(
    ("document", "services"),
    [
        pytest.param(
            {"defaults": {"service": "web"}, "jobs": {"a": {}, "b": {"service": "api"}}},
            ["web", "api"],
            id="defaults",
        ),
        pytest.param(
            {
                "defaults": {"service": "web"},
                "jobs": {"a": {"service": None, "image": "alpine:3"}, "b": {}},
            },
            [None, "web"],
            id="null removes it",
        ),
        pytest.param(
            {"variables": {"app": {"default": "web"}}, "service": "${app}-blue"}, ["web-blue"], id="variable"
        ),
    ],
)
def test_where_a_service_may_be_named(document: dict[str, Any], services: list[str | None]) -> None:
    read = read_jobs(json.dumps(document), file="etl.yaml")

    assert read.diagnostics == ()
    assert [job.service for job in read.jobs] == services
    assert [job.launch_type for job in read.jobs] == [None if each else "FARGATE" for each in services]
