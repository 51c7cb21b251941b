"""Error patterns of calls that fail whatever the job is: credentials, throttling, connections, AWS itself."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_COMMON: Final = "AWS common errors"

FAILED_CALLS: Final[tuple[ErrorPattern, ...]] = (
    # Several codes: ECS, EC2, STS and CloudWatch Logs name the same failures differently.
    ErrorPattern(
        "credentials-expired",
        "call",
        "ExpiredToken(Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId"
        "|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|IncompleteSignature",
        "",
        "ExpiredTokenException: The security token included in the request is expired",
        "the credentials are expired or not valid, or this machine's clock is wrong",
        "sign in again; `aws sts get-caller-identity` shows whether it worked. Running tasks continue"
        " meanwhile",
        _COMMON,
    ),
    # After `pass-role-denied`, which has the same code.
    ErrorPattern(
        "denied",
        "call",
        "AccessDenied(Exception)?|UnauthorizedOperation|NotAuthorized|403|OptInRequired",
        "",
        "AccessDeniedException: User: arn:aws:iam::123456789012:user/ci is not authorized to perform:"
        " ecs:RunTask",
        "these credentials are not allowed to do this",
        "allow the operation in the policy of the user or role (`ecsplan docs permissions` lists what is"
        " needed), or use other credentials",
        _COMMON,
    ),
    # Shown only after all retries: throttling by itself is not an error.
    ErrorPattern(
        "throttled",
        "call",
        "Throttl.*|RequestLimitExceeded|TooManyRequestsException|ThrottledException",
        "",
        "ThrottlingException: Rate exceeded",
        "the account makes more calls than AWS allows; retrying did not help",
        "try again later; a resumed apply starts nothing twice",
        "ECS API request throttling page",
    ),
    ErrorPattern(
        "too-many-registrations",
        "call",
        "",
        "too many concurrent attempts",
        "ClientException: Too many concurrent attempts to create a new revision of the specified family.",
        "other clients keep registering revisions of this family",
        "try again later, or give each job its own family",
        "PrefectHQ/prefect#15865; hashicorp/terraform-provider-aws#9777",
    ),
    ErrorPattern(
        "not-reached",
        "call",
        "NotReached",
        "",
        "NotReached: Could not connect to the endpoint URL",
        "AWS could not be reached",
        "check the network, the region, proxies and --endpoint-url",
        "botocore, EndpointConnectionError and others",
    ),
    # Applying again is safe: RunTask replays the client token that the run id determines.
    ErrorPattern(
        "no-answer",
        "call",
        "NoAnswer|TimedOut",
        "",
        "NoAnswer: Connection was closed before we received a valid response",
        "the connection broke before AWS answered; the call may have taken effect",
        "apply again with the same run id: it starts nothing twice",
        "botocore, ReadTimeoutError, ConnectionClosedError",
    ),
    ErrorPattern(
        "bad-answer",
        "call",
        "BadAnswer",
        "",
        "BadAnswer: the answer's tasks is a str, not a list",
        "the response does not come from AWS, or from a different version of the API",
        "check --endpoint-url and proxies",
        "ecsplan",
    ),
    ErrorPattern(
        "bad-request",
        "call",
        "BadRequest",
        "",
        "BadRequest: Parameter validation failed",
        "the request does not match the SDK's model of the API",
        "compile again with this version of ecsplan, and check the patches of the job",
        "botocore, ParamValidationError",
    ),
    # botocore uses the HTTP status as the code of a response that has none.
    ErrorPattern(
        "service-trouble",
        "call",
        "ServerException|InternalFailure|InternalError|InternalServerError|ServiceUnavailable.*|5\\d\\d",
        "",
        "ServerException: Service Unavailable. Please try again later.",
        "AWS has a problem",
        "try again later; see the AWS Health Dashboard",
        _COMMON,
    ),
)
