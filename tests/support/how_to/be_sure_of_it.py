"""What the pages of "… be sure of it" find in the account."""

import hashlib
import json

from page_account import REGION, Account

from how_to.definitions import REGISTRY, make_roles, register

IN_MOTO = frozenset({"before-it-runs", "pin-the-image"})
_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


def once_in_a_retried_pipeline(account: Account) -> None:
    account.shell["GITHUB_RUN_ID"] = "1234567890"
    account.program("pip")


def spot_and_retries(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch", capacityProviders=["FARGATE", "FARGATE_SPOT"])


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


def review_a_pull_request(account: Account) -> None:
    register(account, "report", f"{REGISTRY}/report:7")


def before_it_runs(account: Account) -> None:
    account.cluster("batch")
    make_roles(account, "ecsTaskExecutionRole")
    _route_to_the_internet(account)
    account.client("ecr").create_repository(repositoryName="nightly")
    account.client("ecr").put_image(**_image("nightly", "41", "first"))


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


def _route_to_the_internet(account: Account) -> None:
    """Give the default VPC what AWS gives it and moto does not: an internet gateway, and a route to it."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
