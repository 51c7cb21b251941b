"""ECS tasks of Airflow's DAGs, read into jobs with their order and schedules."""

from collections.abc import Mapping
from typing import Any

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.terms.bodies import as_mapping
from ecsplan_convert.airflow.operator import OPERATORS
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.readers.airflow import TABLE
from ecsplan_convert.readers.python_source import read
from ecsplan_convert.source import ConversionError, Job, Source, SourceJobs

OPERATOR = "task_id='load', cluster='batch', task_definition='etl:3', overrides={}, launch_type='FARGATE'"
REQUEST: dict[str, Any] = {
    "cluster": "batch",
    "taskDefinition": "etl:3",
    "overrides": {},
    "launchType": "FARGATE",
}


def found(text: str) -> SourceJobs:
    return read(Source("dag.py", text))


def job(text: str) -> Job:
    (only,) = found(text).jobs
    return only


def task(arguments: str = "", before: str = "") -> Job:
    """Return the job of one operator with some more arguments, after some lines."""
    return job(f"{before}\nEcsRunTaskOperator({OPERATOR}{arguments and f', {arguments}'})\n")


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_operator(name: str) -> None:
    assert found(f"from airflow import x\nx = {name}({OPERATOR})\n") == SourceJobs(
        (Job("load", request=REQUEST),)
    )


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        pytest.param("group='g'", {"group": "g"}, id="group"),
        pytest.param("platform_version='LATEST'", {"platformVersion": "LATEST"}, id="platform"),
        pytest.param(
            "propagate_tags='TASK_DEFINITION'", {"propagateTags": "TASK_DEFINITION"}, id="propagate_tags"
        ),
        pytest.param("count=2", {"count": 2}, id="count"),
        pytest.param("tags={'team': 'data'}", {"tags": [{"key": "team", "value": "data"}]}, id="tags"),
        pytest.param(
            "capacity_provider_strategy=[{'capacityProvider': 'FARGATE_SPOT', 'weight': 1}]",
            {
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
                "launchType": ...,
            },
            id="a strategy wins over the launch type",
        ),
        pytest.param(
            "placement_constraints=[{'type': 'distinctInstance'}]",
            {"placementConstraints": [{"type": "distinctInstance"}]},
            id="constraints",
        ),
        pytest.param(
            "placement_strategy=[{'type': 'random'}]",
            {"placementStrategy": [{"type": "random"}]},
            id="spread",
        ),
        pytest.param(
            "network_configuration={'awsvpcConfiguration': {'subnets': ['subnet-1']}}",
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
            id="network",
        ),
        pytest.param(
            "volume_configurations=[{'name': 'v', 'managedEBSVolume': {'roleArn': 'arn:r', 'sizeInGiB': 9}}]",
            {
                "volumeConfigurations": [
                    {"name": "v", "managedEBSVolume": {"roleArn": "arn:r", "sizeInGiB": 9}}
                ]
            },
            id="volumes",
        ),
        pytest.param("group=None, tags=None", {}, id="None"),
    ],
)
def test_members_of_the_request(arguments: str, request_: Mapping[str, Any]) -> None:
    made = task(arguments)

    assert made.request == {name: each for name, each in {**REQUEST, **request_}.items() if each is not ...}
    assert made.notes == ()


@pytest.mark.parametrize(
    ("launch_type", "expected"),
    [
        pytest.param("", "EC2", id="the operator's default"),
        pytest.param(", launch_type='EXTERNAL'", "EXTERNAL", id="another"),
        pytest.param(", launch_type=None", None, id="None"),
        pytest.param(", launch_type=''", None, id="empty"),
        pytest.param(", launch_type=LAUNCH_TYPE", None, id="not a literal"),
    ],
)
def test_launch_type(launch_type: str, expected: str | None) -> None:
    made = job(f"EcsRunTaskOperator(task_id='a', task_definition='d', overrides={{}}{launch_type})")

    assert made.request.get("launchType") == expected


