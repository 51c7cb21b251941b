"""What the pages of "Start a job" find in the account."""

import json
from pathlib import Path

from page_account import REGION, Account

from how_to.definitions import REGISTRY, awslogs, image_of_ecr, make_roles, register
from how_to.programs import aws_cli

IN_MOTO = frozenset({"nightly", "on-ec2-instances", "private-subnets"})


def image_of_this_commit(account: Account) -> None:
    account.shell["GITHUB_SHA"] = "8f4e2c1"


def other_arguments(account: Account) -> None:
    image = "public.ecr.aws/docker/library/alpine:3"
    register(account, "load", image, logConfiguration=awslogs("ecsplan", "load", create=True))


def beside_a_service(account: Account) -> None:
    ecs, ec2 = account.client("ecs"), account.client("ec2")
    account.cluster("shop")
    register(
        account,
        "web",
        f"{REGISTRY}/web:41d09ab",
        name="web",
        environment=[{"name": "DATABASE", "value": "orders"}],
        logConfiguration=awslogs("shop", "web", create=True),
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


def private_registry(account: Account) -> None:
    aws_cli(account)


def private_subnets(account: Account) -> None:
    make_roles(account, "ecsTaskExecutionRole")
    account.cluster("default")
    account.client("ecr").create_repository(repositoryName="load")
    account.client("ecr").put_image(**image_of_ecr("load", "3", "third"))
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    tags = [{"ResourceType": "subnet", "Tags": [{"Key": "tier", "Value": "private"}]}]
    ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.96.0/20", TagSpecifications=tags)
    ec2.create_security_group(GroupName="database-clients", Description="Jobs", VpcId=vpc)


def on_ec2_instances(account: Account) -> None:
    account.cluster("gpu")
    images = account.client("ec2").describe_images(Owners=["amazon"])["Images"]
    started = account.client("ec2").run_instances(
        ImageId=images[0]["ImageId"], InstanceType="g4dn.xlarge", MinCount=1, MaxCount=1
    )
    document = json.dumps({"instanceId": started["Instances"][0]["InstanceId"]})
    account.client("ecs").register_container_instance(cluster="gpu", instanceIdentityDocument=document)


def several_accounts(account: Account) -> None:
    folder = Path(account.shell["HOME"]) / ".aws"
    folder.mkdir()
    keys = f"aws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n"
    (folder / "config").write_text(f"[profile test]\n{keys}", "utf-8")
