"""Terraform: argument names as the provider has them, texts that are no templates, and real `terraform`."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from compiled_jobs import ROLE
from exported_jobs import (
    ODD_TEXTS,
    Jobs,
    full_definition,
    job,
    jobs_of,
    repository_jobs,
    with_definition,
)

from ecsplan.plan.plan import PlannedJob
from ecsplan_convert.writers.terraform import write

TYPE = "aws_ecs_task_definition"
PROVIDER = "registry.terraform.io/hashicorp/aws"
OF_VALUES = re.compile(r"^expected |is an invalid ARN|container_definitions is invalid")
"""What the provider says about a value."""
MIRRORS = (
    *(os.environ.get(each, "") for each in ("ECSPLAN_TERRAFORM_PLUGINS", "TF_PLUGIN_CACHE_DIR")),
    *("/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"),
    *(str(each) for each in Path("/opt").glob("*") if each.is_dir()),
)
"""Folders in which the provider may lie, so that Terraform asks no registry for it."""


def resources(*jobs: PlannedJob) -> dict[str, Any]:
    document = json.loads(write(jobs).text)
    assert list(document) == ["resource"]
    assert list(document["resource"]) == [TYPE]
    found: dict[str, Any] = document["resource"][TYPE]
    return found


def test_a_job() -> None:
    made = resources(job(execution_role_arn=ROLE, runtime_platform={"cpuArchitecture": "ARM64"}))

    assert json.loads(made["etl"].pop("container_definitions")) == [{"name": "main", "image": "alpine:3"}]
    assert made == {
        "etl": {
            "family": "etl",
            "network_mode": "awsvpc",
            "requires_compatibilities": ["FARGATE"],
            "runtime_platform": {"cpu_architecture": "ARM64"},
            "cpu": "1024",
            "execution_role_arn": ROLE,
            "memory": "2048",
        }
    }


@pytest.mark.parametrize(
    ("definition", "arguments"),
    [
        pytest.param(
            {
                "volumes": [
                    {"name": "plain", "host": {}},
                    {"name": "docker", "dockerVolumeConfiguration": {}},
                    {"name": "host", "host": {"sourcePath": "/srv"}},
                    {
                        "name": "efs",
                        "efsVolumeConfiguration": {
                            "fileSystemId": "fs-1",
                            "transitEncryption": "ENABLED",
                            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
                        },
                    },
                ]
            },
            {
                "volume": [
                    {"name": "plain"},
                    {"name": "docker", "docker_volume_configuration": {}},
                    {"name": "host", "host_path": "/srv"},
                    {
                        "name": "efs",
                        "efs_volume_configuration": {
                            "file_system_id": "fs-1",
                            "transit_encryption": "ENABLED",
                            "authorization_config": {"access_point_id": "fsap-1", "iam": "ENABLED"},
                        },
                    },
                ]
            },
            id="volumes",
        ),
        pytest.param(
            {
                "proxyConfiguration": {
                    "type": "APPMESH",
                    "containerName": "envoy",
                    "properties": [{"name": "AppPorts", "value": "80"}, {"name": "Empty"}],
                }
            },
            {
                "proxy_configuration": {
                    "type": "APPMESH",
                    "container_name": "envoy",
                    "properties": {"AppPorts": "80", "Empty": ""},
                }
            },
            id="a proxy",
        ),
        pytest.param(
            {
                "tags": [{"key": "team", "value": "data"}, {"key": "empty"}],
                "ephemeralStorage": {"sizeInGiB": 50},
            },
            {"tags": {"team": "data", "empty": ""}, "ephemeral_storage": {"size_in_gib": 50}},
            id="tags and storage",
        ),
        pytest.param(
            {"tags": [{"key": "${key}", "value": "%{ if x }"}], "cpu": "${cpu} $${cpu}"},
            {"tags": {"$${key}": "%%{ if x }"}, "cpu": "$${cpu} $$${cpu}"},
            id="what looks like a template",
        ),
        pytest.param({"volumes": [], "memory": "512", "pidMode": None}, {"memory": "512"}, id="nothing"),
    ],
)
def test_arguments(definition: dict[str, Any], arguments: dict[str, Any]) -> None:
    exported = write([with_definition(definition)])

    assert json.loads(exported.text)["resource"][TYPE] == {"etl": arguments}
    assert exported.notes == ()


def test_templates_within_the_containers() -> None:
    made = resources(
        with_definition({"containerDefinitions": [{"name": "main", "command": ["${HOME}", "%{x}"]}]})
    )

    assert made["etl"]["container_definitions"] == '[{"name": "main", "command": ["$${HOME}", "%%{x}"]}]'


@pytest.mark.parametrize(
    ("definition", "note"),
    [
        pytest.param(
            {"trustedExecutionConfiguration": {"isolationMode": "SHARED"}},
            "etl: `trustedExecutionConfiguration` is left out: the resource has no argument for it",
            id="a member without an argument",
        ),
        pytest.param(
            {"volumes": [{"name": "a"}, {"name": "b", "efsVolumeConfiguration": {"newSetting": 1}}]},
            "etl: `volumes[1].efsVolumeConfiguration.newSetting` is left out: the resource has no argument "
            "for it",
            id="a member that a patch added",
        ),
        pytest.param(
            {"tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
            "etl: `tags` has a key twice; a map holds the last one",
            id="the same tag twice",
        ),
        pytest.param(
            {"volumes": [{"name": "a", "s3filesVolumeConfiguration": {"fileSystemArn": "arn"}}]},
            "etl: `s3files_volume_configuration` needs a version 6 of the provider that has this block",
            id="a newer block",
        ),
    ],
)
def test_what_no_argument_says(definition: dict[str, Any], note: str) -> None:
    assert write([with_definition(definition)]).notes == (note,)


def test_names_alike() -> None:
    names = ("a-b", "a_b", "ü", "AB", "☃", "4 x", "${x}", "a b", "x" * 300)

    made = resources(
        *jobs_of(
            *({"name": each, "family": f"f{index}", "image": "alpine:3"} for index, each in enumerate(names))
        )
    )

    assert list(made) == ["a_b", "a_b_2", "u", "AB", "job", "_4_x", "x", "a_b_3", "x" * 255]
    assert [each["family"] for each in made.values()] == [f"f{index}" for index in range(len(names))]


def test_jobs_with_the_same_definition_share_a_resource() -> None:
    made = resources(
        *jobs_of({"name": "a", "family": "x", "image": "i"}, {"name": "b", "family": "x", "image": "i"})
    )

    assert list(made) == ["a"]


@pytest.mark.parametrize(
    "linked", ["web", "web:7", "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7"]
)
def test_a_link_is_a_data_source(linked: str) -> None:
    exported = write([job(image=None, task_definition_arn=linked), job(name="own")])

    document = json.loads(exported.text)
    assert document["data"] == {TYPE: {"etl": {"task_definition": linked}}}
    assert list(document["resource"][TYPE]) == ["own"]


@pytest.mark.parametrize(
    ("keys", "noted"),
    [
        pytest.param(
            {"count": 2, "command": ["x"]}, ["count", "overrides.containerOverrides.command"], id="run"
        ),
        pytest.param({"retry": {"attempts": 2}, "array": 3}, ["retry", "array"], id="attempts"),
        pytest.param(
            {"task_timeout_seconds": 5, "succeed_on": [0, 3]},
            ["task_timeout_seconds", "succeed_on"],
            id="ends",
        ),
        pytest.param({"aws": {"region": "us-east-1"}}, ["aws"], id="region"),
    ],
)
def test_what_is_not_of_a_definition(keys: dict[str, Any], noted: list[str]) -> None:
    notes = write([job(**keys)]).notes

    assert all(each.startswith("etl: ") for each in notes)
    assert [each for each in noted if not any(f"`{each}`" in note for note in notes)] == []


def test_every_member_has_an_argument() -> None:
    exported = write([with_definition(full_definition())])

    assert [each.split("`")[1] for each in exported.notes] == [
        "inferenceAccelerators",
        "trustedExecutionConfiguration",
        "s3files_volume_configuration",
    ]


def terraform(folder: Path, *words: str) -> str:
    """Return what Terraform prints about the configuration in a folder."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not installed")
    environment = {name: each for name, each in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        [found, *words],
        cwd=folder,
        env={**environment, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0 or "-json" in words, done.stderr[-2000:]
    return done.stdout


def mirror() -> str:
    """Return a folder that has the provider, for `terraform init -plugin-dir`."""
    for each in MIRRORS:
        if each and (Path(each) / PROVIDER).is_dir():
            return each
    pytest.skip(f"no folder has Terraform's provider {PROVIDER}; ECSPLAN_TERRAFORM_PLUGINS may name one")


def diagnosed(jobs: Jobs, folder: Path) -> list[str]:
    """Return the summaries of what `terraform validate` finds."""
    (folder / "main.tf.json").write_text(write(jobs).text, encoding="utf-8")
    terraform(folder, "init", "-input=false", f"-plugin-dir={mirror()}")
    return [each["summary"] for each in json.loads(terraform(folder, "validate", "-json"))["diagnostics"]]


def test_terraform_accepts_the_jobs_of_the_repository(tmp_path: Path) -> None:
    jobs = tuple(each for _, jobs in repository_jobs() for each in jobs)

    assert diagnosed(jobs, tmp_path) == []


def test_terraform_knows_every_argument(tmp_path: Path) -> None:
    full = full_definition()
    for volume in full["volumes"]:
        # The block for S3 Files is in later versions of the provider only.
        del volume["s3filesVolumeConfiguration"]
    full |= {each: full[each][:1] for each in ("containerDefinitions", "volumes", "placementConstraints")}

    # Terraform checks names and types before the provider, which then finds fault with the values.
    found = diagnosed((with_definition(full),), tmp_path)

    assert found
    assert [each for each in found if not OF_VALUES.search(each)] == []


def test_terraform_reads_the_texts_that_were_meant(tmp_path: Path) -> None:
    texts = dict(enumerate(ODD_TEXTS))
    tags = [{"key": f"{index} ${{x}} %{{y}}", "value": text} for index, text in texts.items()]
    (made,) = resources(
        with_definition({"containerDefinitions": [{"command": [*ODD_TEXTS]}], "tags": tags})
    ).values()
    outputs = {"output": {name: {"value": each} for name, each in made.items()}}
    (tmp_path / "main.tf.json").write_text(json.dumps(outputs), encoding="utf-8")

    terraform(tmp_path, "init", "-input=false")
    terraform(tmp_path, "apply", "-auto-approve", "-input=false")
    told = json.loads(terraform(tmp_path, "output", "-json"))

    assert told["tags"]["value"] == {each["key"]: each["value"] for each in tags}
    assert json.loads(told["container_definitions"]["value"]) == [{"command": [*ODD_TEXTS]}]
