"""`ecsplan compile` and `diff` of jobs that run like a service of the embedded ECS."""

import json
from typing import Any

import pytest
from aws_world import REGION, WEB, Aws, decided

MANIFEST = "name: migrate\nservice: web\ncluster: shop\ncontainer_name: app\ncommand: [migrate]\n"
ARN = f"arn:aws:ecs:{REGION}:000000000000:service/shop/web"


@pytest.fixture
def shop(aws: Aws) -> Aws:
    """Return an embedded ECS with a service `web` in the cluster `shop`."""
    ecs = aws.client()
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(**WEB)
    create(aws)
    aws.endpoint.forget_calls()
    return aws


def network(aws: Aws) -> dict[str, Any]:
    subnets = aws.client("ec2").describe_subnets()["Subnets"]
    groups = aws.client("ec2").describe_security_groups()["SecurityGroups"]
    return {
        "subnets": [each["SubnetId"] for each in subnets],
        "securityGroups": [each["GroupId"] for each in groups],
        "assignPublicIp": "DISABLED",
    }


def create(aws: Aws, name: str = "web", **members: Any) -> None:
    """Create a service; a member that is None is left out."""
    request = {
        "cluster": "shop",
        "serviceName": name,
        "taskDefinition": "web",
        "desiredCount": 0,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": network(aws)},
        **members,
    }
    aws.client().create_service(**{key: value for key, value in request.items() if value is not None})


def test_the_plan_runs_what_the_service_runs(shop: Aws) -> None:
    plan = shop.compiled(shop.write("job.yaml", MANIFEST), "--quiet")

    (job,) = plan["jobs"]
    assert decided(plan) == {"migrate": ("reuse", f"arn:aws:ecs:{REGION}:000000000000:task-definition/web:1")}
    assert job["run_request"]["networkConfiguration"] == {"awsvpcConfiguration": network(shop)}
    assert job["run_request"]["launchType"] == "FARGATE"
    assert job["run_request"]["platformVersion"] == "LATEST"
    assert job["observed"]["service"]["arn"] == ARN
    # Nothing about subnets or a newest revision: the service says it all.
    assert {each.operation for each in shop.endpoint.calls()} & {
        "DescribeVpcs",
        "RegisterTaskDefinition",
    } == set()


def test_many_jobs_of_one_service_ask_once(shop: Aws) -> None:
    jobs = "".join(f"  job{number}: {{command: [a]}}\n" for number in range(30))
    defaults = "defaults: {service: web, cluster: shop, container_name: app}\n"

    shop.compiled(shop.write("jobs.yaml", f"{defaults}jobs:\n{jobs}"))

    assert shop.operations().count("DescribeServices") == 1


def test_services_of_one_cluster_are_asked_about_together(shop: Aws) -> None:
    for number in range(12):
        create(shop, f"web{number}")
    shop.endpoint.forget_calls()
    jobs = "".join(f"  job{number}: {{service: web{number}}}\n" for number in range(12))

    shop.compiled(shop.write("jobs.yaml", f"defaults: {{cluster: shop, container_name: app}}\njobs:\n{jobs}"))

    assert shop.operations().count("DescribeServices") == 2


@pytest.mark.parametrize(
    "options",
    [("--set", "service=api"), ("--set", f"service={ARN.replace('web', 'api')}")],
    ids=["name", "ARN"],
)
def test_another_service_is_set(shop: Aws, options: tuple[str, str]) -> None:
    create(
        shop,
        "api",
        launchType=None,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )

    (job,) = shop.compiled(shop.write("job.yaml", MANIFEST), *options)["jobs"]

    assert job["observed"]["service"]["arn"] == ARN.replace("web", "api")
    assert job["run_request"]["capacityProviderStrategy"] == [
        {"base": 0, "capacityProvider": "FARGATE_SPOT", "weight": 1}
    ]


def wrong(aws: Aws, manifest: str) -> str:
    """Return what compile says of a wrong manifest, in one line."""
    done = aws.run("compile", aws.write("job.yaml", manifest))
    assert (done.exit_code, done.stdout) == (1, "")
    return str(done.stderr)


def test_a_service_that_is_not_there(shop: Aws) -> None:
    found = wrong(shop, MANIFEST.replace("service: web", "service: wbe"))

    assert found.startswith("job.yaml:2:10: error[lookup-not-found]: ")
    assert "did you mean `web`?" in found


def test_a_service_that_was_deleted(shop: Aws) -> None:
    shop.client().delete_service(cluster="shop", service="web")

    assert wrong(shop, MANIFEST).startswith("job.yaml:2:10: error[lookup-not-found]: ")


def test_a_cluster_that_is_not_there(shop: Aws) -> None:
    assert "error[lookup-not-found]" in wrong(shop, MANIFEST.replace("shop", "shpo"))


