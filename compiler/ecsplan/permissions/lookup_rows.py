"""What ecsplan needs to look things up: networks, parameters, and outputs of stacks."""

import re
from collections.abc import Iterator
from typing import Final

from ecsplan.permissions.permission import Permission, Scope, Scopes
from ecsplan.permissions.resource_arns import literal, parsed
from ecsplan.permissions.sources import EC2_ACTIONS, PARAMETERS, SSM_ACTIONS, STACK_ACTIONS, STACKS
from ecsplan.permissions.subject import NetworkLookups, Subject
from ecsplan.terms.observed import AskExport, AskParameter, AskStackOutput, Lookup
from ecsplan.variables.lookups import lookup_of

_PARAMETER: Final = re.compile(r"(?P<name>(?:arn:[^:]*:ssm:[^:]*:[^:]*:parameter/)?[^:]+)")
"""The name or ARN of a parameter, before its version or label."""


def _lookups(subject: Subject) -> Iterator[Lookup]:
    return (lookup_of(each, subject.job.aws) for each in subject.planned_lookups)


def _parameters(subject: Subject) -> Iterator[Scope]:
    for each in _lookups(subject):
        match each, _PARAMETER.match(getattr(each, "name", "")):
            case AskParameter(), re.Match() as found:
                name = found["name"]
                is_arn = parsed(name) is not None
                arn = name if is_arn else subject.where.arn("ssm", f"parameter/{name.removeprefix('/')}")
                yield Scope(arn)
            case _:
                pass


def _stacks(subject: Subject) -> Iterator[Scope]:
    for each in _lookups(subject):
        if isinstance(each, AskStackOutput):
            is_arn = parsed(each.stack) is not None
            yield Scope(
                literal(each.stack)
                if is_arn
                else subject.where.arn("cloudformation", f"stack/{each.stack}/*")
            )


def _exports(subject: Subject) -> Iterator[Scope]:
    if any(isinstance(each, AskExport) for each in _lookups(subject)):
        yield Scope("*")


def _network_at_compile(name: str) -> Scopes:
    def scopes(subject: Subject) -> Iterator[Scope]:
        if _asks(subject.network(named_only=False), name):
            yield Scope("*")

    return scopes


def _network_at_apply(name: str) -> Scopes:
    def scopes(subject: Subject) -> Iterator[Scope]:
        if _asks(subject.network(named_only=not subject.is_undecided), name):
            yield Scope("*")

    return scopes


def _asks(network: NetworkLookups, name: str) -> bool:
    return bool(getattr(network, name))


_SUBNETS: Final = (
    "jobs with network mode `awsvpc` whose subnets are looked up: without `network_configuration`, ids in"
    " `subnets`, or a patch that replaces the subnets; `subnets` by tags; the VPC of `subnets` in which a"
    " name in `security_groups` is looked up"
)

ROWS: Final = (
    Permission(
        "ec2:DescribeVpcs",
        ("ec2:DescribeVpcs",),
        "`*`",
        "`vpc_id` by tags; the default VPC, if subnets or names in `security_groups` are looked up in it;"
        " with it, the message about a `vpc_id` without subnets says whether there is such a VPC",
        (EC2_ACTIONS,),
        compile=_network_at_compile("vpcs"),
        apply=_network_at_apply("vpcs"),
    ),
    Permission(
        "ec2:DescribeSubnets",
        ("ec2:DescribeSubnets",),
        "`*`",
        f"{_SUBNETS}; `verify`: the subnets of jobs with network mode `awsvpc`",
        (EC2_ACTIONS,),
        compile=_network_at_compile("subnets"),
        apply=_network_at_apply("subnets"),
        others=("verify",),
    ),
    Permission(
        "ec2:DescribeSecurityGroups",
        ("ec2:DescribeSecurityGroups",),
        "`*`",
        "names in `security_groups`; `verify`: the groups of jobs with network mode `awsvpc`",
        (EC2_ACTIONS,),
        compile=_network_at_compile("groups"),
        apply=_network_at_apply("groups"),
        others=("verify",),
    ),
    Permission(
        "ec2:DescribeNetworkInterfaces",
        ("ec2:DescribeNetworkInterfaces",),
        "`*`",
        "`init` of a task: its security groups (a note without it); `verify`: those of mount targets of EFS",
        (EC2_ACTIONS,),
        others=("init", "verify"),
        optional=True,
    ),
    Permission(
        "ssm:GetParameters",
        ("ssm:GetParameters",),
        "`parameter/PATH`",
        "`${ssm:/path}`: for each parameter that a job looks up; nothing is decrypted, so no key of KMS is"
        " needed",
        (SSM_ACTIONS, PARAMETERS),
        compile=_parameters,
        apply=_parameters,
    ),
    Permission(
        "cloudformation:DescribeStacks",
        ("cloudformation:DescribeStacks",),
        "`stack/STACK/*`",
        "`${cfn:STACK.OUTPUT}`: for each stack",
        (STACK_ACTIONS, STACKS),
        compile=_stacks,
        apply=_stacks,
    ),
    Permission(
        "cloudformation:ListExports",
        ("cloudformation:ListExports",),
        "`*`",
        "`${cfn-export:NAME}`",
        (STACK_ACTIONS,),
        compile=_exports,
        apply=_exports,
    ),
    Permission(
        "ssm:DescribeParameters",
        ("ssm:DescribeParameters",),
        "`*`",
        "parameters in `secrets`; never needed elsewhere: with it, the message about a parameter that does"
        " not exist names the nearest one that does",
        (SSM_ACTIONS,),
        others=("verify",),
        optional=True,
    ),
    Permission(
        "cloudformation:ListStacks",
        ("cloudformation:ListStacks",),
        "`*`",
        "never needed: with it, the message about a stack that does not exist names the nearest one that"
        " does",
        (STACK_ACTIONS,),
        optional=True,
    ),
)
"""The actions behind what a manifest looks up."""
