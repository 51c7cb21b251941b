"""What jobs need, kind by kind: the rows of the table that no job of the embedded ECS shows."""

from collections.abc import Iterable

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.permissions.explain import explained
from ecsplan.permissions.grants import Bucket, grants_of
from ecsplan.permissions.permission import COMMANDS, Command
from ecsplan.permissions.policy import statements

ROLE = "arn:aws:iam::111122223333:role"
TO_TASKS = "iam:PassedToService=ecs-tasks.amazonaws.com"
TO_ECS = "iam:PassedToService=ecs.amazonaws.com"
CHINA = "arn:aws-cn:ecs:cn-north-1:111122223333"
EVERYWHERE = "arn:aws:ecs:*:*"


def needed(
    manifest: str, commands: Iterable[Command] = COMMANDS, ledger: Bucket | None = None
) -> dict[str, set[str]]:
    """Return action -> what an offline plan needs it on: `RESOURCE` or `RESOURCE if KEY=VALUE`."""
    plan = compile_manifest(manifest, file="job.yaml").plan
    assert plan is not None
    found: dict[str, set[str]] = {}
    for each in grants_of(plan.jobs, tuple(commands), ledger):
        test = each.scope.condition
        on = each.scope.resource + ("" if test is None else f" if {test.key}={test.values[0]}")
        found.setdefault(each.permission.action, set()).add(on)
    return found


def cluster(arn: str) -> str:
    return f"ecs:cluster={arn}"


