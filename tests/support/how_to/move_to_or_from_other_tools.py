"""What the pages of "Move to or from other tools" find in the account."""

import json
from typing import Any

from page_account import Account

from how_to.definitions import ETL, REGISTRY, awslogs, register

_RUN: dict[str, Any] = {
    "cluster": "batch",
    "taskDefinition": "etl",
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-9fe58625000000000"]}},
}
"""How its tasks are started."""


def from_task_definition(account: Account) -> None:
    _with_etl(account)
    folder = account.folder / "etl"
    folder.mkdir()
    (folder / "task-def.json").write_text(json.dumps(ETL), "utf-8")
    overrides = {"containerOverrides": [{"name": "app", "command": ["echo", "loading today"]}]}
    (folder / "run-task.json").write_text(json.dumps({**_RUN, "overrides": overrides}), "utf-8")


def from_a_script(account: Account) -> None:
    _with_etl(account)
    account.program("aws", "echo 'init runs nothing' >&2; exit 1")


def from_prefect(account: Account) -> None:
    account.cluster("batch")


def from_a_service(account: Account) -> None:
    ecs = account.client("ecs")
    _with_etl(account)
    account.cluster("shop")
    ecs.register_task_definition(**ETL | {"family": "web"})
    ecs.create_service(
        cluster="shop",
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=_RUN["networkConfiguration"],
    )
    started = ecs.run_task(**_RUN)
    account.shell["TASK"] = started["tasks"][0]["taskArn"]


def to_terraform(account: Account) -> None:
    account.cluster("batch")
    log = awslogs("ecsplan", "load", create=True)
    register(account, "load", f"{REGISTRY}/etl:1.4.0", logConfiguration=log)


def _with_etl(account: Account) -> None:
    account.client("logs").create_log_group(logGroupName="/ecs/etl")
    account.cluster("batch")
    account.client("ecs").register_task_definition(**ETL)
