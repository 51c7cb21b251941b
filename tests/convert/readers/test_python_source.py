"""Python files: what is in them decides who reads them, and none is too large or too odd to be answered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecsplan.compile import compile_manifest
from ecsplan_convert.init import converted, found_in
from ecsplan_convert.readers.python_source import read
from ecsplan_convert.source import ConversionError, Source, SourceJobs

AIRFLOW = "EcsRunTaskOperator(task_id='load', task_definition='etl', cluster='c', overrides={})\n"
PREFECT = "block = ECSTask(image='etl:1', cpu=256, memory=512, env={'A': B, 'C': 'd'}, command=['run'])\n"


def found(text: str) -> SourceJobs:
    return read(Source("flow.py", text))


def test_both_in_one_file() -> None:
    made = found(f"from x import y\n{AIRFLOW}{PREFECT}block.save('prod')\n")

    assert [each.name for each in made.jobs] == ["load", "prod"]


def test_a_block_of_prefect() -> None:
    (made,) = found(PREFECT).jobs

    assert made.keys["image"] == "etl:1"
    assert made.keys["env"] == {"C": "d"}
    assert made.notes[0] == "env.A is left out: it is the name B, which is not a literal here (line 1)"


@pytest.mark.parametrize(
    ("saved", "name"),
    [
        pytest.param("ECSTask(image='a').save('prod', overwrite=True)", "prod", id="at once"),
        pytest.param("b = ECSTask(image='a')\nb.save(name='prod')", "prod", id="through a variable"),
        pytest.param("b = ECSTask(image='a', name='own')\nb.save('prod')", "own", id="its own name wins"),
        pytest.param("b = ECSTask(image='a')\nc.save('prod')", "", id="another block"),
        pytest.param("b = ECSTask(image='a')\nb.save(NAME)", "", id="a name that is not a literal"),
    ],
)
def test_the_name_of_a_block(saved: str, name: str) -> None:
    (made,) = found(f"from prefect_aws import ECSTask\n{saved}\n").jobs

    assert made.name == name


@pytest.mark.parametrize(
    ("credentials", "region"),
    [
        pytest.param(
            "AwsCredentials(region_name='eu-west-1', aws_secret_access_key='x9')", "eu-west-1", id="made"
        ),
        pytest.param(
            "AwsCredentials(region_name='eu-west-1', aws_secret_access_key=get())", "eu-west-1", id="read"
        ),
        pytest.param("AwsCredentials.load('prod')", None, id="loaded"),
        pytest.param("credentials", None, id="a name"),
    ],
)
def test_credentials_are_never_copied(credentials: str, region: str | None) -> None:
    made = found(f"ECSTask(image='a', aws_credentials={credentials})\n")
    (job,) = made.jobs

    assert job.keys.get("aws") == (None if region is None else {"region": region})
    assert any("aws_credentials" in each for each in job.notes)
    assert "x9" not in str(made)


@pytest.mark.parametrize("text", [AIRFLOW, PREFECT], ids=["Airflow", "Prefect"])
def test_a_manifest_of_it_checks_clean(text: str) -> None:
    source = Source("flow.py", f"from x import y\n\n{text}")

    compiled = compile_manifest(converted(found_in(source), title="flow.py").text, file="job.yaml")

    assert not [each for each in compiled.diagnostics if each.severity == "error"]


@pytest.mark.parametrize(
    ("operator", "message"),
    [
        pytest.param("", "neither", id="without an operator"),
        pytest.param(AIRFLOW, "more than 1,048,576", id="with an operator"),
    ],
)
def test_a_file_of_10_mib_is_refused(operator: str, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        found("x = 'a long line of text'\n" * 400_000 + operator)


def test_a_large_file_with_an_operator_is_read() -> None:
    (job,) = found("VALUES = {'a': [1, 2], 'b': f(3)}\n" * 5_000 + AIRFLOW).jobs

    assert job.name == "load"


@pytest.mark.parametrize(
    "argument",
    [
        pytest.param("overrides", id="a mapping"),
        pytest.param("network_configuration", id="another mapping"),
        pytest.param("tags", id="tags"),
        pytest.param("task_id", id="a name"),
        pytest.param("task_definition", id="a reference"),
        pytest.param("retries", id="a number"),
        pytest.param("execution_timeout", id="a duration"),
        pytest.param("placement_strategy", id="a list"),
        pytest.param("container_name", id="a text"),
        pytest.param("region_name", id="another text"),
    ],
)
@settings(max_examples=25)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda below: (
            st.lists(below, max_size=3)
            | st.dictionaries(st.sampled_from(["containerOverrides", "awsvpcConfiguration", "name"]), below)
        ),
        max_leaves=6,
    )
)
def test_an_argument_of_any_type_is_read_or_refused(argument: str, value: object) -> None:
    given_ = {"task_id": "a", "task_definition": "d", "overrides": {}, argument: value}
    arguments = ", ".join(f"{name}={each!r}" for name, each in given_.items())
    text = f"from x import y\nEcsRunTaskOperator({arguments})\n"

    try:
        made = converted(found_in(Source("dag.py", text)), title="dag.py", name="dag")
    except ConversionError:
        return
    compiled = compile_manifest(made.text, file="job.yaml")

    assert not [each.message for each in compiled.diagnostics if each.severity == "error"]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found(f"{text}\n{AIRFLOW}")
    except ConversionError:
        return
