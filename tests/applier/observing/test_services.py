"""What a service says: ten a call, and which services a job cannot be run like."""

import pytest
from scripted_aws import Said, ScriptedAws, denied

from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, AskService, Aws, Body, NotThere, Service
from ecsplan_applier.outcomes.errors import ApplierError, AwsError

HERE = Aws()
PREFIX = "arn:aws:ecs:us-east-1:111122223333:service"
DEFINITION = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def service(name: str = "web", **members: object) -> Body:
    return {
        "serviceName": name,
        "serviceArn": f"{PREFIX}/prod/{name}",
        "status": "ACTIVE",
        "taskDefinition": DEFINITION,
        **members,
    }


def described(*services: Body) -> Said:
    """Answer DescribeServices with those that are asked for; the others are missing."""

    def answer(request: Body) -> Body:
        assert len(request["services"]) <= 10
        wanted = {each.rpartition("/")[2] for each in request["services"]}
        found = [each for each in services if each["serviceName"] in wanted]
        missing = sorted(wanted - {each["serviceName"] for each in found})
        return {
            "services": found,
            "failures": [{"arn": f"{PREFIX}/{each}", "reason": "MISSING"} for each in missing],
        }

    return answer


@pytest.mark.parametrize(
    ("cluster", "name", "asked"),
    [
        pytest.param("prod", "web", {"services": ["web"], "cluster": "prod"}, id="by name"),
        pytest.param(None, "web", {"services": ["web"]}, id="in the default cluster"),
        pytest.param(
            None, f"{PREFIX}/prod/web", {"services": [f"{PREFIX}/prod/web"], "cluster": "prod"}, id="by ARN"
        ),
        pytest.param(None, f"{PREFIX}/web", {"services": [f"{PREFIX}/web"]}, id="by short ARN"),
    ],
)
def test_what_a_service_says(cluster: str | None, name: str, asked: Body) -> None:
    aws = ScriptedAws({"DescribeServices": described(service())})

    assert aws.answer(AskService(HERE, cluster, name)) == Service(service())
    assert aws.requests == [("DescribeServices", asked)]


def test_ten_services_of_a_cluster_are_one_call() -> None:
    names = [f"web-{number}" for number in range(12)]
    aws = ScriptedAws({"DescribeServices": described(*(service(each) for each in names))})
    asked = [AskService(HERE, cluster, each) for cluster in ("prod", None) for each in names]

    answers = aws.answers(*asked, *asked)

    assert [answers[each] for each in asked] == [Service(service(each)) for each in names] * 2
    assert aws.calls == {"DescribeServices": 4}


