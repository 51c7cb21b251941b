"""docs/manifest.md: all keys of a manifest, from its JSON Schema."""

import json
import re
from collections.abc import Iterator

from ecsplan.schema.files import Schema, load_schema
from ecsplan.terms.manifest_keys import GROUPS, KEYS, SPEC_ORDER

_INTRODUCTION = """# The manifest

> How do I …
> [run a command in a container once, as with docker run](how-to/one-off-command.md),
> [pass settings and files to a job](how-to/environment-and-files.md),
> [pass a secret to a job](how-to/secrets.md),
> [run a second container beside the job](how-to/sidecar.md),
> [run a job on EC2 instances, with a GPU or on ARM](how-to/on-ec2-instances.md),
> [set up the editor](how-to/editor.md),
> [run a task definition that Terraform registers](how-to/definition-from-terraform.md)?

A YAML 1.2 file with one job, its keys at the top level:

```yaml
image: public.ecr.aws/docker/library/alpine:3
command: [echo, hello world]
```

or with several jobs, as a stream of documents or under `jobs:`, with `defaults:` merged under each of them.
Mappings merge, lists and scalars replace, and `null` removes. Anchors, aliases and merge keys work.

```yaml
defaults:
  image: public.ecr.aws/docker/library/alpine:3
  env: {STAGE: prod}
jobs:
  users: {command: [echo, users]}
  orders: {command: [echo, orders], env: {TABLE: orders}}
```

Keys are in snake_case. Documents that AWS defines (under `task_definition`, `network_configuration`,
`capacity_provider_strategy` and others, and in patches) keep AWS's camelCase. A key with the value null is
treated as omitted, at every depth, except for `launch_type` and the variables of `env`; as the `value` of a
patch, null removes the member. A default never overrides a value in `task_definition` or a linked definition.
Unknown keys are errors, at every depth. See [manifests/](../manifests) for examples and
[rules.md](rules.md) for the checks.

<!-- This page is generated from `schemas/manifest.schema.json` by `make rules`; do not edit it. -->
"""

_GROUPS = {group: [key.name for key in KEYS if key.group == group] for group in GROUPS}
"""The sections, and the keys of each in the order in which they are shown."""

_KINDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "string": "text",
}
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no)$)[A-Za-z_/][\w./:@+-]*(?: [\w./:@+-]+)*")
"""Strings that YAML reads as the same string without quotes."""


def page() -> str:
    """Return the page as Markdown.

    Raises:
        ValueError: A key of the table is not in the schema, or the other way round.
    """
    keys = load_schema("manifest")["$defs"]["job"]["properties"]
    if sorted(SPEC_ORDER) != sorted(keys):
        raise ValueError(f"in the table or the schema only: {', '.join(sorted({*SPEC_ORDER} ^ {*keys}))}")
    parts = [_INTRODUCTION]
    parts += [f"- {title}: {_links(group)}\n" for title, group in _GROUPS.items()]
    for title, group in _GROUPS.items():
        parts.append(f"\n## {title}\n")
        parts += [f"\n{line}\n" for key in group for line in _lines(key, keys[key])]
    return parts[0] + "\n" + "".join(parts[1:])


def flow(value: object) -> str:
    """Return a JSON value as one line of YAML, quoted where necessary."""
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(each) for each in value) + "]"
        case str() if _PLAIN.fullmatch(value) and not value.endswith(":"):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def _lines(key: str, schema: Schema) -> Iterator[str]:
    """Yield the paragraphs about a key."""
    yield f"### {key}"
    yield f"*{_kind(schema)}* {schema['description']}"
    if "properties" in schema:
        yield "\n".join(f"- `{name}`: {each['description']}" for name, each in schema["properties"].items())
    examples = schema.get("examples", [])
    if examples:
        first, *others = [f"{key}: {flow(each)}" for each in examples]
        yield "\n".join(["```yaml", first, *(f"# or {each}" for each in others), "```"])


def _kind(schema: Schema) -> str:
    """Return the accepted kinds of values in words, without null, which means that the key is omitted."""
    if "enum" in schema:
        return "one of " + ", ".join(f"`{each}`" for each in schema["enum"] if each is not None)
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return " or ".join(_KINDS[each] for each in kinds if each != "null")
    branches = [each for each in schema["anyOf"] if each.get("type") != "null"]
    if any("type" in each for each in branches):
        return " or ".join(_kind(each) if "type" in each else "list" for each in branches)
    return "list" if isinstance(schema["examples"][0], list) else "mapping"


def _links(group: list[str]) -> str:
    return ", ".join(f"[{key}](#{key})" for key in group)
