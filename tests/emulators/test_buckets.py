"""The buckets that tests of the ledger use answer as moto's S3 does, and disturb a call as they say."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError
from bucket_endpoint import BucketEndpoint
from bucket_faults import FAULTS, WRITE_FAULTS, Disturbance
from bucket_gateway import BucketGateway
from buckets import Buckets
from emulator_servers import moto

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError

BUCKET = "ledger"
KEY = "123/us-east-1/runs/%41/etl%5B1%5D.json"


def client(url: str, *, read_timeout_s: float = 60.0) -> Any:
    """Return a client that makes each call once."""
    retries = {"total_max_attempts": 1}
    config = Config(retries=retries, read_timeout=read_timeout_s, s3={"addressing_style": "path"})
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config, **keys)


@pytest.fixture(scope="module", params=["moto", "ours"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve an S3 with one empty bucket: moto's, then ours."""
    if request.param == "moto":
        with moto(tmp_path_factory.mktemp("moto")) as emulator:
            client(emulator.url).create_bucket(Bucket=BUCKET)
            yield emulator.url
        return
    buckets = Buckets()
    buckets.make(BUCKET)
    with BucketEndpoint(buckets) as endpoint:
        yield endpoint.url


def said(call: Callable[[], Any]) -> tuple[int, str]:
    """Return the HTTP status and the error code of a call."""
    try:
        return call()["ResponseMetadata"]["HTTPStatusCode"], ""
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]


def test_a_write_has_its_effect_only_where_its_condition_holds(url: str) -> None:
    s3 = client(url)

    def put(body: str, key: str = KEY, **condition: str) -> tuple[int, str]:
        return said(lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode(), **condition))

    created = put("one", IfNoneMatch="*")
    etag = s3.get_object(Bucket=BUCKET, Key=KEY)["ETag"]

    assert created == (200, "")
    assert put("two", IfNoneMatch="*") == (412, "PreconditionFailed")
    assert put("two", IfMatch='"0123"') == (412, "PreconditionFailed")
    assert put("two", IfMatch=etag) == (200, "")
    assert put("three", IfMatch=etag) == (412, "PreconditionFailed")
    assert put("three", key="none", IfMatch=etag) == (404, "NoSuchKey")
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"two"


def test_of_several_writers_at_once_one_succeeds(url: str) -> None:
    ends: list[tuple[int, str]] = []

    def write(body: bytes) -> None:
        s3 = client(url)
        ends.append(said(lambda: s3.put_object(Bucket=BUCKET, Key="race", Body=body, IfNoneMatch="*")))

    threads = [threading.Thread(target=write, args=(b"%d" % number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(ends) == [(200, ""), *[(412, "PreconditionFailed")] * 7]


def test_keys_are_listed_page_by_page_as_they_were_written(url: str) -> None:
    s3 = client(url)
    keys = [f"list/{each}" for each in ("%41/1.json", "a b", "ä&<", "z/1", "z/2")]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    pages = list(
        s3.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix="list/", PaginationConfig={"PageSize": 2}
        )
    )
    folded = s3.list_objects_v2(Bucket=BUCKET, Prefix="list/", Delimiter="/")

    assert [len(each["Contents"]) for each in pages] == [2, 2, 1]
    assert sorted(each["Key"] for page in pages for each in page["Contents"]) == sorted(keys)
    assert [each["Prefix"] for each in folded["CommonPrefixes"]] == ["list/%41/", "list/z/"]
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="nothing")


def test_what_is_not_there_has_the_same_code(url: str) -> None:
    s3 = client(url)

    assert said(lambda: s3.get_object(Bucket="nowhere", Key=KEY)) == (404, "NoSuchBucket")
    assert said(lambda: s3.put_object(Bucket="nowhere", Key=KEY, Body=b"")) == (404, "NoSuchBucket")
    assert said(lambda: s3.list_objects_v2(Bucket="nowhere")) == (404, "NoSuchBucket")
    assert said(lambda: s3.get_object(Bucket=BUCKET, Key="nothing")) == (404, "NoSuchKey")


@pytest.fixture
def buckets() -> Buckets:
    made = Buckets()
    made.make(BUCKET)
    return made


CALLS: dict[str, Callable[[Any], Any]] = {
    "GetObject": lambda s3: s3.get_object(Bucket=BUCKET, Key=KEY),
    "PutObject": lambda s3: s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"{}"),
    "ListObjectsV2": lambda s3: s3.list_objects_v2(Bucket=BUCKET, Prefix="123/"),
}


