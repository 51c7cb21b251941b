"""ARNs in policies: partitions, what is not known, and characters that policies read otherwise."""

import boto3
import pytest

from ecsplan.permissions.resource_arns import Where, known, parsed, partition_of

WHERE = Where("aws", "eu-west-1", "*")


def test_partitions_are_those_of_the_sdk() -> None:
    session = boto3.session.Session()
    regions = {
        region: partition
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ecs", partition)
    }

    assert {"aws", "aws-cn", "aws-us-gov"} <= set(regions.values())
    assert {region: partition_of(region) for region in regions} == regions


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("batch", "batch"),
        ("<ssm:/cluster at apply>", "*"),
        ("prod-<ssm:/cluster at apply>-<cfn:a.B at apply>", "prod-*-*"),
        ("<family of service web>", "*"),
        ("<family of service <ssm:/service at apply>>", "*"),
        ("a-<ssm:/a at apply>-<ssm:/a at apply>", "a-*-*"),
        ("a*b?c$d", "a${*}b${?}c${$}d"),
        ("a*<region at apply>", "a${*}*"),
        ("a<b", "a<b"),
    ],
)
def test_what_is_known(text: str, pattern: str) -> None:
    assert known(text) == pattern


@pytest.mark.parametrize(
    ("reference", "arn"),
    [
        ("batch", "arn:aws:ecs:eu-west-1:*:cluster/batch"),
        ("<ssm:/cluster at apply>", "arn:aws:ecs:eu-west-1:*:cluster/*"),
        (
            "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/b",
            "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/b",
        ),
        (
            "arn:aws:ecs:eu-west-1:111122223333:cluster/<ssm:/c at apply>",
            "arn:aws:ecs:eu-west-1:111122223333:cluster/*",
        ),
    ],
)
def test_named(reference: str, arn: str) -> None:
    assert WHERE.named("ecs", reference, "cluster/") == arn


def test_roles_have_no_region() -> None:
    assert WHERE.named("iam", "exec", "role/", regional=False) == "arn:aws:iam::*:role/exec"


@pytest.mark.parametrize("text", ["", "batch", "arn:aws:ecs", "a:b:c:d:e:f"])
def test_what_is_not_an_arn(text: str) -> None:
    assert parsed(text) is None
