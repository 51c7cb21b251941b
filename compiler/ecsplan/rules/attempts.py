"""Rules about copies and attempts: arrays, their variables, retries, and exit codes."""

from collections.abc import Iterator, Sequence

from ecsplan.draft.draft import Draft
from ecsplan.draft.view import View
from ecsplan.rules.already_reported import is_key_reported
from ecsplan.rules.views import overrides_of, own_container_of
from ecsplan.terms.diagnostic import Diagnostic, error, warning
from ecsplan.terms.pointers import pointer_of
from ecsplan.terms.run_policy import ARRAY_VARIABLES


def array_and_count(draft: Draft) -> Iterator[Diagnostic]:
    """A job has `array` or `count`, not both, nor a `count` that `task_customizations` put into the request.

    Refused: by ecsplan, because both say how many copies there are.

    Example:
        image: alpine
        array: 10
        count: 10
    """
    if draft.job.says("array") and draft.job.says("count"):
        yield error(
            "array-and-count",
            draft.at("/count", key=True),
            "array and count are both set",
            help="keep `array` if each copy has to know its number, else `count`",
        )
    elif draft.job.policy.array is not None and "count" in draft.run:
        yield error(
            "array-and-count",
            draft.in_run("/count"),
            "the request of an array cannot have a count",
            help="remove it here: `array` says how many copies there are",
        )


def array_variable(draft: Draft) -> Iterator[Diagnostic]:
    """ECSPLAN_INDEX, ECSPLAN_COUNT and ECSPLAN_ATTEMPT are set in each copy of an array.

    What the task definition says for one of them is replaced, which is a warning; a secret of that name is an
    error like one in `env`.

    Refused: by ecsplan, because a value for all copies would hide the number of each; for a secret,
    RunTask as in secret-env-clash.

    Example:
        image: alpine
        array: 10
        env: {ECSPLAN_INDEX: "0"}
    """
    if draft.job.policy.array is None:
        return
    own = own_container_of(draft)
    for override in overrides_of(draft):
        if override.text("name") == draft.container:
            for each in _array_variables(override, "environment"):
                message = (
                    f"{each.text('name')} is set in each copy of an array, and cannot have a value of its own"
                )
                place = draft.in_run(each.at("name"), key=True)
                yield error("array-variable", place, message, help=_RENAME)
    for each in _array_variables(own, "secrets"):
        message = f"{each.text('name')} is set in each copy of an array, and cannot be a secret"
        yield error("array-variable", draft.in_definition(each.at("name"), key=True), message, help=_RENAME)
    for each in _array_variables(own, "environment"):
        message = (
            f"each copy of an array sets {each.text('name')}: the value in the task definition has no effect"
        )
        yield warning("array-variable", draft.in_definition(each.at("name")), message, help="remove it")


_RENAME = "remove it, or choose another name"


def _array_variables(container: View, member: str) -> Iterator[View]:
    return (each for each in container.mappings(member) if each.text("name") in ARRAY_VARIABLES)


def retry_timeout(draft: Draft) -> Iterator[Diagnostic]:
    """Only a job with `task_timeout_seconds` can time out and be tried again for that.

    Example:
        image: alpine
        retry: {on: [timeout]}
    """
    causes = _written_causes(draft)
    known = draft.job.timeout_s is not None or is_key_reported(draft, "task_timeout_seconds")
    if "timeout" in causes and not known:
        yield warning(
            "retry-timeout",
            draft.at(pointer_of("retry", "on", list(causes).index("timeout"))),
            "the job has no task_timeout_seconds, so no attempt ends with a timeout",
            help="add `task_timeout_seconds`, or remove `timeout`",
        )


def retry_success(draft: Draft) -> Iterator[Diagnostic]:
    """An exit code that counts as success is not tried again.

    Refused: by ecsplan, because an attempt has either succeeded or not.

    Example:
        image: alpine
        succeed_on: [0, 3]
        retry: {on: [{exit_codes: [3, 75]}]}
    """
    if draft.job.spoiled("/succeed_on"):
        return
    for pointer, code in _retried_codes(draft):
        if code in draft.job.policy.succeed_on:
            yield error(
                "retry-success",
                draft.at(pointer),
                f"the exit code {code} counts as success, so it cannot be tried again",
                help="remove it here" if code == 0 else "remove it here, or from `succeed_on`",
            )


def succeed_on_zero(draft: Draft) -> Iterator[Diagnostic]:
    """`succeed_on` takes the place of 0: without it, a job that ends with 0 has failed.

    Example:
        image: alpine
        succeed_on: [3]
    """
    if draft.job.says("succeed_on") and 0 not in draft.job.policy.succeed_on:
        yield warning(
            "succeed-on-zero",
            draft.at("/succeed_on"),
            "the exit code 0 is not in the list, so a job that ends with 0 has failed",
            help="add 0, unless that is meant",
        )


def repeated_item(draft: Draft) -> Iterator[Diagnostic]:
    """The lists of `after`, `succeed_on` and `retry` name each job, exit code and cause once.

    Refused: by ecsplan, because one of the two is a mistake.

    Example:
        image: alpine
        succeed_on: [0, 3, 3]
    """
    for pointer, item in _repeats(draft):
        shown = repr(item) if isinstance(item, str) else str(item)
        message = f"{shown} is listed twice"
        yield error("repeated-item", draft.at(pointer), message, help="remove one of them")


def _repeats(draft: Draft) -> Iterator[tuple[str, object]]:
    """Yield the items that a list of the job has had before, each with its pointer."""
    lists: dict[str, list[tuple[str, object]]] = {
        key: [(pointer_of(key, n), each) for n, each in enumerate(draft.job.spec[key])]
        for key in ("after", "succeed_on")
        if draft.job.says(key)
    }
    causes = enumerate(_written_causes(draft))
    lists["on"] = [(pointer_of("retry", "on", n), each) for n, each in causes if isinstance(each, str)]
    lists["exit_codes"] = list(_retried_codes(draft))
    for items in lists.values():
        seen: set[object] = set()
        for pointer, item in items:
            if item in seen:
                yield pointer, item
            seen.add(item)


def _retried_codes(draft: Draft) -> Iterator[tuple[str, int]]:
    """Yield the exit codes that are tried again, each with its pointer."""
    for number, item in enumerate(_written_causes(draft)):
        if isinstance(item, dict):
            for index, code in enumerate(item.get("exit_codes", ())):
                yield pointer_of("retry", "on", number, "exit_codes", index), code


def _written_causes(draft: Draft) -> Sequence[object]:
    causes: Sequence[object] = draft.job.spec["retry"].get("on", ()) if draft.job.says("retry") else ()
    return causes
