"""`ecsplan prune` as a process: what it prints and asks, what it does, and its exit status."""

import os
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from apply_stage import Command, Ended
from signaller import Signaller
from terminals import Shown, on_terminal

from ecsplan_local import Endpoint, serve

FAMILY = ("--family", "etl")


class Here(Command):
    """`ecsplan` as a process, and the revisions of its endpoint."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        super().__init__(endpoint, folder)
        self.ecs = self.client("ecs")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def register(self, family: str, count: int) -> None:
        for _ in range(count):
            self.ecs.register_task_definition(
                family=family,
                containerDefinitions=[{"name": "main", "image": "alpine"}],
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu="1024",
                memory="2048",
            )

    def run_task(self, definition: str) -> str:
        """Start a task that goes on running, and return its id."""
        self.endpoint.set_faults({"tasks": [{"timeline": [{"at": 0, "status": "RUNNING"}]}]})
        started = self.ecs.run_task(
            taskDefinition=definition, launchType="FARGATE", networkConfiguration=self.network()
        )
        return str(started["tasks"][0]["taskArn"]).rpartition("/")[2]

    def make_service(self, definition: str) -> None:
        """Make a service of the name web."""
        self.ecs.create_service(
            serviceName="web",
            taskDefinition=definition,
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration=self.network(),
        )

    def network(self) -> dict[str, Any]:
        subnets = self.client("ec2").describe_subnets()["Subnets"]
        return {"awsvpcConfiguration": {"subnets": [subnets[0]["SubnetId"]]}}

    def listed(self, family: str, status: str = "ACTIVE") -> list[int]:
        found = self.ecs.list_task_definitions(familyPrefix=family, status=status)["taskDefinitionArns"]
        return [int(each.rpartition(":")[2]) for each in found]

    def prune(self, *arguments: str, **options: Any) -> Ended:
        return self.run("prune", *arguments, **options)

    def changes(self) -> int:
        operations = ("DeregisterTaskDefinition", "DeleteTaskDefinitions")
        return sum(len(self.endpoint.calls(each)) for each in operations)

    def deny(self, operation: str) -> None:
        rule = {"operation": operation, "action": "error", "code": "AccessDeniedException"}
        self.endpoint.set_faults({"rules": [rule]})


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with serve(runner="scripted", record=True) as endpoint:
        yield Here(endpoint, tmp_path)


def test_it_prints_what_it_will_do_and_does_it(here: Here) -> None:
    here.register("etl", 4)
    done = here.prune(*FAMILY, "--keep", "2", "--yes")

    assert (done.status, done.err) == (0, "deregistered 2 revisions\n")
    assert done.out == (
        "REVISION  ACTION      WHY\n"
        "etl:4     keep        newest 2\n"
        "etl:3     keep        newest 2\n"
        "etl:2     deregister  unused\n"
        "etl:1     deregister  unused\n"
    )
    assert (here.listed("etl"), here.listed("etl", "INACTIVE")) == ([3, 4], [1, 2])


def test_it_deletes_where_it_is_asked_to(here: Here) -> None:
    here.register("etl", 3)
    done = here.prune(*FAMILY, "--keep", "1", "--delete", "--yes")

    assert (done.status, done.err) == (0, "deregistered and deleted 2 revisions\n")
    assert "etl:1     delete  unused" in done.out
    assert (here.listed("etl"), here.listed("etl", "INACTIVE")) == ([3], [])
    assert here.listed("etl", "DELETE_IN_PROGRESS") == [1, 2]


def test_what_is_used_is_kept_and_named(here: Here) -> None:
    here.register("etl", 4)
    task_id = here.run_task("etl:1")
    here.make_service("etl:2")
    done = here.prune(*FAMILY, "--keep", "1", "--yes")

    assert done.status == 0
    assert here.listed("etl") == [1, 2, 4]
    assert f"etl:1     keep        used by task {task_id} in cluster default\n" in done.out
    assert "etl:2     keep        used by service web in cluster default\n" in done.out


def test_without_a_terminal_it_prints_the_list_and_ends_with_2(here: Here) -> None:
    here.register("etl", 3)
    here.register("my-job", 2)
    done = here.prune(*FAMILY, "--family", "my-job", "--keep", "1", "--delete")

    assert done.status == 2
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [
        ["etl:3", "keep"],
        ["etl:2", "delete"],
        ["etl:1", "delete"],
        ["my-job:2", "keep"],
        ["my-job:1", "delete"],
    ]
    assert here.changes() == 0
    command = done.err.splitlines()[-1].rpartition("asking: ")[2]
    words = shlex.split(command)
    assert words[:2] == ["ecsplan", "prune"]
    again = here.run(*words[1:])
    assert (again.status, here.listed("etl"), here.listed("my-job")) == (0, [3], [2])


@pytest.mark.parametrize("text", [b"y\n", b""], ids=["yes through a pipe", "nothing through a pipe"])
def test_a_pipe_is_no_terminal(here: Here, text: bytes) -> None:
    here.register("etl", 2)

    assert here.prune(*FAMILY, "--keep", "1", text=text).status == 2
    assert here.changes() == 0


def answered(here: Here, answer: bytes, *arguments: str) -> Shown:
    """Run it on a terminal, and answer its question."""
    typed: list[bytes] = []

    def type_it(terminal: int, output: bytes) -> None:
        if b"[y/N]" in output and not typed:
            typed.append(answer)
            os.write(terminal, answer)

    return on_terminal(here.start, "prune", *arguments, reads=True, then=type_it)


def test_it_asks_on_a_terminal(here: Here) -> None:
    here.register("etl", 4)
    here.register("report", 2)
    shown = answered(here, b"y\n", *FAMILY, "--family", "report", "--keep", "1")

    assert shown.status == 0
    assert "Deregister 4 revisions of 2 families? [y/N] y" in shown.screen
    assert "deregistered 4 of 4" in shown.screen
    assert "deregistered 4 revisions" in shown.screen
    assert (here.listed("etl"), here.listed("report")) == ([4], [2])


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(b"n\n", 0, id="no"),
        pytest.param(b"\n", 0, id="nothing"),
        pytest.param(b"\x04", 0, id="the end of the input"),
        pytest.param(b"\x03", 130, id="an interrupt"),
    ],
)
def test_anything_but_yes_changes_nothing(here: Here, answer: bytes, status: int) -> None:
    here.register("etl", 2)
    shown = answered(here, answer, *FAMILY, "--keep", "1", "--delete")

    assert shown.status == status
    assert any(
        line.startswith("Deregister and delete 1 revision of 1 family? [y/N]") for line in shown.screen
    )
    assert here.changes() == 0


def test_what_is_used_by_the_time_of_the_answer_is_kept(here: Here) -> None:
    here.register("etl", 3)

    def start_one(terminal: int, output: bytes) -> None:
        if b"[y/N]" in output and not here.endpoint.calls("CreateService"):
            here.make_service("etl:1")
            os.write(terminal, b"y\n")

    shown = on_terminal(here.start, "prune", *FAMILY, "--keep", "1", reads=True, then=start_one)

    assert shown.status == 0
    assert "etl:1 is left unchanged: service web in cluster default" in shown.screen
    assert here.listed("etl") == [1, 3]


def test_nothing_to_prune_asks_nothing(here: Here) -> None:
    here.register("etl", 2)
    done = here.prune(*FAMILY, "--keep", "2")

    assert done.status == 0
    assert done.err == (
        "nothing to prune: of 2 ACTIVE revisions of 1 family, each is one of the newest 2, or is used\n"
    )
    assert here.changes() == 0


def test_quiet_leaves_the_list(here: Here) -> None:
    here.register("etl", 2)
    done = here.prune(*FAMILY, "--keep", "1", "--yes", "--quiet")

    assert (done.status, done.err) == (0, "")
    assert "etl:1     deregister  unused" in done.out


@pytest.mark.parametrize(
    "operation",
    ["ListTaskDefinitions", "ListClusters", "ListServices", "DescribeServices", "ListTasks", "DescribeTasks"],
)
def test_what_could_not_be_asked_is_125_and_prunes_nothing(here: Here, operation: str) -> None:
    here.register("etl", 3)
    here.make_service("etl:1")
    here.run_task("etl:1")
    here.deny(operation)
    done = here.prune(*FAMILY, "--keep", "1", "--yes", "--delete")

    assert (done.status, done.out) == (125, "")
    assert operation in done.err
    assert done.err.endswith("  nothing was pruned\n")
    assert here.changes() == 0


def test_a_refusal_is_reported_with_the_way_on(here: Here) -> None:
    here.register("etl", 3)
    here.deny("DeregisterTaskDefinition")
    done = here.prune(*FAMILY, "--keep", "1", "--yes")

    assert done.status == 125
    assert done.err.startswith("error: etl:1 was not deregistered: DeregisterTaskDefinition of etl:1: Access")
    way = "ecsplan prune --family etl --keep 1"
    assert done.err.splitlines()[-1] == f"deregistered 0 of 2 revisions; to go on: {way}"


def test_what_could_not_be_deleted_is_named(here: Here) -> None:
    here.register("etl", 3)
    here.deny("DeleteTaskDefinitions")
    done = here.prune(*FAMILY, "--keep", "1", "--yes", "--delete")

    assert done.status == 125
    assert (
        "error: etl:1 is deregistered and was not deleted: DeleteTaskDefinitions of etl:1 and 1" in done.err
    )
    prefix = "arn:aws:ecs:us-east-1:000000000000:task-definition"
    assert done.err.splitlines()[-1] == (
        "to delete these: aws ecs delete-task-definitions --region us-east-1"
        f" --task-definitions {prefix}/etl:1 {prefix}/etl:2"
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_cleanly(here: Here, number: signal.Signals, status: int) -> None:
    here.register("etl", 9)
    # The first call is made alone; the signal is there well before its answer.
    slow = {"operation": "DeregisterTaskDefinition", "action": "slow", "seconds": 1.0, "calls": "1"}
    here.endpoint.set_faults({"rules": [slow]})
    signaller = Signaller()
    here.endpoint.before("DeregisterTaskDefinition", 1, signaller.sender(number))
    process = here.start("prune", *FAMILY, "--keep", "1", "--yes", "--delete")
    try:
        signaller.is_for(process.pid)
        _, err = process.communicate(timeout=60)
    finally:
        process.close()

    gone = len(here.listed("etl", "DELETE_IN_PROGRESS"))
    assert 1 <= gone < 8
    assert (process.wait(), here.listed("etl", "INACTIVE")) == (status, [])
    found = re.fullmatch(rf"(SIG\w+): deregistered {gone} of 8 revisions; to go on: (.+)\n", err.decode())
    assert found is not None, err
    here.endpoint.set_faults({})
    again = here.run(*shlex.split(found[2])[1:], "--yes")
    assert (again.status, here.listed("etl")) == (0, [9])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param((*FAMILY,), "Missing option '--keep'", id="no --keep"),
        pytest.param((*FAMILY, "--keep", "0"), "0 is less than 1", id="--keep 0"),
        pytest.param((*FAMILY, "--keep", "-3"), "-3 is less than 1", id="--keep below zero"),
        pytest.param((*FAMILY, "--keep", "some"), "'some' is not a valid integer", id="--keep with a word"),
        pytest.param((*FAMILY, "--keep", "1.5"), "'1.5' is not a valid integer", id="--keep with a fraction"),
        pytest.param((*FAMILY, "--keep", ""), "'' is not a valid integer", id="--keep with nothing"),
        pytest.param(
            ("--keep", "1"), "name families with --family, or manifests", id="neither family nor manifest"
        ),
        pytest.param((*FAMILY, "j.yaml", "--keep", "1"), "cannot be combined", id="both"),
        pytest.param(("--family", "", "--keep", "1"), "is a variable unset?", id="an empty name"),
        pytest.param(
            ("--family", "etl:3", "--keep", "1"), "write the family alone: etl", id="a revision's name"
        ),
        pytest.param(
            ("--family", "arn:aws:ecs:us-east-1:1:task-definition/etl:3", "--keep", "1"),
            "write the family alone: etl",
            id="a revision's ARN",
        ),
        pytest.param(
            ("--family", "a b", "--keep", "1"), "is not the name of a family", id="no family's name"
        ),
    ],
)
def test_a_wrong_command_line(here: Here, arguments: tuple[str, ...], says: str) -> None:
    done = here.prune(*arguments)

    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert here.endpoint.calls() == ()


def test_a_family_that_does_not_exist(here: Here) -> None:
    here.register("nightly-etl", 3)
    done = here.prune("--family", "nightly-etl", "--family", "nigthly-etl", "--keep", "1", "--yes")

    assert done.status == 125
    assert done.err == (
        "error: there is no family nigthly-etl in us-east-1\n"
        "  help: did you mean `nightly-etl`?\n  nothing was pruned\n"
    )
    assert here.changes() == 0


JOBS = """
variables: {stage: {default: dev}}
jobs:
  etl: {image: alpine}
  report: {image: alpine, family: "report-${stage}"}
  split: {image: alpine, matrix: {part: [a, b]}, command: "run ${matrix.part}"}
  foreign: {task_definition_arn: web}
