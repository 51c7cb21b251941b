"""Rules about variables and secrets: their names, and values that should not be in plain text."""

import re
from collections.abc import Iterator
from itertools import chain

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_reported
from ecsplan.rules.overrides import MAX_DEFINITION
from ecsplan.rules.views import (
    container_items,
    containers_by_name,
    containers_of,
    items_of_containers,
    named,
    names_of,
    overrides_of,
    repeated,
)
from ecsplan.terms.diagnostic import Diagnostic, Location, error, warning
from ecsplan.terms.pointers import child
from ecsplan.terms.secrecy import looks_secret, mask_text

_REFERENCE = re.compile(r"arn:.+|[A-Za-z0-9_./-]+")
"""An ARN, or the name of an SSM parameter (Systems Manager user guide, parameter names)."""

_SECRET_ARN = re.compile(r"(?P<arn>arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?P<parts>(?::.*)?)")
"""The ARN of a secret, and what ECS is to take of it."""

_USE_SECRETS = "store it in Secrets Manager or SSM, and name the secret under `secrets`"


def duplicate_env(draft: Draft) -> Iterator[Diagnostic]:
    """No variable of a container is set twice; which value takes effect is not documented.

    Accepted: ECS registers both (metaps/genova#295, where the later value counts).

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, environment: [{name: STAGE, value: dev}, {name: STAGE, value: prod}]}
    """
    for each in containers_of(draft):
        for variable in repeated(each.mappings("environment")):
            place = draft.in_definition(variable.at("name"))
            message = f"{named(each)} sets {_name(variable)} twice"
            yield warning("duplicate-env", place, message, help="remove one of them")
    for each in overrides_of(draft):
        for variable in repeated(each.mappings("environment")):
            place = draft.in_run(variable.at("name"))
            message = f"the run request sets {_name(variable)} of {named(each)} twice"
            yield warning("duplicate-env", place, message, help="remove one of them")


def duplicate_secret(draft: Draft) -> Iterator[Diagnostic]:
    """No two secrets of a container have the same name.

    Refused: RegisterTaskDefinition ("The secret name must be unique and not shared with any new or existing
    environment variables set on the container"; dagster-io/dagster#11622).

    Example:
        image: alpine
        execution_role_arn: secrets
        task_definition:
          containerDefinitions:
            - {name: main, secrets: [{name: TOKEN, valueFrom: /a}, {name: TOKEN, valueFrom: /b}]}
    """
    for each in containers_of(draft):
        for secret in repeated(each.mappings("secrets")):
            place = draft.in_definition(secret.at("name"))
            message = f"two secrets of {named(each)} are named {secret.text('name')}"
            yield error("duplicate-secret", place, message, help="remove one of them")


def secret_env_clash(draft: Draft) -> Iterator[Diagnostic]:
    """No variable of a container has the name of one of its secrets, either as registered or as run.

    Refused: RegisterTaskDefinition ("The secret name must be unique and not shared with any new or existing
    environment variables set on the container"; dagster-io/dagster#11622).

    Example:
        image: alpine
        execution_role_arn: secrets
        env: {TOKEN_FILE: /run/token}
        secrets: {TOKEN_FILE: /prod/token}
    """
    for each in containers_of(draft):
        secrets = names_of(each.mappings("secrets"))
        for variable in each.mappings("environment"):
            if variable.text("name") in secrets:
                place = draft.in_definition(variable.at("name"))
                message = f"{variable.text('name')} of {named(each)} is both a variable and a secret"
                yield error("secret-env-clash", place, message, help="remove one of them")
    known = containers_by_name(draft)
    for override in overrides_of(draft):
        target = known.get(override.text("name") or "")
        secrets = names_of(target.mappings("secrets")) if target is not None else frozenset()
        for variable in override.mappings("environment"):
            if variable.text("name") in secrets:
                place = draft.in_run(variable.at("name"), key=True)
                message = (
                    f"{variable.text('name')} of {named(override)} is set by the run request and a secret"
                )
                yield error("secret-env-clash", place, message, help="remove one of them")


def env_name(draft: Draft) -> Iterator[Diagnostic]:
    """A variable has a name without `=`.

    Refused: RegisterTaskDefinition ("Environment variable name cannot be null or blank.";
    thnery/terraform-aws-template#2). A name with `=` is a warning.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, environment: [{value: prod}]}
    """
    for each, variable in container_items(draft, "environment"):
        name = variable.text("name")
        if not name and not is_reported(draft, variable, "name"):
            place = draft.in_definition(variable.at("name"))
            yield error("env-name", place, f"a variable of {named(each)} has no name")
        elif name and ("=" in name or "\0" in name):
            place = draft.in_definition(variable.at("name"))
            message = f"{mask_text(name)!r} is not a valid variable name"
            yield warning("env-name", place, message, help="write `name: NAME` and `value: VALUE`")


def env_without_value(draft: Draft) -> Iterator[Diagnostic]:
    """A variable has a value, even if it is empty: ECS drops a variable without one.

    Source: aws-actions/amazon-ecs-deploy-task-definition#224.

    Example:
        image: alpine
        task_definition:
          containerDefinitions:
            - {name: main, environment: [{name: STAGE}]}
    """
    for variable in items_of_containers(draft, "environment"):
        if "value" not in variable.members and not is_reported(draft, variable, "value"):
            yield warning(
                "env-without-value",
                draft.in_definition(variable.at("value")),
                f"{_name(variable)} has no value, so ECS drops it",
                help='add `value: ""` for an empty variable',
            )


