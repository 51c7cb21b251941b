"""`ecsplan local`: the embedded ECS for other clients, until interrupted."""

import os
import shlex
import signal
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from ecsplan_cli.exits import AWS_FAILED
from ecsplan_cli.help import Command
from ecsplan_cli.options import local_options, quiet_option
from ecsplan_cli.output import print_line, write_result
from ecsplan_cli.session import LOCAL_CREDENTIALS, LOCAL_REGION, PROCESS_WARNING, fail, state_file

if TYPE_CHECKING:
    from ecsplan_local import Endpoint

_PROXIES: Final = frozenset({"http", "https", "all"})
"""What a proxy is for that calls of AWS may go through: `HTTP_PROXY`, `https_proxy`."""


@click.command("local", cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Port on loopback. [default: a free one]",
)
@local_options
@click.option("--reset", is_flag=True, help="Discard the state file's content.")
@quiet_option
def command(port: int, runner: str, state: str | None, reset: bool, quiet: bool) -> None:
    """Serve the embedded ECS on this machine until interrupted.

    It answers the ECS, CloudWatch Logs, EC2, STS, SSM and Secrets Manager calls that running a task takes, on
    loopback only. Its state is in a file, which `ecsplan … --local` also uses.

    \b
    Example, for the AWS CLI in another terminal:
      ecsplan local --port 4510
      export AWS_ENDPOINT_URL=http://127.0.0.1:4510
    """
    from ecsplan_local import LocalError, run_foreground  # noqa: PLC0415 - only this command serves

    until = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: until.set())

    def started(endpoint: "Endpoint") -> None:
        write_result(_exports(endpoint), None)
        if not quiet:
            print_line(f"serving ECS on {endpoint.url}, state in {state_file(state)}; Ctrl-C ends it")
        if not quiet and runner == "process":
            print_line(PROCESS_WARNING)

    try:
        run_foreground(
            port=port, state=state_file(state), runner=runner, reset=reset, started=started, until=until
        )
    except LocalError as reason:
        fail(str(reason), AWS_FAILED)


def _exports(endpoint: Any) -> str:
    """Return the lines that point SDKs and the AWS CLI to the endpoint."""
    key, secret = LOCAL_CREDENTIALS
    values = {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
    }
    lines = (f"export {name}={value}\n" for name, value in (values | _past_proxies(endpoint.url)).items())
    return "".join(lines)


def _past_proxies(url: str) -> dict[str, str]:
    """Return the variables that keep calls of a URL from the proxies of this environment.

    Nothing where there is none, or where what the environment says keeps them from it already. The SDKs of
    Python read `no_proxy` before `NO_PROXY` (urllib.request.getproxies_environment), others the other way.
    """
    from urllib.request import getproxies_environment  # noqa: PLC0415 - only here

    host, proxies = str(urlsplit(url).hostname), getproxies_environment()
    excepted = proxies.get("no", "").strip(" ,")
    if _PROXIES.isdisjoint(proxies) or not {host, "*"}.isdisjoint(map(str.strip, excepted.split(","))):
        return {}
    named = f"{excepted},{host}" if excepted else host
    names = ("NO_PROXY", *(["no_proxy"] if "no_proxy" in os.environ else []))
    return {each: shlex.quote(named) for each in names}
