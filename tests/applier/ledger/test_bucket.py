"""A bucket as a ledger, against an emulator of S3 that honours conditions, through the SDK."""

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from emulator_servers import Emulator, moto

from ecsplan_applier.aws.gateway import SdkGateway, SessionOptions
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.open import open_ledger
from ecsplan_applier.ledger.store import NEW, ConflictError, Store
from ecsplan_applier.outcomes.errors import LedgerError
from ecsplan_applier.scheduling.clock import SystemClock
from ecsplan_applier.scheduling.scheduler import Coro, Loop, T

BUCKET = "ledgers"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with moto(tmp_path_factory.mktemp("moto")) as emulator:
        yield emulator


@pytest.fixture
def s3(server: Emulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client of the emulator, which is empty but for one bucket."""
    with urllib.request.urlopen(urllib.request.Request(server.reset, method="POST"), timeout=30) as answer:
        answer.read()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1", config=Config(s3={"addressing_style": "path"}))
    client.create_bucket(Bucket=BUCKET)
    return client


def opened(location: str, session: SessionOptions | None = None) -> Ledger:
    loop = Loop(SystemClock(), workers=0)
    return open_ledger(location, Caller(SdkGateway(session), loop), session)


def run(coro: "Coro[T]") -> "T":
    return Loop(SystemClock(), workers=0).run(coro)


@pytest.fixture
def store(s3: Any) -> Store:
    return opened(f"s3://{BUCKET}/ci/ledger").store


def test_a_document_is_written_once_as_new(store: Store) -> None:
    version = run(store.write("a/b.json", "one", NEW))

    with pytest.raises(ConflictError):
        run(store.write("a/b.json", "two", NEW))
    second = run(store.write("a/b.json", "three", version))
    with pytest.raises(ConflictError):
        run(store.write("a/b.json", "four", version))
    found = run(store.read("a/b.json"))
    assert found is not None
    assert (found.text, found.version) == ("three", second)
    assert found.written_at > 1e9


def test_a_document_that_was_deleted_is_not_the_version_that_was_read(store: Store, s3: Any) -> None:
    version = run(store.write("a/b.json", "one", NEW))
    s3.delete_object(Bucket=BUCKET, Key="ci/ledger/a/b.json")

    with pytest.raises(ConflictError):
        run(store.write("a/b.json", "two", version))
    assert run(store.read("a/b.json")) is None


@pytest.mark.parametrize("location", ["s3://ledgers", "s3://ledgers/", "s3://ledgers/ä b/%41+c"])
def test_keys_come_back_as_they_were_written(s3: Any, location: str) -> None:
    store = opened(location).store
    keys = [f"{name}.json" for name in ("a/%2E%2e", "a/%%b", "a/+ c&d=<é>", "b/c/d")]
    for each in keys:
        run(store.write(each, "{}", NEW))
    s3.put_object(Bucket=BUCKET, Key=f"{location.removeprefix('s3://ledgers').strip('/')}/a/".lstrip("/"))

    assert run(store.keys("")) == sorted(keys)
    assert run(store.keys("a/")) == sorted(keys[:3])
    assert run(store.keys("z/")) == []


def test_lists_of_more_than_a_page_are_read_whole(store: Store, s3: Any) -> None:
    for number in range(1003):
        s3.put_object(Bucket=BUCKET, Key=f"ci/ledger/a/{number:04}.json", Body=b"{}")

    assert run(store.keys("a/")) == [f"a/{number:04}.json" for number in range(1003)]


def test_of_two_prefixes_each_has_its_own_documents(s3: Any) -> None:
    one, other = opened("s3://ledgers/one").store, opened("s3://ledgers/one-more").store

    run(one.write("a.json", "1", NEW))
    run(other.write("a.json", "2", NEW))

    assert run(one.keys("")) == ["a.json"]
    assert [run(each.read("a.json")).text for each in (one, other)] == ["1", "2"]  # type: ignore[union-attr]


def test_bytes_that_are_not_utf_8_come_back_as_what_no_document_has(store: Store, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="ci/ledger/a.json", Body=b'{"a": "\xff"}')

    found = run(store.read("a.json"))

    assert found is not None
    assert found.text == '{"a": "\udcff"}'


def test_a_bucket_that_does_not_exist_is_named(s3: Any) -> None:
    store = opened("s3://no-such-bucket/x").store

    calls: list[Callable[[], Coro[object]]] = [
        lambda: store.read("a.json"),
        lambda: store.write("a.json", "{}", NEW),
        lambda: store.keys(""),
    ]
    for call in calls:
        with pytest.raises(LedgerError, match="s3://no-such-bucket/x") as raised:
            run(call())
        assert "there is no such bucket" in str(raised.value)
        assert str(raised.value).count("help:") == 1


def test_the_embedded_ecs_is_not_asked_for_a_bucket(s3: Any) -> None:
    local = SessionOptions(
        default_region="us-east-1", endpoint_url="http://127.0.0.1:9", static_credentials=("local", "local")
    )

    store = opened(f"s3://{BUCKET}", local).store

    run(store.write("a.json", "{}", NEW))
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a.json"]


def test_the_endpoint_of_s3_wins_over_that_of_all_services(s3: Any) -> None:
    store = opened(f"s3://{BUCKET}", SessionOptions(endpoint_url="http://127.0.0.1:9")).store

    run(store.write("a.json", "{}", NEW))

    assert run(store.keys("")) == ["a.json"]


def test_the_endpoint_of_all_services_is_used_where_there_is_none_of_s3(
    s3: Any, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")

    store = opened(f"s3://{BUCKET}", SessionOptions(endpoint_url=server.url)).store

    run(store.write("a.json", "{}", NEW))
    assert run(store.keys("")) == ["a.json"]