def test_a_deleted_service_gives_way_to_a_new_one_of_its_name() -> None:
    aws = ScriptedAws({"DescribeServices": described(service(status="INACTIVE"), service())})

    assert aws.answer(AskService(HERE, "prod", "web")) == Service(service())


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        pytest.param({"networkConfiguration": NETWORK, "launchType": "FARGATE"}, {}, id="all of its own"),
        pytest.param(
            {},
            {"networkConfiguration": NETWORK, "launchType": "FARGATE", "platformVersion": "1.4.0"},
            id="the task set has the rest",
        ),
        pytest.param(
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]},
            {"networkConfiguration": NETWORK, "platformVersion": "1.4.0"},
            id="a strategy excludes a launch type",
        ),
    ],
)
def test_a_service_of_code_deploy_is_completed_by_its_primary_task_set(body: Body, taken: Body) -> None:
    sets = [
        {"status": "ACTIVE", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-old"]}}},
        {
            "status": "PRIMARY",
            "taskDefinition": DEFINITION,
            "networkConfiguration": NETWORK,
            "launchType": "FARGATE",
            "platformVersion": "1.4.0" if "platformVersion" in taken else "",
        },
    ]
    written = service(deploymentController={"type": "CODE_DEPLOY"}, taskSets=sets, **body)
    aws = ScriptedAws({"DescribeServices": described(written)})

    assert aws.answer(AskService(HERE, "prod", "web")) == Service({**written, **taken})


@pytest.mark.parametrize(
    ("says", "name", "message", "help_text", "rule"),
    [
        pytest.param(
            {"DescribeServices": described(), "ListServices": {"serviceArns": [f"{PREFIX}/prod/web"]}},
            "wbe",
            "cluster prod has no service 'wbe'",
            "did you mean `web`?",
            NOT_FOUND,
            id="slip",
        ),
        pytest.param(
            {"DescribeServices": described()},
            "wbe",
            "cluster prod has no service 'wbe'",
            "aws ecs list-services",
            NOT_FOUND,
            id="services cannot be listed",
        ),
        pytest.param(
            {"DescribeServices": described(service(status="INACTIVE"))},
            "web",
            "'web' of cluster prod was deleted",
            "aws ecs list-services",
            NOT_FOUND,
            id="deleted",
        ),
        pytest.param(
            {"DescribeServices": described(service(status="DRAINING"))},
            "web",
            "'web' is DRAINING",
            "ACTIVE",
            NOT_USABLE,
            id="being deleted",
        ),
        pytest.param(
            {
                "DescribeServices": described(
                    service(deploymentController={"type": "EXTERNAL"}, taskDefinition="")
                )
            },
            "web",
            "'web' is deployed by an external controller",
            "task_definition_arn",
            NOT_USABLE,
            id="external",
        ),
        pytest.param(
            {"DescribeServices": described(service(taskDefinition=None))},
            "web",
            "'web' has no task definition",
            "task_definition_arn",
            NOT_USABLE,
            id="no definition",
        ),
        pytest.param(
            {
                "DescribeServices": AwsError(
                    "", "ClusterNotFoundException", "Cluster not found.", status=400
                ),
                "ListClusters": {"clusterArns": ["arn:aws:ecs:us-east-1:111122223333:cluster/prod2"]},
            },
            "web",
            "there is no cluster 'prod' in us-east-1",
            "did you mean `prod2`?",
            NOT_FOUND,
            id="cluster",
        ),
        pytest.param(
            {"DescribeServices": AwsError("", "InvalidParameterException", "Invalid identifier", status=400)},
            "we b",
            "does not accept the service 'we b': Invalid identifier",
            "name or ARN",
            NOT_FOUND,
            id="malformed",
        ),
    ],
)
def test_what_a_job_cannot_be_run_like(
    says: dict[str, Said], name: str, message: str, help_text: str, rule: str
) -> None:
    answer = ScriptedAws(says).answer(AskService(HERE, "prod", name))

    assert isinstance(answer, NotThere)
    assert message in answer.message
    assert help_text in answer.help
    assert answer.rule == rule


def test_without_a_default_cluster_the_key_is_named() -> None:
    missing = AwsError("DescribeServices", "ClusterNotFoundException", "Cluster not found.", status=400)

    answer = ScriptedAws({"DescribeServices": missing}).answer(AskService(HERE, None, "web"))

    assert isinstance(answer, NotThere)
    assert "`cluster`" in answer.help


def test_one_malformed_name_does_not_fail_the_others() -> None:
    def answer(request: Body) -> Body:
        if "we b" in request["services"]:
            raise AwsError("DescribeServices", "InvalidParameterException", "Invalid", status=400)
        return {"services": [service()]}

    found = ScriptedAws({"DescribeServices": answer}).answers(
        AskService(HERE, "prod", "web"), AskService(HERE, "prod", "we b")
    )

    assert found[AskService(HERE, "prod", "web")] == Service(service())
    assert isinstance(found[AskService(HERE, "prod", "we b")], NotThere)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="empty"),
        pytest.param({"services": "x"}, id="a text"),
        pytest.param({"services": [1]}, id="a number in the list"),
        pytest.param({"services": []}, id="nothing of what was asked for"),
        pytest.param({"services": [], "failures": [1]}, id="a failure is a number"),
        pytest.param({"services": [], "failures": [{"arn": "web", "reason": 7}]}, id="a reason is a number"),
        pytest.param({"services": [{"serviceName": "web"}]}, id="no status"),
    ],
)
def test_a_garbled_answer_is_a_message(answer: Body) -> None:
    with pytest.raises(ApplierError) as caught:
        ScriptedAws({"DescribeServices": answer}).answer(AskService(HERE, "prod", "web"))

    assert caught.value.exit_status == 125
    assert "DescribeServices" in str(caught.value)
    assert "BadAnswer" in str(caught.value)


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        pytest.param(denied("DescribeServices"), "not allowed to do this", id="denied"),
        pytest.param(
            {"services": [], "failures": [{"arn": "web", "reason": "ODD"}]}, "ODD", id="odd failure"
        ),
    ],
)
def test_what_could_not_be_asked_is_an_error(said: Said, meaning: str) -> None:
    with pytest.raises(ApplierError) as caught:
        ScriptedAws({"DescribeServices": said}).answer(AskService(HERE, "prod", "web"))

    assert caught.value.exit_status == 125
    assert "DescribeServices of service web" in str(caught.value)
    assert meaning in str(caught.value)
