"""What is said when a call fails for reasons that no job gives: credentials, throttling, connection, AWS."""

from typing import Final

from ecsplan_applier.outcomes.explanation import Row

_COMMON: Final = "AWS common errors"

FAILED_CALLS: Final[tuple[Row, ...]] = (
    Row(
        "credentials-expired",
        "call",
        "ExpiredToken(Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId"
        "|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|IncompleteSignature",
        "",
        "ExpiredTokenException: The security token included in the request is expired",
        "the credentials are expired or not valid, or this machine's clock is wrong",
        "sign in again; `aws sts get-caller-identity` tells whether it worked. Running tasks go on meanwhile",
        _COMMON,
    ),
    Row(
        "denied",
        "call",
        "AccessDenied(Exception)?|UnauthorizedOperation|NotAuthorized|403|OptInRequired",
        "",
        "AccessDeniedException: User: arn:aws:iam::123456789012:user/ci is not authorized to perform:"
        " ecs:RunTask",
        "these credentials may not do this",
        "allow the operation in the policy of the user or role, or use other credentials",
        _COMMON,
    ),
    Row(
        "throttled",
        "call",
        "Throttl.*|RequestLimitExceeded|TooManyRequestsException|ThrottledException",
        "",
        "ThrottlingException: Rate exceeded",
        "the account makes more calls than AWS allows, and went on doing so",
        "try again later; a resumed apply starts nothing twice",
        "ECS API request throttling page",
    ),
    Row(
        "too-many-registrations",
        "call",
        "",
        "too many concurrent attempts",
        "ClientException: Too many concurrent attempts to create a new revision of the specified family.",
        "others register revisions of this family without a pause",
        "try again later, or give the jobs families of their own",
        "PrefectHQ/prefect#15865; hashicorp/terraform-provider-aws#9777",
    ),
    Row(
        "not-reached",
        "call",
        "NotReached",
        "",
        "NotReached: Could not connect to the endpoint URL",
        "no connection to AWS",
        "check the network, the region, proxies and --endpoint-url",
        "botocore, EndpointConnectionError and others",
    ),
    Row(
        "no-answer",
        "call",
        "NoAnswer|TimedOut",
        "",
        "NoAnswer: Connection was closed before we received a valid response",
        "the connection broke before AWS answered; the call may have had its effect",
        "apply again with the same run id: it starts nothing twice",
        "botocore, ReadTimeoutError, ConnectionClosedError",
    ),
    Row(
        "bad-answer",
        "call",
        "BadAnswer",
        "",
        "BadAnswer: the answer's tasks is a str, not a list",
        "what answered is not AWS, or speaks another version of the API",
        "check --endpoint-url and proxies",
        "ecsplan",
    ),
    Row(
        "bad-request",
        "call",
        "BadRequest",
        "",
        "BadRequest: Parameter validation failed",
        "the request does not fit the SDK's model of the API",
        "compile again with this version of ecsplan; patches may have spoilt it",
        "botocore, ParamValidationError",
    ),
    Row(
        "service-trouble",
        "call",
        "ServerException|InternalFailure|InternalError|ServiceUnavailable.*|5\\d\\d",
        "",
        "ServerException: Service Unavailable. Please try again later.",
        "AWS has trouble",
        "try again later; see the AWS Health Dashboard",
        _COMMON,
    ),
)