def env_secret(draft: Draft) -> Iterator[Diagnostic]:
    """Credentials belong in a secret; in a variable, everyone who can describe the task can read them.

    Source: botocore ecs model, ContainerDefinition.environment.

    Example:
        image: alpine
        env: {DB_PASSWORD: correct-horse-battery}
    """
    for name, value in draft.job.env.items():
        # No longer value reaches ECS, and judging one takes time that grows with its length.
        if value is not None and looks_secret(name, value[:MAX_DEFINITION]):
            place = draft.at(child("/env", name))
            message = f"{name} looks like a credential, and `env` is plain text"
            yield warning("env-secret", place, message, help=_USE_SECRETS)
    # A linked definition was registered elsewhere; this manifest is not the place to fix it.
    if draft.job.linked is not None:
        return
    for variable in items_of_containers(draft, "environment"):
        name, value = variable.text("name") or "", variable.text("value")
        if value is not None and looks_secret(name, value):
            place = draft.in_definition(variable.at("value"))
            message = f"{mask_text(name)} looks like a credential, and `environment` is plain text"
            yield warning("env-secret", place, message, help=_USE_SECRETS)


def secret_reference(draft: Draft) -> Iterator[Diagnostic]:
    """A value under `secrets` is the ARN or the name of a secret, not the secret itself.

    Source: botocore ecs model, Secret.valueFrom.

    Example:
        image: alpine
        execution_role_arn: secrets
        secrets: {DB_PASSWORD: "correct horse battery"}
    """
    for name, value in draft.job.secrets.items():
        if not _REFERENCE.fullmatch(value):
            yield warning(
                "secret-reference",
                draft.at(child("/secrets", name)),
                f"the value of {name} is neither an ARN nor a parameter name",
                help="write the ARN of the secret, or the name of the SSM parameter, not its value",
            )


def secret_by_name(draft: Draft) -> Iterator[Diagnostic]:
    """A secret in Secrets Manager is named by its ARN; ECS takes any other name as that of an SSM parameter.

    The name of a parameter with slashes begins with one, so `prod/db` can only be meant for Secrets Manager.

    Source: botocore ecs model, Secret.valueFrom; Systems Manager user guide, parameter names.

    Example:
        image: alpine
        execution_role_arn: secrets
        secrets: {DB_PASSWORD: my-db-secret}
    """
    for place, name, value in _bare_names(draft):
        message = f"{mask_text(name)}: ECS takes a plain name for an SSM parameter, not a secret"
        help_text = "name a secret in Secrets Manager by its ARN, arn:aws:secretsmanager:…"
        if "/" in value:
            message += ", and one with slashes must begin with a slash"
            help_text = f"put a slash before the name of a parameter; {help_text}"
        yield warning("secret-by-name", place, message, help=help_text)


def _bare_names(draft: Draft) -> Iterator[tuple[Location, str, str]]:
    """Yield the place, variable and text of each reference that is neither an ARN nor begins with a slash.

    In the task definition, a name without a slash is accepted: its author writes for ECS.
    """
    for name, value in draft.job.secrets.items():
        if _is_bare(value):
            yield draft.at(child("/secrets", name)), name, value
    for secret in items_of_containers(draft, "secrets"):
        value = secret.text("valueFrom") or ""
        if "/" in value and _is_bare(value):
            place = draft.in_definition(secret.at("valueFrom"))
            if place.pointer.startswith("/task_definition/"):
                yield place, secret.text("name") or "a secret", value


def _is_bare(value: str) -> bool:
    return _REFERENCE.fullmatch(value) is not None and not value.startswith(("arn:", "/"))


def secret_arn_parts(draft: Draft) -> Iterator[Diagnostic]:
    """The ARN of a secret is followed by nothing, or by a JSON key, a version stage and a version id.

    All three colons are needed, even if only the key is given: `ARN:KEY::`.

    Accepted: ECS registers it. The task does not start ("unexpected ARN format with parameters when trying to
    retrieve ASM secret"; aws/amazon-ecs-agent#2358).
    Source: ECS developer guide, passing Secrets Manager secrets through environment variables.

    Example:
        image: alpine
        execution_role_arn: secrets
        secrets: {DB_PASSWORD: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1B2c3:password"}
    """
    options = (each.mapping("logConfiguration").mappings("secretOptions") for each in containers_of(draft))
    for secret in (*items_of_containers(draft, "secrets"), *chain.from_iterable(options)):
        found = _SECRET_ARN.fullmatch(secret.text("valueFrom") or "")
        parts = found["parts"].split(":")[1:] if found else []
        if found and len(parts) not in {0, 3}:
            whole = ":".join([found["arn"], *parts, "", "", ""][:4])
            yield warning(
                "secret-arn-parts",
                draft.in_definition(secret.at("valueFrom")),
                f"{_name(secret)}: only a key, a version stage and a version id may follow the ARN of a"
                " secret, each after a colon",
                help=f"write {mask_text(whole)}" if len(parts) < 3 else "remove what follows the version id",
            )


def environment_file(draft: Draft) -> Iterator[Diagnostic]:
    """The name of an environment file ends in `.env`.

    Accepted: ECS checks that the value is an ARN, but not how it ends (aws/copilot-cli#4600).
    Source: botocore ecs model, EnvironmentFile.

    Example:
        image: alpine
        execution_role_arn: settings
        task_definition:
          containerDefinitions:
            - {name: main, environmentFiles: [{type: s3, value: "arn:aws:s3:::settings/prod.txt"}]}
    """
    for file in items_of_containers(draft, "environmentFiles"):
        name = file.text("value")
        if name is not None and not name.endswith(".env"):
            place = draft.in_definition(file.at("value"))
            yield warning("environment-file", place, f"{name} does not end in .env", help="rename it")


def _name(variable: View) -> str:
    """Return the words by which a message refers to a variable."""
    return mask_text(variable.text("name") or "this variable")
