"""`ecsplan compile` of linked definitions: run as they are, or made into a revision that says so."""

import json

import pytest
from aws_world import WEB, Aws, decided, definition


@pytest.mark.parametrize("reference", ["web", "web:1", "arn"])
def test_a_linked_definition_runs_as_it_is(aws: Aws, reference: str) -> None:
    arn = aws.client().register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    named = arn if reference == "arn" else reference
    keys = (
        "container_name: app\ncommand: [migrate]\nenv: {MODE: fast}\nlabels: {a: b}\ncpu: 512\nmemory: 1024\n"
    )
    manifest = aws.write("job.yaml", f"task_definition_arn: {named}\n{keys}")
    aws.endpoint.forget_calls()

    done = aws.run("compile", manifest, "--quiet")

    (job,) = json.loads(done.stdout)["jobs"]
    assert done.stderr == ""
    assert (job["task_definition"]["action"], job["task_definition"]["arn"]) == ("reuse", arn)
    assert job["run_request"]["taskDefinition"] == arn
    assert job["run_request"]["overrides"]["containerOverrides"][0]["name"] == "app"
    assert [each.parameters["taskDefinition"] for each in aws.endpoint.calls("DescribeTaskDefinition")] == [
        named
    ]


def test_a_linked_revision_that_is_not_the_newest_runs(aws: Aws) -> None:
    ecs = aws.client()
    arn = ecs.register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    ecs.register_task_definition(**{**WEB, "cpu": "1024", "memory": "2048"})

    plan = aws.compiled(aws.write("job.yaml", f"task_definition_arn: {arn}\n"))

    assert (definition(plan)["arn"], definition(plan)["latest"]) == (arn, None)


def test_a_key_that_changes_a_linked_definition_makes_a_revision(aws: Aws) -> None:
    ecs = aws.client()
    arn = ecs.register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    manifest = aws.write(
        "job.yaml",
        "task_definition_arn: web\ncontainer_name: app\nimage: example.test/web:2\nenv: {MODE: null}\n",
    )

    done = aws.run("compile", manifest)
    (job,) = json.loads(done.stdout)["jobs"]
    request = job["task_definition"]["request"]
    new = aws.register(job)
    tags = ecs.describe_task_definition(taskDefinition=new, include=["TAGS"])["tags"]

    assert done.stderr.startswith(
        f"job.yaml:1:22: warning[linked-changed]: the job needs changes to {arn}, so it runs"
    )
    assert "remove /containerDefinitions/app/environment/MODE" in done.stderr
    assert "replace /containerDefinitions/app/image" in done.stderr
    assert (job["task_definition"]["action"], job["task_definition"]["latest"]) == ("register", arn)
    assert [each["path"] for each in job["task_definition"]["changes"]] == [
        "/containerDefinitions/app/environment/MODE",
        "/containerDefinitions/app/image",
    ]
    assert {each["name"] for each in request["containerDefinitions"]} == {"app", "proxy"}
    assert request["tags"] == tags == WEB["tags"]


def test_the_revision_made_of_a_linked_one_is_reused(aws: Aws) -> None:
    arn = aws.client().register_task_definition(**WEB)["taskDefinition"]["taskDefinitionArn"]
    manifest = aws.write("job.yaml", f"task_definition_arn: {arn}\nimage: example.test/web:2\n")
    new = aws.register(aws.compiled(manifest)["jobs"][0])

    plan = aws.compiled(manifest)

    assert decided(plan) == {"job": ("reuse", new)}
    assert definition(plan)["latest"] == new
