"""Lookups of CloudFormation: a call a stack, the states whose outputs count, and one list of exports."""

import pytest
from scripted_aws import Said, ScriptedAws, denied

from ecsplan.terms.observed import (
    NOT_FOUND,
    NOT_USABLE,
    AskExport,
    AskStackOutput,
    Aws,
    Body,
    NotThere,
    Value,
)
from ecsplan_applier.aws.asker import MAX_PAGES
from ecsplan_applier.outcomes.errors import ApplierError, AwsError

HERE = Aws()
STATES = [
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "CREATE_COMPLETE",
    "ROLLBACK_IN_PROGRESS",
    "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
    "DELETE_COMPLETE",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
]
"""The states of botocore's cloudformation model, StackStatus."""
REFUSED = {
    "REVIEW_IN_PROGRESS": "wait until it is created",
    "CREATE_IN_PROGRESS": "wait until it is created",
    "CREATE_FAILED": "delete the stack and create it again",
    "ROLLBACK_IN_PROGRESS": "delete the stack and create it again",
    "ROLLBACK_FAILED": "delete the stack and create it again",
    "ROLLBACK_COMPLETE": "delete the stack and create it again",
    "DELETE_IN_PROGRESS": "name another stack",
    "DELETE_FAILED": "name another stack",
    "DELETE_COMPLETE": "name another stack",
    "UPDATE_FAILED": "repair the stack first",
    "UPDATE_ROLLBACK_FAILED": "repair the stack first",
    "IMPORT_ROLLBACK_FAILED": "repair the stack first",
}


def stack(status: str = "CREATE_COMPLETE", **outputs: str) -> Body:
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"Stacks": [{"StackName": "net", "StackStatus": status, "Outputs": listed}]}


def unknown(request: Body) -> Body:
    text = f"Stack with id {request['StackName']} does not exist"
    raise AwsError("DescribeStacks", "ValidationError", text, status=400)


@pytest.mark.parametrize("status", STATES)
def test_which_states_have_outputs_that_count(status: str) -> None:
    aws = ScriptedAws({"DescribeStacks": stack(status, SubnetId="subnet-1")})

    answer = aws.answer(AskStackOutput(HERE, "net", "SubnetId"))

    if status not in REFUSED:
        assert answer == Value("subnet-1")
        return
    assert isinstance(answer, NotThere)
    assert f"the stack 'net' is in {status}" in answer.message
    assert REFUSED[status] in answer.help
    assert answer.rule == NOT_USABLE


def test_a_stack_is_described_once_for_all_of_its_outputs() -> None:
    outputs = {f"Output{number}": f"value-{number}" for number in range(20)}
    aws = ScriptedAws({"DescribeStacks": stack(**outputs)})
    asked = [AskStackOutput(HERE, name, each) for name in ("net", "db") for each in outputs]

    answers = aws.answers(*asked, *asked)

    assert [answers[each] for each in asked] == [Value(each) for each in outputs.values()] * 2
    assert aws.requests == [("DescribeStacks", {"StackName": each}) for each in ("net", "db")]


@pytest.mark.parametrize(
    ("says", "question", "message", "help_text", "rule"),
    [
        pytest.param(
            {"DescribeStacks": stack(SubnetId="a", VpcId="b")},
            AskStackOutput(HERE, "net", "SubnetID1"),
            "the stack 'net' has no output 'SubnetID1'",
            "did you mean `SubnetId`?",
            NOT_FOUND,
            id="near output",
        ),
        pytest.param(
            {"DescribeStacks": stack(VpcId="b", Arn="a")},
            AskStackOutput(HERE, "net", "Queue"),
            "has no output 'Queue'",
            "its outputs are: Arn, VpcId",
            NOT_FOUND,
            id="no near output",
        ),
        pytest.param(
            {"DescribeStacks": stack()},
            AskStackOutput(HERE, "net", "Queue"),
            "has no output 'Queue'",
            "its outputs are: none",
            NOT_FOUND,
            id="no outputs",
        ),
        pytest.param(
            {"DescribeStacks": {"Stacks": [{"StackStatus": "UPDATE_ROLLBACK_IN_PROGRESS"}]}},
            AskStackOutput(HERE, "net", "Queue"),
            "while it is in UPDATE_ROLLBACK_IN_PROGRESS",
            "try again",
            NOT_FOUND,
            id="no outputs during a rollback",
        ),
        pytest.param(
            {"DescribeStacks": unknown, "ListStacks": {"StackSummaries": [{"StackName": "network"}]}},
            AskStackOutput(HERE, "netwrok", "Id"),
            "there is no stack 'netwrok' in us-east-1",
            "did you mean `network`?",
            NOT_FOUND,
            id="near stack",
        ),
        pytest.param(
            {"DescribeStacks": unknown},
            AskStackOutput(HERE, "net", "Id"),
            "there is no stack 'net'",
            "aws cloudformation list-stacks",
            NOT_FOUND,
            id="stacks cannot be listed",
        ),
        pytest.param(
            {"DescribeStacks": AwsError("DescribeStacks", "ValidationError", "'n_t' failed", status=400)},
            AskStackOutput(HERE, "n_t", "Id"),
            "does not accept the stack name 'n_t': 'n_t' failed",
            "name or ARN",
            NOT_FOUND,
            id="malformed name",
        ),
        pytest.param(
            {"ListExports": {"Exports": [{"Name": "net-Vpc", "Value": "vpc-1"}]}},
            AskExport(HERE, "net-vcp"),
            "there is no export 'net-vcp' in us-east-1",
            "did you mean `net-Vpc`?",
            NOT_FOUND,
            id="near export",
        ),
        pytest.param(
            {"ListExports": {}},
            AskExport(HERE, "net"),
            "there is no export 'net'",
            "aws cloudformation list-exports",
            NOT_FOUND,
            id="no exports",
        ),
    ],
)
def test_what_is_not_there(
    says: dict[str, Said], question: AskStackOutput | AskExport, message: str, help_text: str, rule: str
) -> None:
    answer = ScriptedAws(says).answer(question)

    assert isinstance(answer, NotThere)
    assert message in answer.message
    assert help_text in answer.help
    assert answer.rule == rule


