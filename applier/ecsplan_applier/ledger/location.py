"""Where a ledger is, as the user names it: a folder, or a bucket and a prefix in it."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from ecsplan.terms.records import dataclass
from ecsplan_applier.outcomes.errors import UsageError

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|s3:", re.IGNORECASE)
"""How a URL begins; `s3:` is also one that lacks slashes."""
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+(\.\d+){3}")
_RESERVED: Final = re.compile(r"(xn--|sthree-).*|.*(-\.|\.-|\.\.).*|.*(\.mrap|--ol-s3|--table-s3)")
"""Names that S3 gives to no bucket (S3 user guide, general purpose bucket naming rules)."""
_MAX_PREFIX_BYTES: Final = 500
"""A key of S3 has at most 1,024 bytes (S3 user guide, object key names), of which a ledger's own part takes
up to 450."""
_S3_ARN: Final = re.compile(r"arn:aws[a-z-]*:s3:::(?P<path>[^:]+)")
_S3_HOST: Final = re.compile(
    r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?"
)
"""Host names of S3: `BUCKET.s3.REGION.amazonaws.com`, or with the bucket in the path (S3 user guide, virtual
hosting of buckets)."""
_FORMS: Final = "a folder, or s3://BUCKET/PREFIX"


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """A prefix of a bucket: empty, or ending in `/`."""

    bucket: str
    prefix: str


def ledger_place(location: str | Path) -> Path | BucketPlace:
    """Return where a ledger is.

    Raises:
        UsageError: It is neither a folder nor a valid `s3://BUCKET[/PREFIX]`.
    """
    text = str(location)
    if not text.strip() or "\0" in text:
        raise UsageError(f"the name of the ledger is empty or has a NUL in it\n  help: name {_FORMS}")
    if isinstance(location, str) and text.startswith("-"):
        # Standard output holds no ledger, and an option is what a variable that is not set leaves behind.
        raise UsageError(
            f"{_shown(text)} is not a valid ledger location"
            f"\n  help: name {_FORMS}; for a folder of this name, write ./{text[:200]}"
        )
    if text.startswith("s3://"):
        return _bucket_place(text)
    if _SCHEME.match(text) or text.startswith("arn:"):
        raise UsageError(
            f"{_shown(text)} is not a valid ledger location\n  help: name {_suggestion(text) or _FORMS}"
        )
    try:
        return Path(location).expanduser()
    except RuntimeError as error:  # `~NAME` of nobody, or `~` where no home is known
        raise UsageError(
            f"the home folder in {text} is not known\n  help: name the ledger's folder without ~"
        ) from error


def _bucket_place(text: str) -> BucketPlace:
    bucket, _, rest = text.removeprefix("s3://").partition("/")
    prefix = rest.removesuffix("/")
    if problem := _bucket_problem(bucket) or _prefix_problem(prefix):
        raise UsageError(f"{_shown(text)} is not a valid ledger location: {problem}")
    return BucketPlace(bucket, f"{prefix}/" if prefix else "")


def _bucket_problem(bucket: str) -> str:
    if not bucket:
        return "it names no bucket\n  help: name s3://BUCKET/PREFIX"
    if not _BUCKET.fullmatch(bucket) or _ADDRESS.fullmatch(bucket) or _RESERVED.fullmatch(bucket):
        return (
            "S3 has no bucket of such a name\n  help: the name of a bucket has 3 to 63 lower-case letters,"
            " digits, dots and hyphens, and begins and ends with a letter or digit: s3://my-bucket/ledger"
        )
    return ""


def _prefix_problem(prefix: str) -> str:
    # Of `.` and `..` a client on the way may make another path; two slashes are a slip of the pen.
    if prefix and not {"", ".", ".."}.isdisjoint(prefix.split("/")):
        return "a part of its prefix is empty, `.` or `..`\n  help: write it such as s3://BUCKET/ci/ledger"
    if not prefix.isprintable():
        return "its prefix has characters that cannot be printed\n  help: use letters, digits, - and _"
    if len(prefix.encode("utf-8", "surrogatepass")) > _MAX_PREFIX_BYTES:
        return f"its prefix is longer than {_MAX_PREFIX_BYTES} bytes\n  help: use a shorter one"
    return ""


def _suggestion(text: str) -> str:
    """Return the `s3://` URL that a text of another form probably means, or ""."""
    if text.startswith("arn:"):
        found = _S3_ARN.fullmatch(text)
        path = found["path"].removesuffix("*") if found else ""
    elif text.lower().startswith(("http://", "https://")):
        path = _path_of_url(text)
    else:
        scheme, _, rest = text.partition(":")
        path = rest.lstrip("/") if scheme.lower() == "s3" else ""
    bucket, _, prefix = path.partition("/")
    prefix = prefix.strip("/")
    if _bucket_problem(bucket) or _prefix_problem(prefix):
        return ""
    return f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"


def _path_of_url(text: str) -> str:
    """Return BUCKET/PREFIX of an address of S3, or ""."""
    try:
        url = urlsplit(text)
        host = url.hostname or ""
    except ValueError:
        return ""
    found = _S3_HOST.fullmatch(host)
    if found is None:
        return ""
    path = unquote(url.path).lstrip("/")
    return f"{found['bucket']}/{path}" if found["bucket"] else path


def _shown(text: str) -> str:
    """Return a location for a message, without a user's password or the signature of a signed address."""
    shown = re.sub(r"//[^/]*@", "//***@", text.partition("?")[0])
    return repr(shown[:200])
