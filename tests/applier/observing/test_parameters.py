"""Lookups of parameters: ten a call, nothing decrypted, and the nearest of what there is not."""

from collections.abc import Callable

import pytest
from scripted_aws import ScriptedAws, denied

from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, Answer, AskParameter, Aws, Body, NotThere, Value
from ecsplan_applier.outcomes.errors import ApplierError, AwsError

HERE = Aws()
ARN = "arn:aws:ssm:us-east-1:111122223333:parameter"
STORE: dict[str, tuple[str, str]] = {
    "/app/url": ("String", "https://x"),
    "/app/subnets": ("StringList", "subnet-1,subnet-2"),
    "/app/one": ("StringList", "alone"),
    "/app/password": ("SecureString", "AQICAHciphertext"),
    "plain": ("String", " kept as it is "),
}


def store(request: Body) -> Body:
    """Answer GetParameters as AWS does: sorted, the selector beside the name."""
    assert request.keys() == {"Names"}
    assert len(request["Names"]) <= 10
    found = []
    for asked in request["Names"]:
        name, _, selector = asked.removeprefix(ARN).partition(":")
        if name in STORE and selector in {"", "1", "live"}:
            kind, value = STORE[name]
            named = {"Name": name, "ARN": f"{ARN}{name}", "Type": kind, "Value": value}
            found.append((asked, named | ({"Selector": f":{selector}"} if selector else {})))
    known = {asked for asked, _ in found}
    return {
        "Parameters": sorted((each for _, each in found), key=lambda each: each["Name"]),
        "InvalidParameters": [each for each in request["Names"] if each not in known],
    }


def listed(*names: str) -> Callable[[Body], Body]:
    """Answer DescribeParameters with those of these names that the filter finds."""

    def answer(request: Body) -> Body:
        (wanted,) = request["ParameterFilters"]
        (value,) = wanted["Values"]
        fits: dict[str, Callable[[str], bool]] = {
            "OneLevel": lambda name: name.rpartition("/")[0] == value,
            "BeginsWith": lambda name: name.startswith(value),
            "Contains": lambda name: value in name,
        }
        return {"Parameters": [{"Name": each} for each in names if fits[wanted["Option"]](each)]}

    return answer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("/app/url", Value("https://x"), id="text"),
        pytest.param("plain", Value(" kept as it is "), id="blanks stay"),
        pytest.param("/app/subnets", Value(("subnet-1", "subnet-2")), id="list"),
        pytest.param("/app/one", Value(("alone",)), id="list of one"),
        pytest.param(f"{ARN}/app/url", Value("https://x"), id="by ARN"),
        pytest.param("/app/url:1", Value("https://x"), id="a version"),
        pytest.param("/app/url:live", Value("https://x"), id="a label"),
        pytest.param(f"{ARN}/app/url:1", Value("https://x"), id="a version by ARN"),
    ],
)
def test_what_a_parameter_says(name: str, expected: Answer) -> None:
    aws = ScriptedAws({"GetParameters": store})

    assert aws.answer(AskParameter(HERE, name)) == expected
    assert aws.calls == {"GetParameters": 1}


@pytest.mark.parametrize(
    ("name", "message", "help_text", "rule"),
    [
        pytest.param(
            "/app/ulr", "there is no parameter '/app/ulr'", "did you mean `/app/url`?", NOT_FOUND, id="slip"
        ),
        pytest.param("/App/url", "'/App/url'", "did you mean `/app/url`?", NOT_FOUND, id="case"),
        pytest.param("app/url", "'app/url'", "did you mean `/app/url`?", NOT_FOUND, id="no slash"),
        pytest.param(
            "/old/app/url", "'/old/app/url'", "did you mean `/app/url`?", NOT_FOUND, id="other path"
        ),
        pytest.param("plein", "'plein'", "did you mean `plain`?", NOT_FOUND, id="no path"),
        pytest.param("/app/url:9", "'/app/url:9'", "did you mean `/app/url`?", NOT_FOUND, id="version"),
        pytest.param(f"{ARN}/app/ulr", "/app/ulr", "did you mean `/app/url`?", NOT_FOUND, id="ARN"),
        pytest.param(
            "/zzz/q", "'/zzz/q' in us-east-1", "aws ssm describe-parameters", NOT_FOUND, id="nothing near"
        ),
        pytest.param(
            "/app/password", "'/app/password' is a SecureString", "`secrets`", NOT_USABLE, id="SecureString"
        ),
        pytest.param(
            "/aws/reference/secretsmanager/db",
            "a secret of Secrets Manager",
            "`secrets`",
            NOT_USABLE,
            id="Secrets Manager",
        ),
    ],
)
def test_what_a_parameter_does_not_say(name: str, message: str, help_text: str, rule: str) -> None:
    aws = ScriptedAws({"GetParameters": store, "DescribeParameters": listed(*STORE)})

    answer = aws.answer(AskParameter(HERE, name))

    assert isinstance(answer, NotThere)
    assert message in answer.message
    assert help_text in answer.help
    assert answer.rule == rule
    assert "AQICAH" not in repr(answer)


