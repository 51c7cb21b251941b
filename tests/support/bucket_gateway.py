"""A gateway whose calls of S3 go to buckets in memory, and all others to another gateway."""

from bucket_faults import BrokenOffError, S3Error
from buckets import REGION, Buckets

from ecsplan.terms.observed import Aws, Body
from ecsplan_applier.aws.gateway import Gateway, Target
from ecsplan_applier.aws.operations import Operation
from ecsplan_applier.outcomes.errors import AwsError


class BucketGateway:
    """A gateway of the applier over buckets in memory.

    The answer to GetObject has the body as text, as the applier reads it.

    Args:
        buckets: The buckets.
        others: Where calls of other services go; without it, they are not reached.
    """

    def __init__(self, buckets: Buckets, others: Gateway | None = None) -> None:
        self._buckets = buckets
        self._others = others

    def target(self, aws: Aws) -> Target:
        if self._others is not None:
            return self._others.target(aws)
        return Target(aws.region or REGION, aws.profile, aws.assume_role_arn, aws.endpoint_url)

    def call(self, target: Target, operation: Operation, request: Body) -> Body:
        if operation.service == "s3":
            return self._call(target, operation.name, request)
        if self._others is None:
            raise AwsError(operation.name, AwsError.NOT_REACHED, "there is S3 only")
        return self._others.call(target, operation, request)

    def unknown(self, target: Target, operation: Operation, request: Body) -> tuple[str, ...]:
        return () if self._others is None else self._others.unknown(target, operation, request)

    def _call(self, target: Target, operation: str, request: Body) -> Body:
        try:
            answer = self._buckets.call(operation, request, target.region)
        except S3Error as error:
            raise AwsError(operation, error.code, error.text, status=error.status) from error
        except BrokenOffError as error:
            code = AwsError.TIMED_OUT if error.late else AwsError.NO_ANSWER
            raise AwsError(operation, code, f"the connection was closed ({target.place})") from error
        return answer if operation != "GetObject" else {**answer, "Body": answer["Body"].decode()}
