"""Verify twenty jobs that share roles, subnets, secrets and an image: the whole process, and its calls."""

import http.client
import json
import sys
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from endpoint import LATENCY_S
from results import Findings, Table
from timing import FailedError, Ran, Spread, run
from venvs import ROOT, clean_environment, ecsplan

# Where the tests keep what starts an emulator with IAM, Secrets Manager and the other services.
sys.path.append(str(ROOT / "tests" / "support"))

from emulator_servers import moto

JOBS = 20
_ROUNDS, _QUICK_ROUNDS = 7, 2
_MAX_CALLS = 25
_MAX_S = 3.0
_REGION, _ACCOUNT = "us-east-1", "123456789012"
_MANIFEST = """\
defaults:
  image: {account}.dkr.ecr.us-east-1.amazonaws.com/etl:1
  cluster: batch
  execution_role_arn: arn:aws:iam::{account}:role/execution
  task_role_arn: arn:aws:iam::{account}:role/task
  configure_cloudwatch_logs: true
  cloudwatch_logs_options: {{awslogs-group: /jobs}}
  secrets:
    DATABASE: arn:aws:secretsmanager:us-east-1:{account}:secret:database
    TOKEN: /jobs/token
jobs:
"""


class _Delaying(ThreadingHTTPServer):
    """Passes requests on to another endpoint after a while, and counts them.

    Args:
        port: The port of the other endpoint, on loopback.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.port = port
        self.calls: Counter[str] = Counter()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out as it is written: its body would wait for the acknowledgement of its head.
    disable_nagle_algorithm = True
    server: _Delaying

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.calls[self._operation(body)] += 1
        time.sleep(LATENCY_S)
        way = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        way.request(self.command, self.path, body, dict(self.headers))
        answer = way.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"content-length", "connection", "transfer-encoding", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        way.close()

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def _operation(self, body: bytes) -> str:
        if target := self.headers.get("X-Amz-Target"):
            return target.rpartition(".")[2]
        action = urllib.parse.parse_qs(body.decode("utf-8", "replace")).get("Action")
        return action[0] if action else f"{self.command} {self.path}"

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


def measure(home: Path, *, quick: bool) -> Findings:
    """Return how long `ecsplan verify` takes, and how many calls it makes."""
    findings, rounds = Findings(), _QUICK_ROUNDS if quick else _ROUNDS
    manifest = home / "jobs.yaml"
    manifest.write_text(
        _MANIFEST.format(account=_ACCOUNT) + "".join(f"  job{n}: {{}}\n" for n in range(JOBS)), "utf-8"
    )
    with moto(home) as emulator:
        _furnish(emulator.url)
        with _Delaying(int(emulator.url.rpartition(":")[2])) as endpoint:
            env = clean_environment(home, _settings(endpoint.url))
            command = [*ecsplan(), "verify", "--format", "json", str(manifest)]
            _check(run(command, env=env, accept=(0, 1)))
            endpoint.calls.clear()
            ran = [run(command, env=env, accept=(0, 1)) for _ in range(rounds)]
            calls = Counter(endpoint.calls)
            endpoint.calls.clear()
            policy = run([*ecsplan(), "iam", str(manifest)], env=env).output
            asked = endpoint.calls.total()
            endpoint.shutdown()
    took = Spread(tuple(each.wall_s for each in ran))
    a_run = calls.total() / rounds
    what = f"`ecsplan verify` of {JOBS} jobs that share what they need"
    findings.at_most(
        f"{what}, with 20 ms a call",
        f"{took:.2f} s",
        ratio=took.median,
        limit=_MAX_S,
        words=f"at most {_MAX_S:.0f} s",
    )
    findings.at_most(
        f"{what}: calls",
        f"{a_run:.0f} calls",
        ratio=a_run,
        limit=_MAX_CALLS,
        words=f"at most {_MAX_CALLS}",
    )
    findings.at_most(
        f"`ecsplan iam` of the {JOBS} jobs: calls",
        f"{asked} calls",
        against=f"{len(json.loads(policy)['Statement'])} statements",
        ratio=asked,
        limit=0,
        words="none",
    )
    cpu = Spread(tuple(each.cpu_s for each in ran))
    named = ", ".join(f"{count // rounds} {name}" for name, count in sorted(calls.items()))
    row = (f"{JOBS} jobs", f"{took:.2f}", f"{cpu:.2f}", named)
    findings.tables.append(
        Table("Verifying: `ecsplan verify`", ("", "wall s", "CPU s", "calls"), [row], _NOTE)
    )
    return findings


_NOTE = (
    "One cluster, two roles, a secret, a parameter, a log group, an image and the subnets of the default\n"
    "VPC, in an unmodified moto behind a proxy that adds the latency."
)


def _check(ran: Ran) -> None:
    """Check that the jobs were verified.

    Raises:
        FailedError: They were not.
    """
    found = json.loads(ran.output)
    if not any(each["check"] == "role-trust" and each["state"] == "ok" for each in found):
        raise FailedError(f"no role was found in order: {[each['message'] for each in found]}")


def _settings(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": _REGION,
    }


def _furnish(url: str) -> None:
    """Make everything that the jobs need."""

    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
        return boto3.client(service, region_name=_REGION, endpoint_url=url, **keys)

    service = {"Service": "ecs-tasks.amazonaws.com"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]}
    for name in ("execution", "task"):
        client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    client("ecs").create_cluster(clusterName="batch")
    client("secretsmanager").create_secret(Name="database", SecretString="{}")
    client("ssm").put_parameter(Name="/jobs/token", Value="x", Type="String")
    client("logs").create_log_group(logGroupName="/jobs")
    _put_image(client("ecr"))
    _open_network(client("ec2"))


def _put_image(ecr: Any) -> None:
    """Make a repository with an image whose index names the platform of the jobs."""
    kind = "application/vnd.oci.image.index.v1+json"
    entry = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "size": 2,
        "digest": f"sha256:{'0' * 64}",
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    manifest = {"schemaVersion": 2, "mediaType": kind, "manifests": [entry]}
    ecr.create_repository(repositoryName="etl")
    ecr.put_image(
        repositoryName="etl",
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=kind,
        imageTag="1",
    )


def _open_network(ec2: Any) -> None:
    """Give the default VPC a way out."""
    default = [{"Name": "isDefault", "Values": ["true"]}]
    vpc = ec2.describe_vpcs(Filters=default)["Vpcs"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    for each in tables:
        ec2.create_route(
            RouteTableId=each["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )
