"""Start tasks through `ECSWorker.run` of prefect-aws, concurrently as a worker does, without a server.

The worker only starts tasks: it learns how they end from an SQS queue that EventBridge feeds. It looks the
default VPC up itself.
"""

import asyncio
import logging
import os
import sys
import uuid
from types import SimpleNamespace

os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"

from prefect.client.schemas.objects import FlowRun
from prefect_aws.credentials import AwsCredentials
from prefect_aws.workers.ecs_worker import ECSJobConfiguration, ECSWorker


async def main(family: str, jobs: int) -> int:
    worker = ECSWorker(work_pool_name="bench")
    worker.get_flow_run_logger = lambda _: logging.getLogger("bench")  # its own sends to the server
    template = worker.get_default_base_job_template()
    worker._work_pool = SimpleNamespace(base_job_template=template)  # what the server would say of the pool
    values = {
        "aws_credentials": AwsCredentials(),
        "task_definition_arn": family,
        "container_name": "main",
        "launch_type": "FARGATE",
    }

    async def one(number: int) -> str:
        # Nothing in these values is to be looked up, so no client of the server is needed.
        configuration = await ECSJobConfiguration.from_template_and_values(
            template, {**values, "command": f"work {number}"}, client=object()
        )
        flow_run = FlowRun(flow_id=uuid.uuid4(), name=f"run-{number}")
        return str((await worker.run(flow_run, configuration)).identifier)

    started = await asyncio.gather(*(one(number) for number in range(jobs)))
    print(*started, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[3]))))
