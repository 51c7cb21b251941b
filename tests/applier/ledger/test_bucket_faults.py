"""What S3 may answer to a ledger's calls, written down by the test: retries, conflicts and refusals."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from ledger_documents import ENTRY
from scripted_aws import JumpingClock, ScriptedAws

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.ledger.documents import document_text
from ecsplan_applier.ledger.entry import read_entry
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.open import open_ledger
from ecsplan_applier.ledger.store import NEW, ConflictError
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, LedgerError, SessionError
from ecsplan_applier.scheduling.scheduler import Loop

GOOD = read_entry(ENTRY)
OTHER = document_text({**ENTRY, "written_at": 1.0})
OPERATIONS = ("GetObject", "PutObject", "ListObjectsV2")


def fault(code: str, status: int | None, text: str = "said S3") -> AwsError:
    return AwsError("", code, text, status=status)


LOST = fault(AwsError.TIMED_OUT, None)
TRANSIENT = [
    pytest.param(fault("ConditionalRequestConflict", 409), id="a conflicting write under way"),
    pytest.param(fault("OperationAborted", 409), id="a conflicting operation under way"),
    pytest.param(fault("SlowDown", 503), id="slow down"),
    pytest.param(fault("ServiceUnavailable", 503), id="not available"),
    pytest.param(fault("InternalError", 500), id="internal error"),
    pytest.param(fault("RequestTimeout", 400), id="request timeout"),
    pytest.param(LOST, id="timed out"),
    pytest.param(fault(AwsError.NO_ANSWER, None), id="no answer"),
    pytest.param(fault(AwsError.NOT_REACHED, None), id="not reached"),
    pytest.param(fault(AwsError.BAD_ANSWER, 502), id="a proxy's answer"),
]


class Bucket:
    """An S3 with one object, where each write meets what the test says, before or after its effect.

    Args:
        faults: What happens to each write in turn: an error, and whether the write takes effect all the same.
        text: What the object holds; None where there is none.
    """

    def __init__(self, faults: list[tuple[ApplierError, bool]], text: str | None = None) -> None:
        self._faults = faults
        self.text = text
        self.meanwhile: Callable[[], None] = lambda: None
        self.calls: list[str] = []

    def target(self, aws: Aws) -> Target:
        del aws
        return Target("us-east-1", None, None, None)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        del target, operation, request
        return ()

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        del target
        self.calls.append(operation.name)
        if operation.name == "GetObject":
            if self.text is None:
                raise AwsError("GetObject", "NoSuchKey", "The specified key does not exist.", status=404)
            return {"Body": self.text, "ETag": self.etag, "LastModified": datetime.now(UTC)}
        error, takes_effect = self._faults.pop(0) if self._faults else (None, True)
        if takes_effect:
            self._write(request)
        if error is not None:
            self.meanwhile()
            raise error
        return {"ETag": self.etag}

    def _write(self, request: Body) -> None:
        wanted = request.get("IfMatch")
        if wanted is not None and self.text is None:
            raise AwsError("PutObject", "NoSuchKey", "The specified key does not exist.", status=404)
        if wanted != self.etag if wanted is not None else self.text is not None:
            raise AwsError("PutObject", "PreconditionFailed", "At least one condition", status=412)
        self.text = request["Body"]

    @property
    def etag(self) -> str:
        return f'"{hash(self.text)}"'


def ledger(gateway: Any) -> tuple[Ledger, Loop]:
    loop = Loop(JumpingClock(), workers=0)
    return open_ledger("s3://ledgers/ci", Caller(gateway, loop)), loop


def write(bucket: Bucket, version: str = NEW) -> str:
    kept, loop = ledger(bucket)
    return loop.run(kept.write(GOOD, version)).version


@pytest.mark.parametrize("error", TRANSIENT)
@pytest.mark.parametrize("takes_effect", [True, False], ids=["after its effect", "before its effect"])
@pytest.mark.parametrize("before", [None, OTHER], ids=["new", "replaced"])
def test_a_write_is_repeated_and_meets_its_own_document(
    error: AwsError, before: str | None, *, takes_effect: bool
) -> None:
    bucket = Bucket([(error, takes_effect), (error, False)], before)

    version = write(bucket, NEW if before is None else bucket.etag)

    assert bucket.text == document_text(ENTRY)
    assert version == bucket.etag


@pytest.mark.parametrize("before", [None, OTHER], ids=["new", "replaced"])
@pytest.mark.parametrize(
    "later",
    [
        pytest.param(document_text({**ENTRY, "written_at": 2.0}), id="written by somebody else"),
        pytest.param(None, id="deleted"),
    ],
)
def test_a_lost_write_whose_document_is_another_now_is_a_conflict(
    before: str | None, later: str | None
) -> None:
    bucket = Bucket([(LOST, True)], before)
    version = NEW if before is None else bucket.etag

    def changed() -> None:
        bucket.text = later

    bucket.meanwhile = changed

    if later is None and before is None:
        assert write(bucket, version) == bucket.etag
        return
    with pytest.raises(ConflictError):
        write(bucket, version)
    assert bucket.text == later


@pytest.mark.parametrize(
    ("version", "there"),
    [
        pytest.param(NEW, OTHER, id="there must be none"),
        pytest.param('"another"', OTHER, id="another version"),
        pytest.param('"another"', None, id="none any more"),
    ],
)
def test_a_conflict_leaves_what_is_there(version: str, there: str | None) -> None:
    bucket = Bucket([], there)

    with pytest.raises(ConflictError):
        write(bucket, version)

    assert bucket.text == there
    assert bucket.calls == ["PutObject", "GetObject"]


def test_a_write_takes_one_request_and_a_read_one() -> None:
    bucket = Bucket([])
    version = write(bucket)
    write(bucket, version)
    kept, loop = ledger(bucket)
    found = loop.run(kept.read(GOOD.key))

    assert found is not None
    assert found.entry == GOOD
    assert bucket.calls == ["PutObject", "PutObject", "GetObject"]


def test_a_write_that_nobody_answers_is_given_up_after_a_time() -> None:
    bucket = Bucket([(LOST, False)] * 1000)

    with pytest.raises(LedgerError, match="s3://ledgers/ci cannot be written") as raised:
        write(bucket)

    assert "123456789012/us-east-1/runs/night-1/etl.json" in str(raised.value)
    assert 3 < len(bucket.calls) < 1000


REFUSALS = [
    pytest.param("NoSuchBucket", 404, "", "there is no such bucket", id="no bucket"),
    pytest.param("PermanentRedirect", 301, "", "--region", id="a bucket of another region"),
    pytest.param("AuthorizationHeaderMalformed", 400, "the region is wrong", "--region", id="another region"),
    pytest.param("InvalidAccessKeyId", 403, "", "sign in again", id="an unknown key"),
    pytest.param("SignatureDoesNotMatch", 403, "", "sign in again", id="a wrong key"),
    pytest.param("ExpiredToken", 400, "", "sign in again", id="expired credentials"),
    pytest.param("RequestTimeTooSkewed", 403, "", "set the clock", id="a wrong clock"),
    pytest.param("AccessDenied", 403, "not authorized: kms:Decrypt", "kms:GenerateDataKey", id="a KMS key"),
]


@pytest.mark.parametrize(("code", "status", "text", "helped"), REFUSALS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_refusal_names_the_document_and_what_to_do(
    operation: str, code: str, status: int, text: str, helped: str
) -> None:
    aws = ScriptedAws({operation: AwsError(operation, code, text or "said S3", status=status)})

    found = refusal(aws, operation)

    assert "s3://ledgers/ci/123456789012/us-east-1/runs/night-1/" in found
    assert helped in found
    assert found.count("help:") == 1
    assert aws.calls == {operation: 1}


@pytest.mark.parametrize(
    ("operation", "permission"),
    [("GetObject", "s3:ListBucket"), ("PutObject", "s3:PutObject"), ("ListObjectsV2", "s3:ListBucket")],
)
def test_a_denied_call_names_the_permission(operation: str, permission: str) -> None:
    aws = ScriptedAws({operation: AwsError(operation, "AccessDenied", "Access Denied", status=403)})

    assert f"allow {permission}" in refusal(aws, operation) or permission in refusal(aws, operation)


def test_a_store_without_conditional_writes_is_not_asked_again() -> None:
    aws = ScriptedAws({"PutObject": AwsError("PutObject", "NotImplemented", "A header", status=501)})

    assert "conditional writes" in refusal(aws, "PutObject")
    assert aws.calls == {"PutObject": 1}


def refusal(aws: Any, operation: str) -> str:
    kept, loop = ledger(aws)
    key = GOOD.key
    calls: Mapping[str, Callable[[], Any]] = {
        "GetObject": lambda: kept.read(key),
        "PutObject": lambda: kept.write(GOOD),
        "ListObjectsV2": lambda: kept.of_run(key.account, key.region, key.run_id),
    }
    with pytest.raises(LedgerError) as raised:
        loop.run(calls[operation]())
    return str(raised.value)


def test_missing_credentials_are_said_of_the_document() -> None:
    class Unsigned(ScriptedAws):
        def call(self, target: Target, operation: Operation, request: Body) -> Body:
            del target, request
            raise SessionError(f"{operation.name}: Unable to locate credentials\n  help: set AWS_PROFILE")

    found = refusal(Unsigned({}), "GetObject")

    assert "s3://ledgers/ci/123456789012" in found
    assert "help: set AWS_PROFILE" in found


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param({"IsTruncated": True}, "the list of keys does not end", id="no token"),
        pytest.param(
            {"IsTruncated": True, "NextContinuationToken": "1"}, "does not end", id="the same token for ever"
        ),
        pytest.param({"Contents": "none"}, "Contents is a str", id="no list"),
        pytest.param({"Contents": [{"Key": 3}]}, "Key is a int", id="no key"),
    ],
)
def test_half_a_list_is_not_taken_for_a_whole_one(answer: Body, said: str) -> None:
    assert said in refusal(ScriptedAws({"ListObjectsV2": answer}), "ListObjectsV2")


@pytest.mark.parametrize("answer", [{"Body": "{}"}, {"ETag": '"a"'}, {}])
def test_an_answer_without_its_members_is_not_one_of_s3(answer: Body) -> None:
    assert "BadAnswer" in refusal(ScriptedAws({"GetObject": answer}), "GetObject")