@pytest.mark.parametrize(
    ("arguments", "keys", "notes"),
    [
        pytest.param("region_name='eu-west-1'", {"aws": {"region": "eu-west-1"}}, [], id="region_name"),
        pytest.param("region='eu-west-1'", {"aws": {"region": "eu-west-1"}}, [], id="region"),
        pytest.param(
            "execution_timeout=timedelta(hours=1)", {"task_timeout_seconds": 3600}, [], id="timeout"
        ),
        pytest.param(
            "execution_timeout='1h'", {}, ["execution_timeout is left out"], id="a timeout in words"
        ),
        pytest.param("waiter_delay=10", {"task_watch_poll_interval": 10}, [], id="waiter_delay"),
        pytest.param("retries=0", {"retry": {"attempts": 1}}, [], id="no retries"),
        pytest.param(
            "retries=2",
            {"retry": {"attempts": 3, "on": ["start", "interruption", "failure"]}},
            [],
            id="retries",
        ),
        pytest.param(
            "retries=9",
            {"retry": {"attempts": 10, "on": ["start", "interruption", "failure"]}},
            [],
            id="9",
        ),
        pytest.param(
            "retries=10",
            {"retry": {"attempts": 10, "on": ["start", "interruption", "failure"]}},
            ["retries is limited to 10 attempts"],
            id="more than ecsplan makes",
        ),
        pytest.param(
            "retries=1, execution_timeout=timedelta(minutes=1)",
            {
                "task_timeout_seconds": 60,
                "retry": {"attempts": 2, "on": ["start", "interruption", "timeout", "failure"]},
            },
            [],
            id="retries, also after a timeout",
        ),
        pytest.param("retries='x'", {}, ["retries is left out"], id="retries that are no number"),
        pytest.param(
            "retries=RETRIES", {}, ["retries is left out: it is the name RETRIES"], id="open retries"
        ),
        pytest.param(
            "retry_delay=timedelta(5), max_retry_delay=X",
            {},
            ["retry_delay, max_retry_delay are left out"],
            id="pauses",
        ),
        pytest.param(
            "awslogs_group='g', awslogs_stream_prefix='p'",
            {},
            ["awslogs_group, awslogs_stream_prefix are left out"],
            id="logs",
        ),
        pytest.param("trigger_rule='all_done'", {}, ["trigger_rule is left out"], id="a trigger rule"),
        pytest.param(
            "trigger_rule=TriggerRule.ALL_DONE", {}, ["trigger_rule is left out"], id="of the enumeration"
        ),
        pytest.param("trigger_rule=TriggerRule.ALL_SUCCESS", {}, [], id="the trigger rule of after"),
        pytest.param("wait_for_completion=True, stop_task_on_failure=True", {}, [], id="what ecsplan does"),
        pytest.param("wait_for_completion=False", {}, ["wait_for_completion is left out"], id="no waiting"),
        pytest.param(
            "stop_task_on_failure=False", {}, ["stop_task_on_failure is left out"], id="no stopping"
        ),
        pytest.param("aws_conn_id=None, deferrable=False, depends_on_past=False", {}, [], id="off"),
        pytest.param("aws_conn_id='aws'", {}, ["aws_conn_id is left out"], id="a connection"),
        pytest.param(
            "reattach=True, quota_retry={}", {}, ["reattach is", "quota_retry is"], id="two reasons"
        ),
        pytest.param("pool='p', queue='q'", {}, ["pool, queue are left out"], id="one reason"),
        pytest.param("dag=dag, task_group=g", {}, [], id="where it stands"),
        pytest.param("colour='red'", {}, ["colour is left out: it is not an argument"], id="unknown"),
        pytest.param("**OTHERS", {}, ["** is left out: it is the name OTHERS"], id="unpacked"),
        pytest.param("'x'", {}, ["positional arguments are left out"], id="positional"),
        pytest.param("group=5", {"group": "5"}, [], id="a number for a text"),
        pytest.param("tags=['a']", {}, ["tags"], id="tags of another type"),
        pytest.param(
            "placement_strategy='random'", {}, ["placement_strategy is left out"], id="a text for a list"
        ),
    ],
)
def test_other_arguments(arguments: str, keys: Mapping[str, Any], notes: list[str]) -> None:
    made = task(arguments) if arguments != "'x'" else job(f"EcsRunTaskOperator('x', {OPERATOR})")

    known = {**made.keys, **({"group": made.request["group"]} if "group" in made.request else {})}
    assert known == keys
    assert len(made.notes) == len(notes)
    for note, start in zip(made.notes, notes, strict=True):
        assert note.startswith(start)


def test_the_container_of_the_log_is_the_job_s() -> None:
    assert task("container_name='app'").container == "app"