def test_a_service_with_an_external_controller(shop: Aws) -> None:
    none = dict.fromkeys(("taskDefinition", "launchType", "networkConfiguration"))
    create(shop, "outside", deploymentController={"type": "EXTERNAL"}, **none)

    found = wrong(shop, MANIFEST.replace("service: web", "service: outside"))

    assert found.startswith("job.yaml:2:10: error[lookup-not-usable]: ")


def test_several_containers_without_a_name(shop: Aws) -> None:
    two = [each | {"essential": True} for each in WEB["containerDefinitions"]]  # type: ignore[attr-defined]
    shop.client().register_task_definition(**WEB | {"containerDefinitions": two})
    shop.client().update_service(cluster="shop", service="web", taskDefinition="web")

    found = wrong(shop, MANIFEST.replace("container_name: app\n", ""))

    assert found.startswith("job.yaml:2:10: error[job-container-ambiguous]: ")
    assert "app" in found
    assert "proxy" in found


def test_what_is_wrong_without_aws(shop: Aws) -> None:
    arn = f"name: migrate\nservice: {ARN}\n"

    both = shop.run("check", shop.write("job.yaml", f"{arn}task_definition_arn: web\ncluster: other\n"))

    assert both.exit_code == 1
    assert "error[service-and-definition]" in both.stderr
    assert (
        "error[service-elsewhere]: the service is in the cluster shop, but the job runs in other"
        in both.stderr
    )


def test_diff_shows_what_was_taken(shop: Aws) -> None:
    manifest = shop.write("job.yaml", f"{MANIFEST}security_groups: [sg-0123456789abcdef0]\n")

    shown = shop.run("diff", manifest)
    (job,) = json.loads(shop.run("diff", manifest, "--format", "json").stdout)["jobs"]
    markdown = shop.run("diff", manifest, "--format", "markdown").stdout

    (line,) = [each for each in shown.stdout.splitlines() if "like service" in each]
    assert line.startswith("    like service web: task_definition_arn web:1, subnets [")
    assert line.endswith("], assign_public_ip false, launch_type FARGATE, platform_version LATEST")
    assert "security_groups" not in line
    assert "like service web: " in markdown
    assert "/platformVersion" not in shown.stdout + markdown
    assert job["linked"] == f"arn:aws:ecs:{REGION}:000000000000:task-definition/web:1"
    assert job["reason"] == "linked"
    assert job["observed"]["service"]["assign_public_ip"] is False


def test_diff_shows_a_platform_version_that_was_not_taken(shop: Aws) -> None:
    manifest = shop.write("job.yaml", f"{MANIFEST}platform_version: 1.4.0\n")

    shown = shop.run("diff", manifest).stdout

    assert '    /platformVersion: "1.4.0"\n' in shown
    assert "platform_version" not in shown


@pytest.mark.parametrize(
    ("keys", "remedy"),
    [
        pytest.param(
            "image: alpine:4\n",
            "to run the revision of the service as it is, remove the keys that change it; to run another one,"
            " give it a `family` of its own, apart from those of the service",
            id="a new image",
        ),
        pytest.param(
            "image: alpine:4\nfamily: migrations\n",
            "to run the revision of the service as it is, remove the keys that change it",
            id="a new image in a family of its own",
        ),
    ],
)
def test_the_remedy_where_a_job_differs_from_its_service(shop: Aws, keys: str, remedy: str) -> None:
    done = shop.run("compile", shop.write("job.yaml", MANIFEST + keys))

    assert done.exit_code == 0
    assert "warning[linked-changed]" in done.stderr
    assert f"  help: {remedy}\n" in done.stderr


def test_a_plan_made_offline_is_decided_when_it_is_shown(shop: Aws) -> None:
    plan = shop.run("compile", "--offline", shop.write("job.yaml", MANIFEST)).stdout
    request = json.loads(plan)["jobs"][0]["run_request"]

    shown = shop.run("diff", "-", stdin=plan)

    subnets = request["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    assert subnets == ["<subnets of service web>"]
    assert shown.exit_code == 0
    assert "migrate: reuse web:1: the linked revision runs as it is" in shown.stdout
    assert "like service web: task_definition_arn web:1" in shown.stdout


def test_a_changed_image_makes_a_revision_of_the_family_of_the_service(shop: Aws) -> None:
    done = shop.run("compile", shop.write("job.yaml", f"{MANIFEST}image: example.test/web:2\n"))

    (job,) = json.loads(done.stdout)["jobs"]
    assert done.stderr.startswith("job.yaml:2:10: warning[linked-changed]: ")
    assert (job["task_definition"]["action"], job["task_definition"]["family"]) == ("register", "web")
