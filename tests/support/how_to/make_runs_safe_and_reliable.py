"""What the pages of "Make runs safe and reliable" find in the account."""

from page_account import REGION, Account

from how_to.definitions import REGISTRY, image_of_ecr, make_roles, register

IN_MOTO = frozenset({"before-it-runs", "pin-the-image"})


def once_in_a_retried_pipeline(account: Account) -> None:
    account.shell["GITHUB_RUN_ID"] = "1234567890"
    account.program("pip")


def spot_and_retries(account: Account) -> None:
    account.client("ecs").create_cluster(clusterName="batch", capacityProviders=["FARGATE", "FARGATE_SPOT"])


def pin_the_image(account: Account) -> None:
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="etl")
    ecr.put_image(**image_of_ecr("etl", "1", "first"))
    script = account.programs / "push.py"
    pushed = image_of_ecr("etl", "1", "second")
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
    account.client("ecr").put_image(**image_of_ecr("nightly", "41", "first"))


def _route_to_the_internet(account: Account) -> None:
    """Give the default VPC what AWS gives it and moto does not: an internet gateway, and a route to it."""
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
