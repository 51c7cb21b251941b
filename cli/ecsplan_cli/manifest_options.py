"""`ManifestOptions`: how manifests are compiled, in commands that take manifests or one plan."""

from collections.abc import Callable

from ecsplan.draft.draft import Draft
from ecsplan.plan.plan import Plan, PlannedJob
from ecsplan.settings.overlay import Settings
from ecsplan.terms.records import dataclass
from ecsplan_cli.compiling import Made, Manifests, compile_manifests, planned_job
from ecsplan_cli.options import AwsArguments
from ecsplan_cli.plan_files import GivenInputs, plan_of, refuse_with_plan
from ecsplan_cli.values import GivenValues
from ecsplan_cli.wrong_manifests import end_if_wrong


@dataclass(frozen=True, slots=True)
class ManifestOptions:
    """The options of the command line that say how manifests are compiled.

    Attributes:
        region: `--region`; from the environment it is for jobs that name none.
        name: `--name`.
        values: The values that were given for variables.
        settings: What is set in jobs.
        quiet: Whether to leave warnings out.
        aws: How to reach AWS; None compiles offline.
    """

    region: str | None
    name: str | None
    values: GivenValues
    settings: Settings
    quiet: bool
    aws: AwsArguments | None = None

    def compiled(
        self,
        given: GivenInputs,
        made_of: Callable[[PlannedJob, Draft], Made],
        *,
        undecided: bool = False,
        spares: bool = False,
    ) -> Manifests[Made]:
        """Return the given manifests, compiled; see `compile_manifests`."""
        return compile_manifests(
            given.named,
            made_of,
            region=self.region,
            name=self.name,
            aws=self.aws,
            contents=given.contents,
            values=self.values,
            settings=self.settings,
            quiet=self.quiet,
            undecided=undecided,
            spares=spares,
        )

    def jobs(self, given: GivenInputs) -> tuple[PlannedJob, ...]:
        """Return the jobs of the given manifests; ends the command with 1 where one is wrong."""
        return self.jobs_and_files(given)[0]

    def jobs_and_files(self, given: GivenInputs) -> tuple[tuple[PlannedJob, ...], tuple[str, ...]]:
        """Return the jobs of the given manifests, and the definition files that were read for them.

        Ends the command with 1 where a manifest is wrong.
        """
        done = self.compiled(given, planned_job)
        end_if_wrong(done, given.named, quiet=self.quiet)
        return tuple(done.jobs()), tuple(done.files())

    def plan(self, given: GivenInputs) -> Plan | None:
        """Return the given plan; None where manifests are given.

        Raises:
            NotAPlan: It cannot be carried out.
            click.UsageError: An option says how manifests are compiled, and a plan is given.
        """
        if given.plan is None:
            return None
        refuse_with_plan(self.name, self.values, self.settings)
        return plan_of(given.contents[given.plan], given.plan)