@pytest.mark.parametrize("denied", CALLS)
def test_each_operation_is_denied_alone(buckets: Buckets, denied: str) -> None:
    buckets.put(BUCKET, KEY, "{}")
    buckets.deny(denied)

    with BucketEndpoint(buckets) as endpoint:
        s3 = client(endpoint.url)
        found = {name: said(partial(call, s3)) for name, call in CALLS.items()}

    assert found == {name: (403, "AccessDenied") if name == denied else (200, "") for name in CALLS}


def test_who_may_not_list_is_not_told_that_an_object_does_not_exist(buckets: Buckets) -> None:
    buckets.deny("ListObjectsV2")

    with BucketEndpoint(buckets) as endpoint:
        assert said(lambda: CALLS["GetObject"](client(endpoint.url))) == (403, "AccessDenied")


def test_a_bucket_in_another_region_is_reached_by_the_sdk_and_refused_to_the_gateway(
    buckets: Buckets,
) -> None:
    buckets.make(BUCKET, "eu-west-1")
    gateway = BucketGateway(buckets)
    listing = Operation("s3", "ListObjectsV2", "list_objects_v2")

    with BucketEndpoint(buckets) as endpoint:
        assert said(lambda: CALLS["ListObjectsV2"](client(endpoint.url))) == (200, "")
    with pytest.raises(AwsError) as refused:
        gateway.call(gateway.target(Aws()), listing, {"Bucket": BUCKET})

    assert (refused.value.status, refused.value.code) == (301, "PermanentRedirect")


def outcome(call: Callable[[], Any]) -> str:
    """Return how a call ends, in a word."""
    try:
        return str(said(call)[1])
    except (ConnectionClosedError, ResponseStreamingError):
        return "broken"
    except ReadTimeoutError:
        return "late"


ENDS = {
    "error 500": "InternalError",
    "error 500 after the effect": "InternalError",
    "error 503": "ServiceUnavailable",
    "throttle": "SlowDown",
    "throttle after the effect": "SlowDown",
    "reset before the effect": "broken",
    "reset after the effect": "broken",
    # The SDK takes an answer to PutObject that is cut off for an error of the server.
    "truncated answer": "500",
    "late effect": "late",
    "late answer": "late",
    "conflict 409": "ConditionalRequestConflict",
    "412 after the effect": "PreconditionFailed",
}


@pytest.mark.parametrize(("fault", "end"), ENDS.items())
def test_one_call_is_disturbed_before_or_after_its_effect(buckets: Buckets, fault: str, end: str) -> None:
    disturbance = (FAULTS | WRITE_FAULTS)[fault]
    buckets.disturb(Disturbance("PutObject", 2, disturbance))

    with BucketEndpoint(buckets, late_s=60) as endpoint:
        s3 = client(endpoint.url)
        disturbed = client(endpoint.url, read_timeout_s=0.5) if end == "late" else s3
        first = outcome(lambda: s3.put_object(Bucket=BUCKET, Key="first", Body=b"1"))
        second = outcome(lambda: disturbed.put_object(Bucket=BUCKET, Key="second", Body=b"2"))
        there = "second" in buckets.texts(BUCKET)
        third = outcome(lambda: s3.put_object(Bucket=BUCKET, Key="third", Body=b"3"))

    assert (first, second, third) == ("", end, "")
    assert there == disturbance.executed
    # A late effect comes after the next call.
    assert ("second" in buckets.texts(BUCKET)) == (disturbance.executed or disturbance.is_late)


def test_a_body_may_be_truncated(buckets: Buckets) -> None:
    buckets.put(BUCKET, KEY, "{}")
    buckets.disturb(Disturbance("GetObject", 1, FAULTS["truncated answer"]))

    with BucketEndpoint(buckets) as endpoint:
        body = CALLS["GetObject"](client(endpoint.url))["Body"]
        with pytest.raises(ResponseStreamingError):
            body.read()


def test_the_faults_are_those_that_are_tested() -> None:
    assert set(ENDS) == {*FAULTS, *WRITE_FAULTS}
