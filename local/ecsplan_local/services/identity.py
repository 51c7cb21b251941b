"""STS: the identity of the caller, and roles that any caller may assume."""

import time

from ecsplan_local.arns import caller_arn
from ecsplan_local.errors import ServiceError
from ecsplan_local.json_types import Body
from ecsplan_local.protocol.wire import Call, query_text, role_access_key_id
from ecsplan_local.world import World

_SESSION_S = 3600


def get_caller_identity(_world: World, call: Call) -> Body:
    """Return the account and user of the caller's credentials."""
    return {"Arn": caller_arn(call), "UserId": "AIDALOCALECSPLAN00000", "Account": call.account}


def assume_role(_world: World, call: Call) -> Body:
    """Return credentials for a role; calls signed with them belong to the role's account."""
    arn, session = query_text(call.parameters, "RoleArn"), query_text(call.parameters, "RoleSessionName")
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or len(parts[4]) != 12 or not parts[4].isdecimal():
        raise ServiceError("ValidationError", f"{arn} is invalid")
    if not session:
        rule = "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
        raise ServiceError("ValidationError", f"1 validation error detected: {rule}")
    # The machine's time, not the endpoint's: SDKs compare the expiration with their own clock.
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _SESSION_S))
    assumed = f"arn:aws:sts::{parts[4]}:assumed-role/{parts[5].rpartition('/')[2]}/{session}"
    return {
        "Credentials": {
            "AccessKeyId": role_access_key_id(parts[4]),
            "SecretAccessKey": "local",
            "SessionToken": "local",
            "Expiration": ends,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"AROALOCALECSPLAN00000:{session}", "Arn": assumed},
    }


OPERATIONS = {"AssumeRole": assume_role, "GetCallerIdentity": get_caller_identity}
