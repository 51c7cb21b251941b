"""The policy of a manifest allows each call that compiling and applying it makes, and nothing else."""

import re
from itertools import count

import pytest
from answering_aws import ECR, OF_ECR, AnsweringAws
from campaign.permitted import Judge
from campaign.world import World
from iam_checks import ACCOUNT, Recording
from places import ROOT, TESTS

from ecsplan.compile import Jobs, begin, read_jobs, with_answers
from ecsplan.permissions.permission import Command
from ecsplan.plan.plan import Plan
from ecsplan.terms.observed import Aws, Observed
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.observing.observe_jobs import observe
from ecsplan_applier.observing.observer import Observer

ROLE = f"arn:aws:iam::{ACCOUNT}:role"
PINNED = f"pin_image: true, execution_role_arn: '{ROLE}/e'"
KINDS = {
    "nothing but an image": "image: alpine",
    "reuse of recent ones": "{name: recent, image: alpine, reuse: recent}",
    "retention of a group that the run makes": (
        f"{{image: alpine, configure_cloudwatch_logs: true, execution_role_arn: '{ROLE}/e',"
        " cloudwatch_logs_options: {awslogs-group: NEW-GROUP}, log_retention_days: 7}"
    ),
    "retention of any group": (
        f"{{image: alpine, configure_cloudwatch_logs: true, execution_role_arn: '{ROLE}/e',"
        " log_retention: {days: 7, always: true}, stream_output: false}"
    ),
    "tags of the definition": "{image: alpine, task_definition: {tags: [{key: team, value: data}]}}",
    "labels": "{image: alpine, labels: {team: data}}",
    "managed tags": "{image: alpine, enable_ecs_managed_tags: true}",
    "propagated tags": "{image: alpine, propagate_tags: TASK_DEFINITION}",
    "both roles": f"{{image: alpine, execution_role_arn: '{ROLE}/e', task_role_arn: '{ROLE}/path/t'}}",
    "a role in the overrides alone": (
        f"{{image: alpine, task_customizations:"
        f" [{{op: add, path: /overrides/taskRoleArn, value: '{ROLE}/over'}}]}}"
    ),
    "a volume of EBS": f"{{image: alpine, volumes: {{/data: {{ebs_gib: 10, role_arn: '{ROLE}/volumes'}}}}}}",
    "a cluster by its ARN": f"{{image: alpine, cluster: 'arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/batch'}}",
    "a cluster of a stack": "{variables: {}, image: alpine, cluster: '${cfn:infra.Cluster}'}",
    "a cluster of a stack by its ARN": (
        f"{{variables: {{}}, image: alpine, cluster:"
        f" '${{cfn:arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/infra/d0a825a0.Cluster}}'}}"
    ),
    "a role of a stack": (
        f"{{variables: {{}}, image: alpine, execution_role_arn: '{ROLE}/${{cfn:infra.Role}}'}}"
    ),
    "parameters in every spelling": (
        "{variables: {}, image: 'alpine:${ssm:tag}', env: {A: '${ssm:/a/b}', B: '${ssm:/a/c:3}',"
        f" C: '${{ssm:arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shared/d:live}}'}}}}"
    ),
    "an export": "{variables: {}, image: alpine, env: {A: '${cfn-export:prod-JobGroup}'}}",
    "a VPC by its id": "{image: alpine, vpc_id: vpc-0123456789abcdef0}",
    "a VPC by its tags": "{image: alpine, vpc_id: {tags: {Name: main}}}",
    "subnets by their tags": "{image: alpine, subnets: {tags: {tier: private}}}",
    "subnets by their tags in a VPC": (
        "{image: alpine, vpc_id: vpc-0123456789abcdef0, subnets: {tags: {tier: private}}}"
    ),
    "subnets by their ids": "{image: alpine, subnets: [subnet-0123456789abcdef0]}",
    "groups by name": "{image: alpine, security_groups: [database]}",
    "groups by name in a VPC": (
        "{image: alpine, vpc_id: vpc-0123456789abcdef0, security_groups: [database, sg-0123456789abcdef0]}"
    ),
    "groups by name beside subnets": (
        "{image: alpine, subnets: [subnet-0123456789abcdef0], security_groups: [database]}"
    ),
    "groups by name in a VPC beside subnets": (
        "{image: alpine, vpc_id: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0],"
        " security_groups: [database]}"
    ),
    "a group by a name that is looked up": (
        "{variables: {}, image: alpine, security_groups: ['${ssm:/group}']}"
    ),
    "a group by an id that is looked up": (
        "{variables: {}, image: alpine, security_groups: ['${cfn-export:prod-JobGroup}']}"
    ),
    "subnets by a patch": (
        "{image: alpine, task_customizations: [{op: replace, path:"
        " /networkConfiguration/awsvpcConfiguration/subnets, value: [subnet-0123456789abcdef0]}]}"
    ),
    "one more subnet by a patch": (
        "{image: alpine, task_customizations: [{op: add, path:"
        " /networkConfiguration/awsvpcConfiguration/subnets/-, value: subnet-0123456789abcdef0}]}"
    ),
    "a linked revision": "task_definition_arn: linked:2",
    "a linked family": "{task_definition_arn: linked, env: {A: b}}",
    "a linked family by a parameter": "{variables: {}, task_definition_arn: '${ssm:/linked}'}",
    "a linked family with another image": "{task_definition_arn: linked, image: alpine:3}",
    "a linked family with a patch": (
        "{task_definition_arn: linked, task_definition_customizations:"
        " [{op: add, path: /memory, value: '1024'}]}"
    ),
    "a linked family without its log": "{task_definition_arn: linked, stream_output: false}",
    "a service": "{service: web, cluster: shop}",
    "a service of the default cluster": "{service: web, command: [migrate]}",
    "a service by its ARN": f"service: 'arn:aws:ecs:us-east-1:{ACCOUNT}:service/shop/web'",
    "a service by a parameter": "{variables: {}, service: '${ssm:/service}', aws: {region: us-east-1}}",
    "a service by a parameter, and no region": "{variables: {}, service: '${ssm:/service}'}",
    "a service with groups by name": "{service: web, security_groups: [database]}",
    "a service with subnets by tags": "{service: web, subnets: {tags: {tier: private}}}",
    "deregistered afterwards": "{image: alpine, auto_deregister_task_definition: true}",
    "no other run beside": "{image: alpine, concurrency: forbid}",
    "a pinned image": f"{{image: {ECR}/team/etl:1, {PINNED}}}",
    "a pinned image without a tag": f"{{image: {ECR}/etl, {PINNED}}}",
    "a pinned image of another account and region": (
        f"{{image: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1', {PINNED}}}"
    ),
    "pinned images of two jobs, one with an assumed role": (
        f"{{defaults: {{image: '{ECR}/etl:1', {PINNED}}}, jobs:"
        f" {{a: {{}}, b: {{aws: {{assume_role_arn: '{ROLE}/b'}}}}}}}}"
    ),
    "an image with a digest": f"{{image: '{ECR}/etl@sha256:{'b' * 64}', {PINNED}}}",
    "a pinned image that a patch sets": (
        f"{{image: alpine, {PINNED}, task_definition_customizations: [{{op: replace, path:"
        f" /containerDefinitions/0/image, value: '{ECR}/patched:1'}}]}}"
    ),
    "a pinned tag of a parameter": f"{{variables: {{}}, image: '{ECR}/etl:${{ssm:/tag}}', {PINNED}}}",
    "a pinned repository of a parameter": (
        f"{{variables: {{}}, image: '{ECR}/team/${{ssm:/name}}:1', {PINNED}}}"
    ),
    "a pinned image of a parameter": f"{{variables: {{}}, image: '${{ssm:/image}}', {PINNED}}}",
    "the pinned image of a linked family": f"{{task_definition_arn: {OF_ECR}, pin_image: true}}",
    "the pinned image of a linked revision": f"{{task_definition_arn: '{OF_ECR}:1', pin_image: true}}",
    "a linked family with a pinned image": (
        f"{{task_definition_arn: linked, image: '{ECR}/etl:3', pin_image: true}}"
    ),
    "an array with retries": "{image: alpine, array: 3, max_parallel: 2, retry: {attempts: 3}}",
    "a matrix of families": (
        "{image: 'alpine:${matrix.size}', matrix: {size: [small, large]}, concurrency: wait}"
    ),
    "jobs one after another": (
        "{defaults: {image: alpine}, jobs:"
        " {a: {}, b: {after: [a], cluster: one}, c: {after: [b], image: busybox}}}"
    ),
    "a schedule": f"{{image: alpine, schedule: {{rate: 1 day, role_arn: '{ROLE}/scheduler'}}}}",
    "an assumed role": f"{{image: alpine, aws: {{assume_role_arn: '{ROLE}/deploy'}}}}",
    "two assumed roles and none": (
        "{defaults: {image: alpine}, jobs: {a: {}, b: {aws: {assume_role_arn: '"
        f"{ROLE}/b'}}}}, c: {{aws: {{assume_role_arn: '{ROLE}/c', region: eu-west-1}}}}}}}}"
    ),
    "several clusters and regions": (
        "{defaults: {image: alpine}, jobs: {a: {cluster: one}, b: {cluster: two},"
        " c: {aws: {region: eu-west-1}}, d: {cluster: one, labels: {x: y}}}}"
    ),
}
"""Manifests, each with something else that decides what it needs."""
MANIFESTS = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in sorted((ROOT / "manifests").rglob("*.yaml"))
}
CASES = {
    path.parent.name: (path.parent / "manifest.yaml").read_text("utf-8")
    for path in sorted((TESTS / "cases").glob("*/plan.json"))
}
LINKED = ("linked:2", "web:7", "web-app", "nightly-etl:3", "recent", OF_ECR)
CLUSTERS = [
    *(("us-east-1", each) for each in ("batch", "shop", "one", "two", "cluster-of-stack")),
    ("eu-west-1", "batch"),
]
NUMBERS = count()
"""Name log groups that there were not before."""
SHORT_OF_A_SUBNET = {"patch-left-open-offline"}
"""Cases that remove a subnet which the AWS of these tests does not have."""


