"""The state file: what survives, who may share it, what is refused untouched, and a killed endpoint."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from local_requests import definition
from local_tasks import MakeClient, MakeEndpoint, MakeProcess, Tasks, exits, is_gone, wait_until, why

from ecsplan_local import LocalError, serve

ORPHANED = "TerminationNotice: The endpoint that ran this task has ended."


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state.sqlite3"


def test_everything_survives(start: MakeEndpoint, client: MakeClient, state: Path) -> None:
    first = start(state=state, runner="process")
    view = Tasks(client(first), client(first, "ec2"), client(first, "logs"))
    task = view.run_to_the_end({"command": ["echo", "kept"]})
    view.ecs.create_cluster(clusterName="mine")
    client(first, "ssm").put_parameter(Name="p", Value="v", Type="String")
    first.close()

    second = start(state=state, runner="process")
    again = Tasks(client(second), client(second, "ec2"), client(second, "logs"))

    assert again.describe(task["taskArn"]) == task
    assert again.lines(task) == ["kept"]
    assert again.ecs.list_task_definition_families()["families"] == ["hello"]
    assert again.ecs.describe_clusters(clusters=["mine"])["clusters"][0]["status"] == "ACTIVE"
    assert client(second, "ssm").get_parameter(Name="p")["Parameter"]["Value"] == "v"


def of_the_first_version(state: Path) -> None:
    """Make a state file what it was before services were recorded."""
    with sqlite3.connect(state) as connection:
        connection.execute("DROP TABLE services")
        connection.execute("PRAGMA user_version=1")
    connection.close()


def test_a_file_of_an_older_version_is_upgraded(start: MakeEndpoint, client: MakeClient, state: Path) -> None:
    first = start(state=state)
    client(first).register_task_definition(**definition())
    first.close()
    of_the_first_version(state)

    again = start(state=state)

    assert client(again).list_task_definition_families()["families"] == ["hello"]
    assert client(again).describe_services(services=["web"])["failures"][0]["reason"] == "MISSING"


def test_a_damaged_file_of_an_older_version_is_left_as_it_is(start: MakeEndpoint, state: Path) -> None:
    start(state=state).close()
    of_the_first_version(state)
    with sqlite3.connect(state) as connection:
        connection.execute("DROP TABLE tags")
    connection.close()
    before = state.read_bytes()

    with pytest.raises(LocalError, match="table tags is missing"):
        serve(state=state, runner="scripted")

    assert state.read_bytes() == before


def test_only_the_owner_may_read_it(start: MakeEndpoint, state: Path) -> None:
    start(state=state)

    assert [path.stat().st_mode & 0o077 for path in state.parent.iterdir()] == [0] * len(
        list(state.parent.iterdir())
    )


def test_memory_is_the_default(start: MakeEndpoint, client: MakeClient) -> None:
    first, second = client(start()), client(start())
    first.create_cluster(clusterName="mine")

    assert len(second.list_clusters()["clusterArns"]) == 1


def test_two_processes_see_the_same(
    start: MakeEndpoint, client: MakeClient, other: MakeProcess, state: Path
) -> None:
    _, there = other(state)
    here = client(start(state=state))
    there.register({"command": ["true"]})

    assert here.list_task_definition_families()["families"] == ["hello"]
    here.register_task_definition(**definition())
    assert there.ecs.describe_task_definition(taskDefinition="hello")["taskDefinition"]["revision"] == 2


def test_revisions_stay_unique_among_processes(other: MakeProcess, state: Path) -> None:
    views = [other(state)[1] for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: views[n % 2].ecs.register_task_definition(**definition()), range(40))
        )

    assert sorted(each["taskDefinition"]["revision"] for each in answers) == list(range(1, 41))


def test_stop_reaches_a_task_of_another_process(
    start: MakeEndpoint, client: MakeClient, other: MakeProcess, state: Path
) -> None:
    _, there = other(state)
    there.register({"command": ["sh", "-c", "echo ready; exec sleep 60"]})
    arn = there.run()
    there.wait_for_line(arn, "ready")

    client(start(state=state)).stop_task(task=arn, reason="from afar")

    task = there.end(arn)
    assert [why(task), exits(task)] == ["UserInitiated: from afar", {"main": 143}]


def test_tasks_of_a_live_process_stay_when_another_opens_the_state(
    start: MakeEndpoint, other: MakeProcess, state: Path
) -> None:
    _, there = other(state)
    there.register({"command": ["sh", "-c", "echo ready; exec sleep 60"]})
    arn = there.run()
    there.wait_for_line(arn, "ready")

    start(state=state).close()

    assert there.describe(arn)["lastStatus"] == "RUNNING"


def test_killed_endpoint_leaves_no_process_and_a_state_that_opens(
    start: MakeEndpoint, client: MakeClient, other: MakeProcess, state: Path
) -> None:
    process, there = other(state)
    script = "(setsid sleep 64 & echo $!); sleep 65 & echo $!; echo $$; pwd; echo ready; wait"
    there.register({"command": ["sh", "-c", script]})
    arn = there.run()
    there.wait_for_line(arn, "ready")
    *pids, folder, _ = there.lines({"taskArn": arn})

    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_until(lambda: all(is_gone(int(pid)) for pid in pids))
    wait_until(lambda: not Path(folder).exists())
    here = client(start(state=state))
    task = here.describe_tasks(tasks=[arn])["tasks"][0]
    assert [task["lastStatus"], why(task), exits(task)] == ["STOPPED", ORPHANED, {"main": None}]
    assert len(list(state.parent.glob("*.lock"))) == 1


def test_killed_while_many_tasks_start(
    start: MakeEndpoint, client: MakeClient, other: MakeProcess, state: Path
) -> None:
    process, there = other(state)
    there.register({"command": ["sleep", "66"]})
    arns = [arn for _ in range(5) for arn in there.start(count=10)]

    process.send_signal(signal.SIGKILL)
    process.wait()

    here = client(start(state=state))
    tasks = here.describe_tasks(tasks=arns)["tasks"]
    assert {each["lastStatus"] for each in tasks} == {"STOPPED"}
    marker = b"sleep\x0066\x00"
    wait_until(lambda: not any(_command(path) == marker for path in Path("/proc").glob("[0-9]*/cmdline")))


def _command(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_owner_that_dies_later_is_noticed(
    start: MakeEndpoint, client: MakeClient, other: MakeProcess, state: Path
) -> None:
    process, there = other(state)
    there.register({"command": ["sleep", "67"]})
    arn = there.run()
    there.until(arn, "RUNNING")
    here = client(start(state=state))
    assert here.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "RUNNING"

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert here.describe_tasks(tasks=[arn])["tasks"][0]["lastStatus"] == "STOPPED"


def test_reset_forgets(start: MakeEndpoint, client: MakeClient, state: Path) -> None:
    first = start(state=state)
    client(first).register_task_definition(**definition())
    first.close()

    second = client(start(state=state, reset=True))

    assert second.list_task_definition_families()["families"] == []


def test_reset_leaves_a_state_in_use_alone(client: MakeClient, other: MakeProcess, state: Path) -> None:
    _, there = other(state)
    there.register({"command": ["sleep", "60"]})
    there.until(there.run(), "RUNNING")

    with pytest.raises(
        LocalError, match="cannot be reset: another endpoint is running tasks in it; stop it first"
    ):
        serve(state=state, runner="scripted", reset=True)

    assert there.ecs.list_task_definition_families()["families"] == ["hello"]


def database(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: path.write_text("notes\n" * 500), "file is not a database", id="text"),
        pytest.param(
            lambda path: database(path, "CREATE TABLE t (a)"),
            "not a state file of the embedded ECS",
            id="other",
        ),
        pytest.param(
            lambda path: database(
                path, "CREATE TABLE t (a)", "PRAGMA application_id=1701016432", "PRAGMA user_version=99"
            ),
            "written by a newer version",
            id="newer",
        ),
        pytest.param(lambda path: path.mkdir(), "Is a directory", id="folder"),
    ],
)
def test_files_that_are_refused_stay_as_they_were(
    tmp_path: Path, make: Callable[[Path], object], message: str, reset: bool
) -> None:
    path = tmp_path / "state"
    make(path)
    before = path.read_bytes() if path.is_file() else None

    with pytest.raises(LocalError, match=message):
        serve(state=path, runner="scripted", reset=reset)

    assert (path.read_bytes() if path.is_file() else None) == before
    assert [each.name for each in tmp_path.iterdir()] == ["state"]


def damaged(state: Path, spoil: Callable[[Path], object]) -> None:
    """Make a state with a parameter and 200 log events, and spoil its file."""
    with serve(state=state, runner="scripted") as endpoint:
        store = endpoint._server.world.store
        store.run("INSERT INTO parameters VALUES ('r', 'p', ?)", '{"Name": "p", "Value": "v", "Version": 1}')
        rows = [("r", "g", "s", n, n, "x" * 200) for n in range(200)]
        store.run_many(
            "INSERT INTO log_events VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    spoil(state)


def overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = b"\xa5" * (len(data) // 2 - len(data) // 3)
    path.write_bytes(data)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(overwritten, "", id="overwritten in the middle"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-8192]), "", id="cut short"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes()[:50]), "malformed", id="cut in its header"
        ),
        pytest.param(
            lambda path: database(path, "DROP TABLE tasks"), "table tasks is missing", id="a table less"
        ),
        pytest.param(
            lambda path: database(path, "ALTER TABLE tasks RENAME COLUMN owner TO keeper"),
            "table tasks has no column owner",
            id="another column",
        ),
        pytest.param(
            lambda path: database(path, "UPDATE parameters SET body='{\"Name'"),
            "table parameters contains '{\"Name', which is not JSON",
            id="half a record",
        ),
        pytest.param(
            lambda path: database(path, "UPDATE parameters SET body='{}'"),
            "a row of table parameters is missing one of Name, Value, Version",
            id="an empty record",
        ),
    ],
)
def test_a_damaged_state_is_refused_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], object], message: str, reset: bool
) -> None:
    state = tmp_path / "state"
    damaged(state, spoil)
    before = state.read_bytes()

    with pytest.raises(LocalError) as caught:
        serve(state=state, runner="scripted", reset=reset)

    assert message in str(caught.value)
    assert str(caught.value).startswith(f"the state file {state} ")
    assert "use another one with --state" in str(caught.value)
    assert state.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".lock")] == []


def test_a_state_that_is_damaged_while_it_is_served_is_said_once(
    start: MakeEndpoint, client: MakeClient, state: Path
) -> None:
    endpoint = start(state=state)
    database(state, "DROP TABLE parameters")

    with pytest.raises(
        ClientError, match="no such table: parameters; delete it, or use another one with --state"
    ):
        client(endpoint, "ssm").get_parameter(Name="p")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"")
    path.chmod(0)

    with pytest.raises(LocalError, match="cannot be opened: Permission denied"):
        serve(state=path, runner="scripted")


def test_the_state_may_be_a_string(start: MakeEndpoint, client: MakeClient, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state"
    first = start(state=str(path))
    client(first).create_cluster(clusterName="mine")
    first.close()

    second = client(start(state=str(path)))

    assert second.describe_clusters(clusters=["mine"])["clusters"][0]["status"] == "ACTIVE"
    assert path.is_file()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalError, match=r"Not a directory|File exists"):
        serve(state=tmp_path / "file" / "state", runner="scripted")


def test_regions_and_accounts_are_apart(start: MakeEndpoint, client: MakeClient) -> None:
    endpoint = start()
    east, west = client(endpoint), client(endpoint, region_name="eu-west-1")
    credentials = client(endpoint, "sts").assume_role(
        RoleArn="arn:aws:iam::222222222222:role/deploy", RoleSessionName="session"
    )["Credentials"]
    keys = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
    }
    there = client(endpoint, **keys)
    for ecs in (east, west, there):
        ecs.register_task_definition(**definition())

    arns = [each.list_task_definitions()["taskDefinitionArns"] for each in (east, west, there)]

    assert arns == [
        ["arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"],
        ["arn:aws:ecs:eu-west-1:000000000000:task-definition/hello:1"],
        ["arn:aws:ecs:us-east-1:222222222222:task-definition/hello:1"],
    ]
    assert client(endpoint, "sts", **keys).get_caller_identity()["Account"] == "222222222222"


def test_start_needs_no_other_module_of_the_tree() -> None:
    code = "import sys, ecsplan_local; print([n for n in sys.modules if n.startswith(('ecsplan', 'boto'))])"

    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "ecsplan_local" in names
    assert not any(each in names for each in ("'ecsplan'", "ecsplan_applier", "ecsplan_cli", "boto"))