@pytest.mark.parametrize(
    ("manifest", "action", "on"),
    [
        pytest.param(
            "{name: etl, image: alpine, aws: {region: cn-north-1, account_id: '111122223333'}}",
            "ecs:RunTask",
            {f"{CHINA}:task-definition/etl:* if ecs:cluster={CHINA}:cluster/default"},
            id="China",
        ),
        pytest.param(
            "{name: etl, image: alpine, aws: {region: us-gov-west-1}, execution_role_arn:"
            " 'arn:aws-us-gov:iam::111122223333:role/e'}",
            "ecs:StopTask",
            {"arn:aws-us-gov:ecs:us-gov-west-1:111122223333:task/default/*"},
            id="the account of a role",
        ),
        pytest.param(
            "{name: etl, image: alpine, cluster: 'arn:aws-cn:ecs:cn-north-1:111122223333:cluster/batch'}",
            "ecs:RegisterTaskDefinition",
            {"arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/etl:*"},
            id="the partition, region and account of a cluster",
        ),
        pytest.param(
            "{name: etl, image: alpine}",
            "ecs:ListTasks",
            {f"* if {cluster(f'{EVERYWHERE}:cluster/default')}"},
            id="nothing known",
        ),
        pytest.param(
            "{variables: {}, image: alpine, cluster: 'team-${ssm:/stage}'}",
            "ecs:DescribeTasks",
            {f"{EVERYWHERE}:task/team-*/*"},
            id="a part of the name of a cluster",
        ),
        pytest.param(
            "{name: etl, image: alpine, task_definition: {taskRoleArn: worker}}",
            "iam:PassRole",
            {f"arn:aws:iam::*:role/worker if {TO_TASKS}"},
            id="a role by its name",
        ),
        pytest.param(
            f"{{name: etl, image: alpine, execution_role_arn: '{ROLE}/e', task_customizations:"
            f" [{{op: add, path: /overrides/taskRoleArn, value: '{ROLE}/t'}}]}}",
            "iam:PassRole",
            {f"{ROLE}/e if {TO_TASKS}", f"{ROLE}/t if {TO_TASKS}"},
            id="roles of the definition and of the overrides",
        ),
        pytest.param(
            f"{{name: etl, image: alpine, volumes: {{/data: {{ebs_gib: 10, role_arn: '{ROLE}/v'}}}}}}",
            "iam:PassRole",
            {f"{ROLE}/v if {TO_ECS}"},
            id="a role for volumes",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web}",
            "iam:PassRole",
            {f"arn:aws:iam::*:role/* if {TO_TASKS}"},
            id="roles of a linked definition are not known",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web}",
            "ecs:RegisterTaskDefinition",
            set(),
            id="a linked definition runs as it is",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web, image: alpine}",
            "ecs:RegisterTaskDefinition",
            {f"{EVERYWHERE}:task-definition/web:*"},
            id="a linked definition with another image",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web, task_definition_customizations:"
            " [{op: add, path: /containerDefinitions/0/cpu, value: 2}]}",
            "ecs:RegisterTaskDefinition",
            {f"{EVERYWHERE}:task-definition/web:*"},
            id="a linked definition with a patch that is left open",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web}",
            "logs:GetLogEvents",
            {"arn:aws:logs:*:*:log-group:*:log-stream:*"},
            id="the log of a linked definition is not known",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web, stream_output: false}",
            "logs:GetLogEvents",
            set(),
            id="a log that is not shown",
        ),
        pytest.param(
            "{name: etl, task_definition_arn: web, log_retention: {days: 7, always: true}}",
            "logs:PutRetentionPolicy",
            {"arn:aws:logs:*:*:log-group:*:*"},
            id="the retention of a log that is not known",
        ),
        pytest.param(
            f"{{name: etl, image: alpine, execution_role_arn: '{ROLE}/e', configure_cloudwatch_logs: true,"
            " cloudwatch_logs_options: {awslogs-region: eu-west-1, awslogs-group: /team/etl},"
            " aws: {region: us-east-1}}",
            "logs:GetLogEvents",
            {"arn:aws:logs:eu-west-1:111122223333:log-group:/team/etl:log-stream:etl/main/*"},
            id="a log in another region",
        ),
        pytest.param(
            "{name: etl, service: web}",
            "ecs:DescribeServices",
            {f"{EVERYWHERE}:service/default/web"},
            id="a service of the default cluster",
        ),
        pytest.param(
            "{name: etl, service: 'arn:aws:ecs:eu-west-1:111122223333:service/shop/web'}",
            "ecs:DescribeServices",
            {"arn:aws:ecs:eu-west-1:111122223333:service/shop/web"},
            id="a service by its ARN",
        ),
        pytest.param(
            "{variables: {}, name: etl, service: '${ssm:/service}'}",
            "ecs:DescribeServices",
            {f"{EVERYWHERE}:service/*/*"},
            id="a service that is looked up, perhaps by its ARN",
        ),
        pytest.param(
            "{variables: {}, name: etl, service: '${ssm:/service}'}",
            "ecs:ListTasks",
            {f"* if {cluster(f'{EVERYWHERE}:cluster/*')}"},
            id="the cluster of a service that is looked up",
        ),
        pytest.param(
            "{variables: {}, name: etl, service: '${ssm:/service}'}",
            "ec2:DescribeSecurityGroups",
            set(),
            id="the groups of a service have ids",
        ),
        pytest.param(
            "{variables: {}, name: etl, task_definition_arn: '${ssm:/definition}'}",
            "ecs:RunTask",
            {f"{EVERYWHERE}:task-definition/*:* if {cluster(f'{EVERYWHERE}:cluster/default')}"},
            id="a definition that is looked up",
        ),
        pytest.param("{name: etl, image: alpine}", "ecs:TagResource", set(), id="no tags"),
        pytest.param(
            "{name: etl, image: alpine, propagate_tags: NONE}", "ecs:TagResource", set(), id="tags of nothing"
        ),
        pytest.param(
            "{name: etl, image: alpine, labels: {a: b}, task_definition: {tags: [{key: c, value: d}]}}",
            "ecs:TagResource",
            {
                f"{EVERYWHERE}:task-definition/etl:*",
                f"{EVERYWHERE}:task/default/* if ecs:CreateAction=RunTask",
            },
            id="tags of both",
        ),
        pytest.param(
            f"{{name: etl, image: alpine, aws: {{assume_role_arn: '{ROLE}/deploy'}}}}",
            "sts:AssumeRole",
            {f"{ROLE}/deploy"},
            id="an assumed role",
        ),
        pytest.param(
            "{name: etl, image: alpine, task_definition: {networkMode: bridge}, launch_type: EC2}",
            "ec2:DescribeSubnets",
            set(),
            id="no subnets in another network mode",
        ),
    ],
)
def test_what_a_job_needs(manifest: str, action: str, on: set[str]) -> None:
    assert needed(manifest).get(action, set()) == on


HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
HERE = "arn:aws:ecr:eu-west-1:111122223333:repository"
ANYWHERE = "arn:aws:ecr:*:*:repository"
DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("image", "on"),
    [
        pytest.param(f"{HOST}/team/etl:1", {f"{HERE}/team/etl"}, id="a tag"),
        pytest.param(f"{HOST}/etl", {f"{HERE}/etl"}, id="no tag"),
        pytest.param(f"{HOST}/etl:1@{DIGEST}", set(), id="a digest"),
        pytest.param("alpine:3", set(), id="Docker Hub"),
        pytest.param("public.ecr.aws/docker/library/alpine:3", set(), id="the public registry of ECR"),
        pytest.param("ghcr.io/team/etl:1", set(), id="another registry"),
        pytest.param(
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/etl:1",
            {"arn:aws-cn:ecr:cn-north-1:111122223333:repository/etl"},
            id="China",
        ),
        pytest.param(
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/etl:1",
            {"arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/etl"},
            id="GovCloud",
        ),
        pytest.param(f"{HOST}/etl:${{ssm:/tag}}", {f"{HERE}/etl"}, id="a tag that is looked up"),
        pytest.param(f"{HOST}/etl:v${{ssm:/tag}}-x", {f"{HERE}/etl"}, id="a part of a tag"),
        pytest.param(f"{HOST}/etl${{ssm:/suffix}}", {f"{HERE}/etl*"}, id="the end of a name"),
        pytest.param(f"{HOST}/${{ssm:/team}}/etl:1", {f"{HERE}/*/etl"}, id="a part of a path"),
        pytest.param(f"{HOST}/etl@${{ssm:/digest}}", set(), id="a digest that is looked up"),
        pytest.param(
            "111122223333.dkr.ecr.${ssm:/region}.amazonaws.com/etl:1",
            {"arn:aws:ecr:*:111122223333:repository/etl"},
            id="a region that is looked up",
        ),
        pytest.param(
            "${ssm:/account}.dkr.ecr.eu-west-1.amazonaws.com/etl:1",
            {"arn:aws:ecr:eu-west-1:*:repository/etl"},
            id="an account that is looked up",
        ),
        pytest.param("${ssm:/registry}/etl:1", {f"{ANYWHERE}/*etl"}, id="a registry that is looked up"),
        pytest.param("${ssm:/image}", {f"{ANYWHERE}/*"}, id="an image that is looked up"),
        pytest.param("${ssm:/image}:1", {f"{ANYWHERE}/*"}, id="all but the tag is looked up"),
        pytest.param("alpine:${ssm:/tag}", set(), id="a tag of Docker Hub that is looked up"),
        pytest.param("ghcr.io/${ssm:/name}:1", set(), id="a name in another registry that is looked up"),
    ],
)
def test_the_repository_of_a_pinned_image(image: str, on: set[str]) -> None:
    manifest = (
        f"{{variables: {{}}, name: etl, image: '{image}', pin_image: true, execution_role_arn: '{ROLE}/e'}}"
    )

    for each in COMMANDS:
        assert needed(manifest, [each]).get("ecr:BatchGetImage", set()) == on
    assert "ecr:BatchGetImage" not in needed(manifest.replace("pin_image: true", "pin_image: false"))


@pytest.mark.parametrize(
    ("keys", "on"),
    [
        pytest.param("task_definition_arn: web", {f"{ANYWHERE}/*"}, id="a linked definition"),
        pytest.param(f"task_definition_arn: web, image: '{HOST}/etl:1'", {f"{HERE}/etl"}, id="another image"),
        pytest.param("task_definition_arn: web, image: alpine", set(), id="another image, of Docker Hub"),
        pytest.param("service: web", {f"{ANYWHERE}/*"}, id="a service"),
    ],
)
def test_the_repository_of_a_linked_definition_that_is_pinned(keys: str, on: set[str]) -> None:
    assert needed(f"{{name: etl, {keys}, pin_image: true}}").get("ecr:BatchGetImage", set()) == on


def test_the_bucket_of_a_ledger_has_the_partition_of_the_jobs() -> None:
    found = needed("{image: alpine, aws: {region: cn-north-1}}", ledger=Bucket("b", "p/"))

    assert found["s3:PutObject"] == {"arn:aws-cn:s3:::b/p/*"}
    assert found["s3:ListBucket"] == {"arn:aws-cn:s3:::b if s3:prefix=p/*"}


def test_compiling_needs_no_ledger_and_changes_nothing() -> None:
    found = needed("{image: alpine, labels: {a: b}}", ["compile"], Bucket("b", ""))

    assert set(found) == {"ecs:DescribeTaskDefinition", "ec2:DescribeVpcs", "ec2:DescribeSubnets"}


def test_many_jobs_are_counted() -> None:
    jobs = "".join(f"---\nname: job-{each}\nimage: alpine\n" for each in range(12))
    plan = compile_manifest(jobs, file="job.yaml").plan
    assert plan is not None

    text = explained(statements(grants_of(plan.jobs, ("apply",))))

    assert "StopTask of apply, for jobs job-0, job-1, job-2, job-3, job-4, job-5, job-6, job-7" in text
    assert text.count(" and 2 more\n") == len([*text.split(" of apply, for jobs ")]) - 1
