"""Shell scripts and command lines with `aws ecs register-task-definition` and `aws ecs run-task`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ecsplan.terms.family_names import reference_family
from ecsplan.terms.json_types import Document, Json
from ecsplan_convert.aws.conformed import conformed, without_output
from ecsplan_convert.references import has_reference, reference, references_in
from ecsplan_convert.shell.declarations import declaration
from ecsplan_convert.shell.script import Called, Script, read_script
from ecsplan_convert.shell.table import TABLE
from ecsplan_convert.source import COMMAND_LINE, ConversionError, Job, Source, SourceJobs

__all__ = ["TABLE", "read"]

_BUILTINS: Final = frozenset(
    {
        *("set", "exit", "return", "cd", "echo", "printf", "true", "false", ":", "test", "[", "shift"),
        *("trap", "break", "continue", "sleep", "pwd", "unset", "wait", "pushd", "popd", "shopt", "let"),
        *("export", "local", "readonly", "declare", "typeset", "alias", "hash", "type", "command", "date"),
        "umask",
    }
)
_DONE_BY_APPLY: Final = frozenset(
    {
        *("ecs wait", "ecs describe-tasks", "ecs list-tasks", "ecs stop-task"),
        *("ecs describe-task-definition", "logs describe-log-streams"),
        *("logs get-log-events", "logs tail", "logs filter-log-events"),
    }
)
_DESCRIBE_SERVICES: Final = "ecs describe-services"
_LOST_MEMBERS: Final = {
    "startedBy": "--started-by is left out: ecsplan writes the name of the run there",
    "clientToken": "--client-token is left out: ecsplan makes a token for each start",
}
_NAMING: Final = ("--task-definition", "--cli-input", "--container-definitions", "the options that")
"""How notes begin that say why a call does not say what it runs."""
_MAX_NAMES: Final = 8


def read(source: Source) -> SourceJobs:
    """Return a job for each `run-task`, with the definition that the script registers for it.

    Raises:
        ConversionError: There is no such call, or one cannot be read.
    """
    try:
        script = read_script(source.text, source.read)
    except ConversionError as error:
        if source.name != COMMAND_LINE:
            raise
        raise ConversionError(str(error).replace(" on line 1", ""), help=error.help) from error
    if not script.run and not script.registered:
        raise ConversionError(
            "there is no call of `aws ecs run-task` or `aws ecs register-task-definition` in it",
            help="name a script, or the command itself after `--`: ecsplan init -- aws ecs run-task …",
        )
    jobs = tuple(_jobs(script))
    if not jobs:
        raise _unreadable(script)
    variables = _variables(script, jobs)
    unknown = dict(_unknown(script))
    return SourceJobs(jobs, variables, (*unknown.values(), *_notes(script, variables)), unknown)


def _jobs(script: Script) -> list[Job]:
    used: set[int] = set()
    jobs: list[Job] = []
    for each in script.run:
        number = _definition_of(script, each)
        if number is not None:
            used.add(number)
        jobs += _runs(script, each)
    for number, each in enumerate(script.registered):
        if number not in used and not _replaced(script, number) and _has_containers(each):
            jobs.append(_job(script, None, each, several=len(script.registered) + len(script.run) > 1))
    return jobs


def _runs(script: Script, run: Called) -> list[Job]:
    """Return the job of a call; [] where nothing says which task definition it runs."""
    number = _definition_of(script, run)
    job = _job(script, run, None if number is None else script.registered[number], several=False)
    return [] if job.definition is None and "taskDefinition" not in job.request else [job]


def _unknown(script: Script) -> Iterator[tuple[str, str]]:
    """Yield calls that are no jobs, since nothing says what they run: where they stand, and why."""
    for each in script.run:
        if not _runs(script, each):
            number = _definition_of(script, each)
            said = each.request.notes if number is None else script.registered[number].request.notes
            why = next((note for note in said if note.startswith(_NAMING)), "it names none")
            call = f"`aws ecs {each.call.operation}` on line {each.call.line}"
            yield call, f"{call} is left out, since the task definition that it runs is not known: {why}"


def _definition_of(script: Script, run: Called) -> int | None:
    """Return the registered definition that a call runs; None where it runs another."""
    if run.request.definition is not None:
        return run.request.definition
    family = _resolved(script, run.request.document.get("taskDefinition"))
    same = [
        number
        for number, each in enumerate(script.registered)
        if family and _resolved(script, each.request.document.get("family")) == family
    ]
    before = [number for number in same if script.registered[number].call.line <= run.call.line]
    # In a function, a registration may stand after the call that it is followed by.
    return before[-1] if before else same[0] if same else None


def _resolved(script: Script, text: object) -> str:
    """Return a text with the defaults of variables in place of references; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    for name in {*references_in(text)}:
        default = script.parameters.defaults.get(name)
        if default is not None:
            text = text.replace(reference(name), default)
    return text


def _has_containers(registered: Called) -> bool:
    return bool(registered.request.document.get("containerDefinitions"))


def _unreadable(script: Script) -> ConversionError:
    """Return the error that no definition of a script could be read, and that it runs no other."""
    if script.run:
        return ConversionError(
            next(why for _, why in _unknown(script)),
            help="write the task definition into a copy of the script, or name a file with it",
            line=script.run[0].call.line,
        )
    first = script.registered[0]
    why = next(iter(first.request.notes), "it has no container definitions")
    return ConversionError(
        f"`aws ecs {first.call.operation}` on line {first.call.line}: {why}",
        help="name the file with the task definition instead: ecsplan init FILE",
        line=first.call.line,
    )


