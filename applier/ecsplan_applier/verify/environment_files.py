"""Files in S3 with the environment of containers."""

from collections.abc import Iterator, Sequence
from typing import Self

from ecsplan.terms.bodies import as_mapping, as_mappings
from ecsplan.terms.diagnostic import Location
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import LIST_OBJECTS
from ecsplan_applier.verify.finding import Verdict, fails, ok
from ecsplan_applier.verify.questions import Ask, Unanswered, each_answered, found_or_none
from ecsplan_applier.verify.seen import Seen
from ecsplan_applier.verify.verified_job import VerifiedJob


@dataclass(frozen=True, slots=True)
class AskObject(Ask[bool]):
    """Is there an object in S3? Its content is not read.

    Attributes:
        bucket: Its bucket.
        key: Its key.
    """

    bucket: str
    key: str

    @classmethod
    async def answers(cls, asker: Asker, asked: Sequence[Self]) -> Sequence[bool | Unanswered]:
        """Return whether there is each one."""

        async def exists(question: Self) -> bool:
            # Objects come in the order of their keys: one whose key is the prefix itself is the first.
            request = {"Bucket": question.bucket, "Prefix": question.key, "MaxKeys": 1}
            about = f"bucket {question.bucket}"
            asking = asker.call(question.target, LIST_OBJECTS, request, about)
            answer = as_mapping(await found_or_none(asking, "NoSuchBucket"))
            return any(each.get("Key") == question.key for each in as_mappings(answer.get("Contents")))

        return await each_answered(asker, [exists(each) for each in asked])


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """A file of `environmentFiles`.

    Attributes:
        at: Where the manifest names it.
        target: Where AWS is asked about it.
        arn: Its ARN.
    """

    at: Location
    target: Target
    arn: str

    @property
    def bucket(self) -> str:
        """Its bucket."""
        return self.arn.partition(":::")[2].partition("/")[0]

    @property
    def key(self) -> str:
        """Its key."""
        return self.arn.partition(":::")[2].partition("/")[2]

    @property
    def title(self) -> str:
        """What it is."""
        return f"environment file s3://{self.bucket}/{self.key}"


def environment_files(job: VerifiedJob) -> Iterator[EnvironmentFile]:
    """Yield the environment files of a job: of its containers, and of those of the run request."""
    for container in job.definition.mappings("containerDefinitions"):
        for each in container.mappings("environmentFiles"):
            yield from _file(job, job.placed.in_definition(each.at("value")), each.text("value"))
    for override in job.run.mapping("overrides").mappings("containerOverrides"):
        for each in override.mappings("environmentFiles"):
            yield from _file(job, job.placed.in_run(each.at("value")), each.text("value"))


def environment_file_exists(subject: EnvironmentFile, seen: Seen) -> Iterator[Verdict]:
    """The environment files of containers exist in S3; they are not read.

    The bucket is listed, so that no content is read. Whether the execution role may read the files is not
    checked.

    Calls: s3:ListBucket
    Source: ECS developer guide, passing environment variables in files; S3 API reference, ListObjectsV2.
    """
    if seen.of(AskObject(subject.target, subject.bucket, subject.key)):
        yield ok(f"{subject.title} exists")
    else:
        yield fails(f"{subject.title} does not exist", help="check the bucket, the key and the account")


def _file(job: VerifiedJob, at: Location, arn: str | None) -> Iterator[EnvironmentFile]:
    if arn and ":::" in arn and "/" in arn:
        yield EnvironmentFile(at, job.target, arn)
