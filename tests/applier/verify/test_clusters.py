"""Clusters: a job needs one that is ACTIVE."""

from collections.abc import Mapping
from typing import Any

import pytest
from scripted_aws import denied
from verified_manifests import found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.clusters import cluster_active, clusters

CHECK = Check(cluster_active, over=clusters)
MANIFEST = "image: alpine:3\ncluster: batch\n"


def described(status: str) -> dict[str, Any]:
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


def test_a_cluster_of_another_region_needs_no_call() -> None:
    manifest = f"image: alpine:3\ncluster: {described('ACTIVE')['clusters'][0]['clusterArn']}\n"

    here = found_by(CHECK, manifest, {"DescribeClusters": described("ACTIVE")})
    elsewhere = found_by(CHECK, manifest.replace("us-east-1", "eu-west-1"), {})

    assert here.states() == [("cluster-active", "ok")]
    assert elsewhere.states() == [("cluster-active", "fails")]
    assert elsewhere.findings[0].message.endswith(" is in eu-west-1, and the job runs in us-east-1")
    assert elsewhere.requests == ()


def test_one_name_that_is_refused_leaves_the_others() -> None:
    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        if "odd" in request["clusters"]:
            raise AwsError("DescribeClusters", "InvalidParameterException", "odd is not valid", status=400)
        return described("ACTIVE")

    manifest = "".join(f"---\nname: {each}\nimage: alpine:3\ncluster: {each}\n" for each in ("batch", "odd"))
    found = found_by(CHECK, manifest, {"DescribeClusters": answer})

    assert [(each.state, each.message) for each in found.findings] == [
        ("ok", "cluster batch is ACTIVE"),
        (
            "unknown",
            "cluster odd: DescribeClusters refuses it: InvalidParameterException: odd is not valid",
        ),
    ]
    assert [each.unasked for each in found.findings] == [None, None]


def test_many_jobs_ask_together() -> None:
    manifest = "".join(f"---\nname: j{n}\nimage: alpine:3\ncluster: c{n % 3}\n" for n in range(20))

    found = found_by(CHECK, manifest, {"DescribeClusters": {"clusters": []}})

    assert [(name, len(request["clusters"])) for name, request in found.requests] == [("DescribeClusters", 3)]
    assert len(found.findings) == 20