def _replaced(script: Script, number: int) -> bool:
    """Return whether a later registration of the same family replaces a definition that no call runs."""
    family = script.registered[number].request.document.get("family")
    later = script.registered[number + 1 :]
    return family is not None and any(each.request.document.get("family") == family for each in later)


def _job(script: Script, run: Called | None, registered: Called | None, *, several: bool) -> Job:
    request: dict[str, Json] = dict(run.request.document) if run is not None else {}
    notes: list[str] = []
    definition: Document | None = None
    if registered is not None:
        definition = registered.request.document
        notes += registered.request.notes
        if not _has_containers(registered):
            notes.append("its task definition has no containers that could be read")
            family = definition.get("family")
            definition = None
            if family is not None:
                request["taskDefinition"] = family
    if definition is not None:
        definition, left_out = conformed(without_output(definition), "task-definition")
        notes += left_out
        request.pop("taskDefinition", None)
    if run is not None:
        notes += run.request.notes
        notes += [note for member, note in _LOST_MEMBERS.items() if request.pop(member, None) is not None]
        request, left_out = conformed(request, "run-request")
        notes += left_out
    calls = [each for each in (run, registered) if each is not None]
    notes += [note for each in calls for note in _surroundings(each)]
    region = next((each.region for each in calls if each.region is not None), None)
    keys: dict[str, Json] = {}
    if region is not None and region.lost:
        notes.append("--region is left out: a running shell computes it")
    elif region is not None:
        keys = {"aws": {"region": region.text}}
    if run is None and several:
        notes.append("the script registers this definition, and does not run it itself")
    return Job(
        name=_family(script, definition, request),
        definition=definition,
        request=request,
        keys=keys,
        notes=tuple(dict.fromkeys(notes)),
        is_partial=registered is not None and bool(registered.request.notes),
    )


def _surroundings(called: Called) -> Iterator[str]:
    """Yield what to know about the place of a call."""
    what = f"`aws ecs {called.call.operation}` on line {called.call.line}"
    if "loop" in called.within:
        yield f"{what} is in a loop, and is read once"
    if "if" in called.within or "case" in called.within:
        yield f"{what} depends on a condition of the script, which is not kept"
    if called.profile:
        yield "the profile is left out, a name of one machine: set AWS_PROFILE, or `profile` of `aws:`"
    if "--endpoint-url" in called.call.global_options:
        yield "--endpoint-url is left out: write it as `endpoint_url` of `aws:` if every run is to use it"


def _family(script: Script, definition: Document | None, request: Document) -> str:
    """Return the family that a job runs; "" where no text names one."""
    named = definition.get("family") if definition is not None else request.get("taskDefinition")
    named = _resolved(script, named)
    return "" if has_reference(named) else reference_family(named)


def _variables(script: Script, jobs: Sequence[Job]) -> dict[str, Document]:
    """Return the declarations of the variables that jobs refer to."""
    types = {
        name: kind for each in (*script.registered, *script.run) for name, kind in each.request.types.items()
    }
    referred = {name for each in jobs for name in references_in([each.definition, each.request, each.keys])}
    return {
        name: declaration(name, types.get(name), default)
        for name, default in script.parameters.defaults.items()
        if name in referred
    }


def _notes(script: Script, variables: Mapping[str, Document]) -> Iterator[str]:
    yield from script.notes
    yield from _dropped(script)
    for name, declared in variables.items():
        reason = script.parameters.reasons.get(name)
        if reason is not None:
            what = "has its default from the script" if "default" in declared else "has no default"
            yield f"the variable {name} {what}: {reason}; `--var {name}=…` or the environment gives its value"
        if declared.get("type") == "list":
            yield f"the variable {name} is a list, so its value is written with brackets: `[one, two]`"
    done = [each for each in script.operations if each in _DONE_BY_APPLY]
    if done:
        yield (
            f"{_listed(f'aws {each}' for each in done)}: `ecsplan apply` waits for the task, prints its log "
            "and exits with the exit code of its container"
        )
    if _DESCRIBE_SERVICES in script.operations:
        yield (
            f"`aws {_DESCRIBE_SERVICES}`: with `service: NAME`, a job takes its definition and its network "
            "from a service"
        )
    known = _DONE_BY_APPLY | {_DESCRIBE_SERVICES}
    rest = [f"aws {each}" for each in script.operations if each not in known]
    rest += [each for each in script.others if each not in _BUILTINS and re.fullmatch(r"[\w.+-]+", each)]
    if rest:
        yield f"what else the script runs is left out: {_listed(rest)}"


def _dropped(script: Script) -> Iterator[str]:
    """Yield why registrations of a script are no part of any job."""
    used = {_definition_of(script, each) for each in script.run}
    for number, each in enumerate(script.registered):
        what = f"`aws ecs {each.call.operation}` on line {each.call.line}"
        if number in used:
            continue
        if _replaced(script, number):
            yield f"{what} is left out: a later one registers the same family"
        elif not _has_containers(each):
            why = next(iter(each.request.notes), "it has no container definitions")
            yield f"{what} could not be read: {why}"


def _listed(names: Iterable[str]) -> str:
    shown = [f"`{each}`" for each in names]
    more = len(shown) - _MAX_NAMES
    return ", ".join(shown[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
