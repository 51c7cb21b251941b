"""What looks like a credential, and what does not; nothing of it shows where it is masked."""

from typing import Any

import pytest

from ecsplan.terms.secrecy import MASK, looks_secret, mask_document, mask_line, mask_text, mask_value

GITHUB = "ghp_" + "a1B2c3D4e5" * 4
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
ACCESS_KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "PGPASSWORD",
        "MYSQL_PASSWORD_2",
        "DB_PWD",
        "SMTP_PASS",
        "SECRET",
        "CLIENT_SECRET",
        "DJANGO_SECRET_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "API_KEY",
        "apikey",
        "X-Api-Key",
        "DD_API_KEY",
        "SSH_PRIVATE_KEY",
        "LICENSE_KEY",
        "FERNET_KEY",
        "GITHUB_TOKEN",
        "githubtoken",
        "splunk-token",
        "JWT_SECRET_V2",
        "DB_CREDENTIALS",
        "REDISCLI_AUTH",
        "GPG_PASSPHRASE",
    ],
)
def test_names_that_speak_for_a_credential(name: str) -> None:
    assert looks_secret(name, "hunter2")
    assert not looks_secret(name, "")


@pytest.mark.parametrize(
    "name",
    [
        "MODE",
        "TOKENIZERS_PARALLELISM",
        "MAX_TOKENS",
        "MAX_TOKEN",
        "TOKEN_BUCKET_RATE",
        "TOKEN_TTL",
        "SESSION_TOKEN_DURATION",
        "KEYBOARD",
        "SORT_KEY",
        "CACHE_KEY",
        "PUBLIC_KEY",
        "PARTITION_KEYS",
        "SECRET_NAME",
        "DB_SECRET_ARN",
        "PASSWORD_FILE",
        "PASSWORD_MIN_LENGTH",
        "PWD",
        "BYPASS_CACHE",
        "COMPASS",
        "PASSWORDLESS",
        "AUTHOR",
        "SECRETARY",
        "2",
        "",
    ],
)
def test_names_that_only_sound_like_it(name: str) -> None:
    assert not looks_secret(name, "hunter2")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "true",
        "No",
        "1",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orchard/db-1aB2cD",
        "/run/secrets/db",
        "../../secrets/db",
        "s3://bucket/key",
        "${DB_PASSWORD}",
        "$DB_PASSWORD",
        "{{resolve:secretsmanager:db}}",
        "<from the vault>",
        "***",
    ],
)
def test_values_that_only_say_where_it_is(value: str) -> None:
    assert not looks_secret("DB_PASSWORD", value)


@pytest.mark.parametrize(
    "value",
    [
        ACCESS_KEY_ID,
        SECRET_KEY,
        GITHUB,
        JWT,
        PRIVATE_KEY,
        "postgres://orchard:p4ss@db.internal/orchard",
        "redis://:p4ss@cache:6379/0",
        "Server=db;User Id=sa;Password=p4ss;",
        "Server=db;Uid=sa;Pwd=p4ss;",
        "Server=db; Uid=sa; Pwd=p4ss;",
        "Pwd=p4ss;Server=db",
        "Server=db;Uid=sa;PWD='p4 ss'",
        "--password=p4ss",
        '{"user": "mill", "password": "p4ss"}',
        "PASSWORD=\"p4ss' and no end",
        "PASSWORD='p4ss and no end",
        "curl -H 'Authorization: Bearer abcdefgh12' http://x",
        "https://hooks.slack.com/services/T0/B0/abcdef",
        "xoxb-" + "1234567890-abc",
        "q9Zr7Lk2Pw4Xv8Bn3Ht6Yd1Sf5",
    ],
)
def test_shapes_that_speak_for_a_credential_under_any_name(value: str) -> None:
    assert looks_secret("X", value)
    assert looks_secret("", f" {value}\n")


