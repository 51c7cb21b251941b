"""Environment files: they exist in S3."""

from typing import Any

import pytest
from scripted_aws import Said, denied
from verified_manifests import ACCOUNT, found_by

from ecsplan_applier.outcomes.errors import AwsError
from ecsplan_applier.verify.check import Check
from ecsplan_applier.verify.environment_files import environment_file_exists, environment_files

CHECK = Check(environment_file_exists, over=environment_files)
MANIFEST = f"""\
image: alpine:3
execution_role_arn: arn:aws:iam::{ACCOUNT}:role/run
task_definition:
  containerDefinitions:
    - name: main
      environmentFiles:
        - {{type: s3, value: "arn:aws:s3:::settings/jobs/prod.env"}}
"""
NO_BUCKET = AwsError("ListObjectsV2", "NoSuchBucket", "does not exist", status=404)
TITLE = "environment file s3://settings/jobs/prod.env"


def listed(*keys: str) -> dict[str, Any]:
    return {"Contents": [{"Key": each} for each in keys]}


@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        pytest.param(listed("jobs/prod.env"), "ok", f"{TITLE} exists", id="there"),
        pytest.param(listed("jobs/prod.env.old"), "fails", f"{TITLE} does not exist", id="another one"),
        pytest.param({}, "fails", f"{TITLE} does not exist", id="missing"),
        pytest.param(NO_BUCKET, "fails", f"{TITLE} does not exist", id="no bucket"),
        pytest.param(
            denied("ListObjectsV2", "AccessDenied"),
            "unknown",
            f"{TITLE}: ListObjectsV2 is denied",
            id="denied",
        ),
    ],
)
def test_an_environment_file_exists(answer: Said, state: str, message: str) -> None:
    (found,) = found_by(CHECK, MANIFEST, {"ListObjectsV2": answer}).findings

    assert (found.state, found.check, found.message) == (state, "environment-file-exists", message)
    assert (found.location.line, found.location.column) == (7, 29)
