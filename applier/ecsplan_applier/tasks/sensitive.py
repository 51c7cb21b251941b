"""The values of sensitive variables, given when a plan is applied: checked before anything is changed."""

from collections.abc import Iterable, Iterator, Mapping

from ecsplan.plan.plan import PlannedJob
from ecsplan.terms.placeholders import variable_at_apply
from ecsplan.terms.run_policy import array_environment
from ecsplan.variables.declarations import Declaration
from ecsplan.variables.values import Sources, as_text, read_value
from ecsplan_applier.aws.sealed_request import SealedRequest
from ecsplan_applier.outcomes.errors import UsageError

Values = Mapping[str, str]
"""The value of each placeholder of a job's run request."""


def sensitive_values(jobs: Iterable[PlannedJob], sources: Sources) -> dict[str, Values]:
    """Return what stands for the placeholders of each job, by the job's name.

    Raises:
        UsageError: A value is missing or wrong, or makes the overrides of a job too long.
    """
    wrong: list[str] = []
    found = {job.name: _of_job(job, sources, wrong) for job in jobs if job.sensitive}
    for job in jobs:
        if job.name in found and not wrong:
            wrong += _too_long(job, found[job.name])
    if wrong:
        raise UsageError("; ".join(dict.fromkeys(wrong)) + "; nothing was changed")
    return found


def _of_job(job: PlannedJob, sources: Sources, wrong: list[str]) -> Values:
    values: dict[str, str] = {}
    for declaration in job.sensitive:
        given = sources.given(declaration)
        if given is None:
            wrong.append(_missing(declaration))
            continue
        value, fault = read_value(declaration, given, _read)
        if fault is not None or value is None:
            wrong.append(f"the sensitive variable `{declaration.name}` {fault} ({given.origin})")
        elif isinstance(value, tuple):
            wrong.append(
                f"the sensitive variable `{declaration.name}` is a list, which `env` does not accept"
            )
        else:
            values[variable_at_apply(declaration.name)] = as_text(value)
    return values


def _missing(declaration: Declaration) -> str:
    also = f" or {declaration.env}" if declaration.env else ""
    name = declaration.name
    return (
        f"the sensitive variable `{name}` has no value: give it with --var {name}=…, in a file with"
        f" --var-file, or in the environment variable ECSPLAN_VAR_{name}{also}"
    )


def _too_long(job: PlannedJob, values: Values) -> Iterator[str]:
    from ecsplan.rules.overrides import MAX_OVERRIDES, json_length  # noqa: PLC0415 - only for sensitive variables

    request, array = SealedRequest(job.run_request, values), job.policy.array
    if array is not None:
        longest = array_environment(array - 1, array, job.policy.retry.attempts)
        request = request.with_environment(job.watch.container, longest)
    length = json_length(request.opened().get("overrides", {}))
    if length > MAX_OVERRIDES:
        yield (
            f"{job.name}: with the values of its sensitive variables, the overrides of the run request have"
            f" {length} characters as JSON; ECS allows {MAX_OVERRIDES}"
        )


def _read(text: str) -> object:
    from ecsplan.yaml.values import read_text  # noqa: PLC0415 - most values are strings

    return read_text(text)
