"""What the pages of "See what runs and what ran" find in the account."""

import json
from collections.abc import Mapping
from typing import Any

from bucket_endpoint import BucketEndpoint
from buckets import Buckets
from page_account import Account

_KILLED = {
    "at": 0,
    "status": "STOPPED",
    "exitCode": 137,
    "reason": "OutOfMemoryError: Container killed due to memory usage",
}
SCRIPTED: Mapping[str, Mapping[str, Any]] = {
    "shell-in-a-container": {
        "tasks": [{"timeline": [{"at": 0, "status": "RUNNING"}, {"at": 0, "agent": "RUNNING"}]}]
    },
    "out-of-memory": {
        "tasks": [
            {"copy": 1, "timeline": [{"at": 0, "status": "RUNNING"}, _KILLED]},
            {"timeline": [{"at": 0, "status": "RUNNING"}, {"at": 0, "status": "STOPPED", "exitCode": 0}]},
        ]
    },
}
_LOGGED = """\
image: public.ecr.aws/docker/library/alpine:3
cluster: batch
execution_role_arn: ecsTaskExecutionRole
stream_output: true
"""
"""What a job has whose output goes to CloudWatch Logs."""


def what_runs_now(account: Account) -> None:
    account.cluster("batch")
    account.apply(_jobs(report="echo done"), "report-0131")
    account.apply(_jobs(load="sleep 300"), "nightly-0131", "--detach")


def last_nights_logs(account: Account) -> None:
    account.cluster("batch")
    load = "echo reading 3 files; echo orders.csv: line 7 has 3 columns instead of 4; exit 1"
    account.apply(_jobs(extract="echo 3 files", load=load), "nightly-0131")


def runs_of_a_pipeline(account: Account) -> None:
    account.cluster("batch")
    (account.folder / "job.yaml").write_text(_jobs(load="echo 3 files"), "utf-8")
    buckets = Buckets()
    buckets.make("acme-jobs")
    account.shell["AWS_ENDPOINT_URL_S3"] = account.endings.enter_context(BucketEndpoint(buckets)).url
    account.shell["GITHUB_RUN_ID"] = "1234567890"
    account.program("pip")
    account.endings.callback(_was_written_and_read, buckets)


def come_back_to_a_run(account: Account) -> None:
    account.cluster("batch")
    gate = account.folder.parent / "gate"
    waiting = f"echo 3 files; while [ ! -e '{gate}' ]; do sleep 0.1; done"
    (account.folder / "job.yaml").write_text(_jobs(load=waiting), "utf-8")
    plan = account.ecsplan("compile", "work/job.yaml").stdout
    (account.folder / "plan.json").write_text(plan, "utf-8")
    account.ecsplan("apply", "-", "--run-id", "nightly-0131", "--detach", given=plan)
    # The job ends once it is watched again, however long that takes on a busy machine.
    real = (account.programs / "ecsplan").readlink()
    account.program("ecsplan", f"[ \"$1\" != apply ] || touch '{gate}'\nexec '{real}' \"$@\"")


def stop_a_detached_run(account: Account) -> None:
    account.cluster("batch")


def no_log(account: Account) -> None:
    account.cluster("batch")


def failed_to_start(account: Account) -> None:
    account.cluster("batch")


def out_of_memory(account: Account) -> None:
    account.cluster("batch")


def why_registered_again(account: Account) -> None:
    account.cluster("batch")
    account.apply(f"name: load\n{_LOGGED}command: [echo, loading]\n", "first")
    ecs = account.client("ecs")
    request = ecs.describe_task_definition(taskDefinition="load")["taskDefinition"]
    members = ["family", "containerDefinitions", "networkMode", "requiresCompatibilities"]
    members += ["cpu", "memory", "executionRoleArn"]
    request["containerDefinitions"][0]["environment"] = [{"name": "DEBUG", "value": "1"}]
    ecs.register_task_definition(**{name: request[name] for name in members})


def shell_in_a_container(account: Account) -> None:
    account.cluster("batch")
    version = '[ "$1" != --version ] || exec echo 1.2.707.0'
    account.program("session-manager-plugin", f"{version}\necho 'of the session'")


def message_on_failure(account: Account) -> None:
    account.cluster("batch")
    account.program("pip")
    account.program("aws")


def durations(account: Account) -> None:
    account.cluster("batch")
    for night in ("nightly-0130", "nightly-0131"):
        account.apply(_jobs(extract="echo 3 files", load="sleep 0.1"), night)


def _jobs(**scripts: str) -> str:
    """Return jobs that log, one after the other."""
    documents, before = [], ""
    for name, script in scripts.items():
        documents.append(f"name: {name}\n{_LOGGED}command: {json.dumps(['sh', '-c', script])}\n{before}")
        before = f"after: [{name}]\n"
    return "---\n".join(documents)


def _was_written_and_read(buckets: Buckets) -> None:
    assert {"PutObject", "GetObject"} <= {name for name, _ in buckets.numbered()}
