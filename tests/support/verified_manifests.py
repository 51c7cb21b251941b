"""What checks of `verify` find of a manifest: with answers that a test writes down, or at an endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripted_aws import REGION, JumpingClock, Said, ScriptedAws
from scripted_registries import ScriptedRegistries

from ecsplan.compile import begin, read_jobs, together
from ecsplan.plan.placed_job import placed_job
from ecsplan.terms.observed import Observed
from ecsplan_applier.aws.gateway import Gateway, SdkGateway, SessionOptions
from ecsplan_applier.aws.registries import Registries
from ecsplan_applier.observing.observer import Observation, Observer
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.finding import Finding
from ecsplan_applier.verify.run import verified
from ecsplan_applier.verify.verified_job import VerifiedJob

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Found:
    """The findings of some checks, and the calls that were made for them.

    Attributes:
        findings: The findings in order.
        requests: The calls: operation and request.
    """

    findings: tuple[Finding, ...]
    requests: tuple[tuple[str, Any], ...] = ()

    def states(self) -> list[tuple[str, str]]:
        """Return the check and the state of each finding."""
        return [(each.check, each.state) for each in self.findings]


def found_by(
    check: Check[Any] | Sequence[Check[Any]],
    manifest: str,
    says: Mapping[str, Said],
    *,
    account: str | None = ACCOUNT,
    file: str = "job.yaml",
    observed: Observed | None = None,
    registries: Registries | None = None,
) -> Found:
    """Return what checks find of a manifest; AWS answers as `says` has it and denies everything else.

    The manifest is compiled offline, or with what was `observed`.
    """
    aws = ScriptedAws(says)
    found = _verified(aws, check, manifest, account, file, observed=observed, registries=registries)
    return Found(found, tuple(aws.requests))


def found_at(
    check: Check[Any] | Sequence[Check[Any]], manifest: str, url: str, *, account: str | None = ACCOUNT
) -> Found:
    """Return what checks find of a manifest at an endpoint, such as that of moto."""
    options = SessionOptions(region=REGION, endpoint_url=url, static_credentials=("test", "test"))
    return Found(_verified(SdkGateway(options), check, manifest, account, "job.yaml"))


def _verified(
    gateway: Gateway,
    check: Check[Any] | Sequence[Check[Any]],
    manifest: str,
    account: str | None,
    file: str,
    *,
    observed: Observed | None = None,
    registries: Registries | None = None,
) -> tuple[Finding, ...]:
    checks = [check] if isinstance(check, Check) else check
    jobs = begin(together((read_jobs(manifest, file=file, region=REGION),)), observed).manifest(placed_job)
    assert jobs.jobs, [each.message for each in jobs.diagnostics]

    async def run(observation: Observation) -> tuple[Finding, ...]:
        made = [VerifiedJob(each, observation.target(each.job.aws), account) for each in jobs.jobs]
        return await verified(observation.asker, made, checks)

    if isinstance(gateway, ScriptedAws):
        known = registries or ScriptedRegistries()
        return Observer(gateway=gateway, registries=known, clock=JumpingClock(), workers=0).run(run)
    return Observer(gateway=gateway).run(run)