def exports(count: int) -> list[Body]:
    """Return pages of one export each."""
    pages: list[Body] = [
        {"Exports": [{"Name": f"e{each}", "Value": f"v{each}"}], "NextToken": str(each + 1)}
        for each in range(count)
    ]
    return [*pages[:-1], {"Exports": pages[-1]["Exports"]}]


def test_exports_are_listed_until_all_were_found() -> None:
    aws = ScriptedAws({"ListExports": exports(5)})

    found = aws.answers(AskExport(HERE, "e0"), AskExport(HERE, "e2"))

    assert list(found.values()) == [Value("v0"), Value("v2")]
    assert aws.calls == {"ListExports": 3}


def test_all_pages_are_read_before_an_export_is_said_to_be_missing() -> None:
    aws = ScriptedAws({"ListExports": exports(5)})

    assert isinstance(aws.answer(AskExport(HERE, "other")), NotThere)
    assert aws.calls == {"ListExports": 5}


def test_a_list_without_an_end_is_given_up() -> None:
    numbers = iter(range(1, 10 * MAX_PAGES))
    aws = ScriptedAws({"ListExports": lambda _: {"NextToken": str(next(numbers))}})

    with pytest.raises(ApplierError, match=f"more than {MAX_PAGES} pages"):
        aws.answer(AskExport(HERE, "e0"))

    assert aws.calls == {"ListExports": MAX_PAGES}


GARBLED_STACKS: list[Body] = [
    {},
    {"Stacks": []},
    {"Stacks": "x"},
    {"Stacks": [1]},
    {"Stacks": [{}]},
    {"Stacks": [{"StackStatus": 7}]},
    {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": "x"}]},
    {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": [{"OutputValue": "x"}]}]},
    {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": [{"OutputKey": "Id", "OutputValue": 7}]}]},
]
GARBLED_EXPORTS: list[Body] = [
    {"Exports": "x"},
    {"Exports": [1]},
    {"Exports": [{"Value": "x"}]},
    {"Exports": [{"Name": "net", "Value": 7}]},
    {"Exports": [], "NextToken": 7},
]


@pytest.mark.parametrize("answer", GARBLED_STACKS, ids=repr)
def test_a_garbled_stack_is_a_message(answer: Body) -> None:
    assert "DescribeStacks" in failing(
        {"DescribeStacks": answer}, AskStackOutput(HERE, "net", "Id"), "BadAnswer"
    )


@pytest.mark.parametrize("answer", GARBLED_EXPORTS, ids=repr)
def test_a_garbled_export_is_a_message(answer: Body) -> None:
    assert "ListExports" in failing({"ListExports": answer}, AskExport(HERE, "net"), "BadAnswer")


@pytest.mark.parametrize(
    ("operation", "question", "about"),
    [
        ("DescribeStacks", AskStackOutput(HERE, "net", "Id"), "DescribeStacks of stack net"),
        ("ListExports", AskExport(HERE, "net"), "ListExports of exports"),
    ],
)
def test_what_is_denied_is_an_error(operation: str, question: AskStackOutput | AskExport, about: str) -> None:
    said = failing({operation: denied(operation, "AccessDenied")}, question, "not allowed to do this")

    assert about in said


def failing(says: dict[str, Said], question: AskStackOutput | AskExport, meaning: str) -> str:
    with pytest.raises(ApplierError) as caught:
        ScriptedAws(says).answer(question)
    assert caught.value.exit_status == 125
    assert meaning in str(caught.value)
    return str(caught.value)