def jobs_of(text: str, name: str) -> Jobs:
    # The account of the embedded ECS is not the one that examples name. Registries may be of another one.
    ours = re.sub(
        r"(?<![-\w])\d{12}(?![-\w]|\.dkr)", ACCOUNT, text.replace("NEW-GROUP", f"g-{next(NUMBERS)}")
    )
    folder = ROOT / name if name in MANIFESTS else TESTS / "cases" / name / "manifest.yaml"
    return read_jobs(
        ours, file=f"{slug(name)}.yaml", read=lambda each: (folder.parent / each).read_text("utf-8")
    )


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def planned_offline(text: str, name: str) -> Plan:
    plan = begin(jobs_of(text, name), None).result().plan
    assert plan is not None
    return plan


def planned(world: World, recording: Recording, text: str, name: str) -> Plan:
    observer = Observer(clock=world.clock, gateway=recording, workers=0)
    done = observe(begin(jobs_of(text, name), Observed()), with_answers, observer).result()
    assert done.plan is not None, done.diagnostics
    return done.plan


def applied(world: World, recording: Recording, plan: Plan, run_id: str) -> int:
    """Carry a plan out, and return its exit status."""
    values = {each.name: "0123" for job in plan.jobs for each in job.sensitive}
    world.endpoint.set_faults({})
    return world.apply(plan, world.fresh_family(run_id), gateway=recording, variables=values).status


