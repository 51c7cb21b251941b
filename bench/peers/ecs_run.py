"""The `ecs` command of ecs-deploy with another `startedBy`: the endpoint takes documented characters only.

ecs-deploy sends "ECS Deploy", with a space.
"""

import sys

from ecs_deploy.cli import ecs
from ecs_deploy.ecs import EcsClient

send = EcsClient.run_task


def run_task(self: EcsClient, **request: object) -> object:
    return send(self, **{**request, "started_by": "ecs-deploy"})


EcsClient.run_task = run_task
sys.exit(ecs())
