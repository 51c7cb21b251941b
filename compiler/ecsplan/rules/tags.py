"""Rules about tags: those of the run request, which come from `labels`, and those of the task definition."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.views import definition_of, repeated, run_of
from ecsplan.terms.diagnostic import Diagnostic, Location, error
from ecsplan.terms.family_names import tag_text
from ecsplan.terms.secrecy import mask_value

MAX_TAGS = 50
MAX_KEY = 128
MAX_VALUE = 256
"""Tags of one resource, and characters of a tag's key and value (botocore ecs model, Tag)."""

_TAG_TEXT = "use letters, digits, spaces and + - = . _ : / @"

_Place: TypeAlias = Callable[[View, str], Location]


def tag_count(draft: Draft) -> Iterator[Diagnostic]:
    """A task or task definition has at most 50 tags.

    Refused: RegisterTaskDefinition and RunTask: the service model itself states at most 50 items.
    Source: botocore ecs model, RunTask.tags.

    Example:
        image: alpine
        labels:
          {t1: a, t2: a, t3: a, t4: a, t5: a, t6: a, t7: a, t8: a, t9: a, t10: a, t11: a,
           t12: a, t13: a, t14: a, t15: a, t16: a, t17: a, t18: a, t19: a, t20: a, t21: a,
           t22: a, t23: a, t24: a, t25: a, t26: a, t27: a, t28: a, t29: a, t30: a, t31: a,
           t32: a, t33: a, t34: a, t35: a, t36: a, t37: a, t38: a, t39: a, t40: a, t41: a,
           t42: a, t43: a, t44: a, t45: a, t46: a, t47: a, t48: a, t49: a, t50: a, t51: a}
    """
    for tags, place in _tag_lists(draft):
        # Tags of AWS's own do not count towards the limit (botocore ecs model, RunTask.tags).
        counted = [each for each in tags if not _is_reserved(each.text("key"))]
        if len(counted) > MAX_TAGS:
            message = f"there are {len(counted)} tags; ECS allows {MAX_TAGS}"
            yield error("tag-count", place(counted[MAX_TAGS], "key"), message)


def tag_key_length(draft: Draft) -> Iterator[Diagnostic]:
    """The key of a tag has 1 to 128 characters.

    Refused: RegisterTaskDefinition and RunTask: the service model itself states 1 to 128 characters.
    Source: botocore ecs model, Tag.key.

    Example:
        image: alpine
        labels: {xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: a}
    """  # noqa: E501 - the key is to be that long
    for each, place in _tags(draft):
        key = each.text("key")
        if key is not None and not 1 <= len(key) <= MAX_KEY:
            message = (
                f"the key of this tag has {len(key)} characters" if key else "the key of this tag is empty"
            )
            yield error("tag-key-length", place(each, "key"), message, help=f"use 1 to {MAX_KEY} characters")


def tag_value_length(draft: Draft) -> Iterator[Diagnostic]:
    """The value of a tag has at most 256 characters.

    Refused: RegisterTaskDefinition and RunTask: the service model itself states at most 256 characters.
    Source: botocore ecs model, Tag.value.

    Example:
        image: alpine
        labels:
          note: >-
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    """
    for each, place in _tags(draft):
        value = each.text("value") or ""
        if len(value) > MAX_VALUE:
            message = f"the value of the tag {each.text('key')!r} has {len(value)} characters"
            yield error(
                "tag-value-length", place(each, "value"), message, help=f"use at most {MAX_VALUE} characters"
            )


def tag_prefix(draft: Draft) -> Iterator[Diagnostic]:
    """The prefix `aws:`, in upper or lower case, is reserved for AWS in keys and values of tags.

    Refused: RegisterTaskDefinition and RunTask: the service model says that a tag with this prefix cannot be
    edited or deleted, and AWS does not allow users to create one ("aws: prefixed tag key names are not
    allowed for external use").
    Source: botocore ecs model, RunTask.tags.

    Example:
        image: alpine
        labels: {"AWS:team": data}
    """
    for each, place in _tags(draft):
        for member in ("key", "value"):
            if _is_reserved(each.text(member)):
                message = f"the {member} {_shown(each, member)} begins with aws:, which is reserved"
                yield error("tag-prefix", place(each, member), message, help="choose another prefix")


def tag_characters(draft: Draft) -> Iterator[Diagnostic]:
    """A tag consists of letters and digits of any script, spaces and `+ - = . _ : / @`.

    The keys and values of `labels` are converted to that form; tags in AWS's documents are kept as written.
    Refused: RegisterTaskDefinition and RunTask: the service model itself states the pattern of a tag.
    Source: botocore ecs model, Tag.

    Example:
        image: alpine
        task_definition:
          tags: [{key: team, value: "data 🚀"}]
    """
    for each, place in _tags(draft):
        for member in ("key", "value"):
            text = each.text(member) or ""
            if tag_text(text) != text:
                message = (
                    f"the {member} {_shown(each, member)} has characters that ECS does not allow in a tag"
                )
                yield error("tag-characters", place(each, member), message, help=_TAG_TEXT)


def duplicate_tag(draft: Draft) -> Iterator[Diagnostic]:
    """No two tags of a task or task definition have the same key.

    Refused: RegisterTaskDefinition and RunTask: the service model says that each tag key must be unique for
    each resource.
    Source: botocore ecs model, RunTask.tags.

    Example:
        image: alpine
        task_definition:
          tags: [{key: team, value: data}, {key: team, value: infra}]
    """
    for tags, place in _tag_lists(draft):
        for each in repeated(tags, "key"):
            yield error("duplicate-tag", place(each, "key"), f"two tags have the key {each.text('key')!r}")


def _shown(tag: View, member: str) -> str:
    """Return the key or value of a tag quoted for a message, masked if it looks like a credential."""
    return repr(mask_value((tag.text("key") or "",), tag.text(member)))


def _is_reserved(text: str | None) -> bool:
    return text is not None and text[:4].lower() == "aws:"


def _tag_lists(draft: Draft) -> Iterator[tuple[tuple[View, ...], _Place]]:
    """Yield the tags of the run request, then of the task definition, with functions that locate them."""
    yield (
        run_of(draft).mappings("tags"),
        lambda tag, member: draft.in_run(tag.at(member), key=member == "key"),
    )
    yield definition_of(draft).mappings("tags"), lambda tag, member: draft.in_definition(tag.at(member))


def _tags(draft: Draft) -> Iterator[tuple[View, _Place]]:
    for tags, place in _tag_lists(draft):
        for each in tags:
            yield each, place
