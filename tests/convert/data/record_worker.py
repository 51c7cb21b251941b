"""Record the requests that the ECS worker of prefect-aws makes of base job templates, without asking AWS.

Run with the Python of an environment with bench/peers/prefect-2.txt; it reads a JSON list of templates on
standard input, and prints the requests of each, or why the worker refuses it.
"""

import asyncio
import copy
import inspect
import json
import logging
import os
import sys
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any
from uuid import UUID

os.environ["PREFECT_HOME"] = mkdtemp()
os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"

from prefect_aws.workers.ecs_worker import ECSJobConfiguration, ECSWorker

REGION = "eu-west-1"
NETWORK = {
    "awsvpcConfiguration": {"subnets": ["<subnets>"], "assignPublicIp": "ENABLED", "securityGroups": []}
}


async def requests(template: dict[str, Any]) -> dict[str, Any]:
    """Return the requests of a template, or the error of the worker."""
    worker = ECSWorker(work_pool_name="pool")
    worker._load_network_configuration = lambda *_: NETWORK  # it is to look nothing up
    worker._custom_network_configuration = lambda _, network, __: {"awsvpcConfiguration": network}
    worker._logger = logging.getLogger("record")
    flow_run = SimpleNamespace(deployment_id=UUID(int=0))
    try:
        configuration = await ECSJobConfiguration.from_template_and_values(
            copy.deepcopy(template), {}, client=object()
        )
        linked = configuration.task_run_request.get("taskDefinition")
        definition = {} if linked else worker._prepare_task_definition(configuration, REGION, flow_run)
        arn = linked or "arn"
        # Newer workers send some overrides only for a definition that they have not just registered.
        newer = (
            "new_task_definition_registered" in inspect.signature(worker._prepare_task_run_request).parameters
        )
        more = {"new_task_definition_registered": False} if newer else {}
        request = worker._prepare_task_run_request(configuration, definition, arn, **more)
    except ValueError as reason:
        return {"error": str(reason)}
    return {"definition": definition, "request": request}


async def main() -> None:
    logging.disable(logging.CRITICAL)
    recorded = [await requests(each) for each in json.load(sys.stdin)]
    json.dump(recorded, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


asyncio.run(main())
