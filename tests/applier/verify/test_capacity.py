"""Capacity: the providers of a strategy, and container instances where there is none."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import found_by

from ecsplan.terms.observed import Body
from ecsplan_applier.verify.capacity import capacity_provider_active, cluster_capacity, instances, providers
from ecsplan_applier.verify.check import Check

PROVIDERS = Check(capacity_provider_active, over=providers)
CAPACITY = Check(cluster_capacity, over=instances)
OWN = """\
image: alpine:3
cluster: batch
capacity_provider_strategy:
  - capacityProvider: own
"""


def cluster(**members: Any) -> dict[str, Any]:
    return {"clusters": [{"clusterName": "batch", "status": "ACTIVE", **members}]}


def provider(status: str) -> dict[str, Any]:
    return {"capacityProviders": [{"name": "own", "status": status}]}


GONE: dict[str, Any] = {"capacityProviders": [], "failures": [{"arn": "own", "reason": "MISSING"}]}
ATTACHED = cluster(capacityProviders=["FARGATE", "own"])


@pytest.mark.parametrize(
    ("described", "own", "state", "message"),
    [
        pytest.param(
            ATTACHED,
            provider("ACTIVE"),
            "ok",
            "capacity provider own is ACTIVE, and attached to cluster batch",
            id="active",
        ),
        pytest.param(
            cluster(capacityProviders=["FARGATE"]),
            provider("ACTIVE"),
            "fails",
            "capacity provider own is not attached to cluster batch",
            id="not attached",
        ),
        pytest.param(
            ATTACHED,
            provider("DEPROVISIONING"),
            "fails",
            "capacity provider own is DEPROVISIONING: it runs no tasks",
            id="not active",
        ),
        pytest.param(
            ATTACHED, GONE, "fails", "capacity provider own does not exist in us-east-1", id="missing"
        ),
        pytest.param(
            ATTACHED,
            denied("DescribeCapacityProviders"),
            "unknown",
            "capacity provider own: DescribeCapacityProviders is denied",
            id="denied",
        ),
        pytest.param(
            denied("DescribeClusters"),
            provider("ACTIVE"),
            "unknown",
            "capacity provider own: DescribeClusters is denied",
            id="cluster denied",
        ),
    ],
)
def test_a_provider_is_attached_and_active(described: Said, own: Said, state: str, message: str) -> None:
    says = {"DescribeClusters": described, "DescribeCapacityProviders": own}

    (found,) = found_by(PROVIDERS, OWN, says).findings

    assert (found.state, found.check, found.message) == (state, "capacity-provider-active", message)
    assert (found.location.line, found.location.column) == (4, 23)


def test_of_a_missing_cluster_only_the_cluster_is_reported() -> None:
    assert found_by(PROVIDERS, OWN, {"DescribeClusters": {"clusters": []}}).findings == ()


@pytest.mark.parametrize(("attached", "state"), [(["FARGATE", "FARGATE_SPOT"], "ok"), (["FARGATE"], "fails")])
def test_fargate_spot_is_attached(attached: list[str], state: str) -> None:
    manifest = "image: alpine:3\ncluster: batch\nlaunch_type: FARGATE_SPOT\n"

    (found,) = found_by(
        PROVIDERS, manifest, {"DescribeClusters": cluster(capacityProviders=attached)}
    ).findings

    assert (found.state, found.location.line, found.location.column) == (state, 3, 14)


def test_the_providers_of_many_jobs_are_asked_about_together() -> None:
    jobs = "".join(f"---\nname: j{n}\n{OWN.replace('own', f'own{n % 4}')}" for n in range(20))
    names = [f"own{n}" for n in range(4)]
    known = {"capacityProviders": [{"name": each, "status": "ACTIVE"} for each in names]}
    says = {"DescribeClusters": cluster(capacityProviders=names), "DescribeCapacityProviders": known}

    found = found_by(PROVIDERS, jobs, says)

    assert [name for name, _ in found.requests] == ["DescribeClusters", "DescribeCapacityProviders"]
    assert found.requests[1][1] == {"capacityProviders": names}


def paged(providers: Sequence[dict[str, Any]]) -> Callable[[Body], Body]:
    """Return the answers of DescribeCapacityProviders: ten a page, those of a cluster where it is named."""

    def said(request: Body) -> Body:
        wanted = [
            each
            for each in providers
            if each["name"] in request["capacityProviders"] and each.get("cluster") == request.get("cluster")
        ]
        start = int(request.get("nextToken", 0))
        more = {"nextToken": str(start + 10)} if start + 10 < len(wanted) else {}
        return {"capacityProviders": wanted[start : start + 10], **more}

    return said


def test_more_providers_than_a_page_has() -> None:
    names = [f"own{number:02}" for number in range(25)]
    jobs = "".join(f"---\nname: j-{each}\n{OWN.replace('own', each)}" for each in names)
    providers = paged([{"name": each, "status": "ACTIVE"} for each in names])
    says: dict[str, Said] = {
        "DescribeClusters": cluster(capacityProviders=names),
        "DescribeCapacityProviders": providers,
    }

    found = found_by(PROVIDERS, jobs, says)

    assert {state for _, state in found.states()} == {"ok"}
    assert len(found.findings) == 25


@pytest.mark.parametrize(
    ("status", "state"), [("ACTIVE", "ok"), ("DEPROVISIONING", "fails"), (None, "fails")]
)
@pytest.mark.parametrize("check", [PROVIDERS, CAPACITY], ids=["named", "of the default strategy"])
def test_the_providers_of_managed_instances_are_those_of_their_cluster(
    check: Check[Any], status: str | None, state: str
) -> None:
    own = [] if status is None else [{"name": "own", "status": status, "cluster": "batch"}]
    strategy = [{"capacityProvider": "own"}]
    attached = cluster(capacityProviders=["own"], defaultCapacityProviderStrategy=strategy)
    says: dict[str, Said] = {"DescribeClusters": attached, "DescribeCapacityProviders": paged(own)}
    job = OWN if check is PROVIDERS else "image: alpine:3\nlaunch_type: null\ncluster: batch\n"

    assert found_by(check, job, says).states() == [(check.name, state)]


@pytest.mark.parametrize(
    ("launch_type", "described", "own", "state", "message"),
    [
        pytest.param(
            "EC2",
            cluster(registeredContainerInstancesCount=2),
            {},
            "ok",
            "cluster batch has 2 container instances",
            id="instances",
        ),
        pytest.param(
            "EC2",
            cluster(registeredContainerInstancesCount=0, capacityProviders=["own"]),
            {},
            "fails",
            "cluster batch has no container instance for launch type EC2",
            id="none",
        ),
        pytest.param(
            "EXTERNAL",
            cluster(registeredContainerInstancesCount=0),
            {},
            "fails",
            "cluster batch has no container instance for launch type EXTERNAL",
            id="none outside",
        ),
        pytest.param(
            "null",
            cluster(defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE"}]),
            {},
            "ok",
            "cluster batch has a default strategy: FARGATE",
            id="a default strategy",
        ),
        pytest.param(
            "null",
            cluster(defaultCapacityProviderStrategy=[{"capacityProvider": "own"}]),
            GONE,
            "fails",
            "the default strategy of cluster batch has own, which is not ACTIVE",
            id="a default strategy that is gone",
        ),
        pytest.param(
            "null",
            cluster(registeredContainerInstancesCount=1),
            {},
            "ok",
            "cluster batch has 1 container instance",
            id="no strategy and an instance",
        ),
        pytest.param(
            "null",
            cluster(),
            {},
            "fails",
            "cluster batch has neither a default strategy nor a container instance",
            id="nothing",
        ),
        pytest.param(
            "EC2",
            denied("DescribeClusters"),
            {},
            "unknown",
            "capacity of cluster batch: DescribeClusters is denied",
            id="denied",
        ),
    ],
)
def test_there_is_something_to_run_on(
    launch_type: str, described: Said, own: Said, state: str, message: str
) -> None:
    manifest = f"image: alpine:3\nlaunch_type: {launch_type}\ncluster: batch\n"
    says = {"DescribeClusters": described, "DescribeCapacityProviders": own}

    (found,) = found_by(CAPACITY, manifest, says).findings

    assert (found.state, found.check, found.message) == (state, "cluster-capacity", message)
    assert found.location.line == (3 if launch_type == "null" else 2)


@pytest.mark.parametrize("keys", ["launch_type: FARGATE", "launch_type: FARGATE_SPOT"])
def test_fargate_needs_no_instances(keys: str) -> None:
    assert found_by(CAPACITY, f"image: alpine:3\n{keys}\n", {}).requests == ()
