"""Error patterns of calls that fail whatever the job is: credentials, throttling, connections, AWS itself."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_COMMON: Final = "AWS common errors"
_S3_ERRORS: Final = "S3 API reference, error responses"
_S3_KMS: Final = "S3 user guide, server-side encryption with AWS KMS keys"
_S3_CONDITIONS: Final = "S3 user guide, conditional writes"

FAILED_CALLS: Final[tuple[ErrorPattern, ...]] = (
    # An image to pin is the one thing that a local run of a job can do without.
    ErrorPattern(
        "images-not-served",
        "call",
        "UnknownOperationException|InvalidAction",
        "",
        "UnknownOperationException: The embedded ECS has no operation BatchGetImage.",
        "the endpoint has no images: it is the embedded ECS (`--local`), or another emulator",
        "leave the tag as it is with `--set pin_image=false` where manifests are compiled, or ask AWS",
        _COMMON,
        operation="BatchGetImage",
    ),
    # The calls that a ledger in S3 makes, before the patterns that hold for every service.
    ErrorPattern(
        "bucket-missing",
        "call",
        "NoSuchBucket",
        "",
        "NoSuchBucket: The specified bucket does not exist",
        "there is no such bucket",
        "correct --ledger or ECSPLAN_LEDGER, or create the bucket; `aws s3api head-bucket --bucket BUCKET`"
        " shows whether it exists",
        _S3_ERRORS,
    ),
    ErrorPattern(
        "bucket-elsewhere",
        "call",
        "PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException",
        "",
        "PermanentRedirect: The bucket you are attempting to access must be addressed using the specified"
        " endpoint.",
        "the bucket is in another region than the one that was asked, and S3 did not say in which",
        "name its region with --region or AWS_REGION; `aws s3api get-bucket-location --bucket BUCKET` shows"
        " it",
        f"{_S3_ERRORS}; botocore, S3RegionRedirectorv2",
    ),
    ErrorPattern(
        "ledger-key-denied",
        "call",
        "AccessDenied|KMS\\..*",
        "kms",
        "AccessDenied: User: arn:aws:iam::123456789012:user/ci is not authorized to perform:"
        " kms:GenerateDataKey on the resource associated with this ciphertext",
        "the bucket encrypts with a KMS key that these credentials are not allowed to use",
        "allow kms:GenerateDataKey and kms:Decrypt on the key, in the policy of the role and in that of the"
        " key",
        _S3_KMS,
    ),
    # S3 does not say that an object is missing to whoever may not list the bucket.
    ErrorPattern(
        "ledger-read-denied",
        "call",
        "AccessDenied|AllAccessDisabled|403",
        "",
        "AccessDenied: Access Denied",
        "these credentials are not allowed to read the ledger's documents, or to list the bucket, and S3"
        " answers in this way for a document that does not exist",
        "allow s3:GetObject on the ledger's prefix and s3:ListBucket on the bucket; `ecsplan docs"
        " permissions` has a policy",
        "S3 API reference, GetObject",
        operation="GetObject",
    ),
    ErrorPattern(
        "ledger-write-denied",
        "call",
        "AccessDenied|AllAccessDisabled|403",
        "",
        "AccessDenied: Access Denied",
        "these credentials are not allowed to write the ledger's documents",
        "allow s3:PutObject on the ledger's prefix, and s3:GetObject, which replacing a document needs as"
        " well; `ecsplan docs permissions` has a policy",
        f"S3 API reference, PutObject; {_S3_CONDITIONS}",
        operation="PutObject",
    ),
    ErrorPattern(
        "ledger-list-denied",
        "call",
        "AccessDenied|AllAccessDisabled|403",
        "",
        "AccessDenied: Access Denied",
        "these credentials are not allowed to list the ledger's documents",
        "allow s3:ListBucket on the bucket, for the ledger's prefix; `ecsplan docs permissions` has a policy",
        "S3 API reference, ListObjectsV2",
        operation="ListObjectsV2",
    ),
    ErrorPattern(
        "ledger-archived",
        "call",
        "InvalidObjectState",
        "",
        "InvalidObjectState: The operation is not valid for the object's storage class",
        "a lifecycle rule has moved the document to an archive",
        "restore the object, and have the rule expire documents instead of archiving them",
        _S3_ERRORS,
    ),
    ErrorPattern(
        "conditions-not-supported",
        "call",
        "NotImplemented",
        "",
        "NotImplemented: A header you provided implies functionality that is not implemented",
        "this store does not have the conditional writes of S3 that a ledger needs",
        "use a bucket of Amazon S3 or of a store that honors If-None-Match and If-Match, or a folder",
        f"{_S3_ERRORS}; {_S3_CONDITIONS}",
        operation="PutObject",
    ),
    ErrorPattern(
        "clock-skewed",
        "call",
        "RequestTimeTooSkewed",
        "",
        "RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
        "this machine's clock is off by more than 15 minutes",
        "set the clock",
        _S3_ERRORS,
    ),
    # Several codes: ECS, EC2, STS and CloudWatch Logs name the same failures differently.
    ErrorPattern(
        "credentials-expired",
        "call",
        "ExpiredToken(Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId"
        "|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|IncompleteSignature|InvalidAccessKeyId"
        "|InvalidToken|TokenRefreshRequired",
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
        "Throttl.*|RequestLimitExceeded|TooManyRequestsException|ThrottledException|SlowDown",
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
        "proxy-failed",
        "call",
        "NotReached",
        "Failed to connect to proxy URL",
        'NotReached: Failed to connect to proxy URL: "http://proxy.example.com:3128": Tunnel connection'
        " failed: 407 Proxy Authentication Required",
        "the proxy that the environment names cannot be reached, or does not connect to AWS",
        "correct HTTPS_PROXY, an http or https URL, with a user name and password where the proxy asks for"
        " them; NO_PROXY names what is reached without it, such as `.amazonaws.com`",
        "botocore, ProxyConnectionError",
    ),
    ErrorPattern(
        "certificate-not-trusted",
        "call",
        "NotReached",
        "SSL validation failed.*(certificate|no such file)",
        "NotReached: SSL validation failed for https://ecs.eu-west-1.amazonaws.com/ [SSL:"
        " CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain",
        "an authority that is not trusted here signed the certificate, as with a proxy that inspects TLS; or"
        " AWS_CA_BUNDLE does not name a file of certificates",
        "set AWS_CA_BUNDLE to a file in PEM format with the certificate of that authority",
        "botocore, SSLError",
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
        "AWS reports a server error",
        "try again later; see the AWS Health Dashboard",
        _COMMON,
    ),
)
