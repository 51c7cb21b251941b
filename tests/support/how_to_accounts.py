"""What the pages of docs/how-to/ find in the account when they are read, and on the machine.

`prepare` calls the function that is named after the page, if there is one. A page whose commands need more
than ECS, such as EventBridge Scheduler, IAM or ECR, is followed against moto; `IN_MOTO` names it.
"""

import hashlib
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from bucket_endpoint import BucketEndpoint
from buckets import Buckets
from certificates import self_signed
from inspecting_proxy import inspecting_proxy

ACCOUNT = "111122223333"
REGION = "eu-west-1"
IN_MOTO: frozenset[str] = frozenset(
    {"before-it-runs", "emulator", "iam-rights", "keep-five-revisions", "nightly", "pin-the-image"}
)
LOGGED = """\
image: public.ecr.aws/docker/library/alpine:3
cluster: batch
execution_role_arn: ecsTaskExecutionRole
stream_output: true
"""
"""What a job has whose output goes to CloudWatch Logs."""
SCRIPTED: Mapping[str, Mapping[str, Any]] = {
    "shell-in-a-container": {
        "tasks": [{"timeline": [{"at": 0, "status": "RUNNING"}, {"at": 0, "agent": "RUNNING"}]}]
    }
}
"""Pages whose tasks do as a script says, since they do what processes of this machine cannot."""
_AWS_CLI = """
import sys
from pathlib import Path

import boto3

region, service, operation, *words = sys.argv[1:]
given = {}
for name, value in zip(words[::2], words[1::2], strict=True):
    member = "".join(each.capitalize() for each in name.removeprefix("--").split("-"))
    given[member] = Path(value.removeprefix("file://")).read_text() if value.startswith("file://") else value
client = boto3.client(service, region_name=region)
getattr(client, operation.replace("-", "_"))(**given)
"""
_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True)
class Account:
    """An account behind an address, and the reader's machine.

    Attributes:
        url: Where AWS is.
        folder: The reader's folder, in which the page begins.
        shell: The variables of the reader's shell.
        programs: A folder on the reader's path.
        endings: What is closed, and looked at, once the page has been read.
    """

    url: str
    folder: Path
    shell: dict[str, str]
    programs: Path
    endings: ExitStack = field(default_factory=ExitStack)

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of the account."""
        return _client(self.url, service, region, self.shell)

    def program(self, name: str, script: str = "exit 0") -> None:
        """Put a program on the path, a script for `sh`."""
        path = self.programs / name
        path.unlink(missing_ok=True)  # a link is not written through
        path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        path.chmod(0o755)

    def cluster(self, name: str) -> None:
        """Make a cluster."""
        self.client("ecs").create_cluster(clusterName=name)

    def apply(self, manifest: str, run_id: str, *options: str) -> None:
        """Run jobs before the page begins, and wait for them unless `--detach` is given."""
        path = self.folder.parent / f"{run_id}.yaml"
        path.write_text(manifest, "utf-8")
        plan = self.ecsplan("compile", path.name).stdout
        self.ecsplan("apply", "-", "--run-id", run_id, *options, given=plan)

    def ecsplan(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command beside the reader's folder."""
        return subprocess.run(
            [str(self.programs / "ecsplan"), *arguments],
            cwd=self.folder.parent,
            env=self.shell,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def _client(url: str, service: str, region: str, shell: Mapping[str, str]) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=shell["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=shell["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=shell.get("AWS_SESSION_TOKEN"),
    )


def credentials_in_moto(url: str, shell: Mapping[str, str]) -> dict[str, str]:
    """Return credentials with which moto takes its caller for one of the reader's account."""
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    assumed = _client(url, "sts", REGION, shell).assume_role(RoleArn=role, RoleSessionName="reader")
    return {
        "AWS_ACCESS_KEY_ID": assumed["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["Credentials"]["SessionToken"],
    }


def prepare(page: str, account: Account) -> None:
    """Make what a page says is there."""
    function = getattr(sys.modules[__name__], page.replace("-", "_"), None)
    if function is not None:
        function(account)


def before_it_runs(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch")
    _roles(account, "ecsTaskExecutionRole")
    _route_to_the_internet(account)
    account.client("ecr").create_repository(repositoryName="nightly")
    account.client("ecr").put_image(**_image("nightly", "41", "first"))


def beside_a_service(account: Account) -> None:
    ecs, ec2 = account.client("ecs"), account.client("ec2")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web",
        cpu="256",
        memory="512",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="ecsTaskExecutionRole",
        containerDefinitions=[
            {
                "name": "web",
                "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/web:41d09ab",
                "environment": [{"name": "DATABASE", "value": "orders"}],
                "logConfiguration": _log("shop", "web"),
            }
        ],
    )
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets[:2]}},
    )


