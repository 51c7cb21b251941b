"""An S3 in memory: buckets whose objects are written conditionally, with the refusals that S3 gives.

It knows what a ledger needs: GetObject, PutObject with `If-None-Match: *` or `If-Match`, and ListObjectsV2.
`bucket_gateway.py` puts it behind the applier's Gateway, `bucket_endpoint.py` behind HTTP; each call can be
disturbed in both (`bucket_faults.py`).

moto 5.2.5 honours the conditions of PutObject as S3 does: 412 PreconditionFailed where the object exists or
has another ETag (of eight writers at once, one succeeds), and 404 NoSuchKey for `If-Match` of an object that
does not exist; `tests/emulators/test_buckets.py` compares the two. It has no 409 ConditionalRequestConflict,
serves a bucket in every region, and denies nothing. So tests of what a ledger writes may use moto; tests of
what goes wrong use this one.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bucket_faults import Disturbance, Fault, S3Error

REGION = "us-east-1"
PAGE = 1000
"""Keys of one answer of ListObjectsV2, at most (S3 API reference, ListObjectsV2, MaxKeys)."""
PERMISSIONS = {"GetObject": "s3:GetObject", "PutObject": "s3:PutObject", "ListObjectsV2": "s3:ListBucket"}
"""The permission that each operation needs."""


@dataclass(frozen=True)
class Stored:
    """An object: what it holds, its ETag, and when it was written."""

    body: bytes
    etag: str
    written: float


@dataclass(frozen=True)
class BucketCall:
    """A call that has arrived: its operation, bucket and key or prefix, and the condition of a write."""

    operation: str
    bucket: str
    key: str
    condition: str = ""


@dataclass
class Buckets:
    """S3, with the calls that were made and the faults that are due.

    Attributes:
        now: The time, in seconds since 1970.
        page: Keys of one answer of ListObjectsV2, at most.
        account: Whose buckets they are, for S3's words.
        objects: Bucket -> key -> object.
        regions: Bucket -> the region in which it is.
        calls: The calls so far.
        history: (bucket, key, text) of each object that was written, in their order.
    """

    now: Callable[[], float] = time.time
    page: int = PAGE
    account: str = "000000000000"
    objects: dict[str, dict[str, Stored]] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    calls: list[BucketCall] = field(default_factory=list)
    history: list[tuple[str, str, str]] = field(default_factory=list)
    _denied: set[str] = field(default_factory=set)
    _disturbances: list[Disturbance] = field(default_factory=list)
    _late: list[Callable[[], object]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def make(self, bucket: str, region: str = REGION) -> None:
        """Make a bucket, or empty it."""
        self.objects[bucket], self.regions[bucket] = {}, region

    def deny(self, *operations: str) -> None:
        """Deny these operations from now on, and no others."""
        self._denied = {PERMISSIONS[each] for each in operations}

    def disturb(self, *disturbances: Disturbance) -> None:
        """Put these in force, and no others; calls are counted from here on."""
        with self._lock:
            self._disturbances = list(disturbances)
            self.calls.clear()

    def calm(self) -> None:
        """Disturb nothing any more; calls are counted on."""
        with self._lock:
            self._disturbances, self._late = [], []

    def texts(self, bucket: str) -> dict[str, str]:
        """Return what a bucket holds, by key."""
        return {key: each.body.decode() for key, each in sorted(self.objects[bucket].items())}

    def put(self, bucket: str, key: str, text: str) -> str:
        """Write an object as somebody else would, and return its ETag."""
        with self._lock:
            return self._store(bucket, key, text.encode())

    def numbered(self) -> list[tuple[str, int]]:
        """Return the calls so far: each operation, and its number of that kind, from 1."""
        made = [each.operation for each in self.calls]
        return [(each, made[: place + 1].count(each)) for place, each in enumerate(made)]

    def call(self, operation: str, request: Mapping[str, Any], region: str = REGION) -> dict[str, Any]:
        """Carry out a call, and return its answer with the members of boto3's; bodies are bytes.

        Raises:
            S3Error: It is refused, or disturbed.
            BrokenOffError: It is disturbed: the connection ends without a whole answer.
        """
        fault, action = self._arrived(operation, request)
        if action is not None:
            action()
        if fault is not None and not fault.executed:
            if fault.is_late:
                self._late.append(lambda: self._execute(operation, request, region))
            fault.strike()
        with self._lock:
            late, self._late = self._late, []
            try:
                answer = self._execute(operation, request, region)
            finally:
                for each in late:
                    with suppress(S3Error):
                        each()
        if fault is not None:
            fault.strike()
        return answer

    def _arrived(
        self, operation: str, request: Mapping[str, Any]
    ) -> tuple[Fault | None, Callable[[], object] | None]:
        """Note a call; return what is to disturb it, and what is to happen before its effect."""
        none_match, match = request.get("IfNoneMatch"), request.get("IfMatch")
        condition = f"If-None-Match: {none_match}" if none_match else f"If-Match: {match}" if match else ""
        key = str(request.get("Key", request.get("Prefix", "")))
        with self._lock:
            self.calls.append(BucketCall(operation, str(request["Bucket"]), key, condition))
            number = sum(each.operation == operation for each in self.calls)
            due = [
                each
                for each in self._disturbances
                if each.strikes(operation, number=number, position=len(self.calls))
            ]
        return (due[0].fault, due[0].action) if due else (None, None)

    def _execute(self, operation: str, request: Mapping[str, Any], region: str) -> dict[str, Any]:
        bucket = str(request["Bucket"])
        if bucket not in self.objects:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=bucket)
        if self.regions[bucket] != region:
            text = (
                "The bucket you are attempting to access must be addressed using the specified endpoint."
                " Please send all future requests to this endpoint."
            )
            place = f"{bucket}.s3.{self.regions[bucket]}.amazonaws.com"
            raise S3Error(301, "PermanentRedirect", text, Endpoint=place, Bucket=bucket)
        if PERMISSIONS[operation] in self._denied:
            raise self._denial(PERMISSIONS[operation], bucket)
        match operation:
            case "GetObject":
                return self._get(bucket, str(request["Key"]))
            case "PutObject":
                return self._put(bucket, request)
            case _:
                return self._list(bucket, request)

    def _get(self, bucket: str, key: str) -> dict[str, Any]:
        found = self.objects[bucket].get(key)
        if found is not None:
            written = datetime.fromtimestamp(int(found.written), UTC)
            return {"Body": found.body, "ETag": found.etag, "LastModified": written}
        # Who may not list the bucket is not told that an object does not exist (S3 API reference, GetObject).
        if PERMISSIONS["ListObjectsV2"] in self._denied:
            raise self._denial(PERMISSIONS["ListObjectsV2"], bucket)
        raise _no_such_key(key)

    def _put(self, bucket: str, request: Mapping[str, Any]) -> dict[str, Any]:
        key, found = str(request["Key"]), self.objects[bucket].get(str(request["Key"]))
        if request.get("IfMatch") and found is None:
            raise _no_such_key(key)
        differs = found is not None and request.get("IfMatch") not in {None, found.etag}
        if differs or (request.get("IfNoneMatch") and found is not None):
            condition = "If-Match" if differs else "If-None-Match"
            text = "At least one of the pre-conditions you specified did not hold"
            raise S3Error(412, "PreconditionFailed", text, Condition=condition)
        body = request.get("Body", b"")
        return {"ETag": self._store(bucket, key, body.encode() if isinstance(body, str) else bytes(body))}

    def _store(self, bucket: str, key: str, body: bytes) -> str:
        # An ETag is that of the content: the same text written again has the same one, as in S3.
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        self.objects[bucket][key] = Stored(body, etag, self.now())
        self.history.append((bucket, key, body.decode("utf-8", "replace")))
        return etag

    def _list(self, bucket: str, request: Mapping[str, Any]) -> dict[str, Any]:
        prefix, after = str(request.get("Prefix") or ""), str(request.get("StartAfter") or "")
        after = str(request.get("ContinuationToken") or after).removeprefix("after ")
        delimiter = str(request.get("Delimiter") or "")
        size = min(int(request.get("MaxKeys") or PAGE), self.page)
        # S3 orders keys by their UTF-8 bytes.
        keys = sorted((each for each in self.objects[bucket] if each.startswith(prefix)), key=str.encode)
        rows: dict[str, bool] = {}
        for key in keys:
            head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            rows.setdefault(prefix + head + found if found else key, bool(found))
        left = [each for each in rows if each.encode() > after.encode()]
        shown = left[:size]
        answer: dict[str, Any] = {
            "Contents": [self._row(bucket, each) for each in shown if not rows[each]],
            "CommonPrefixes": [{"Prefix": each} for each in shown if rows[each]],
            "KeyCount": len(shown),
            "IsTruncated": len(left) > size,
        }
        return answer | ({"NextContinuationToken": f"after {shown[-1]}"} if len(left) > size else {})

    def _row(self, bucket: str, key: str) -> dict[str, Any]:
        found = self.objects[bucket][key]
        written = datetime.fromtimestamp(int(found.written), UTC)
        return {"Key": key, "ETag": found.etag, "Size": len(found.body), "LastModified": written}

    def _denial(self, permission: str, bucket: str) -> S3Error:
        user = f"arn:aws:iam::{self.account}:user/ci"
        text = (
            f'User: {user} is not authorized to perform: {permission} on resource: "arn:aws:s3:::{bucket}"'
            f" because no identity-based policy allows the {permission} action"
        )
        return S3Error(403, "AccessDenied", text)


def _no_such_key(key: str) -> S3Error:
    return S3Error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
