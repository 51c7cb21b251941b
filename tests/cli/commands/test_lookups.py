"""Lookups through the command: asked once for all jobs, shown, and resolved where a plan left them open."""

import json

import pytest
from aws_world import Aws

MANIFEST = """\
variables: {stage: {default: prod}}
name: etl
image: alpine:${ssm:/${stage}/tag}
count: ${ssm:/${stage}/count}
network_configuration: {subnets: "${ssm:/${stage}/subnets}"}
task_watch_poll_interval: 0.05
"""


@pytest.fixture(autouse=True)
def parameters(aws: Aws) -> None:
    ssm = aws.client("ssm")
    subnets = [each["SubnetId"] for each in aws.client("ec2").describe_subnets()["Subnets"]]
    ssm.put_parameter(Name="/prod/tag", Type="String", Value="3.20")
    ssm.put_parameter(Name="/prod/count", Type="String", Value="2")
    ssm.put_parameter(Name="/prod/subnets", Type="StringList", Value=",".join(subnets))
    aws.endpoint.forget_calls()


def test_an_offline_plan_becomes_what_an_online_one_is(aws: Aws) -> None:
    manifest = aws.write("etl.yaml", MANIFEST)
    online = aws.compiled(manifest)["jobs"][0]
    offline = aws.run("compile", "--offline", manifest, "-o", "plan.json")
    shown = json.loads(aws.run("diff", "plan.json", "--format", "json").stdout)["jobs"][0]

    assert offline.exit_code == 0, offline.stderr
    assert online["run_request"]["count"] == 2
    assert online["observed"].keys() == {"ssm:/prod/tag", "ssm:/prod/count", "ssm:/prod/subnets"}
    for member in ("observed", "run_request"):
        assert shown[member] == online[member]


@pytest.mark.parametrize("options", [("--offline",), ()], ids=["offline", "online"])
def test_apply_starts_as_many_tasks_as_a_lookup_says(aws: Aws, options: tuple[str, ...]) -> None:
    manifest = aws.write("etl.yaml", MANIFEST)
    aws.run("compile", *options, manifest, "-o", "plan.json")

    done = aws.run("apply", "plan.json", "--detach")

    assert done.exit_code == 0, done.stderr
    assert len(done.stdout.split()) == 2
    (arn,) = aws.client().list_task_definitions()["taskDefinitionArns"]
    described = aws.client().describe_task_definition(taskDefinition=arn)["taskDefinition"]
    assert described["containerDefinitions"][0]["image"] == "alpine:3.20"


def test_what_is_not_there_has_the_place_of_its_reference(aws: Aws) -> None:
    manifest = aws.write("etl.yaml", MANIFEST.replace("}/tag", "}/tags"))

    done = aws.run("compile", manifest)

    assert done.exit_code == 1
    assert "etl.yaml:3:15" in done.stderr
    assert "did you mean `/prod/tag`?" in done.stderr
    assert "      " + "^" * len("${ssm:/${stage}/tags}") in done.stderr


def test_jobs_share_the_calls_of_their_lookups(aws: Aws) -> None:
    names = [f"/many/{number}" for number in range(20)]
    for each in names:
        aws.client("ssm").put_parameter(Name=each, Type="String", Value="x")
    env = "".join(f"    N{number}: ${{ssm:{each}}}\n" for number, each in enumerate(names))
    jobs = "".join(f"  j{number}: {{}}\n" for number in range(200))
    defaults = f"defaults:\n  image: alpine\n  family: all\n  env:\n{env}"
    aws.endpoint.forget_calls()

    plan = aws.compiled(aws.write("jobs.yaml", f"variables: {{}}\n{defaults}jobs:\n{jobs}"))

    assert len(plan["jobs"]) == 200
    assert all(len(each["observed"]) == 20 for each in plan["jobs"])
    assert aws.operations().count("GetParameters") == 2


def test_check_asks_nothing(aws: Aws) -> None:
    done = aws.run("check", aws.write("etl.yaml", MANIFEST))

    assert done.exit_code == 0, done.stderr
    assert aws.operations() == []
