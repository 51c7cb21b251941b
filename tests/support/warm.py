"""What the fork server does before its first fork: it imports what the command may need, and reads models."""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

import boto3
import botocore.session
from botocore import hooks, regions, useragent
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import Loader
from botocore.model import ServiceModel

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
    models are files of the SDK, which do not change, and the others are pure functions of what they get.
    """
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    sanitized = functools.cache(useragent.sanitize_user_agent_string_component)
    useragent.sanitize_user_agent_string_component = sanitized
    event_name = functools.cache(EventAliaser(HierarchicalEmitter())._alias_event_name)
    EventAliaser._alias_event_name = lambda _, name: event_name(name)
    hooks.accepts_kwargs = accepts_kwargs(hooks.accepts_kwargs)
    keep_classes()
    keep_rule_sets()


def accepts_kwargs(otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that reads off a handler's code whether it takes any keyword, where it has code."""

    def accepts(handler: Any) -> Any:
        code = getattr(handler, "__code__", None)
        return code.co_flags & inspect.CO_VARKEYWORDS if code else otherwise(handler)

    return accepts


def keep_classes() -> None:
    """Have the SDK keep the parsed models, and the classes of clients that all sessions make alike."""
    make = ClientCreator._create_client_class
    classes: dict[ServiceModel, type] = {}

    @functools.cache
    def model(loader: Loader, service: str, version: str | None) -> ServiceModel:
        return ServiceModel(loader.load_service_model(service, "service-2", api_version=version), service)

    def create(self: ClientCreator, service: str, model: ServiceModel) -> type:
        if service not in SERVICES:
            made: type = make(self, service, model)
            return made
        if model not in classes:
            classes[model] = make(self, service, model)
        return classes[model]

    ClientCreator._load_service_model = lambda self, name, version=None: model(self._loader, name, version)
    ClientCreator._create_client_class = create


def keep_rule_sets() -> None:
    """Have the SDK keep its rules for endpoints once it has read them."""
    read = regions.EndpointProvider
    providers: dict[int, Any] = {}

    def provider(ruleset_data: Any, **options: Any) -> Any:
        # By identity: the loader keeps each file's data, and data cannot be hashed.
        key = id(ruleset_data)
        if key not in providers:
            providers[key] = read(ruleset_data=ruleset_data, **options)
        return providers[key]

    regions.EndpointProvider = provider


def compile_something() -> None:
    """Have the compiler keep its schemas."""
    plan = compile_manifest("image: alpine\n", file="job.yaml").plan
    assert plan is not None
    read_plan(write_plan(plan))
    decide({"family": "a"}, {"family": "b"})