def judge(command: Command, plan: Plan, recording: Recording) -> Judge:
    made = Judge((command,))
    made.take(plan, recording)
    return made


@pytest.fixture(scope="module")
def aws(world: World) -> AnsweringAws:
    made = AnsweringAws(world.endpoint.url, LINKED)
    create = Operation("ecs", "CreateCluster", "create_cluster")
    for region, name in CLUSTERS:
        made.call(made.target(Aws(region=region)), create, {"clusterName": name})
    return made


EVERYTHING = {**KINDS, **MANIFESTS}


@pytest.mark.parametrize("name", EVERYTHING)
def test_an_online_plan(world: World, aws: AnsweringAws, name: str) -> None:
    """Where the apply succeeds, it needs all that is allowed, but for StopTask: nothing is stopped here."""
    looking = Recording(aws)
    plan = planned(world, looking, EVERYTHING[name], name)
    compiled = judge("compile", plan, looking)
    carrying_out = Recording(aws, looking.revisions)
    status = applied(world, carrying_out, plan, slug(name))
    done = judge("apply", plan, carrying_out)

    assert (compiled.denied, compiled.unneeded()) == ([], [])
    assert judge("compile", planned_offline(EVERYTHING[name], name), looking).denied == []
    assert done.denied == []
    assert [*compiled.too_wide(), *done.too_wide()] == []
    assert [each for each in done.unneeded() if status == 0 and "StopTask" not in each] == []


@pytest.mark.parametrize("name", [each for each in (*EVERYTHING, *CASES) if each not in SHORT_OF_A_SUBNET])
def test_an_offline_plan(world: World, aws: AnsweringAws, name: str) -> None:
    plan, recording = planned_offline({**EVERYTHING, **CASES}[name], name), Recording(aws)

    applied(world, recording, plan, slug(name))

    assert judge("apply", plan, recording).denied == []
