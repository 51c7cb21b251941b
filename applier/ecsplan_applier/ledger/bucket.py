"""A ledger in S3: an object for each document, below a prefix of a bucket, written conditionally."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from ecsplan.terms.observed import Body
from ecsplan_applier.aws.answers import member, members
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import GET_OBJECT, LIST_OBJECTS, PUT_OBJECT
from ecsplan_applier.aws.retry import CHANGING, READING, Caller
from ecsplan_applier.ledger.store import NEW, ConflictError, Document
from ecsplan_applier.outcomes.errors import ApplierError, AwsError, LedgerError
from ecsplan_applier.scheduling.scheduler import Event

_MAX_PAGES: Final = 10_000
"""Pages of one list, of 1,000 keys each, that are read."""
_NO_DOCUMENT: Final = "NoSuchKey"
_CONDITION_FAILED: Final = 412
"""Status of a conditional write that found another ETag, or an object where there must be none (S3 user
guide, conditional writes)."""


class S3Store:
    """The documents below a prefix of a bucket.

    Its version of a document is the ETag. S3 reads what was written last, and judges the condition of a write
    and carries it out in one step (S3 user guide, data consistency model; conditional writes).

    Args:
        bucket: The bucket.
        prefix: What its keys begin with: empty, or ending in `/`.
        caller: Makes the calls.
        target: Where the bucket is asked for, and as whom.
        cancel: Once it is set, a read that fails is not repeated.
    """

    def __init__(
        self, bucket: str, prefix: str, caller: Caller, target: Target, cancel: Event | None = None
    ) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._caller = caller
        self._target = target
        self._cancel = cancel

    @property
    def name(self) -> str:
        """The bucket and prefix as an `s3://` URL."""
        return self.place_of("").removesuffix("/")

    def place_of(self, key: str) -> str:
        """Return the `s3://` URL of a document."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    async def read(self, key: str) -> Document | None:
        """Return a document, or None where there is none."""
        place = self.place_of(key)
        with self._refused("read", place):
            try:
                answer = await self._caller.call(
                    self._target, GET_OBJECT, self._request(key), READING, about=place, cancel=self._cancel
                )
            except AwsError as error:
                if error.code == _NO_DOCUMENT:
                    return None
                raise
            text = member(answer, "Body", str, GET_OBJECT.name)
            return Document(text, _etag(answer, GET_OBJECT.name), _written_at(answer))

    async def write(self, key: str, text: str, version: str) -> str:
        """Write a document that is the named version still.

        A call of which the answer was lost is repeated, and may then meet the document that it has written
        itself: that is a conflict, too.
        """
        place = self.place_of(key)
        condition = {"IfNoneMatch": "*"} if version == NEW else {"IfMatch": version}
        request = {**self._request(key), "Body": text, "ContentType": "application/json", **condition}
        with self._refused("written", place):
            try:
                answer = await self._caller.call(self._target, PUT_OBJECT, request, CHANGING, about=place)
            except AwsError as error:
                # A document that is to be replaced and was deleted is not the version that was read.
                if error.status == _CONDITION_FAILED or error.code in {"PreconditionFailed", _NO_DOCUMENT}:
                    raise ConflictError from error
                raise
            return _etag(answer, PUT_OBJECT.name)

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with a prefix."""
        place = self.place_of(prefix)
        request = {"Bucket": self._bucket, "Prefix": f"{self._prefix}{prefix}"}
        found: list[str] = []
        with self._refused("listed", place):
            token = ""
            for _ in range(_MAX_PAGES):
                asked = {**request, "ContinuationToken": token} if token else request
                answer = await self._caller.call(
                    self._target, LIST_OBJECTS, asked, READING, about=place, cancel=self._cancel
                )
                found += self._documents(answer, prefix)
                before, token = token, member(answer, "NextContinuationToken", str, LIST_OBJECTS.name, "")
                if answer.get("IsTruncated") is not True:
                    return sorted(set(found))
                # Half a list would make a run that has ended look like one that was never started.
                if token in {"", before}:
                    break
            text = "the list of keys does not end"
            raise AwsError(LIST_OBJECTS.name, AwsError.BAD_ANSWER, text, about=place)

    def _request(self, key: str) -> Body:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key}"}

    def _documents(self, answer: Body, prefix: str) -> Iterator[str]:
        """Yield the keys of a page; objects of other kinds, such as a console's folders, are left out."""
        for each in members(answer, "Contents", dict, LIST_OBJECTS.name):
            key = member(each, "Key", str, LIST_OBJECTS.name)
            if key.startswith(f"{self._prefix}{prefix}") and key.endswith(".json"):
                yield key.removeprefix(self._prefix)

    @contextmanager
    def _refused(self, done: str, place: str) -> Iterator[None]:
        """Raise what S3 refuses as an error of the ledger; credentials that are missing as well."""
        try:
            yield
        except ApplierError as error:
            about = "" if isinstance(error, AwsError) else f"{place}: "
            raise LedgerError(f"the ledger {self.name} cannot be {done}: {about}{error}") from error


def _etag(answer: Body, operation: str) -> str:
    return member(answer, "ETag", str, operation)


def _written_at(answer: Body) -> float:
    """Return when an object was written, by S3's clock; 0 where the answer does not say."""
    written = answer.get("LastModified")
    return written.timestamp() if isinstance(written, datetime) else 0.0
