"""From the command line's manifests to what a command needs of their jobs: check, compile, diff and preview.

Few manifests or thousands: they are shared out over the cores, asked about together, and kept in their order.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar, cast

from ecsplan.compile import Compilation, begin, read_jobs, together, with_answers, with_families
from ecsplan.draft.draft import Draft
from ecsplan.plan.compiled_manifest import CompiledManifest, shared_names
from ecsplan.plan.job_order import order_faults
from ecsplan.plan.plan import PlannedJob
from ecsplan.plan.shared_families import shared_families
from ecsplan.settings.overlay import Settings
from ecsplan.terms.diagnostic import Diagnostic, has_errors, in_order
from ecsplan.terms.observed import Observed, Question
from ecsplan.terms.records import dataclass
from ecsplan_cli.asking import Answers, asked
from ecsplan_cli.inputs import STDIN, Input, find_inputs, judged, unreadable
from ecsplan_cli.job_names import check_names
from ecsplan_cli.options import AwsArguments, is_on_command_line
from ecsplan_cli.output import is_terminal, print_line
from ecsplan_cli.settings import NO_SETTINGS, check_settings
from ecsplan_cli.values import NO_VALUES, GivenValues

ENOUGH_TO_SHARE = 128
"""Manifests from which on starting a process pays; below, one core is done sooner."""
AT_ONCE = 16
"""Manifests that a process takes at a time."""

Made = TypeVar("Made")
Share: TypeAlias = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""A map that keeps the order, in this process or over several."""


@dataclass(frozen=True, slots=True)
class Options(Generic[Made]):
    """What a command asks of its manifests.

    Attributes:
        made_of: Returns what is needed of each job of the plan, given its draft, too; a function that a
            process finds by its name.
        region: The command's `--region`; from the environment it is for jobs that name none.
        name: The command's `--name`.
        online: Whether AWS will be asked.
        forced: Whether `region` is for jobs that name another, too.
        values: The values that the command was given for variables.
        settings: What the command sets in jobs.
    """

    made_of: Callable[[PlannedJob, Draft], Made]
    region: str | None = None
    name: str | None = None
    online: bool = False
    forced: bool = False
    values: GivenValues = NO_VALUES
    settings: Settings = NO_SETTINGS


@dataclass(frozen=True, slots=True)
class _Task(Generic[Made]):
    """A manifest to compile; `text` is None where the process that compiles it reads the file."""

    source: Input
    text: bytes | None
    options: Options[Made]
    packed: bool