OVERRIDES = """overrides={'containerOverrides': [{
    'name': NAME,
    'command': ['run', DAY],
    'environment': [{'name': 'STAGE', 'value': 'prod'}, {'name': 'DAY', 'value': '{{ ds }}'}],
    'cpu': 256}], 'cpu': '512'}"""


def test_parts_that_are_not_literal_are_named_with_their_lines() -> None:
    made = job(
        f"NAME = 'app'\nEcsRunTaskOperator(task_id='a', task_definition='d', launch_type='EC2',\n{OVERRIDES})"
    )

    assert made.request["overrides"] == {
        "containerOverrides": [
            {"name": "app", "environment": [{"name": "STAGE", "value": "prod"}], "cpu": 256}
        ],
        "cpu": "512",
    }
    assert made.notes == tuple(
        f"overrides.containerOverrides[app].{each}"
        for each in (
            "command is left out: its item 1 is the name DAY, which is not a literal here (line 5)",
            "environment[DAY].value is left out: it is a Jinja template (line 6)",
        )
    )


def test_a_container_whose_name_is_not_known_is_the_job_s() -> None:
    made = job(f"EcsRunTaskOperator(task_id='a', task_definition='d',\n{OVERRIDES.replace('DAY]', '5]')})")

    assert made.request["overrides"] == {"cpu": "512"}
    assert made.keys == {"command": ["run", "5"], "env": {"STAGE": "prod"}}
    assert [each.partition(" is ")[0] for each in made.notes] == [
        "overrides.containerOverrides[0].name",
        "overrides.containerOverrides[0].environment[DAY].value",
        "overrides.containerOverrides[0].cpu",
    ]


def test_a_network_without_its_subnets_is_suggested() -> None:
    made = task(
        "network_configuration={'awsvpcConfiguration': {'subnets': SUBNETS, 'assignPublicIp': 'DISABLED'}}"
    )

    assert "networkConfiguration" not in made.request
    assert [dict(each.keys) for each in made.suggestions] == [
        {"network_configuration": {"assignPublicIp": "DISABLED", "subnets": ["subnet-…"]}}
    ]
    assert made.notes[0].startswith("network_configuration.awsvpcConfiguration.subnets is left out")


REGISTER = """register = EcsRegisterTaskDefinitionOperator(
    task_id='register',
    family='etl',
    container_definitions=[{'name': 'app', 'image': IMAGE, 'environment': [{'name': 'A', 'value': X}]}],
    register_task_kwargs={'cpu': '256', 'memory': '512', 'networkMode': 'awsvpc'},
)
"""
DEFINITION = {
    "family": "etl",
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "containerDefinitions": [{"name": "app", "image": "etl:1"}],
}


@pytest.mark.parametrize(
    "named",
    [
        pytest.param("'etl'", id="family"),
        pytest.param("register.output", id="output"),
        pytest.param("register.output['task_definition_arn']", id="item of the output"),
        pytest.param("\"{{ ti.xcom_pull(task_ids='register', key='task_definition_arn') }}\"", id="template"),
    ],
)
def test_a_definition_that_the_file_registers(named: str) -> None:
    made = job(
        f"IMAGE = 'etl:1'\n{REGISTER}EcsRunTaskOperator(task_id='a', task_definition={named}, overrides={{}})"
    )

    assert made.definition == DEFINITION
    assert "taskDefinition" not in made.request
    assert len(made.notes) == 1


def test_a_definition_without_its_image_stays_airflow_s() -> None:
    made = job(f"{REGISTER}EcsRunTaskOperator(task_id='a', task_definition=register.output, overrides={{}})")

    assert made.definition is None
    assert made.request["taskDefinition"] == "etl"
    assert any("image" in each and "line 4" in each for each in made.notes)


TASK = (
    "EcsRunTaskOperator(task_id='{0}', cluster='c', task_definition='{0}', overrides={{}}, launch_type='EC2')"
)
OTHER = "PythonOperator(task_id='{0}', python_callable=f)"


def dag(order: str, *, arguments: str = "'etl'", tasks: str = "abc", others: str = "xy") -> SourceJobs:
    lines = [f"{each} = {TASK.format(each)}" for each in tasks] + [
        f"{each} = {OTHER.format(each)}" for each in others
    ]
    body = "".join(f"    {each}\n" for each in (*lines, *order.splitlines()))
    return found(f"with DAG({arguments}) as dag:\n{body}")


