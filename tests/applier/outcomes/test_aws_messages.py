"""What AWS says, as it is shown: one line, readable, without the secrets of the request that it quotes."""

import pytest

from ecsplan_applier.outcomes.aws_messages import MAX_CHARACTERS, concealed, secrets_of, shown
from ecsplan_applier.outcomes.errors import AwsError

PAGE = "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head><body>" + 5000 * "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Cluster not found.", "Cluster not found.", id="as it is"),
        pytest.param("a\n::error::b\x1b[2J", r"a\n::error::b\x1b[2J", id="on one line"),
        pytest.param(PAGE, "an HTML page, not a response from AWS (503 Service Unavailable)", id="a page"),
        pytest.param(
            "invalid XML: <HTML><body>x</body></HTML> (here)",
            "invalid XML: an HTML page, not a response from AWS (here)",
            id="a page in a sentence",
        ),
        pytest.param(
            3000 * "a", f"{MAX_CHARACTERS * 'a'}… (3,000 characters)", id="longer than a person reads"
        ),
        pytest.param("postgres://u:pw@h failed", "postgres://u:***@h failed", id="a credential of its own"),
    ],
)
def test_what_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert str(AwsError("RunTask", "X", text)) == f"RunTask: X: {expected}"


OVERRIDE: dict[str, object] = {
    "name": "main",
    "command": ["login", "--password", "hunter two", "postgres://u:pgpw99@h/x"],
    "environment": [{"name": "API_TOKEN", "value": 'quo"ted\nvalue'}, {"name": "MODE", "value": "fast"}],
}
REQUEST: dict[str, object] = {
    "overrides": {"containerOverrides": [OVERRIDE]},
    "tags": [{"key": "PIN", "value": "1"}],
}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            'exec: "login --password hunter two": not found', 'exec: "login --password ***": not found',
            id="a command",
        ),
        pytest.param("cannot reach pgpw99 at h", "cannot reach *** at h", id="a part of an argument"),
        pytest.param('bad value quo"ted\nvalue', "bad value ***", id="a value as it is"),
        pytest.param(r'{"value": "quo\"ted\nvalue"}', '{"value": "***"}', id="a value as JSON"),
        pytest.param("MODE=fast is fine", "MODE=fast is fine", id="what is not a secret stays"),
    ],
)  # fmt: skip
def test_what_is_masked_in_a_request_is_masked_in_words_about_it(said: str, expected: str) -> None:
    assert concealed(said, secrets_of(REQUEST)) == expected


def test_a_short_secret_is_masked_as_a_word_only() -> None:
    secrets = secrets_of({"env": {"DB_PASSWORD": "xy"}})

    assert concealed("xy, proxy and 'xy'", secrets) == "***, proxy and '***'"