"""


def test_manifests_name_their_families(here: Here) -> None:
    for each in ("etl", "report-dev", "report-prod", "split", "web"):
        here.register(each, 2)
    here.write("jobs.yaml", JOBS)
    here.endpoint.forget_calls()
    done = here.prune("jobs.yaml", "--keep", "1", "--var", "stage=prod")

    assert done.status == 2
    assert {line.split()[0] for line in done.out.splitlines() if "deregister" in line} == {
        "etl:1",
        "report-prod:1",
        "split:1",
    }
    assert done.err.splitlines() == [
        "skipped, because they run linked revisions and register none: foreign",
        "error: nothing was changed: there is no terminal to ask for confirmation",
        "  help: to proceed without asking: add --yes",
    ]
    assert here.endpoint.calls("DescribeTaskDefinition") == ()


def test_manifests_is_the_default(here: Here) -> None:
    here.register("etl", 2)
    (here.folder / "manifests").mkdir()
    here.write("manifests/etl.yaml", "image: alpine\n")
    done = here.prune("--keep", "1", "--yes")

    assert (done.status, here.listed("etl")) == (0, [2])


def test_a_manifest_from_a_pipe(here: Here) -> None:
    here.register("etl", 2)
    done = here.prune("-", "--keep", "1", "--name", "etl", "--yes", text=b"image: alpine\n")

    assert (done.status, here.listed("etl")) == (0, [2])


def test_families_that_only_aws_knows_are_asked_for(here: Here) -> None:
    """A lookup, a service, and a linked definition that a key changes, and one that it does not change."""
    here.register("etl-prod", 2)
    here.register("linked", 2)
    here.register("same", 2)
    here.register("served", 2)
    here.make_service("served:2")
    here.client("ssm").put_parameter(Name="/stage", Value="prod", Type="String")
    here.write(
        "jobs.yaml",
        "variables: {}\njobs:\n"
        '  etl: {image: alpine, family: "etl-${ssm:/stage}"}\n'
        "  linked: {task_definition_arn: linked, image: 'busybox:1'}\n"
        "  same: {task_definition_arn: same, image: alpine}\n"
        "  like: {service: web, image: 'busybox:1'}\n",
    )
    done = here.prune("jobs.yaml", "--keep", "1", "--yes")

    assert done.status == 0, done
    assert "skipped, because they run linked revisions and register none: same\n" in done.err
    assert [here.listed(each) for each in ("etl-prod", "linked", "same", "served")] == [[2], [2], [1, 2], [2]]


def test_jobs_that_were_never_registered_are_no_error(here: Here) -> None:
    here.write("etl.yaml", "image: alpine\n")
    done = here.prune("etl.yaml", "--keep", "1", "--yes")

    assert (done.status, done.out) == (0, "")
    assert done.err == "nothing to prune: 0 ACTIVE revisions of 1 family\n"


def test_a_manifest_with_an_error_prunes_nothing(here: Here) -> None:
    here.register("etl", 2)
    here.write("etl.yaml", "image: alpine\ncpus: 3\n")
    done = here.prune("etl.yaml", "--keep", "1", "--yes")

    assert (done.status, done.out) == (1, "")
    assert "error[unknown-key]" in done.err
    assert here.changes() == 0


def test_the_embedded_ecs_has_no_schedules(here: Here) -> None:
    state = here.folder / "state.sqlite3"
    local = ("--local", "--state", str(state))
    here.env.pop("AWS_ENDPOINT_URL")
    with serve(state=state, runner="scripted") as endpoint:
        Here(endpoint, here.folder).register("etl", 2)
    done = here.prune(*FAMILY, "--keep", "1", "--delete", "--yes", *local)

    assert (done.status, done.err) == (0, "deregistered and deleted 1 revision\n")


def test_another_endpoint_without_schedules_could_not_be_asked(here: Here) -> None:
    here.register("etl", 2)
    rule = {"operation": "ListEventBuses", "action": "error", "code": "UnknownOperationException"}
    here.endpoint.set_faults({"rules": [{**rule, "message": "no such operation"}]})
    done = here.prune(*FAMILY, "--keep", "1", "--yes")

    assert (done.status, here.changes()) == (125, 0)
    assert "ListEventBuses" in done.err
