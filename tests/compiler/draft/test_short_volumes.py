"""`volumes` in short: a volume of the definition, a mount point and a launch configuration from one line."""

from typing import Any

import pytest
from compiled_jobs import ROLE, arn, compiled, described, job_of, observed, said

JOB: dict[str, Any] = {"name": "etl", "image": "alpine"}
EBS = {"ebs_gib": 100, "role_arn": ROLE}
DATA = {"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}
AT_DATA = {"sourceVolume": "data", "containerPath": "/data"}
SCRATCH = {"name": "scratch", "configuredAtLaunch": True}
LAUNCHED = {"name": "scratch", "managedEBSVolume": {"roleArn": ROLE, "sizeInGiB": 100}}


def made(manifest: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return the volumes, the container's mount points and the run's volume configurations of a job."""
    job = job_of(manifest)
    definition = job["task_definition"]["request"]
    container = next(each for each in definition["containerDefinitions"] if each["name"] == "main")
    return (
        definition.get("volumes", []),
        container.get("mountPoints", []),
        job["run_request"].get("volumeConfigurations", []),
    )


def with_definition(*, volumes: tuple[Any, ...] = (), mounts: tuple[Any, ...] = ()) -> dict[str, Any]:
    own = {"name": "main", "mountPoints": list(mounts)}
    return {"task_definition": {"volumes": list(volumes), "containerDefinitions": [own]}}


CACHE = {"name": "cache"}
AT_CACHE = {"sourceVolume": "cache", "containerPath": "/cache"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param({"volumes": {"/data": "efs:fs-1"}}, ([DATA], [AT_DATA], []), id="EFS"),
        pytest.param(
            {"volumes": {"/data": "efs:fs-1:/exports/a b"}},
            (
                [
                    {
                        "name": "data",
                        "efsVolumeConfiguration": {"fileSystemId": "fs-1", "rootDirectory": "/exports/a b"},
                    }
                ],
                [AT_DATA],
                [],
            ),
            id="a folder of EFS",
        ),
        pytest.param({"volumes": {"/data/": "efs:fs-1:/"}}, ([DATA], [AT_DATA], []), id="spelt otherwise"),
        pytest.param(
            {"volumes": {"/scratch": EBS}},
            ([SCRATCH], [{"sourceVolume": "scratch", "containerPath": "/scratch"}], [LAUNCHED]),
            id="EBS",
        ),
        pytest.param(
            {"volumes": {"/scratch": EBS, "/data": "efs:fs-1"}},
            (
                [DATA, SCRATCH],
                [AT_DATA, {"sourceVolume": "scratch", "containerPath": "/scratch"}],
                [LAUNCHED],
            ),
            id="both, in the order of their paths",
        ),
        pytest.param(
            {"volumes": {"/data": "efs:fs-1"}, **with_definition(volumes=(CACHE,), mounts=(AT_CACHE,))},
            ([CACHE, DATA], [AT_CACHE, AT_DATA], []),
            id="after those of the definition",
        ),
        pytest.param({"volumes": {"/data": None}}, ([], [], []), id="null"),
        pytest.param({"volumes": {}}, ([], [], []), id="none"),
    ],
)
def test_one_line_makes_all_of_it(keys: dict[str, Any], expected: Any) -> None:
    assert made({**JOB, **keys}) == expected


def test_a_launch_configuration_stands_after_those_that_are_written() -> None:
    other = {"name": "other", "managedEBSVolume": {"roleArn": ROLE, "sizeInGiB": 5}}
    keys = {
        "volumes": {"/scratch": EBS},
        "volume_configurations": [other],
        **with_definition(volumes=({"name": "other", "configuredAtLaunch": True},)),
    }

    assert made({**JOB, **keys})[2] == [other, LAUNCHED]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param(["/var/lib/data"], ["var-lib-data"], id="a deep path"),
        pytest.param(["/Data_1-x"], ["Data_1-x"], id="what a name may have"),
        pytest.param(["/a b.c"], ["a-b-c"], id="what a name may not have"),
        pytest.param(["/a-b", "/a/b"], ["a-b-590bb8f6", "a-b-662b7b62"], id="two of the same name"),
        pytest.param(["/é"], ["volume-e6899f85"], id="no letter that a name may have"),
    ],
)
def test_names_are_made_from_paths(paths: list[str], names: list[str]) -> None:
    volumes, mounts, _ = made({**JOB, "volumes": dict.fromkeys(paths, "efs:fs-1")})

    assert [each["name"] for each in volumes] == names
    assert [(each["sourceVolume"], each["containerPath"]) for each in mounts] == list(
        zip(names, paths, strict=True)
    )


def test_a_name_is_no_longer_than_ecs_takes() -> None:
    (volume,), _, _ = made({**JOB, "volumes": {"/" + "a" * 300: "efs:fs-1"}})

    assert len(volume["name"]) <= 255


def test_the_same_volumes_make_the_same_definition() -> None:
    one = job_of({**JOB, "volumes": {"/data/": "efs:fs-1:/", "/scratch": EBS}})
    other = job_of({**JOB, "volumes": {"/scratch": dict(reversed(EBS.items())), "//data": "efs:fs-1"}})

    assert one["task_definition"] == other["task_definition"]
    assert one["spec"] == other["spec"] == {**one["spec"], "volumes": {"/data": "efs:fs-1", "/scratch": EBS}}


WEB: dict[str, Any] = {
    "containerDefinitions": [{"name": "main", "image": "web:1"}],
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
}
MOUNTED: dict[str, Any] = {
    **WEB,
    "containerDefinitions": [{"name": "main", "image": "web:1", "mountPoints": [AT_DATA]}],
    "volumes": [
        {
            "name": "data",
            "host": {},
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "rootDirectory": "/",
                "transitEncryption": "DISABLED",
            },
        }
    ],
}
LINKED = {"name": "etl", "task_definition_arn": "web:7"}


@pytest.mark.parametrize(
    ("definition", "volumes", "action", "rules"),
    [
        pytest.param(WEB, {"/data": "efs:fs-1"}, "register", ["linked-changed"], id="EFS"),
        pytest.param(WEB, {"/scratch": EBS}, "register", ["linked-changed"], id="EBS"),
        pytest.param(MOUNTED, {"/data": "efs:fs-1"}, "reuse", [], id="what it has already"),
    ],
)
def test_a_linked_definition_gets_a_revision_where_it_differs(
    definition: dict[str, Any], volumes: dict[str, Any], action: str, rules: list[str]
) -> None:
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    manifest = {**LINKED, "volumes": volumes}
    job = job_of(manifest, seen)

    assert job["task_definition"]["action"] == action
    assert [each[1] for each in said(compiled(manifest, seen))] == rules
    assert job["run_request"].get("volumeConfigurations", []) == ([LAUNCHED] if "/scratch" in volumes else [])


@pytest.mark.parametrize(
    ("definition", "volumes", "message"),
    [
        pytest.param(MOUNTED, {"/data": "efs:fs-2"}, "has a volume 'data'", id="another file system"),
        pytest.param(MOUNTED, {"/data": EBS}, "has a volume 'data'", id="another kind"),
        pytest.param(
            {**MOUNTED, "volumes": [CACHE, {**DATA, "name": "other"}]},
            {"/data": "efs:fs-1"},
            "mounts a volume at /data",
            id="another volume at the path",
        ),
    ],
)
def test_what_a_linked_definition_uses_for_something_else_is_an_error(
    definition: dict[str, Any], volumes: dict[str, Any], message: str
) -> None:
    if definition["volumes"][0] == CACHE:
        own = {**definition["containerDefinitions"][0], "mountPoints": [{**AT_DATA, "sourceVolume": "other"}]}
        definition = {**definition, "containerDefinitions": [own]}
    seen = observed(linked={"web:7": described("web:7", definition)}, latest={"web": None})
    found = [
        each
        for each in compiled({**LINKED, "volumes": volumes}, seen).diagnostics
        if each.severity == "error"
    ]

    assert [(each.rule, each.location.pointer, each.message) for each in found] == [
        ("volume-in-use", "/volumes/~1data", f"{arn('web:7')} already {message}")
    ]


def test_what_is_known_of_a_linked_definition_offline_has_them() -> None:
    manifest = {**LINKED, "container_name": "main", "volumes": {"/scratch": EBS}}

    assert made(manifest) == (
        [SCRATCH],
        [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
        [LAUNCHED],
    )


EFS_FORM = "expected efs:FILE-SYSTEM or efs:FILE-SYSTEM:/FOLDER, such as efs:fs-0a1b2c3d:/exports"
OTHERS = "write {ebs_gib: SIZE, role_arn: ROLE} for an EBS volume; for any other"


@pytest.mark.parametrize(
    ("value", "help_text"),
    [
        pytest.param("efs:", "the id of a file system begins with fs-", id="no file system"),
        pytest.param("efs", "the id of a file system begins with fs-", id="only the scheme"),
        pytest.param("efs:data", "the id of a file system begins with fs-", id="a name"),
        pytest.param("efs:fs-1:data", "write efs:FILE-SYSTEM:/data", id="a relative folder"),
        pytest.param("efs:fs-1:", "write efs:FILE-SYSTEM:/", id="no folder"),
        pytest.param("ebs:100", OTHERS, id="another scheme"),
        pytest.param("s3:bucket", OTHERS, id="an unknown scheme"),
        pytest.param("/host/path", OTHERS, id="a folder of the host"),
        pytest.param("", OTHERS, id="nothing"),
        pytest.param("EFS:fs-1", OTHERS, id="capitals"),
        pytest.param("efs:fs-1:/a\n", "", id="two lines"),
    ],
)
def test_a_wrong_text_shows_the_form(value: str, help_text: str) -> None:
    (found,) = compiled({**JOB, "volumes": {"/data": value}}).diagnostics

    assert (found.rule, found.location.pointer) == ("wrong-format", "/volumes/~1data")
    assert EFS_FORM in found.message
    assert help_text in found.help


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param(
            {"volumes": {"data": "efs:fs-1"}}, [("wrong-format", "/volumes/data")], id="relative path"
        ),
        pytest.param({"volumes": {"": "efs:fs-1"}}, [("wrong-format", "/volumes/")], id="no path"),
        pytest.param({"volumes": {"/": "efs:fs-1"}}, [("volume-path", "/volumes/~1")], id="the root"),
        pytest.param(
            {"volumes": {"/a/..": "efs:fs-1"}}, [("volume-path", "/volumes/~1a~1..")], id="the root again"
        ),
        pytest.param(
            {"volumes": {"/data": "efs:fs-1", "/data/": "efs:fs-1"}},
            [("volume-path", "/volumes/~1data~1")],
            id="one path twice",
        ),
        pytest.param(
            {"volumes": {"/a": {"ebs_gib": 0, "role_arn": ROLE}}},
            [("out-of-range", "/volumes/~1a/ebs_gib")],
            id="0 GiB",
        ),
        pytest.param(
            {"volumes": {"/a": {"ebs_gib": 16385, "role_arn": ROLE}}},
            [("out-of-range", "/volumes/~1a/ebs_gib")],
            id="more than EBS has",
        ),
        pytest.param(
            {"volumes": {"/a": {"ebs_gib": "100 GB", "role_arn": ROLE}}},
            [("wrong-type", "/volumes/~1a/ebs_gib")],
            id="a size with a unit",
        ),
        pytest.param({"volumes": {"/a": {"ebs_gib": 9}}}, [("missing-key", "/volumes/~1a")], id="no role"),
        pytest.param(
            {"volumes": {"/a": {"ebs_gib": 9, "role_arn": "ecs"}}},
            [("wrong-format", "/volumes/~1a/role_arn")],
            id="the name of a role",
        ),
        pytest.param(
            {"volumes": {"/a": {**EBS, "iops": 3000}}},
            [("unknown-key", "/volumes/~1a/iops")],
            id="another member",
        ),
        pytest.param({"volumes": ["efs:fs-1"]}, [("wrong-type", "/volumes")], id="a list"),
        pytest.param({"volumes": {"/a": 1}}, [("wrong-type", "/volumes/~1a")], id="a number"),
        pytest.param(
            {"volumes": {"/data": "efs:fs-1"}, **with_definition(volumes=(CACHE, DATA))},
            [("volume-in-use", "/volumes/~1data")],
            id="a name that the definition uses",
        ),
        pytest.param(
            {
                "volumes": {"/cache/": "efs:fs-1"},
                **with_definition(volumes=({"name": "c"},), mounts=({**AT_CACHE, "sourceVolume": "c"},)),
            },
            [("volume-in-use", "/volumes/~1cache~1")],
            id="a path that the definition uses",
        ),
        pytest.param(
            {"volumes": {"/scratch": EBS}, "volume_configurations": [LAUNCHED]},
            [("volume-in-use", "/volumes/~1scratch")],
            id="a name that is configured already",
        ),
        pytest.param(
            {"volumes": {"/a": EBS, "/b": EBS}},
            [("launch-volume-count", "/volumes/~1b")],
            id="two EBS volumes",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_place(keys: dict[str, Any], expected: list[Any]) -> None:
    assert [each[1:] for each in said(compiled({**JOB, **keys}))] == expected


def test_a_wrong_role_is_not_taken_for_a_wrong_text() -> None:
    (found,) = compiled({**JOB, "volumes": {"/a": {"ebs_gib": 9, "role_arn": "x"}}}).diagnostics

    assert found.help == ""


def test_null_in_a_job_removes_a_volume_of_the_defaults() -> None:
    text = {
        "defaults": {"image": "alpine", "volumes": {"/data": "efs:fs-1", "/cache": "efs:fs-2"}},
        "jobs": {"etl": {"volumes": {"/cache": None}}},
    }

    assert job_of(text)["spec"]["volumes"] == {"/data": "efs:fs-1"}