def test_ten_parameters_are_one_call_and_eleven_are_two() -> None:
    for count, calls in ((10, 1), (11, 2), (20, 2), (21, 3)):
        aws = ScriptedAws({"GetParameters": lambda request: parameters(*request["Names"])})
        asked = [AskParameter(HERE, f"/p{number}") for number in range(count)]

        assert len(aws.answers(*asked, *asked)) == count
        assert aws.calls == {"GetParameters": calls}


def parameters(*names: str) -> Body:
    return {"Parameters": [{"Name": each, "Type": "String", "Value": "x"} for each in names]}


def test_other_settings_are_another_thing() -> None:
    aws = ScriptedAws({"GetParameters": store})
    places = (
        Aws(),
        Aws(region="us-east-1"),
        Aws(region="eu-west-1"),
        Aws(assume_role_arn="arn:aws:iam::111122223333:role/x"),
        Aws(profile="other"),
        Aws(account_id="111122223333"),
    )

    aws.answers(*(AskParameter(each, "/app/url") for each in places))

    assert aws.calls == {"GetParameters": 4}


def test_one_malformed_name_does_not_fail_the_others() -> None:
    def answer(request: Body) -> Body:
        if "/app//x" in request["Names"]:
            raise AwsError("GetParameters", "ValidationException", "Parameter name: it is wrong", status=400)
        return store(request)

    aws = ScriptedAws({"GetParameters": answer})

    found = aws.answers(AskParameter(HERE, "/app/url"), AskParameter(HERE, "/app//x"))

    refused = found[AskParameter(HERE, "/app//x")]
    assert found[AskParameter(HERE, "/app/url")] == Value("https://x")
    assert isinstance(refused, NotThere)
    assert "does not accept the parameter name '/app//x': Parameter name: it is wrong" in refused.message


def test_without_permission_for_a_list_there_is_no_suggestion() -> None:
    aws = ScriptedAws({"GetParameters": store})

    answer = aws.answer(AskParameter(HERE, "/app/ulr"))

    assert isinstance(answer, NotThere)
    assert "did you mean" not in answer.help
    assert aws.calls == {"GetParameters": 1, "DescribeParameters": 2}


def test_suggestions_take_few_calls_however_many_are_missing() -> None:
    aws = ScriptedAws({"GetParameters": store, "DescribeParameters": {"Parameters": []}})

    aws.answers(*(AskParameter(HERE, f"/gone/{number}") for number in range(40)))

    assert aws.calls == {"GetParameters": 4, "DescribeParameters": 10}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({}, id="empty"),
        pytest.param({"Parameters": None}, id="null"),
        pytest.param({"Parameters": "x"}, id="a text"),
        pytest.param({"Parameters": [1]}, id="a number in the list"),
        pytest.param({"Parameters": []}, id="nothing of what was asked for"),
        pytest.param({"Parameters": [{"Name": "/other", "Type": "String", "Value": "x"}]}, id="another one"),
        pytest.param({"Parameters": [{"Type": "String", "Value": "x"}]}, id="no name"),
        pytest.param({"Parameters": [{"Name": "/app/url", "Value": "x"}]}, id="no type"),
        pytest.param({"Parameters": [{"Name": "/app/url", "Type": "String"}]}, id="no value"),
        pytest.param(
            {"Parameters": [{"Name": "/app/url", "Type": "String", "Value": 7}]}, id="value a number"
        ),
        pytest.param({"Parameters": [], "InvalidParameters": "/app/url"}, id="invalid ones are a text"),
    ],
)
def test_a_garbled_answer_is_a_message(answer: Body) -> None:
    with pytest.raises(ApplierError) as caught:
        ScriptedAws({"GetParameters": answer}).answer(AskParameter(HERE, "/app/url"))

    assert caught.value.exit_status == 125
    assert "GetParameters" in str(caught.value)
    assert "BadAnswer" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        pytest.param("AccessDeniedException", "not allowed to do this", id="denied"),
        pytest.param("ThrottlingException", "more calls than AWS allows", id="throttled"),
        pytest.param("InternalServerError", "AWS reports a server error", id="service in trouble"),
        pytest.param("ExpiredTokenException", "sign in again", id="expired"),
    ],
)
def test_what_could_not_be_asked_is_an_error(code: str, meaning: str) -> None:
    status = 500 if code == "InternalServerError" else 400
    failing = AwsError("GetParameters", code, "said by AWS", status=status)

    with pytest.raises(ApplierError) as caught:
        ScriptedAws({"GetParameters": failing}).answers(
            AskParameter(HERE, "/app/url"), AskParameter(HERE, "/app/one")
        )

    assert caught.value.exit_status == 125
    assert "GetParameters of parameter /app/url and 1 more" in str(caught.value)
    assert meaning in str(caught.value)


def test_a_denied_call_of_one_kind_is_raised_whatever_the_others_answer() -> None:
    aws = ScriptedAws({"GetParameters": denied("GetParameters")})

    with pytest.raises(AwsError):
        aws.answers(AskParameter(HERE, "/app/url"), AskParameter(Aws(region="eu-west-1"), "/app/url"))