@pytest.mark.parametrize(
    ("order", "after", "passed"),
    [
        pytest.param("a >> b >> c", {"b": ["a"], "c": ["b"]}, 0, id="a chain"),
        pytest.param("[a, b] >> c", {"c": ["a", "b"]}, 0, id="two before one"),
        pytest.param("a >> x >> b", {"b": ["a"]}, 1, id="past another task"),
        pytest.param("a >> x >> y >> b\na >> c", {"b": ["a"], "c": ["a"]}, 2, id="past two other tasks"),
        pytest.param("x >> a\nb >> y", {}, 0, id="others before and after"),
        pytest.param("a >> work() >> b", {"b": ["a"]}, 1, id="past a function"),
        pytest.param("a >> b >> a", {"a": ["b"]}, 1, id="a circle"),
    ],
)
def test_order(order: str, after: Mapping[str, list[str]], passed: int) -> None:
    made = dag(order)

    assert {each.name: each.keys["after"] for each in made.jobs if "after" in each.keys} == after
    assert sum(len(each.notes) for each in made.jobs) == passed
    assert [note for note in made.notes if note.startswith(("x ", "y "))] == [
        f"{each} (PythonOperator), line {line}, is left out: it runs no task on ECS"
        for each, line in (("x", 5), ("y", 6))
    ]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param("schedule='30 2 * * 1-5'", {"cron": "30 2 ? * MON-FRI *"}, id="cron"),
        pytest.param("schedule_interval='@daily'", {"cron": "0 0 * * ? *"}, id="a preset"),
        pytest.param("schedule='@quarterly'", {"cron": "0 0 1 */3 ? *"}, id="a preset of Airflow"),
        pytest.param("schedule=timedelta(hours=6)", {"rate": "6 hours"}, id="a duration"),
        pytest.param(
            "timetable=CronTriggerTimetable('0 1 * * *', timezone='Asia/Tokyo')",
            {"cron": "0 1 * * ? *", "timezone": "Asia/Tokyo"},
            id="a timetable",
        ),
        pytest.param(
            "schedule=DeltaTriggerTimetable(timedelta(days=1))",
            {"rate": "1 day"},
            id="a timetable of durations",
        ),
        pytest.param(
            "schedule='@daily', start_date=pendulum.datetime(2024, 1, 1, tz='Europe/Paris')",
            {"cron": "0 0 * * ? *", "timezone": "Europe/Paris"},
            id="the zone of the start date",
        ),
        pytest.param(
            "schedule='@daily', start_date=datetime(2024, 1, 1, tzinfo=pendulum.timezone('Europe/Rome'))",
            {"cron": "0 0 * * ? *", "timezone": "Europe/Rome"},
            id="a zone that is called",
        ),
        pytest.param(
            "schedule='@daily', default_args={'start_date': pendulum.datetime(2024, 1, 1, tz='Asia/Dili')}",
            {"cron": "0 0 * * ? *", "timezone": "Asia/Dili"},
            id="of default_args",
        ),
        pytest.param(
            "schedule='@daily', start_date=datetime(2024, 1, 1, tzinfo=timezone.utc)",
            {"cron": "0 0 * * ? *"},
            id="UTC",
        ),
        pytest.param("schedule='0 0 1 * 1'", "AWS has no such schedule", id="days of both kinds"),
        pytest.param("schedule='0 0 30 2 *'", "AWS has no such schedule", id="a date that does not exist"),
        pytest.param("schedule='0 0 ? * MON *'", "AWS has no such schedule", id="six fields, of AWS"),
        pytest.param("schedule='6 hours'", "AWS has no such schedule", id="what Airflow does not read"),
        pytest.param(
            "schedule=1e999", "it is an expression that is not a literal (line 1)", id="a number without end"
        ),
        pytest.param("schedule='@once'", "AWS has no such schedule", id="@once"),
        pytest.param("schedule=timedelta(seconds=30)", "AWS has no such schedule", id="30 seconds"),
        pytest.param("schedule=[Dataset('s3://b')]", "AWS has no such schedule", id="data sets"),
        pytest.param(
            "schedule=SCHEDULE", "it is the name SCHEDULE, which is not a literal here (line 1)", id="a name"
        ),
        pytest.param("schedule=None", None, id="None"),
    ],
)
def test_schedule(schedule: str, expected: Any) -> None:
    made = dag("", arguments=f"'etl', {schedule}", tasks="a", others="")

    suggested = [each.keys["schedule"] for each in made.jobs[0].suggestions]
    notes = [
        each.partition("left out: ")[2] for each in made.notes if "schedule is" in each or "table is" in each
    ]
    assert suggested == ([expected] if isinstance(expected, dict) else [])
    assert notes == ([expected] if isinstance(expected, str) else [])


