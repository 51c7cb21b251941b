"""From the name of a ledger to the ledger."""

import os
from pathlib import Path
from typing import Final

from ecsplan.terms.observed import Aws
from ecsplan_applier.aws.gateway import Gateway, SessionOptions, Target
from ecsplan_applier.aws.retry import Caller
from ecsplan_applier.ledger.bucket import S3Store
from ecsplan_applier.ledger.folder import FolderStore
from ecsplan_applier.ledger.ledger import Ledger
from ecsplan_applier.ledger.location import BucketPlace, ledger_place
from ecsplan_applier.outcomes.errors import SessionError
from ecsplan_applier.scheduling.scheduler import Event

_ENDPOINT: Final = "AWS_ENDPOINT_URL_S3"
_IGNORE_ENDPOINTS: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
"""Variables of the SDK (SDKs and tools reference guide, service-specific endpoints)."""
_ANY_REGION: Final = "us-east-1"
"""Where a bucket is asked for if no region is known: S3 names the bucket's region, and the SDK goes there."""


def open_ledger(
    location: str | Path,
    caller: Caller,
    session: SessionOptions | None = None,
    cancel: Event | None = None,
) -> Ledger:
    """Return the ledger that is kept in a folder or a bucket; nothing is read or asked for yet.

    Args:
        location: The folder or `s3://BUCKET[/PREFIX]`, as the user names it.
        caller: Makes the calls to S3; its loop runs what may block.
        session: What the command line says about reaching AWS.
        cancel: Once it is set, a read that fails is not repeated.

    Raises:
        UsageError: The location is neither of them.
    """
    place = ledger_place(location)
    if isinstance(place, BucketPlace):
        target = s3_target(session or SessionOptions(), caller.gateway)
        return Ledger(S3Store(place.bucket, place.prefix, caller, target, cancel), caller.loop)
    return Ledger(FolderStore(place, str(location), caller.loop), caller.loop)


def s3_target(options: SessionOptions, gateway: Gateway) -> Target:
    """Return where a ledger's bucket is asked for, and as whom.

    Those are the credentials, region and endpoint of the command line and the environment: one ledger has
    entries of many manifests, each of which may name a role and an endpoint of its own. The endpoint of the
    embedded ECS is not one of S3.
    """
    embedded = options.static_credentials is not None
    try:
        region = gateway.target(Aws()).region
    except SessionError:
        region = _ANY_REGION
    endpoint = None if embedded else options.endpoint_url
    return Target(region, None if embedded else options.profile, None, _configured_endpoint() or endpoint)


def _configured_endpoint() -> str | None:
    """Return the endpoint that the environment names for S3 alone; it is nearer than one for all services."""
    ignored = os.environ.get(_IGNORE_ENDPOINTS, "").lower() == "true"
    return None if ignored else os.environ.get(_ENDPOINT) or None
