"""Credentials among the arguments of programs: masked in scripts, in lists of arguments, and in excerpts."""

import shlex
import time

import pytest

from ecsplan.compile import compile_manifest
from ecsplan.terms.secrecy import looks_secret, mask_document, mask_text, secrets_in

SCRIPTS = {
    "curl -u user:pw3t https://example.test": "curl -u user:*** https://example.test",
    "curl -uuser:pw3t x": "curl -uuser:*** x",
    "curl -sSfLu user:pw3t x": "curl -sSfLu user:*** x",
    "curl --user=user:pw3t x": "curl --user=user:*** x",
    "curl --user 'user:pw 3t' x": "curl --user 'user:***' x",
    "curl -x p:1 --proxy-user user:pw3t x": "curl -x p:1 --proxy-user user:*** x",
    "curl -H 'Authorization: Bearer pw3t' x": "curl -H 'Authorization: ***' x",
    'curl -H "Authorization: token pw3t" x': 'curl -H "Authorization: ***" x',
    "curl --oauth2-bearer pw3t x": "curl --oauth2-bearer *** x",
    "curl --oauth2-bearer=pw3t x": "curl --oauth2-bearer=*** x",
    "curl -H 'X-Api-Key: pw3t' x": "curl -H 'X-Api-Key: ***' x",
    "wget --http-password pw3t x": "wget --http-password *** x",
    "wget --http-password=pw3t x": "wget --http-password=*** x",
    "http -a user:pw3t GET x": "http -a user:*** GET x",
    "mysql -u root -ppw3t db": "mysql -u root -p*** db",
    "mysqldump -p'pw 3t' db > x": "mysqldump -p'***' db > x",
    "/usr/bin/mariadb --user=root -ppw3t": "/usr/bin/mariadb --user=root -p***",
    "sudo -E mysql -ppw3t": "sudo -E mysql -p***",
    "sshpass -p pw3t ssh -p 22 me@host": "sshpass -p *** ssh -p 22 me@host",
    "sshpass -ppw3t scp -p a b": "sshpass -p*** scp -p a b",
    "PGPASSWORD=pw3t psql -h host -p 5432": "PGPASSWORD=*** psql -h host -p 5432",
    "psql postgres://user:pw3t@host/db": "psql postgres://user:***@host/db",
    "redis-cli -h cache -a pw3t ping": "redis-cli -h cache -a *** ping",
    "mongosh host/db -u admin -p pw3t": "mongosh host/db -u admin -p ***",
    "mongodump -u admin -p pw3t --port 27017": "mongodump -u admin -p *** --port 27017",
    "docker login -u me -p pw3t registry.test": "docker login -u me -p *** registry.test",
    "podman login registry.test -p pw3t": "podman login registry.test -p ***",
    "skopeo copy --src-creds me:pw3t a b": "skopeo copy --src-creds me:*** a b",
    "az login --service-principal -u me -p pw3t": "az login --service-principal -u me -p ***",
    "aws configure set aws_secret_access_key pw3t": "aws configure set aws_secret_access_key ***",
    "npm config set //registry.test/:_authToken pw3t": "npm config set //registry.test/:_authToken ***",
    "git config --global github.token pw3t": "git config --global github.token ***",
    "sqlplus -S scott/pw3t@db @run.sql": "sqlplus -S scott/***@db @run.sql",
    "sqlcmd -S host -U sa -P pw3t": "sqlcmd -S host -U sa -P ***",
    "ldapsearch -D cn=me -w pw3t": "ldapsearch -D cn=me -w ***",
    "smbclient //host/x -U me%pw3t": "smbclient //host/x -U me%***",
    "unzip -P pw3t a.zip": "unzip -P *** a.zip",
    "7z x -ppw3t a.7z": "7z x -p*** a.7z",
    "openssl enc -d -pass pass:pw3t -in x": "openssl enc -d -pass *** -in x",
    "keytool -list -storepass pw3t": "keytool -list -storepass ***",
    "htpasswd -bc file me pw3t": "htpasswd -bc file me ***",
    "tool --password pw3t": "tool --password ***",
    "tool --password=pw3t": "tool --password=***",
    "cd /x && curl -u user:pw3t x | mysql -ppw3t; ls -p": "cd /x && curl -u user:*** x | mysql -p***; ls -p",
    "set -e\ncurl -u user:pw3t x\nmysql -ppw3t\n": "set -e\ncurl -u user:*** x\nmysql -p***\n",
}
"""What is written, and what is shown."""

HARMLESS = (
    "docker run -p 8080:80 nginx",
    "docker run -d --name mongo -p 27017:27017 mongo:6",
    "docker run -p 127.0.0.1:3306:3306/tcp mysql",
    "mkdir -p dir",
    "cp -p a b && tar -xpf a.tar",
    "ps -u root",
    "sudo -u root ls",
    "curl -u root x",
    "curl -X POST https://example.test/a:b",
    'curl -u "$NAME:$PASS" x',
    "mysql -p db",
    "mysql -u root -P 3306 -p$MYSQL_PWD db",
    "mysql -p'${PW}' db",
    "sshpass -e ssh -p 22 me@host",
    "redis-cli -h cache -p 6379 ping",
    "psql -h host -p 5432 -U me",
    "ssh -p 2222 me@host",
    "docker login --password-stdin registry.test",
    "git config user.name me",
    "aws configure set region eu-west-1",
    "python -u main.py a:b",
    "a curl of smoke -p lain",
)


@pytest.mark.parametrize(("script", "shown"), SCRIPTS.items(), ids=SCRIPTS)
def test_in_a_script(script: str, shown: str) -> None:
    assert mask_text(script) == shown
    assert mask_text(shown) == shown
    assert looks_secret("SCRIPT", script)


@pytest.mark.parametrize("script", SCRIPTS)
def test_in_a_list_of_arguments(script: str) -> None:
    if any(each in script for each in "|;\n<>"):
        return
    shown = mask_document({"command": shlex.split(script)})["command"]

    assert "pw3t" not in " ".join(shown)
    assert "pw 3t" not in " ".join(shown)
    assert "***" in " ".join(shown)


@pytest.mark.parametrize("script", HARMLESS)
def test_what_is_no_credential(script: str) -> None:
    words = shlex.split(script)

    assert mask_text(script) == script
    assert mask_document({"command": words}) == {"command": words}


def test_what_is_hidden_can_be_hidden_elsewhere() -> None:
    document = {"command": ["sh", "-c", "mysql -pPw3t -u root"], "other": ["curl", "-u", "me:s3same"]}

    assert sorted(secrets_in(document)) == ["Pw3t", "s3same"]


@pytest.mark.parametrize(
    "command",
    ["[curl, -u, 'me:pw3t', 300]", "[mysql, -ppw3t, 300]", "\n  - sshpass\n  - -p\n  - pw3t\n  - cpu: 300"],
)
def test_no_excerpt_shows_them(command: str) -> None:
    found = compile_manifest(f"image: a\ncommand: {command}\n", file="job.yaml").diagnostics
    wrong = compile_manifest("image: a\ncommand: [mysql, -ppw3t]\n cpu: 1\n", file="job.yaml").diagnostics

    assert found
    assert wrong
    assert "pw3t" not in "".join(each.location.excerpt + each.message for each in (*found, *wrong))


def test_long_scripts_take_time_in_proportion() -> None:
    words = 20_000 * ["curl", "-u", "me:pw3t"]
    began = time.process_time()

    shown = mask_document({"command": words})

    assert "pw3t" not in str(shown)
    assert time.process_time() - began < 10
