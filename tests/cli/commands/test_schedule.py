"""`ecsplan schedule` as a user and a pipeline run it: what it says, and how it ends."""

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from emulator_servers import Emulator

from ecsplan_applier.schedules import schedule_plan
from ecsplan_applier.schedules.put_schedule import put_schedule
from ecsplan_cli.main import group

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/scheduler"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
NIGHTLY = f"""\
name: nightly
image: alpine:3
command: [run]
subnets: [subnet-1]
schedule:
  cron: 0 3 * * ? *
  timezone: Europe/Berlin
  role_arn: {ROLE}
"""
SCHEDULE = "schedule default/nightly in us-east-1"
ABOUT = "    runs cron(0 3 * * ? *) in Europe/Berlin\n    next: <times>\n"


class World:
    """An empty folder, and the command against moto."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.scheduler = boto3.client("scheduler", region_name=REGION, endpoint_url=url, **KEYS)

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
        }
        return CliRunner().invoke(group, arguments, input=stdin, env=environment)

    def shown(self, *arguments: str) -> str:
        """Return what a call prints that succeeds, without the times of next runs."""
        done = self.run("schedule", *arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        return re.sub("next: .+", "next: <times>", done.stdout)

    def names(self, where: str = "default") -> set[str]:
        return {each["Name"] for each in self.scheduler.list_schedules(GroupName=where)["Schedules"]}


@pytest.fixture
def world(moto_account: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return World(moto_account.url)


def write(text: str, name: str = "job.yaml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_from_the_first_call_to_a_change(world: World) -> None:
    job = write(NIGHTLY)

    assert world.shown(job, "--dry-run") == (
        f"+ nightly: {SCHEDULE} to create\n    starts a revision that is registered for it\n{ABOUT}"
        "1 schedule: 1 to create.\n"
    )
    assert world.names() == set()
    assert world.shown(job) == (
        f"+ nightly: {SCHEDULE} created\n    starts nightly:1, registered just now\n{ABOUT}"
        "1 schedule: 1 created.\n"
    )
    assert world.shown(job) == (
        f"= nightly: {SCHEDULE} unchanged\n    starts nightly:1\n{ABOUT}1 schedule: 1 unchanged.\n"
    )
    write(NIGHTLY.replace("[run]", "[run, --fast]") + "  retry: {attempts: 2}\n")
    assert world.shown(job) == (
        f"~ nightly: {SCHEDULE} updated, 2 changes\n"
        '    ~ /Target/Input/containerOverrides/main/command: ["run"] -> ["run", "--fast"]\n'
        "    ~ /Target/RetryPolicy/MaximumRetryAttempts: 185 -> 2\n"
        f"    starts nightly:1\n{ABOUT}1 schedule: 1 updated.\n"
    )


@pytest.mark.parametrize("when", ["cron: 0 3 * * ? *", "rate: 1 day", 'at: "2199-01-31T06:00:00"'])
def test_no_next_run_is_shown_of_a_disabled_schedule(world: World, when: str) -> None:
    job = write(NIGHTLY.replace("cron: 0 3 * * ? *", when) + "  enabled: false\n")

    for shown in (world.shown(job, "--dry-run"), world.shown(job), world.run("diff", job).stdout):
        assert "disabled: it does not run" in shown
        assert "next" not in shown
    (row,) = json.loads(world.run("diff", "--format", "json", job).stdout)["jobs"]
    assert (row["schedule"]["enabled"], row["schedule"]["next_runs"]) == (False, [])


@pytest.mark.parametrize("options", [(), ("-q",)], ids=["", "quiet"])
def test_what_was_done_before_an_interrupt_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    async def interrupted(context: Any, schedule: Any, *others: Any) -> Any:
        if schedule.name != "nightly":
            raise KeyboardInterrupt
        return await put_schedule(context, schedule, *others)

    monkeypatch.setattr(schedule_plan, "put_schedule", interrupted)
    other = write(NIGHTLY.replace("name: nightly", "name: other"), "other.yaml")

    done = world.run("schedule", *options, write(NIGHTLY), other)

    assert done.exit_code != 0
    assert "done before that: " in done.stderr
    assert "run the command again to do the rest" in done.stderr


def test_a_plan_is_taken_as_well(world: World) -> None:
    write(world.run("compile", write(NIGHTLY)).stdout, "plan.json")
    write(world.run("compile", "--offline", "job.yaml").stdout, "offline.json")

    assert "1 schedule: 1 created." in world.shown("plan.json")
    assert "1 schedule: 1 unchanged." in world.shown("offline.json")
    # Without an argument, plan.json is meant where there is no folder manifests/.
    assert "1 schedule: 1 unchanged." in world.shown()


def test_a_plan_that_was_compiled_offline(world: World) -> None:
    ssm = boto3.client("ssm", region_name=REGION, endpoint_url=world.url, **KEYS)
    for name, value in (("when", "0 3 * * ? *"), ("group", "jobs")):
        ssm.put_parameter(Name=f"/{name}", Value=value, Type="String")
    looked_up = NIGHTLY.replace("0 3 * * ? *", "${ssm:/when}") + "  group: ${ssm:/group}\nvariables: {}\n"
    assert world.run("compile", "--offline", write(looked_up), "-o", "plan.json").exit_code == 0

    shown = world.run("schedule", "plan.json", "--prune", "--yes")

    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "+ nightly: schedule jobs/nightly in us-east-1 created\n" in shown.stdout
    assert ABOUT.partition("next")[0] in shown.stdout
    assert world.names("jobs") == {"nightly"}


def test_jobs_without_a_schedule_are_left_out(world: World) -> None:
    plain = write("name: plain\nimage: alpine:3\nsubnets: [subnet-1]\n", "plain.yaml")

    done = world.run("schedule", plain)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "the job has no `schedule:`\n"
    assert world.run("schedule", "-q", plain).stderr == ""
    second = write("name: other\nimage: alpine:3\nsubnets: [subnet-1]\n", "other.yaml")
    assert world.run("schedule", plain, second).stderr == "none of 2 jobs has a `schedule:`\n"
    assert "1 schedule: 1 created." in world.shown(plain, write(NIGHTLY))


@pytest.mark.parametrize(
    ("text", "arguments", "status", "says"),
    [
        pytest.param(NIGHTLY.replace("0 3", "0 25"), [], 1, "25", id="a wrong expression"),
        pytest.param(NIGHTLY.replace("0 3 * * ? *", "0 3 30 FEB ? *"), [], 1, "schedule-never", id="never"),
        pytest.param(
            NIGHTLY.replace("Berlin", "Berlinn"), [], 1, "schedule-timezone", id="no such time zone"
        ),
        pytest.param(
            NIGHTLY.replace("123456789012", "999999999999"), [], 1, "999999999999", id="another account"
        ),
        pytest.param(NIGHTLY, ["--local"], 2, "--local", id="the embedded ECS"),
        pytest.param(NIGHTLY, ["--prun"], 2, "--prune", id="a mistyped option"),
        pytest.param('{"plan_version": 1', [], 123, "plan", id="a plan that was cut"),
    ],
)
def test_what_is_refused(world: World, text: str, arguments: list[str], status: int, says: str) -> None:
    done = world.run("schedule", write(text), *arguments)

    assert (done.exit_code, done.stdout) == (status, "")
    assert says in done.stderr
    assert world.names() == set()


def test_a_schedule_made_by_hand(world: World) -> None:
    by_hand(world, "nightly")

    done = world.run("schedule", write(NIGHTLY))

    assert done.exit_code == 125
    assert "error: schedule default/nightly in us-east-1 was not created by ecsplan" in done.stderr
    command = "aws scheduler delete-schedule --name nightly --group-name default --region us-east-1"
    assert f"`{command}`" in done.stderr
    assert world.scheduler.get_schedule(Name="nightly")["ScheduleExpression"] == "rate(1 hour)"


def test_prune_asks_and_ends_with_2_where_there_is_nobody(world: World) -> None:
    world.shown(write(NIGHTLY), write(NIGHTLY.replace("name: nightly", "name: old"), "old.yaml"))
    by_hand(world, "theirs")

    done = world.run("schedule", "job.yaml", "--prune")

    assert done.exit_code == 2
    assert done.stdout == "- old: schedule default/old in us-east-1 to remove; no given job has it\n"
    assert "nothing was changed: there is no terminal to ask for confirmation" in done.stderr
    assert "ecsplan schedule job.yaml --prune --yes" in done.stderr
    assert world.names() == {"nightly", "old", "theirs"}
    assert world.shown("job.yaml", "--prune", "--dry-run").endswith("1 unchanged, 1 to remove.\n")

    pruned = world.shown("job.yaml", "--prune", "--yes")

    assert "- old: schedule default/old in us-east-1 removed; no given job has it\n" in pruned
    assert pruned.endswith("2 schedules: 1 unchanged, 1 removed.\n")
    assert world.names() == {"nightly", "theirs"}


@pytest.mark.parametrize(
    ("arguments", "help_text"),
    [
        pytest.param(
            ["--var-file", "values.yaml"],
            "schedule job.yaml --prune --var-file values.yaml --yes",
            id="a file",
        ),
        pytest.param(["--var", "day=hunter2"], "add --yes", id="a value"),
        pytest.param(["--set", "env.API_KEY=hunter2"], "add --yes", id="a setting"),
        pytest.param(["--", "curl", "-H", "Authorization: hunter2"], "add --yes", id="a command"),
    ],
)
def test_the_command_that_is_offered_shows_no_value(
    world: World, arguments: list[str], help_text: str
) -> None:
    world.shown(write(NIGHTLY.replace("name: nightly", "name: old"), "old.yaml"))
    write(f"variables: {{day: {{default: x}}}}\n{NIGHTLY}")
    write("day: y", "values.yaml")

    done = world.run("schedule", "job.yaml", "--prune", *arguments)

    assert done.exit_code == 2
    assert done.stderr.endswith(f"{help_text}\n")
    assert "hunter2" not in done.stdout + done.stderr


def test_a_manifest_of_a_pipe_cannot_be_given_again(world: World) -> None:
    world.shown(write(NIGHTLY.replace("name: nightly", "name: old"), "old.yaml"))

    done = world.run("schedule", "-", "--prune", stdin=NIGHTLY)

    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2,
        "  help: to proceed without asking: add --yes",
    )


def test_a_manifest_with_an_error_prunes_nothing(world: World) -> None:
    world.shown(write(NIGHTLY), write(NIGHTLY.replace("name: nightly", "name: old"), "old.yaml"))

    done = world.run("schedule", "job.yaml", write("image: [", "wrong.yaml"), "--prune", "--yes")

    assert done.exit_code == 1
    assert world.names() == {"nightly", "old"}


def test_a_job_that_lost_its_schedule(world: World) -> None:
    world.shown(write(NIGHTLY))
    write(NIGHTLY.partition("schedule:")[0])

    done = world.run("schedule", "job.yaml", "--prune", "--yes")

    assert done.exit_code == 0
    assert done.stdout.endswith("1 schedule: 1 removed.\n")
    assert world.names() == set()


def test_values_that_look_secret_are_not_shown(world: World) -> None:
    job = NIGHTLY + "env: {DB_PASSWORD: %s}\n# ecsplan: ignore[env-secret]\n"
    world.run("schedule", write(job % "hunter2old"))

    done = world.run("schedule", write(job % "hunter2new"), "--verbose")

    assert done.exit_code == 0
    assert (
        '/Target/Input/containerOverrides/main/environment/DB_PASSWORD: "***" -> "***" (values are masked)'
        in done.stdout
    )
    assert "hunter2" not in done.stdout + done.stderr


def by_hand(world: World, name: str, **members: Any) -> None:
    world.scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:us-east-1:1:function:f", "RoleArn": ROLE},
        **members,
    )


def test_diff_says_what_schedule_would_do(world: World) -> None:
    job = write(NIGHTLY)

    def line() -> str:
        done = world.run("diff", "--quiet", job)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "    schedule: default/nightly: cron(0 " in done.stdout
        (found,) = re.findall("    ecsplan schedule: (.+)", done.stdout)
        return str(found)

    assert line() == "would create it"
    world.shown(job)
    assert line() == "would change nothing"
    write(NIGHTLY.replace("0 3", "0 4"))
    assert line() == "would update it: 1 change"
    world.scheduler.delete_schedule(Name="nightly")
    by_hand(world, "nightly")
    assert line() == "would refuse it: default/nightly exists, and was not created by ecsplan"
    assert world.scheduler.get_schedule(Name="nightly")["ScheduleExpression"] == "rate(1 hour)"


def test_diff_of_a_plan_that_asked_aws_makes_no_call(world: World) -> None:
    write(world.run("compile", write(NIGHTLY)).stdout, "plan.json")

    done = world.run("diff", "plan.json", "--verbose")

    assert (done.exit_code, done.stderr) == (0, "")
    assert "    next runs: " in done.stdout
    assert "ecsplan schedule" not in done.stdout


def test_a_schedule_alone_does_not_count_as_something_to_register(world: World) -> None:
    world.run("schedule", write(NIGHTLY))
    write(NIGHTLY.replace("0 3", "0 4"))

    assert world.run("diff", "job.yaml", "--exit-code").exit_code == 0
