"""Running checks: what is asked together, and what a call that fails means for the whole."""

from dataclasses import replace
from typing import Any

import pytest
from scripted_aws import Said, ScriptedAws
from verified_manifests import ACCOUNT, found_by

from ecsplan.compile import begin, read_jobs, together
from ecsplan.plan.placed_job import placed_job, unplaced_job
from ecsplan_applier.observing.observer import Observer
from ecsplan_applier.outcomes.errors import AwsError, OtherAccountError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters
from ecsplan_applier.verify.finding import Unasked
from ecsplan_applier.verify.order import CHECKS
from ecsplan_applier.verify.roles import role_trust, roles
from ecsplan_applier.verify.run import verify

BOTH: list[Check[Any]] = [Check(cluster_active, over=clusters), Check(role_trust, over=roles)]
MANIFEST = f"image: 127.0.0.1:9/etl:1\ncluster: batch\ntask_role_arn: arn:aws:iam::{ACCOUNT}:role/run\n"


def out_of_reach(operation: str) -> AwsError:
    return AwsError(operation, AwsError.NOT_REACHED, "no connection")


def test_a_service_that_is_out_of_reach_is_unknown() -> None:
    says: dict[str, Said] = {"DescribeClusters": {"clusters": []}, "GetRole": out_of_reach("GetRole")}

    found = found_by(BOTH, MANIFEST, says).findings

    assert [(each.state, each.message) for each in found] == [
        ("fails", "cluster batch does not exist in us-east-1"),
        ("unknown", "role run: GetRole did not reach its service"),
    ]
    assert found[1].unasked == Unasked("GetRole", "not reached")


def test_where_nothing_is_reached_the_command_fails() -> None:
    says = {each: out_of_reach(each) for each in ("DescribeClusters", "GetRole")}

    with pytest.raises(AwsError, match="no connection"):
        found_by(BOTH, MANIFEST, says)


@pytest.mark.parametrize(
    ("code", "status"), [("ServerException", 400), ("ExpiredToken", 403), ("InvalidClientTokenId", 403)]
)
def test_any_other_failure_ends_the_command(code: str, status: int) -> None:
    failed = AwsError("GetRole", code, "no", status=status)

    with pytest.raises(AwsError, match=code):
        found_by(BOTH, MANIFEST, {"DescribeClusters": {"clusters": []}, "GetRole": failed})


def test_everything_denied_is_unknown_and_never_fails() -> None:
    image = f"image: {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/etl:1\n"
    manifest = f"{image}secrets: {{A: /a}}\nexecution_role_arn: arn:aws:iam::{ACCOUNT}:role/run\n"

    found = found_by(CHECKS, f"{manifest}configure_cloudwatch_logs: true\n", {})

    assert {each.state for each in found.findings} == {"unknown"}
    assert {each.check for each in found.findings} >= {"cluster-active", "role-trust", "secret-exists"}


def test_every_check_has_a_name_of_its_own() -> None:
    names = [each.name for each in CHECKS]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("account", "planned", "refused"),
    [
        pytest.param(ACCOUNT, True, False, id="of this account"),
        pytest.param("999999999999", True, True, id="of another account"),
        pytest.param("999999999999", False, False, id="not of a plan"),
    ],
)
def test_a_plan_is_verified_in_its_account(account: str, planned: bool, refused: bool) -> None:
    jobs = begin(
        together((read_jobs("image: 127.0.0.1:9/etl:1\n", file="job.yaml", region="us-east-1"),)), None
    )
    (placed,) = jobs.manifest(placed_job).jobs
    job = unplaced_job(replace(placed.job, account=account))
    aws = ScriptedAws({"GetCallerIdentity": {"Account": ACCOUNT}})

    if refused:
        with pytest.raises(OtherAccountError, match=f"for account {account}"):
            verify((job,), Observer(gateway=aws, workers=0), planned=planned)
    else:
        assert {each.state for each in verify((job,), Observer(gateway=aws, workers=0), planned=planned)}
    assert ("GetCallerIdentity" in aws.calls) is planned
