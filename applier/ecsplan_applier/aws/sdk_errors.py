"""The SDK's errors as ours: what was refused, what was lost, and what keeps a session from being made."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ecsplan.terms.bodies import as_mapping, as_texts
from ecsplan_applier.aws.foreign_answers import ForeignAnswerError, excerpt
from ecsplan_applier.aws.proxies import refuse_malformed_proxy, unreached
from ecsplan_applier.aws.sdk_object import SdkObject
from ecsplan_applier.outcomes.errors import AwsError, SessionError

_VALUE: Final = re.compile(r", value: .*?(?=, (?:type|valid))", re.DOTALL)
"""What botocore shows of a value that does not fit; it may be a secret."""


_STILL_EXPIRED: Final = "credentials are still expired"
"""What the SDK says, in a bare RuntimeError, where it is handed credentials that are over already."""
_SIGN_IN: Final = ("SSO", "UnauthorizedSSO", "Token", "Login")
_PASSING: Final = (*_SIGN_IN, "CredentialRetrieval", "MetadataRetrieval")
"""How the names of the SDK's errors begin where credentials could not be fetched."""


@contextmanager
def translated(operation: str, place: str, role: str = "") -> Iterator[None]:
    """Raise what the SDK raises as ours.

    Args:
        operation: What is called, or what is done to be able to call.
        place: The endpoint or region, for the message, or "".
        role: The role that the call is made with, or "".
    """
    from botocore import exceptions as sdk  # noqa: PLC0415 - the SDK is imported where it is used
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    where, place = place, f" ({place})" if place else ""
    try:
        yield
    except ForeignAnswerError as error:
        raise AwsError(operation, AwsError.BAD_ANSWER, f"{error}{place}", status=error.status) from error
    except sdk.ClientError as error:
        raise _refusal(operation, error, role) from error
    except sdk.ReadTimeoutError as error:
        raise AwsError(operation, AwsError.TIMED_OUT, f"{error}{place}") from error
    except (sdk.ConnectionClosedError, sdk.ResponseStreamingError, sdk.IncompleteReadError) as error:
        raise AwsError(operation, AwsError.NO_ANSWER, f"{error}{place}") from error
    except sdk.ConnectionError as error:
        said = f"{unreached(error)}{place}{_unknown_region(where, error)}"
        raise AwsError(operation, AwsError.NOT_REACHED, said) from error
    except sdk.ParamValidationError as error:
        text = _VALUE.sub("", str(error))
        raise AwsError(operation, AwsError.BAD_REQUEST, _first_lines(text)) from error
    except sdk.HTTPClientError as error:
        refuse_malformed_proxy(operation, error)
        raise AwsError(operation, AwsError.NO_ANSWER, f"{error}{place}") from error
    except sdk.BotoCoreError as error:
        raise _unsigned(operation, error, passing=type(error).__name__.startswith(_PASSING)) from error
    except RecursionError as error:
        text = f"the answer is nested too deeply to be read{place}"
        raise AwsError(operation, AwsError.BAD_ANSWER, text) from error
    except RuntimeError as error:
        if _STILL_EXPIRED not in str(error):
            raise
        raise _unsigned(operation, error, passing=True) from error
    except (
        ResponseParserError,
        AttributeError,
        LookupError,
        TypeError,
        ArithmeticError,
        ValueError,
    ) as error:
        # What botocore's parsers raise where an answer's members have other types than the model says.
        text = f"the answer does not have the documented form: {error}{place}"
        raise AwsError(operation, AwsError.BAD_ANSWER, text) from error


def _unknown_region(place: str, error: SdkObject) -> str:
    """Return that AWS has no region of that name, as far as is known; "" for a known one, or an endpoint.

    The name of a region is part of the addresses that the SDK makes for it, not of those that it is given, as
    in AWS_ENDPOINT_URL, nor of a proxy's.
    """
    from ecsplan.schema.regions import KNOWN_REGIONS, nearest_region  # noqa: PLC0415 - rarely needed

    is_made_of_it = f".{place}." in str(error.kwargs.get("endpoint_url"))
    if not place or place in KNOWN_REGIONS or not is_made_of_it:
        return ""
    near = nearest_region(place)
    return f": no region of that name is known{f'; did you mean {near}?' if near else ''}"


def _refusal(operation: str, error: SdkObject, role: str) -> AwsError:
    """Return an error answer as ours; an answer may lack any part of it.

    The SDK assumes a role within the first call that needs it, so another operation may have been refused.
    """
    response = as_mapping(error.response)
    said = as_mapping(response.get("Error"))
    status = as_mapping(response.get("ResponseMetadata")).get("HTTPStatusCode")
    code, text = str(said.get("Code") or ""), str(said.get("Message") or "no message")
    if not code or code.isdecimal():  # the SDK puts the status where AWS would name the error
        code, text = AwsError.BAD_ANSWER, f"HTTP status {status} without an AWS error: {excerpt(text)}"
    refused_operation = str(error.operation_name or operation)
    return AwsError(
        refused_operation,
        code,
        text,
        status=status if isinstance(status, int) else None,
        resource_ids=as_texts(response.get("resourceIds")),
        about=role if refused_operation != operation else "",
    )


def _unsigned(operation: str, error: Exception, *, passing: bool) -> SessionError:
    """Return an error of the SDK's settings as ours; it may quote what a program for credentials printed."""
    from ecsplan.terms.secrecy import mask_text  # noqa: PLC0415 - most applies have no error to show

    # The words about a single sign-on are the SDK's alone, and `Token: Token for …` looks like a secret.
    is_own = type(error).__name__.startswith(("SSO", "UnauthorizedSSO"))
    text = str(error) if is_own else mask_text(str(error))
    return SessionError(f"{operation}: {text}{session_help(error)}", passing=passing)


def session_help(error: Exception) -> str:
    """Return what to do about settings that the SDK cannot work with."""
    name = type(error).__name__
    if name in {"NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError"}:
        return (
            "\n  help: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile;"
            " --local needs no account"
        )
    if name == "ProfileNotFound":
        return "\n  help: give --profile with one that `aws configure list-profiles` shows"
    if name.startswith(_SIGN_IN):
        return "\n  help: sign in with `aws sso login` or `aws login`, with the same AWS_PROFILE or --profile"
    if name == "RuntimeError":
        return (
            "\n  help: the credential source returns expired credentials: sign in there, or correct the clock"
        )
    if name in {"CredentialRetrievalError", "MetadataRetrievalError"}:
        return "\n  help: the credential source does not respond; `aws sts get-caller-identity` shows why"
    return "\n  help: check the SDK's configuration: region, profile, endpoint"


def _first_lines(text: str, most: int = 5) -> str:
    """Return the first lines of a long message, on one line."""
    head, *lines = text.splitlines() or [""]
    more = [f"(and {len(lines) - most} more)"] if len(lines) > most else []
    return " ".join((head, "; ".join(lines[:most]), *more)).strip()
