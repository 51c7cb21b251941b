"""Answers that do not come from AWS: what proxies, login pages and load balancers send instead.

botocore reads a body that is not JSON as an empty answer, and an empty answer is one that AWS gives to some
calls. So the body is looked at before it is parsed; what such a call did is not known.
"""

from typing import Final

from ecsplan_applier.aws.sdk_object import SdkObject

MAX_EXCERPT: Final = 80
"""Characters of a foreign answer that are shown."""
_OK: Final = 200
_REDIRECT: Final = 300
_REGION: Final = "x-amz-bucket-region"
"""The header of S3 that names a bucket's region (S3 API reference, HeadBucket)."""
_ERROR: Final = 400
_BEGINNING: Final = 500
"""Bytes of an XML answer in which its first element is named."""
_ELEMENTS: Final = {"ListObjectsV2": "ListBucketResult"}
"""Operations of S3 that answer with a document, and its first element (S3 API reference)."""


class ForeignAnswerError(Exception):
    """An answer that AWS would not give; `status` is its HTTP status."""

    def __init__(self, status: int, body: bytes) -> None:
        said = excerpt(body.decode("utf-8", "replace"))
        super().__init__(f"HTTP status {status} with {said or 'an empty body'} is not a response from AWS")
        self.status = status


def refuse_foreign(*, operation_model: SdkObject, response_dict: SdkObject, **_: object) -> None:
    """Refuse an answer that does not have the form of AWS's: a handler of botocore's event `before-parse`.

    Errors are recognized later, by the code that only AWS gives.

    Raises:
        ForeignAnswerError: The answer does not have that form.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    if status >= _ERROR or not isinstance(body, bytes):
        return
    if _is_redirect(operation_model, response_dict):
        return
    if status != _OK or not _has_form(operation_model, body):
        raise ForeignAnswerError(status, body)


def _is_redirect(operation_model: SdkObject, response_dict: SdkObject) -> bool:
    """Return whether S3 says in which other region a bucket is, where the SDK then asks.

    Without that, the SDK would ask for the region, and take each further redirect for a reason to ask again.
    """
    is_s3 = operation_model.service_model.resolved_protocol == "rest-xml"
    return is_s3 and response_dict["status_code"] >= _REDIRECT and _REGION in response_dict["headers"]


def _has_form(operation_model: SdkObject, body: bytes) -> bool:
    """Return whether a body is a JSON object, an XML document named after the operation, or rightly empty."""
    # STS and EC2 answer in XML, and botocore takes any XML document for an answer without members.
    protocol = operation_model.service_model.resolved_protocol
    if protocol in {"query", "ec2"}:
        return f"{operation_model.name}Response".encode() in body[:_BEGINNING]
    text = body.strip()
    # S3 answers with an element that only its reference names, or, to a write, with headers alone.
    if protocol == "rest-xml":
        element = _ELEMENTS.get(operation_model.name)
        return not text if element is None else f"<{element}".encode() in text[:_BEGINNING]
    # An operation without output is answered with an empty body.
    if not text and operation_model.output_shape is None:
        return True
    return text.startswith(b"{") and text.endswith(b"}")


def excerpt(text: str) -> str:
    """Return the beginning of a foreign text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_EXCERPT else f"{line[:MAX_EXCERPT]}…"