def test_only_the_first_jobs_have_the_schedule() -> None:
    made = dag("a >> b", arguments="'etl', schedule='@daily'", others="")

    assert [len(each.suggestions) for each in made.jobs] == [1, 0, 1]
    assert any("`ecsplan apply` at these times" in each for each in made.notes)


def test_default_args_hold_unless_an_operator_says_otherwise() -> None:
    made = found(
        "ARGS = {'retries': 1, 'owner': 'me', 'cluster': 'c', 'email_on_failure': False, 'pool': 'p',"
        " 'max_active_runs': 2}\n"
        "dag = DAG('etl', default_args=ARGS, start_date=datetime(2024, 1, 1), catchup=True, tags=['x'])\n"
        "a = EcsRunTaskOperator(task_id='a', dag=dag, task_definition='d', overrides={})\n"
        "b = EcsRunTaskOperator(task_id='b', dag=dag, task_definition='d', overrides={},"
        " retries=0, cluster='e')\n"
    )

    assert [each.request["cluster"] for each in made.jobs] == ["c", "e"]
    assert [as_mapping(each.keys["retry"])["attempts"] for each in made.jobs] == [2, 1]
    assert [each.partition(" left out")[0] for each in made.notes] == [
        "DAG etl: start_date is",
        "DAG etl: catchup is",
        "DAG etl: tags is",
        "DAG etl: default_args: owner is",
        "DAG etl: default_args: pool is",
        "DAG etl: default_args: max_active_runs is",
    ]


@pytest.mark.parametrize(
    ("text", "retries"),
    [
        pytest.param("@dag('x', default_args={'retries': 3})\ndef f():\n    {}", 4, id="a decorator"),
        pytest.param(
            "with DAG('x', default_args={'retries': 3}):\n"
            "  with TaskGroup('g', default_args={'retries': 1}):\n    {}",
            2,
            id="group",
        ),
        pytest.param("DAG('x', default_args={'retries': 3})\n{}", 4, id="the only DAG of the file"),
    ],
)
def test_where_default_args_come_from(text: str, retries: int) -> None:
    made = job(text.replace("{}", TASK.format("a")))

    assert made.keys["retry"] == {"attempts": retries, "on": ["start", "interruption", "failure"]}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("DAG('x')\nb = " + TASK.format("a"), ["a"], id="task_id"),
        pytest.param("b = " + TASK.replace("'{0}', c", "ID, c").format("a"), ["b"], id="the variable"),
        pytest.param(TASK.replace("'{0}', c", "ID, c").format("a"), ["a"], id="the family"),
        pytest.param(
            "with DAG('x'):\n    {0}\nwith DAG('y'):\n    {0}\n    {0}".format(TASK.format("a")),
            ["x.a", "y.a", "y.a-2"],
            id="equal ones",
        ),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert [each.name for each in found(text).jobs] == names


@pytest.mark.parametrize(
    ("text", "note"),
    [
        pytest.param("for n in range(3):\n    {}", "the loop around the operator", id="a loop"),
        pytest.param("x = [{} for n in range(3)]", "the loop around the operator", id="a comprehension"),
        pytest.param("def make(n):\n    return {}", "calls of make", id="a function"),
    ],
)
def test_one_job_stands_for_several_tasks(text: str, note: str) -> None:
    assert job(text.replace("{}", TASK.format("a"))).notes[0].startswith(note)


def test_mapped_tasks_are_one_job() -> None:
    made = job(
        "EcsRunTaskOperator.partial(task_id='a', task_definition='d', launch_type='EC2').expand(overrides=X)"
    )

    assert made.request == {"taskDefinition": "d", "launchType": "EC2"}
    assert made.notes == ("expand is left out: one job stands for the mapped tasks; see `matrix`",)