@dataclass(frozen=True, slots=True)
class _Compiled(Generic[Made]):
    """One manifest, compiled as far as AWS has answered.

    Attributes:
        manifest: What came of it.
        state: What answers go on from, or None where nothing is to be asked. It is pickled where other
            processes compile: any of them takes it up again, and it is a fifth of what the objects take.
    """

    manifest: CompiledManifest[Made]
    state: Compilation | bytes | None

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be asked about it."""
        return self.manifest.questions


@dataclass(frozen=True, slots=True)
class Manifests(Generic[Made]):
    """Compiled manifests in their order.

    Attributes:
        compiled: One for each manifest.
        found: What is wrong with them beyond each one's own diagnostics.
        left_out: As `found`, but only for manifests that are left out; the others do not wait for it.
        spares: Whether a manifest with an error is left out, and the others are compiled all the same.
        options: What the command asks of them.
        share: The map over manifests.
        known: What AWS has answered.
    """

    compiled: tuple[_Compiled[Made], ...]
    found: tuple[Diagnostic, ...]
    options: Options[Made]
    share: Share
    known: Answers = field(default_factory=dict)
    left_out: tuple[Diagnostic, ...] = ()
    spares: bool = False

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be asked, each question once; nothing where an error keeps it from being asked."""
        if has_errors(self.found) or (not self.spares and self._wrong()):
            return ()
        return tuple(dict.fromkeys(chain.from_iterable(each.questions for each in self.compiled)))

    def with_answers(self, answers: Answers) -> "Manifests[Made]":
        """Return the manifests compiled with these answers as well; those that ask nothing stay.

        What one manifest asks and another has asked before it is answered at once.
        """
        known = {**self.known, **answers}
        compiled = list(self.compiled)
        # Once the loop ends, no manifest asks what `known` answers. It ends: each turn answers a question of
        # every manifest in it, and what was answered is not asked again.
        while waiting := [
            i for i, each in enumerate(compiled) if not known.keys().isdisjoint(each.questions)
        ]:
            tasks = [_answered(compiled[each], known, self.options) for each in waiting]
            for index, result in zip(waiting, self.share(_go_on, tasks), strict=True):
                compiled[index] = result
        return replace(self, compiled=tuple(compiled), known=known)

    def jobs(self) -> Iterator[Made]:
        """Yield what was made of the jobs; there is all of it if no diagnostic is an error.

        Where manifests with an error are left out, it is what was made of the jobs of the others; nothing
        where an error is in none of the manifests, but in an option, for example.
        """
        if self.spares and has_errors(self.found):
            return iter(())
        return chain.from_iterable(each.jobs for each in self._manifests())

    def job_count(self) -> int:
        """Return how many jobs could be read, those with an error included."""
        return sum(each.count for each in self._manifests())

    def files(self) -> Iterator[str]:
        """Yield the paths of the definition files that were read."""
        return chain.from_iterable(each.files for each in self._manifests())

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what is wrong with all of them, in order."""
        shared = shared_families(
            chain.from_iterable(each.families for each in self._manifests()),
            chain.from_iterable(each.ignores for each in self._manifests()),
            complete=not self._wrong(),
        )
        return in_order(
            chain(self.found, self.left_out, shared, *(each.diagnostics for each in self._manifests()))
        )

    def _manifests(self) -> Iterator[CompiledManifest[Made]]:
        return (each.manifest for each in self.compiled)

    def _wrong(self) -> bool:
        return has_errors((*self.found, *self.left_out)) or any(
            has_errors(each.diagnostics) for each in self._manifests()
        )


def compile_manifests(
    named: Sequence[str],
    made_of: Callable[[PlannedJob, Draft], Made],
    *,
    region: str | None = None,
    name: str | None = None,
    aws: AwsArguments | None = None,
    contents: Mapping[str, bytes] | None = None,
    quiet: bool = False,
    values: GivenValues = NO_VALUES,
    settings: Settings = NO_SETTINGS,
    undecided: bool = False,
    spares: bool = False,
) -> Manifests[Made]:
    """Return the manifests that the command line names, compiled.

    AWS is asked only once all manifests have passed the offline checks, or those with an error are left out.
    Ends the command where it could not be asked.

    Args:
        named: Files, directories and `-`; none: `manifests/`.
        made_of: Returns what is needed of each job of the plan; as in `Options`.
        region: The command's `--region`; from the environment it is for jobs that name none.
        name: The command's `--name`.
        aws: How to reach AWS; None compiles offline.
        contents: What was read already, by path: a pipe can be read but once.
        quiet: Whether to leave warnings about AWS and the count of what is done out.
        values: The values that the command was given for variables.
        settings: What the command sets in jobs.
        undecided: Whether what would be reused need not be known; see `asked`.
        spares: Whether a manifest with an error is left out, and the others are compiled all the same.

    Raises:
        click.UsageError: Nothing is named and there is no `manifests/`, or `name` fits no job or several.
    """
    inputs = find_inputs(named)
    # A variable such as AWS_REGION must not move a job that names its region; the option may.
    forced = region is not None and is_on_command_line("region")
    options = Options(
        made_of, region, name, online=aws is not None, forced=forced, values=values, settings=settings
    )
    found = [*inputs.diagnostics, *values.problems]
    sources = tuple(_with_piped(inputs.manifests, contents or {}, found))
    with _mapper(len(sources), progress=not quiet and is_terminal(sys.stderr)) as (share, packed):
        tasks = [_Task(each, text, options, packed) for each, text in sources]
        compiled = tuple(share(_begin, tasks))
        # Which files are definition files of others is known only once those that name them are read.
        kept = judged(
            [(each.path, result.manifest.files) for (each, _), result in zip(sources, compiled, strict=True)]
        )
        compiled = tuple(each for index, each in enumerate(compiled) if index in kept)
        unnamed = [place for each in compiled for place in each.manifest.unnamed]
        all_read = all(each.manifest.count for each in compiled)
        found += check_names(unnamed, name, all_read=all_read)
        # What could not be read may be what declares a variable, or the job that a setting is for.
        if all_read:
            found += values.undeclared(variable for each in compiled for variable in each.manifest.declared)
            # Each job once: the plain name of a matrix is none of its jobs.
            names = [job.name for each in compiled for job in each.manifest.orders]
            called = [name for each in compiled for name in each.manifest.called]
            found += check_settings(settings, names, called)
        found += shared_names(each.manifest for each in compiled)
        found += order_faults(
            chain.from_iterable(each.manifest.orders for each in compiled),
            complete=not inputs.diagnostics and all(each.manifest.complete for each in compiled),
        )
        # Within the pool: manifests with open questions are compiled further by the same processes.
        manifests = Manifests(compiled, tuple(found), options, share)
        if spares:
            paths = [each.path for index, (each, _) in enumerate(sources) if index in kept]
            manifests = _sparing(manifests, paths, inputs.diagnostics)
        if aws is None:
            return manifests
        return asked(manifests, Manifests.with_answers, aws, quiet=quiet, undecided=undecided)


def _sparing(
    manifests: Manifests[Made], paths: Sequence[str], unread: Sequence[Diagnostic]
) -> Manifests[Made]:
    """Return the manifests without the jobs of those in which something is wrong with several of them.

    Args:
        manifests: The manifests.
        paths: Their paths.
        unread: What is wrong with inputs that could not be read.
    """
    left_out = tuple(each for each in manifests.found if each in unread or each.location.path in paths)
    wrong = {each.location.path for each in left_out if each.severity == "error"}
    compiled = tuple(
        _Compiled(replace(each.manifest, jobs=(), questions=()), None) if path in wrong else each
        for path, each in zip(paths, manifests.compiled, strict=True)
    )
    found = tuple(each for each in manifests.found if each not in left_out)
    return replace(manifests, compiled=compiled, found=found, left_out=left_out, spares=True)


def planned_job(job: PlannedJob, made: Draft) -> PlannedJob:
    """Return the job itself, for commands that show it."""
    del made
    return job


def nothing(job: PlannedJob, made: Draft) -> None:
    """Return nothing, for commands that want the diagnostics alone."""
    del job, made


def _with_piped(
    manifests: Iterable[Input], contents: Mapping[str, bytes], problems: list[Diagnostic]
) -> Iterator[tuple[Input, bytes | None]]:
    """Yield the manifests, standard input with what it holds: no other process could read it."""
    for each in manifests:
        text = contents.get(each.path)
        try:
            if text is None and each.path == STDIN:
                text = each.read()
        except OSError as reason:
            problems.append(unreadable(each.path, reason))
        else:
            yield each, text


def _begin(task: _Task[Made]) -> _Compiled[Made]:
    """Return a manifest, read and compiled; what a process of its own does."""
    source, options = task.source, task.options
    try:
        text = source.read() if task.text is None else task.text
    except OSError as reason:
        wrong = (unreadable(source.path, reason),)
        return _Compiled(CompiledManifest((), (), wrong, complete=False), None)
    region = options.region
    read = read_jobs(
        text,
        file=source.path,
        region=region,
        name=options.name,
        read=source.read_relative,
        sources=options.values,
        overlay=None if options.settings == NO_SETTINGS else options.settings,
    )
    # A manifest may hold several documents: two of its jobs can share a name as those of two manifests can.
    jobs = together((read,))
    if options.forced and region is not None:
        jobs = jobs.in_region(region)
        jobs = replace(jobs, jobs=with_families(jobs.jobs))
    return _compiled_so_far(begin(jobs, Observed() if options.online else None), options, packed=task.packed)


def _answered(
    compiled: _Compiled[Made], answers: Answers, options: Options[Made]
) -> tuple[Compilation | bytes | None, Answers, Options[Made]]:
    """Return what a process needs to go on with a manifest: the answers to its own questions, no others."""
    # Pickled for each manifest: all answers would cost the square of the number of manifests.
    own = {question: answers[question] for question in compiled.questions if question in answers}
    return compiled.state, own, options


def _go_on(task: tuple[Compilation | bytes, Answers, Options[Made]]) -> _Compiled[Made]:
    """Return a manifest, compiled with more answers; what a process of its own does."""
    state, answers, options = task
    # The form in which it came is the form in which it goes back.
    if isinstance(state, bytes):
        return _compiled_so_far(with_answers(_unpacked(state), answers), options, packed=True)
    return _compiled_so_far(with_answers(state, answers), options, packed=False)


def _compiled_so_far(compilation: Compilation, options: Options[Made], *, packed: bool) -> _Compiled[Made]:
    manifest = compilation.manifest(options.made_of)
    if not manifest.questions:
        return _Compiled(manifest, None)
    return _Compiled(manifest, _packed(compilation) if packed else compilation)


def _packed(compilation: Compilation) -> bytes:
    import pickle  # noqa: PLC0415 - only many manifests that ask AWS need it

    return pickle.dumps(compilation, pickle.HIGHEST_PROTOCOL)


def _unpacked(state: bytes) -> Compilation:
    import pickle  # noqa: PLC0415 - as above

    return cast(Compilation, pickle.loads(state))  # noqa: S301 - a process of this command made it


@contextmanager
def _mapper(count: int, *, progress: bool) -> Iterator[tuple[Share, bool]]:
    """Give a map in as many processes as pay, and whether those are others than this one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Packed on one core, too: kept as objects, many manifests take five times the memory.
    if count < ENOUGH_TO_SHARE or cores < 2:
        yield map, count >= ENOUGH_TO_SHARE
        return
    from ecsplan_cli.workers import workers  # noqa: PLC0415 - only many manifests need processes

    with workers(cores) as share:
        yield (
            lambda function, tasks: _counted(
                share(function, tasks, at_once=AT_ONCE), len(tasks), progress=progress
            ),
            True,
        )


def _counted(results: Iterator[Made], count: int, *, progress: bool) -> Iterator[Made]:
    """Yield the results, counting them on one line of a terminal."""
    for done, result in enumerate(results, start=1):
        # A carriage return overwrites the line; only the last count ends it.
        if progress and (done % 100 == 0 or done == count):
            print_line(f"\rcompiled {done} of {count}", nl=done == count)
        yield result
