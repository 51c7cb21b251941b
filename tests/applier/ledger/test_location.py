"""Where a ledger is, by what a user may write; and with which credentials a bucket is asked for."""

from pathlib import Path
from typing import Any

import pytest
from scripted_aws import JumpingClock, ScriptedAws

from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions, Target
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.ledger.location import BucketPlace, ledger_place
from ecsplan_applier.ledger.open import open_ledger, s3_target
from ecsplan_applier.outcomes.errors import UsageError
from ecsplan_applier.scheduling.scheduler import Loop


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("s3://my-bucket", BucketPlace("my-bucket", "")),
        ("s3://my-bucket/", BucketPlace("my-bucket", "")),
        ("s3://my.bucket.1/ci", BucketPlace("my.bucket.1", "ci/")),
        ("s3://my-bucket/ci/ledger/", BucketPlace("my-bucket", "ci/ledger/")),
        ("s3://abc/ä b+c%41", BucketPlace("abc", "ä b+c%41/")),
        (f"s3://{'a' * 63}/x", BucketPlace("a" * 63, "x/")),
        (f"s3://abc/{'x' * 500}", BucketPlace("abc", f"{'x' * 500}/")),
        ("ledger", Path("ledger")),
        ("./s3", Path("s3")),
        ("/var/lib/ledger", Path("/var/lib/ledger")),
        (Path("x/y"), Path("x/y")),
        (Path("-"), Path("-")),
        ("./-", Path("-")),
        ("C:ledger", Path("C:ledger")),
    ],
)
def test_a_place(location: str | Path, place: object) -> None:
    assert ledger_place(location) == place


def test_a_folder_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert ledger_place("~/ledger") == tmp_path / "ledger"


FORMS = "name a folder, or s3://BUCKET/PREFIX"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("", FORMS),
        ("  ", FORMS),
        ("a\0b", FORMS),
        ("-", "for a folder of this name, write ./-"),
        ("--quiet", "for a folder of this name, write ./--quiet"),
        ("s3://", "s3://BUCKET/PREFIX"),
        ("s3:///x", "s3://BUCKET/PREFIX"),
        ("s3:/my-bucket/x", "name s3://my-bucket/x"),
        ("s3:my-bucket", "name s3://my-bucket"),
        ("S3://my-bucket/x/", "name s3://my-bucket/x"),
        ("S3:", FORMS),
        ("https://my-bucket.s3.eu-west-1.amazonaws.com/ci/a%20b", "name s3://my-bucket/ci/a b"),
        ("https://my-bucket.s3.amazonaws.com", "name s3://my-bucket"),
        ("https://s3.eu-west-1.amazonaws.com/my-bucket/ci/", "name s3://my-bucket/ci"),
        ("https://s3-eu-west-1.amazonaws.com/my-bucket", "name s3://my-bucket"),
        ("HTTPS://my.bucket.s3.dualstack.eu-west-1.amazonaws.com/x", "name s3://my.bucket/x"),
        ("https://example.com/x", FORMS),
        ("http://[::1/x", FORMS),
        ("arn:aws:s3:::my-bucket", "name s3://my-bucket"),
        ("arn:aws-cn:s3:::my-bucket/ci/*", "name s3://my-bucket/ci"),
        ("arn:aws:s3:eu-west-1:123456789012:accesspoint/x", FORMS),
        ("gs://my-bucket/x", FORMS),
        ("file:///var/ledger", FORMS),
        ("s3://My-bucket/x", "lower-case letters"),
        ("s3://my_bucket", "lower-case letters"),
        ("s3://ab", "3 to 63"),
        (f"s3://{'a' * 64}", "3 to 63"),
        ("s3://-abc", "begins and ends with a letter or digit"),
        ("s3://abc.", "begins and ends with a letter or digit"),
        ("s3://a..b", "such a name"),
        ("s3://192.168.5.4/x", "such a name"),
        ("s3://xn--abc", "such a name"),
        ("s3://my-bucket:8080/x", "such a name"),
        ("s3://my-bucket//x", "a part of its prefix is empty"),
        ("s3://my-bucket/x//", "a part of its prefix is empty"),
        ("s3://my-bucket/a/../b", "`..`"),
        ("s3://my-bucket/./b", "`.`"),
        ("s3://my-bucket/a\nb", "cannot be printed"),
        (f"s3://abc/{'ä' * 251}", "longer than 500 bytes"),
    ],
)
def test_what_is_no_place_is_refused_with_the_right_form(location: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        ledger_place(location)

    assert said in str(raised.value)
    assert str(raised.value).count("help:") == 1


@pytest.mark.parametrize(
    "location",
    [
        "https://my-bucket.s3.amazonaws.com/x?X-Amz-Credential=a&X-Amz-Signature=hidden",
        "s3://key:hidden@my-bucket/x",
        "https://user:hidden@example.com/",
    ],
)
def test_secrets_in_an_address_are_not_repeated(location: str) -> None:
    with pytest.raises(UsageError) as raised:
        ledger_place(location)

    assert "hidden" not in str(raised.value)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return monkeypatch


LOCAL = SessionOptions(
    default_region="us-east-1", endpoint_url="http://127.0.0.1:1", static_credentials=("local", "local")
)
S3 = {"AWS_ENDPOINT_URL_S3": "https://s3.example"}


@pytest.mark.parametrize(
    ("options", "environment", "target"),
    [
        pytest.param(SessionOptions(), {}, ("us-east-1", None, None), id="nothing is known"),
        pytest.param(SessionOptions(), {"AWS_REGION": "eu-west-1"}, ("eu-west-1", None, None), id="region"),
        pytest.param(
            SessionOptions(region="eu-west-2"),
            {"AWS_REGION": "eu-west-1"},
            ("eu-west-2", None, None),
            id="the command line's region",
        ),
        pytest.param(
            SessionOptions(endpoint_url="https://aws.example"),
            {},
            ("us-east-1", None, "https://aws.example"),
            id="the command line's endpoint",
        ),
        pytest.param(
            SessionOptions(endpoint_url="https://aws.example"),
            S3,
            ("us-east-1", None, "https://s3.example"),
            id="an endpoint of S3",
        ),
        pytest.param(
            SessionOptions(endpoint_url="https://aws.example"),
            {**S3, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            ("us-east-1", None, "https://aws.example"),
            id="an endpoint of S3 that is to be ignored",
        ),
        pytest.param(LOCAL, {}, ("us-east-1", None, None), id="not the embedded ECS"),
        pytest.param(LOCAL, S3, ("us-east-1", None, "https://s3.example"), id="beside the embedded ECS"),
    ],
)
def test_where_a_bucket_is_asked_for(
    configured: pytest.MonkeyPatch,
    options: SessionOptions,
    environment: dict[str, str],
    target: tuple[str, str | None, str | None],
) -> None:
    for name, value in environment.items():
        configured.setenv(name, value)
    region, profile, endpoint = target

    assert s3_target(options, SdkGateway(options)) == Target(region, profile, None, endpoint)


@pytest.mark.parametrize("location", ["s3://my-bucket/x", "folder"])
def test_opening_asks_for_nothing(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    says: dict[str, Any] = {}
    aws = ScriptedAws(says)

    ledger = open_ledger(location, Caller(aws, Loop(JumpingClock(), workers=0)))

    assert ledger.name == location
    assert aws.requests == []
    assert list(tmp_path.iterdir()) == []
