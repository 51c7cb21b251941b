"""What the fork server does before its first fork: it imports what the command may need, and reads models."""

import functools
import importlib
import pkgutil
from types import ModuleType

import boto3
import botocore.session
from botocore import useragent
from botocore.hooks import EventAliaser, HierarchicalEmitter

from ecsplan import compile_manifest, read_plan, write_plan
from ecsplan.decision.decide_revision import decide

PACKAGES = ("ecsplan", "ecsplan_applier", "ecsplan_local", "ecsplan_cli")
SERVICES = ("ecs", "ec2", "logs", "sts")


def command() -> None:
    """Import all that `ecsplan` may import, and have it read its schemas and AWS's service models."""
    for name in PACKAGES:
        load(importlib.import_module(name))
    keep_models()
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    for service in SERVICES:
        boto3.client(service, region_name="us-east-1", **keys).close()
    compile_something()


def load(package: ModuleType) -> None:
    """Import each module of a package."""
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)


def keep_models() -> None:
    """Have the SDK keep what it reads or computes again for each session, client and call.

    A client parses its service's model, half a second for EC2, and tests make thousands of clients. The
    models are files of the SDK, which do not change, and the others are pure functions of short strings.
    """
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    sanitized = functools.cache(useragent.sanitize_user_agent_string_component)
    useragent.sanitize_user_agent_string_component = sanitized
    event_name = functools.cache(EventAliaser(HierarchicalEmitter())._alias_event_name)
    EventAliaser._alias_event_name = lambda _, name: event_name(name)


def compile_something() -> None:
    """Have the compiler keep its schemas."""
    plan = compile_manifest("image: alpine\n", file="job.yaml").plan
    assert plan is not None
    read_plan(write_plan(plan))
    decide({"family": "a"}, {"family": "b"})