def test_a_task_that_does_not_say_what_it_runs_is_left_out_and_passed_over() -> None:
    made = found(
        f"a = {TASK.format('a')}\nb = EcsRunTaskOperator(task_id='b', task_definition=get(), cluster=C)\n"
        f"c = {TASK.format('c')}\na >> b >> c\n"
    )

    assert [each.name for each in made.jobs] == ["a", "c"]
    assert made.jobs[1].keys["after"] == ["a"]
    assert made.jobs[1].notes == ("after skips b (EcsRunTaskOperator), which is not one of the jobs",)
    (lost,) = made.notes
    for part in (
        "b (EcsRunTaskOperator, line 2)",
        "task_definition",
        "a call of get",
        "cluster",
        "the name C",
    ):
        assert part in lost


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        pytest.param("import os\n", "has neither Airflow's", None, id="no operator"),
        pytest.param(
            "from x import EcsRunTaskOperator\nclass A(EcsRunTaskOperator): pass\n",
            "has neither",
            None,
            id="a class",
        ),
        pytest.param(
            "\nEcsRunTaskOperator(task_id='b', task_definition=get(), cluster=C)\n",
            r"b \(EcsRunTaskOperator, line 2\) .* task_definition is a call of get .* cluster is the name C",
            2,
            id="nothing literal",
        ),
        pytest.param("\nEcsRunTaskOperator()\n", "it has no argument task_definition", 2, id="no argument"),
        pytest.param("x = EcsRunTaskOperator(\n", "cannot be parsed", 1, id="half-written"),
        pytest.param("print 'x'\nEcsRunTaskOperator()\n", "cannot be parsed", 1, id="Python 2"),
    ],
)
def test_what_cannot_be_converted(text: str, message: str, line: int | None) -> None:
    with pytest.raises(ConversionError, match=message) as caught:
        found(text)

    assert caught.value.line == line


def test_notes_never_show_values() -> None:
    secret = "hunter2-hunter2"
    container = f"{{'name': 'a', 'command': '{secret}', 'x': '{secret}'}}"
    made = job(
        f"EcsRunTaskOperator(task_id='a', task_definition='d', tags={{'a': ['{secret}']}}, "
        f"retries='{secret}', "
        f"overrides={{'containerOverrides': [{container}]}}, pool='{secret}', colour='{secret}', "
        f"group=f'{secret}{{x}}', **get('{secret}'))"
    )

    assert len(made.notes) > 5
    assert secret not in "".join(made.notes)


PIPELINE = """
import airflow
from airflow.providers.amazon.aws.operators import ecs

with DAG("nightly", schedule="@daily", default_args={"retries": 1}) as dag:
    command = ["python", "-m", "etl", "{% if a %}{% endif %}"]
    extract = ecs.EcsRunTaskOperator(
        task_id="extract",
        cluster="batch",
        task_definition="extract:4",
        launch_type="FARGATE",
        overrides={"containerOverrides": [{"name": "app", "command": command}]},
        network_configuration={"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        tags={"team": "data"},
    )
    environment = [{"name": "A", "value": "${B}"}]
    load = ecs.EcsRunTaskOperator(
        task_id="load",
        cluster="batch",
        task_definition="load",
        overrides={"containerOverrides": [{"name": "app", "command": ["load"], "environment": environment}]},
        launch_type=None,
    )
    extract >> load
"""


def test_a_manifest_of_a_dag_checks_clean_and_makes_the_requests_of_its_operators() -> None:
    made = converted(found_in(Source("dag.py", PIPELINE)), title="dag.py")

    compiled = compile_manifest(made.text, file="job.yaml")

    assert compiled.plan is not None
    assert not [each for each in compiled.diagnostics if each.severity == "error"]
    extract, load = compiled.plan.jobs
    assert (extract.name, load.name) == ("extract", "load")
    assert extract.run_request["launchType"] == "FARGATE"
    assert extract.run_request["networkConfiguration"] == {
        "awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}
    }
    assert extract.run_request["tags"] == [{"key": "team", "value": "data"}]
    assert "launchType" not in load.run_request
    assert load.run_request["overrides"] == {
        "containerOverrides": [
            {"name": "app", "command": ["load"], "environment": [{"name": "A", "value": "${B}"}]}
        ]
    }
    assert any("command" in each and "Jinja" in each for each in made.notes)


def test_the_table_names_each_argument_once() -> None:
    assert len({each.theirs for each in TABLE}) == len(TABLE)