@pytest.mark.parametrize(
    "value",
    [
        "prod",
        "https://example.org/path?page=2",
        "postgres://db.internal/orchard",
        "postgres://orchard:${DB_PASSWORD}@db/orchard",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/orchard/ledger-etl:2.14.0",
        "nginx@sha256:" + "0a1b" * 16,
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "fs-0a12bc34de56f7890",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/orchard/ledger/api-token",
        "MyLongServiceNameWithCamel01Case",
        "python -m ledger.run --tokens 5",
        "curl -fsS http://127.0.0.1:8080/healthz || exit 1",
        "-Xmx512m -Dfile.encoding=UTF-8",
        "a:b@c",
        '{"user": "mill", "password": "${DB_PASSWORD}", "token": "", "token_type": "bearer"}',
        "cd build;PWD=/srv run",
        "cd build;PWD=srv make",
        "PWD=srv;make",
        "169.254.170.2,169.254.169.254",
        "tried again: ExpiredTokenException: it has expired",
    ],
)
def test_ordinary_values_stay_readable(value: str) -> None:
    assert not looks_secret("X", value)
    assert mask_text(value) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://orchard:p4ss@db/x", "postgres://orchard:***@db/x"),
        ("mysql --password p4ss -h db", "mysql --password *** -h db"),
        ("mysql --password=p4ss -h db", "mysql --password=*** -h db"),
        ("DB_PASSWORD='p 4 s s' MODE=prod run", "DB_PASSWORD=*** MODE=prod run"),
        ("Server=db;Password=p4ss;Timeout=5", "Server=db;Password=***;Timeout=5"),
        ("Server=db;Pwd=p4ss;Timeout=5", "Server=db;Pwd=***;Timeout=5"),
        ('{"password": "it\'s \\"p4\\" ss", "port": 5}', '{"password": "***", "port": 5}'),
        ('{"password": 1234567, "port": 5432}', '{"password": ***, "port": 5432}'),
        (r'echo "{\"password\":\"p4ss\",\"port\":5}"', r'echo "{\"password\":\"***\",\"port\":5}"'),
        ("{'token': 'p4ss', 'a': 'b'}", "{'token': '***', 'a': 'b'}"),
        ("error: PASSWORD=p4ss is wrong", "error: PASSWORD=*** is wrong"),
        ("docker run -e TOKEN=p4ss nginx", "docker run -e TOKEN=*** nginx"),
        ('msg="password=p4ss"', 'msg="password=***"'),
        ("fatal: --token p4ss", "fatal: --token ***"),
        (f"key {ACCESS_KEY_ID} used", "key *** used"),
        (f"before {PRIVATE_KEY} after", "before *** after"),
        (SECRET_KEY, "***"),
    ],
)
def test_only_the_credential_in_a_text_is_masked(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_a_document_is_masked_wherever_a_credential_stands() -> None:
    document: dict[str, Any] = {
        "containerDefinitions": [
            {
                "name": "api",
                "command": [
                    "serve",
                    "--token",
                    "p4ss",
                    "--mode",
                    "prod",
                    "--api-key=p4ss",
                    "--password",
                    "-v",
                ],
                "environment": [
                    {"name": "DB_PASSWORD", "value": "p4ss"},
                    {"name": "MODE", "value": "prod"},
                    {"name": "URL", "value": "https://u:p4ss@x"},
                ],
                "secrets": [{"name": "DB_PASSWORD", "valueFrom": "db-password"}],
                "logConfiguration": {
                    "logDriver": "splunk",
                    "options": {"splunk-token": "p4ss", "splunk-url": "https://splunk:8088"},
                    "secretOptions": [{"name": "splunk-token", "valueFrom": "arn:aws:ssm:::parameter/x"}],
                },
                "repositoryCredentials": {"credentialsParameter": "registry-login"},
                "dockerLabels": {"api.token": "p4ss", "team": "content"},
            }
        ],
        "tags": [{"key": "token", "value": "p4ss"}, {"key": "team", "value": "content"}],
        "clientToken": "0123456789abcdef",
        "env": {"DB_PASSWORD": 1234, "PASSWORDS": ["p4ss", {"a": "b"}], "FLAG_PASSWORD": True},
        "cpu": 256,
    }

    shown = mask_document(document)

    container = shown["containerDefinitions"][0]
    assert "p4ss" not in str(shown)
    assert "p4ss" in str(document)
    assert container["command"] == [
        "serve",
        "--token",
        MASK,
        "--mode",
        "prod",
        "--api-key=***",
        "--password",
        "-v",
    ]
    assert [each["value"] for each in container["environment"]] == [MASK, "prod", MASK]
    assert container["logConfiguration"]["options"] == {
        "splunk-token": MASK,
        "splunk-url": "https://splunk:8088",
    }
    assert container["dockerLabels"] == {"api.token": MASK, "team": "content"}
    assert [each["value"] for each in shown["tags"]] == [MASK, "content"]
    assert shown["env"] == {"DB_PASSWORD": MASK, "PASSWORDS": [MASK, {"a": "b"}], "FLAG_PASSWORD": True}
    for kept in ("secrets", "repositoryCredentials"):
        assert container[kept] == document["containerDefinitions"][0][kept]
    assert (
        container["logConfiguration"]["secretOptions"]
        == document["containerDefinitions"][0]["logConfiguration"]["secretOptions"]
    )
    assert (shown["clientToken"], shown["cpu"]) == ("0123456789abcdef", 256)


@pytest.mark.parametrize(
    ("keys", "value", "shown"),
    [
        (["containerDefinitions", "web", "environment", "API_TOKEN"], "p4ss", MASK),
        (["containerDefinitions", "web", "environment", "secrets"], "p4ss", "p4ss"),
        (["containerDefinitions", "web", "secrets", "API_TOKEN"], "api-token", "api-token"),
        (["containerDefinitions", "web", "environment", "MODE"], "prod", "prod"),
        (["containerDefinitions", "web", "cpu"], 256, 256),
        (["env", "PASSWORD"], 1234, MASK),
        ([], "prod", "prod"),
    ],
)
def test_a_value_is_judged_by_its_path(keys: list[str], value: object, shown: object) -> None:
    assert mask_value(keys, value) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  DB_PASSWORD: p4ss, yes # remark", "  DB_PASSWORD: *** # remark"),
        ("- DB_PASSWORD: p4ss", "- DB_PASSWORD: ***"),
        ('  "DB_PASSWORD": "p4ss",', '  "DB_PASSWORD": "***",'),
        ('{"API_KEY":"p4ss","MODE":"prod"}', '{"API_KEY":"***","MODE":"prod"}'),
        ("env: {DB_PASSWORD: 'p4ss', MODE: prod}", "env: {DB_PASSWORD: '***', MODE: prod}"),
        ("- {name: DB_PASSWORD, value: p4ss}", "- {name: DB_PASSWORD, value: ***}"),
        ("command: [mysql, --password=p4ss, -h, db]", "command: [mysql, --password=***, -h, db]"),
        ("  URL: postgres://u:p4ss@db/x", "  URL: ***"),
        ('  DB_PASSWORD: "p4ss', '  DB_PASSWORD: "***"'),
        ("memory: 3072", "memory: 3072"),
        ("image: nginx:1.27  # DB_PASSWORD=p4ss", "image: nginx:1.27  # DB_PASSWORD=***"),
        ("", ""),
    ],
)
def test_a_line_is_masked(line: str, shown: str) -> None:
    assert mask_line(line) == shown


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        " ",
        "a: ",
        "'",
        '"',
        "a=",
        "a://x:",
        "/a..",
        "../",
        "eyJ-",
        "--a ",
        "{a: ",
        "$(",
        '"a":"',
        ";Pwd=",
    ],
)
def test_long_lines_are_judged_in_time(piece: str) -> None:
    """Each of these has stalled a pattern that looked harmless; the time limit of the suite would show it."""
    text = piece * 10_000

    looks_secret("TOKEN", text)
    mask_text(text)
    mask_line(text)
