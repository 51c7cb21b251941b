"""What the pages of "Set it up" find in the account."""

import subprocess

from certificates import self_signed
from inspecting_proxy import inspecting_proxy
from page_account import REGION, Account

from how_to.definitions import ETL, REGISTRY

IN_MOTO = frozenset({"emulator"})


def install_in_ci(account: Account) -> None:
    _with_jobs(account)
    account.program("docker")
    account.program("pip")


def windows_and_macos(account: Account) -> None:
    _with_jobs(account)
    account.program("pipx")


def credentials(account: Account) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        del account.shell[name]
    account.shell["AWS_DEFAULT_REGION"] = REGION
    folder = account.programs.parent / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        "[profile staging]\nregion = eu-west-1\nsso_session = acme\nsso_account_id = 111122223333\n"
        "sso_role_name = Batch\n"
        "[sso-session acme]\nsso_region = eu-west-1\nsso_start_url = https://acme.awsapps.com/start\n",
        "utf-8",
    )
    # The embedded account has no IAM Identity Center, so signing in leaves a key in place of a token.
    signed_in = r"[profile staging]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    account.program("aws", f"printf '{signed_in}' >{folder}/config")


def proxy(account: Account) -> None:
    home = account.programs.parent
    tls, certificate = self_signed(home, f"*.{REGION}.amazonaws.com")
    certificate.rename(account.folder / "company-ca.pem")
    endpoint = account.shell.pop("AWS_ENDPOINT_URL")
    running = account.endings.enter_context(
        inspecting_proxy(endpoint, tls, user="ann", password="not-a-secret")
    )
    account.shell["PROXY"] = f"http://ann:not-a-secret@127.0.0.1:{running.server_port}"
    account.endings.callback(_assert_used, running.hosts)


def emulator(account: Account) -> None:
    # The keys that the page names are those of the emulator's default account.
    account.shell.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"})
    del account.shell["AWS_SESSION_TOKEN"]
    account.cluster("batch")
    account.shell["EMULATOR"] = account.shell.pop("AWS_ENDPOINT_URL")


def check_before_commit(account: Account) -> None:
    account.program("pre-commit")
    subprocess.run(["git", "init", "--quiet", "--template="], cwd=account.folder, check=True)
    for name in ("AUTHOR", "COMMITTER"):
        account.shell.update({f"GIT_{name}_NAME": "Ann", f"GIT_{name}_EMAIL": "ann@example.com"})


def python_library(account: Account) -> None:
    container = {"name": "main", "image": f"{REGISTRY}/etl:1.3.0"}
    size = {"cpu": "1024", "memory": "2048"}
    account.client("ecs").register_task_definition(**ETL | size | {"containerDefinitions": [container]})


def _assert_used(hosts: set[str]) -> None:
    assert f"ecs.{REGION}.amazonaws.com:443" in hosts, "the page was not read through the proxy"


def _with_jobs(account: Account) -> None:
    folder = account.folder / "jobs"
    folder.mkdir()
    image = "public.ecr.aws/docker/library/alpine:3"
    (folder / "load.yaml").write_text(f"image: {image}\ncommand: [echo, loading]\n", "utf-8")
