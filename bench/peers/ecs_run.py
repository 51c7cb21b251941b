"""The `ecs` command of ecs-deploy: peers are run through the Python of their environment."""

import sys

from ecs_deploy.cli import ecs

sys.exit(ecs())
