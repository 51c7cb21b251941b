"""Quotas of Fargate: the tasks that run at a time fit into them."""

from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.quotas import fargate_quota, fargate_tasks

CHECK = Check(fargate_quota, over=fargate_tasks)
UNKNOWN = AwsError("GetServiceQuota", "NoSuchResourceException", "does not exist", status=400)
MIXED = """
capacity_provider_strategy:
  - {capacityProvider: FARGATE, weight: 1}
  - {capacityProvider: FARGATE_SPOT, weight: 1}
"""


def quota(request: Any) -> dict[str, Any]:
    return {"Quota": {"Value": {"L-3032A538": 6.0, "L-36FBB829": 2.0}[request["QuotaCode"]]}}


@pytest.mark.parametrize(
    ("keys", "answer", "state", "message"),
    [
        pytest.param(
            "cpu: 2048\nmemory: 4096\ncount: 3",
            quota,
            "ok",
            "job needs 6 vCPU for 3 tasks at a time, and the quota of FARGATE (L-3032A538) is 6 vCPU;"
            " what else runs there is not seen",
            id="just fits",
        ),
        pytest.param(
            "cpu: 2048\nmemory: 4096\ncount: 4",
            quota,
            "fails",
            "job needs 8 vCPU for 4 tasks at a time, and the quota of FARGATE (L-3032A538) is 6 vCPU",
            id="one more",
        ),
        pytest.param(
            "cpu: 256\nlaunch_type: FARGATE_SPOT\narray: 9",
            quota,
            "fails",
            "job needs 2.25 vCPU for 9 tasks at a time, and the quota of FARGATE_SPOT (L-36FBB829) is 2 vCPU",
            id="an array on Spot",
        ),
        pytest.param(
            "cpu: 256\nlaunch_type: FARGATE_SPOT\narray: 9\nmax_parallel: 8",
            quota,
            "ok",
            "job needs 2 vCPU for 8 tasks at a time, and the quota of FARGATE_SPOT (L-36FBB829) is 2 vCPU;"
            " what else runs there is not seen",
            id="fewer at a time",
        ),
        pytest.param(
            f"cpu: 1024\ncount: 8{MIXED}",
            quota,
            "ok",
            "job needs 8 vCPU for 8 tasks at a time, and the quota of FARGATE (L-3032A538) and"
            " FARGATE_SPOT (L-36FBB829) is 8 vCPU; what else runs there is not seen",
            id="on both",
        ),
        pytest.param(
            "cpu: 256",
            UNKNOWN,
            "unknown",
            "Service Quotas does not know the quota of FARGATE (L-3032A538) in us-east-1",
            id="no such quota",
        ),
        pytest.param(
            "cpu: 256",
            denied("GetServiceQuota"),
            "unknown",
            "vCPUs of job: GetServiceQuota is denied",
            id="denied",
        ),
    ],
)
def test_tasks_fit_into_the_quota(keys: str, answer: Said, state: str, message: str) -> None:
    (found,) = found_by(CHECK, f"image: alpine:3\n{keys}\n", {"GetServiceQuota": answer}).findings

    assert (found.state, found.check, found.message) == (state, "fargate-quota", message)
    assert (found.location.line, found.location.column) == (2, 6)


@pytest.mark.parametrize(
    ("strategy", "states"),
    [([{"capacityProvider": "FARGATE"}], [("fargate-quota", "ok")]), ([], [])],
    ids=["Fargate", "none"],
)
def test_without_a_launch_type_the_clusters_strategy_decides(strategy: Any, states: Any) -> None:
    cluster = {"clusterName": "default", "defaultCapacityProviderStrategy": strategy}
    says: dict[str, Said] = {"DescribeClusters": {"clusters": [cluster]}, "GetServiceQuota": quota}

    assert found_by(CHECK, "image: alpine:3\nlaunch_type: null\ncpu: 256\n", says).states() == states


def test_on_instances_there_is_no_quota() -> None:
    assert found_by(CHECK, "image: alpine:3\nlaunch_type: EC2\ncpu: 256\n", {}).requests == ()


def test_one_quota_is_asked_for_once() -> None:
    jobs = "".join(f"---\nname: j{n}\nimage: alpine:3\n" for n in range(20))

    assert len(found_by(CHECK, jobs, {"GetServiceQuota": quota}).requests) == 1