def check_before_commit(account: Account) -> None:
    account.program("pre-commit")
    subprocess.run(["git", "init", "--quiet", "--template="], cwd=account.folder, check=True)
    for name in ("AUTHOR", "COMMITTER"):
        account.shell.update({f"GIT_{name}_NAME": "Ann", f"GIT_{name}_EMAIL": "ann@example.com"})


def come_back_to_a_run(account: Account) -> None:
    account.cluster("batch")
    gate = account.folder.parent / "gate"
    waiting = f"echo 3 files; while [ ! -e '{gate}' ]; do sleep 0.1; done"
    (account.folder / "job.yaml").write_text(_jobs(load=waiting), "utf-8")
    plan = account.ecsplan("compile", "work/job.yaml").stdout
    (account.folder / "plan.json").write_text(plan, "utf-8")
    account.ecsplan("apply", "-", "--run-id", "nightly-0131", "--detach", given=plan)
    # The job ends once it is watched again, however long that takes on a busy machine.
    real = (account.programs / "ecsplan").readlink()
    account.program("ecsplan", f"[ \"$1\" != apply ] || touch '{gate}'\nexec '{real}' \"$@\"")


def credentials(account: Account) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        del account.shell[name]
    account.shell["AWS_DEFAULT_REGION"] = REGION
    folder = account.programs.parent / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        "[profile staging]\nregion = eu-west-1\nsso_session = acme\nsso_account_id = 111122223333\n"
        "sso_role_name = Batch\n"
        "[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
        "utf-8",
    )
    # The embedded account has no IAM Identity Center, so signing in leaves a key in place of a token.
    signed_in = r"[profile staging]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    account.program("aws", f"printf '{signed_in}' >{folder}/config")


