"""Verifying jobs before they run: what several commands share of it."""

import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ecsplan.compile import Jobs, begin, spec_of, with_answers
from ecsplan.plan.placed_job import PlacedJob, unplaced_job
from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.terms.diagnostic import Diagnostic, has_errors
from ecsplan.terms.observed import Observed
from ecsplan_cli.asking import asked_in
from ecsplan_cli.options import AwsArguments, is_on_command_line, spelled
from ecsplan_cli.output import colour_wanted, print_line
from ecsplan_cli.render.findings import render_text, verify_summary

if TYPE_CHECKING:
    from ecsplan_applier.aws.gateway import SessionOptions
    from ecsplan_applier.verify.finding import Finding


Show: TypeAlias = Callable[[Sequence[Diagnostic]], None]
"""Shows what is wrong with manifests, or may be."""


def verified(jobs: Sequence[PlacedJob], aws: AwsArguments) -> "tuple[Finding, ...]":
    """Return what is found of jobs of manifests; ends the command where AWS could not be asked."""
    from ecsplan_cli.session import opened  # noqa: PLC0415 - only what talks to AWS loads the applier

    with opened(aws, says_runner=False) as session:
        return _verified_in(session, jobs, aws, planned=False)


def verified_plan(
    session: "SessionOptions", plan: Plan, aws: AwsArguments, show: Show, *, quiet: bool
) -> "tuple[Finding, ...] | None":
    """Return what is found of the jobs of a plan; what an offline plan left open is asked for first.

    None where that says that a manifest is wrong; `show` is called with what it says.

    Raises:
        ApplierError: AWS could not be asked, or the plan is for another account.
    """
    jobs = plan.jobs if plan.observed else _answered(session, plan, aws, show, quiet=quiet)
    if jobs is None:
        return None
    return _verified_in(session, tuple(map(unplaced_job, jobs)), aws, planned=plan.observed)


def _answered(
    session: "SessionOptions", plan: Plan, aws: AwsArguments, show: Show, *, quiet: bool
) -> tuple[PlannedJob, ...] | None:
    """Return the jobs of an offline plan, decided; None where AWS says that one is wrong."""
    jobs = Jobs(tuple(spec_of(each) for each in plan.jobs), (), complete=False)
    if aws.region is not None and is_on_command_line("region"):
        jobs = jobs.in_region(aws.region)
    work = asked_in(session, begin(jobs, Observed()), with_answers, aws, quiet=quiet, undecided=True)
    compiled = work.result()
    show(compiled.diagnostics)
    if compiled.plan is None or has_errors(compiled.diagnostics):
        return None
    return compiled.plan.jobs


def _verified_in(
    session: "SessionOptions", jobs: Sequence[PlacedJob], aws: AwsArguments, *, planned: bool
) -> "tuple[Finding, ...]":
    from ecsplan_applier.observing.observer import Observer  # noqa: PLC0415 - as above
    from ecsplan_applier.verify.run import verify  # noqa: PLC0415 - as above
    from ecsplan_cli.session import gateway, trace  # noqa: PLC0415 - as above

    return verify(jobs, Observer(session, gateway=gateway(session, aws), trace=trace(aws)), planned=planned)


def fails(findings: Iterable["Finding"]) -> bool:
    """Return whether something would fail."""
    return any(each.state == "fails" for each in findings)


def show_before(
    findings: "Sequence[Finding]", jobs: int, *, quiet: bool, inputs: Sequence[str] | None, aws: AwsArguments
) -> None:
    """Print what stands in the way of a command that goes on with the jobs: what fails, and what is unknown.

    Args:
        findings: The findings, in order.
        jobs: How many jobs there are.
        quiet: Whether to print what fails alone.
        inputs: The manifests or the plan, of which `verify` shows all findings; None where it would need more
            to do so: then each finding is shown.
        aws: How AWS is reached.
    """
    see_all = None
    if inputs is not None and "-" not in inputs:
        see_all = f"`{shlex.join(('ecsplan', 'verify', '--all', *inputs, *spelled(aws)))}`"
    states = ("fails",) if quiet else ("fails", "unknown")
    text = render_text(findings, colour=colour_wanted(sys.stderr), see_all=see_all, states=states)
    if text:
        print_line(text, nl=False)
    if not quiet:
        print_line(f"verified {verify_summary(jobs, findings)}")
