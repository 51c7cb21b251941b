"""Clusters: a job needs one that is ACTIVE."""

import pytest
from scripted_aws import denied
from verified_manifests import found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters

CHECK = Check(cluster_active, over=clusters)
MANIFEST = "image: alpine:3\ncluster: batch\n"


def described(status: str) -> dict[str, object]:
    arn = "arn:aws:ecs:us-east-1:123456789012:cluster/batch"
    return {"clusters": [{"clusterName": "batch", "clusterArn": arn, "status": status}]}


@pytest.mark.parametrize(
    ("says", "state", "message"),
    [
        pytest.param(described("ACTIVE"), "ok", "cluster batch is ACTIVE", id="active"),
        pytest.param(
            {"clusters": [], "failures": [{"reason": "MISSING"}]},
            "fails",
            "cluster batch does not exist in us-east-1",
            id="missing",
        ),
        pytest.param(
            described("DEPROVISIONING"),
            "fails",
            "cluster batch is DEPROVISIONING: it starts no tasks",
            id="gone",
        ),
        pytest.param(
            denied("DescribeClusters"), "unknown", "cluster batch: DescribeClusters is denied", id="denied"
        ),
        pytest.param(
            denied("DescribeClusters", "UnknownOperationException"),
            "unknown",
            "cluster batch: this endpoint has no DescribeClusters",
            id="not served",
        ),
    ],
)
def test_the_cluster_is_active(says: dict[str, object] | AwsError, state: str, message: str) -> None:
    (found,) = found_by(CHECK, MANIFEST, {"DescribeClusters": says}).findings

    assert (found.state, found.check, found.message) == (state, "cluster-active", message)
    assert (found.location.path, found.location.line, found.location.column) == ("job.yaml", 2, 10)


def test_many_jobs_ask_together() -> None:
    manifest = "".join(f"---\nname: j{n}\nimage: alpine:3\ncluster: c{n % 3}\n" for n in range(20))

    found = found_by(CHECK, manifest, {"DescribeClusters": {"clusters": []}})

    assert [(name, len(request["clusters"])) for name, request in found.requests] == [("DescribeClusters", 3)]
    assert len(found.findings) == 20