def definition_from_terraform(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch")
    log = {"awslogs-group": "/ecs/etl", "awslogs-region": REGION, "awslogs-stream-prefix": "etl"}
    _register(
        account,
        "etl",
        f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/etl:7",
        logConfiguration={"logDriver": "awslogs", "options": {**log, "awslogs-create-group": "true"}},
    )
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/etl:1"
    output = {"etl_definition": {"sensitive": False, "type": "string", "value": arn}}
    account.program("terraform", f"echo {shlex.quote(json.dumps(output))}")


def durations(account: Account) -> None:
    account.cluster("batch")
    for night in ("nightly-0130", "nightly-0131"):
        account.apply(_jobs(extract="echo 3 files", load="sleep 0.1"), night)


def emulator(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch")
    account.shell["EMULATOR"] = account.shell.pop("AWS_ENDPOINT_URL")


def failed_to_start(account: Account) -> None:
    account.cluster("batch")


def from_a_script(account: Account) -> None:
    _with_etl(account)
    account.program("aws", "echo 'init runs nothing' >&2; exit 1")


def from_a_service(account: Account) -> None:
    ecs = account.client("ecs")
    _with_etl(account)
    network = {"awsvpcConfiguration": {"subnets": ["subnet-9fe58625000000000"]}}
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(**_ETL | {"family": "web"})
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    started = ecs.run_task(
        cluster="batch", taskDefinition="etl", launchType="FARGATE", networkConfiguration=network
    )
    account.shell["TASK"] = started["tasks"][0]["taskArn"]


def from_prefect(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch")


def from_task_definition(account: Account) -> None:
    _with_etl(account)
    folder = account.folder / "etl"
    folder.mkdir()
    (folder / "task-def.json").write_text(json.dumps(_ETL), "utf-8")
    (folder / "run-task.json").write_text(
        json.dumps(
            {
                "cluster": "batch",
                "taskDefinition": "etl",
                "launchType": "FARGATE",
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-9fe58625000000000"]}},
                "overrides": {"containerOverrides": [{"name": "app", "command": ["echo", "loading today"]}]},
            }
        ),
        "utf-8",
    )


def iam_rights(account: Account) -> None:
    _roles(account, "ci")
    _aws_cli(account)


def image_of_this_commit(account: Account) -> None:
    account.shell["GITHUB_SHA"] = "8f4e2c1"


def install_in_ci(account: Account) -> None:
    _with_jobs(account)
    account.program("docker")
    account.program("pip")


def keep_five_revisions(account: Account) -> None:
    for tag in range(1, 9):
        _register(account, "nightly", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/nightly:{tag}")
    definition = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/nightly:2"
    account.client("scheduler").create_schedule(
        Name="month-end",
        ScheduleExpression="cron(0 3 L * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/default",
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
            "EcsParameters": {"TaskDefinitionArn": definition},
        },
    )


def last_nights_logs(account: Account) -> None:
    account.cluster("batch")
    load = "echo reading 3 files; echo orders.csv: line 7 has 3 columns instead of 4; exit 1"
    account.apply(_jobs(extract="echo 3 files", load=load), "nightly-0131")


def nightly(account: Account) -> None:
    # What belongs to a role that was assumed belongs, in moto, to the account of the role.
    role = f"arn:aws:iam::{ACCOUNT}:role/reader"
    keys = account.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    account.shell["AWS_ACCESS_KEY_ID"] = keys["AccessKeyId"]
    account.shell["AWS_SECRET_ACCESS_KEY"] = keys["SecretAccessKey"]
    account.shell["AWS_SESSION_TOKEN"] = keys["SessionToken"]


def no_log(account: Account) -> None:
    account.cluster("batch")


def once_in_a_retried_pipeline(account: Account) -> None:
    account.shell["GITHUB_RUN_ID"] = "1234567890"
    account.program("pip")


def other_arguments(account: Account) -> None:
    account.client("ecs").register_task_definition(
        family="load",
        cpu="1024",
        memory="2048",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        executionRoleArn="ecsTaskExecutionRole",
        containerDefinitions=[
            {
                "name": "main",
                "image": "public.ecr.aws/docker/library/alpine:3",
                "logConfiguration": _log("ecsplan", "load"),
            }
        ],
    )


def pin_the_image(account: Account) -> None:
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="etl")
    ecr.put_image(**_image("etl", "1", "first"))
    script = account.programs / "push.py"
    pushed = _image("etl", "1", "second")
    script.write_text(
        f"import boto3\nboto3.client('ecr', region_name={REGION!r}).put_image(**{pushed!r})\n", "utf-8"
    )
    account.program("docker", f"exec python {script}")


def proxy(account: Account) -> None:
    home = account.programs.parent
    tls, certificate = self_signed(home, f"*.{REGION}.amazonaws.com")
    certificate.rename(account.folder / "company-ca.pem")
    endpoint = account.shell.pop("AWS_ENDPOINT_URL")
    running = account.endings.enter_context(
        inspecting_proxy(endpoint, tls, user="ann", password="not-a-secret")
    )
    account.shell["PROXY"] = f"http://ann:not-a-secret@127.0.0.1:{running.server_port}"
    account.endings.callback(_assert_used, running.hosts)


def python_library(account: Account) -> None:
    container = {"name": "main", "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/etl:1.3.0"}
    size = {"cpu": "1024", "memory": "2048"}
    account.client("ecs").register_task_definition(**_ETL | size | {"containerDefinitions": [container]})


def review_a_pull_request(account: Account) -> None:
    _register(account, "report", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/report:7")


def runs_of_a_pipeline(account: Account) -> None:
    account.cluster("batch")
    (account.folder / "job.yaml").write_text(_jobs(load="echo 3 files"), "utf-8")
    buckets = Buckets()
    buckets.make("acme-jobs")
    account.shell["AWS_ENDPOINT_URL_S3"] = account.endings.enter_context(BucketEndpoint(buckets)).url
    account.shell["GITHUB_RUN_ID"] = "1234567890"
    account.program("pip")
    account.endings.callback(_was_written_and_read, buckets)


def secrets(account: Account) -> None:
    account.client("secretsmanager").create_secret(
        Name="prod/db", SecretString='{"password": "correct horse"}'
    )
    account.client("ssm").put_parameter(Name="/prod/api-token", Type="SecureString", Value="battery staple")


def several_accounts(account: Account) -> None:
    folder = Path(account.shell["HOME"]) / ".aws"
    folder.mkdir()
    keys = f"aws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n"
    (folder / "config").write_text(f"[profile test]\n{keys}", "utf-8")


def shell_in_a_container(account: Account) -> None:
    account.cluster("batch")
    version = '[ "$1" != --version ] || exec echo 1.2.707.0'
    account.program("session-manager-plugin", f"{version}\necho 'of the session'")


def spot_and_retries(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch", capacityProviders=["FARGATE", "FARGATE_SPOT"])


def stop_a_detached_run(account: Account) -> None:
    account.cluster("batch")


def to_terraform(account: Account) -> None:
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="batch")
    log = {
        "awslogs-create-group": "true",
        "awslogs-group": "ecsplan",
        "awslogs-region": REGION,
        "awslogs-stream-prefix": "load",
    }
    container = {
        "name": "main",
        "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/etl:1.4.0",
        "logConfiguration": {"logDriver": "awslogs", "options": log},
    }
    size = {"cpu": "1024", "memory": "2048"}
    ecs.register_task_definition(**_ETL | size | {"family": "load", "containerDefinitions": [container]})


def what_runs_now(account: Account) -> None:
    account.cluster("batch")
    account.apply(_jobs(report="echo done"), "report-0131")
    account.apply(_jobs(load="sleep 300"), "nightly-0131", "--detach")


def why_registered_again(account: Account) -> None:
    account.cluster("batch")
    account.apply(f"name: load\n{LOGGED}command: [echo, loading]\n", "first")
    ecs = account.client("ecs")
    request = ecs.describe_task_definition(taskDefinition="load")["taskDefinition"]
    members = ["family", "containerDefinitions", "networkMode", "requiresCompatibilities"]
    members += ["cpu", "memory", "executionRoleArn"]
    request["containerDefinitions"][0]["environment"] = [{"name": "DEBUG", "value": "1"}]
    ecs.register_task_definition(**{name: request[name] for name in members})


def windows_and_macos(account: Account) -> None:
    _with_jobs(account)
    account.program("pipx")


def _assert_used(hosts: set[str]) -> None:
    assert f"ecs.{REGION}.amazonaws.com:443" in hosts, "the page was not read through the proxy"


def _aws_cli(account: Account) -> None:
    """Put an `aws` on the path that makes the call it is told to, as far as options have texts or files."""
    script = account.programs / "aws.py"
    script.write_text(_AWS_CLI, "utf-8")
    account.program("aws", f'exec python {script} {REGION} "$@"')


def _image(repository: str, tag: str, content: str) -> dict[str, str]:
    """Return what puts an image into a repository of ECR, for PutImage; its digest is that of the content."""
    index = {
        "schemaVersion": 2,
        "manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}],
        "annotations": {"content": content},
    }
    manifest = json.dumps(index)
    return {
        "repositoryName": repository,
        "imageTag": tag,
        "imageManifest": manifest,
        "imageDigest": f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}",
        "imageManifestMediaType": _INDEX,
    }


def _jobs(**scripts: str) -> str:
    """Return jobs that log, one after the other."""
    documents, before = [], ""
    for name, script in scripts.items():
        documents.append(f"name: {name}\n{LOGGED}command: {json.dumps(['sh', '-c', script])}\n{before}")
        before = f"after: [{name}]\n"
    return "---\n".join(documents)


def _log(group: str, prefix: str) -> dict[str, Any]:
    options = {
        "awslogs-create-group": "true",
        "awslogs-group": group,
        "awslogs-region": REGION,
        "awslogs-stream-prefix": prefix,
    }
    return {"logDriver": "awslogs", "options": options}


def _register(account: Account, family: str, image: str, **container: Any) -> None:
    """Register a task definition for Fargate with one container."""
    account.client("ecs").register_task_definition(
        family=family,
        containerDefinitions=[{"name": "main", "image": image, "essential": True, **container}],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="2048",
        executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole",
    )


def _roles(account: Account, *names: str) -> None:
    """Make roles that ECS may assume for tasks."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    for name in names:
        account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


def _route_to_the_internet(account: Account) -> None:
    """Give the default VPC what AWS gives it and moto does not: an internet gateway, and a route to it."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)


def _was_written_and_read(buckets: Buckets) -> None:
    assert {"PutObject", "GetObject"} <= {name for name, _ in buckets.numbered()}


_ETL = {
    "family": "etl",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "executionRoleArn": "arn:aws:iam::111122223333:role/ecsTaskExecutionRole",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/etl:1.4.0",
            "command": ["echo", "loading"],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/etl",
                    "awslogs-region": "eu-west-1",
                    "awslogs-stream-prefix": "etl",
                },
            },
        }
    ],
}
"""A task definition that was registered with the AWS CLI."""


def _with_etl(account: Account) -> None:
    account.client("logs").create_log_group(logGroupName="/ecs/etl")
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="batch")
    ecs.register_task_definition(**_ETL)


def _with_jobs(account: Account) -> None:
    folder = account.folder / "jobs"
    folder.mkdir()
    image = "public.ecr.aws/docker/library/alpine:3"
    (folder / "load.yaml").write_text(f"image: {image}\ncommand: [echo, loading]\n", "utf-8")
