"""Record what ECSTask of prefect-aws 0.4.20 makes of blocks, and the base job template of its ECS worker.

Run with the Python of an environment with bench/peers/prefect-2.txt, and with `ecs-tasks.json`; it prints
JSON. Nothing is sent to AWS.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

os.environ["PREFECT_HOME"] = mkdtemp()

from prefect_aws.credentials import AwsCredentials
from prefect_aws.ecs import ECSTask
from prefect_aws.workers.ecs_worker import ECSWorker

REGION = "eu-west-1"
NETWORK = {
    "awsvpcConfiguration": {"subnets": ["<subnets>"], "assignPublicIp": "ENABLED", "securityGroups": []}
}


def requests(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the requests of a block, without the settings of this process in the environment."""
    block = ECSTask(**arguments, aws_credentials=AwsCredentials(region_name=REGION))
    object.__setattr__(block, "_base_environment", dict)
    definition = block._prepare_task_definition(block.task_definition or {}, region=REGION)
    network = NETWORK if definition.get("networkMode") == "awsvpc" else None
    return {"definition": definition, "request": block._prepare_task_run(network, "arn")}


def template(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what of the base job template a block changes."""
    block = ECSTask(**arguments)
    made = asyncio.run(block.generate_work_pool_base_job_template())
    base = ECSWorker.get_default_base_job_template()
    properties = made["variables"]["properties"]
    defaults = {
        name: each["default"]
        for name, each in properties.items()
        if each.get("default", ...) != base["variables"]["properties"][name].get("default", ...)
    }
    configuration = {
        name: each
        for name, each in made["job_configuration"].items()
        if each != base["job_configuration"][name]
    }
    return {"defaults": defaults, "job_configuration": configuration}


def facts(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a schema, without its descriptions."""
    kept = {name: each for name, each in schema.items() if name not in {"description", "definitions"}}
    return {name: facts(each) if isinstance(each, dict) else each for name, each in kept.items()}


def main() -> None:
    blocks = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    base = ECSWorker.get_default_base_job_template()
    recorded = {
        "job_configuration": base["job_configuration"],
        "variables": {name: facts(each) for name, each in base["variables"]["properties"].items()},
        "blocks": {name: {**requests(each), "template": template(each)} for name, each in blocks.items()},
    }
    json.dump(recorded, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


main()
