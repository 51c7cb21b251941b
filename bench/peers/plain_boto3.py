"""A plain boto3 script of the kind that teams write for one job: describe, run, poll until it has stopped."""

import sys
import time

import boto3


def main(family: str, subnet: str, poll_s: float) -> int:
    ecs = boto3.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["taskDefinitionArn"]
    answer = ecs.run_task(
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}},
        overrides={"containerOverrides": [{"name": "main", "command": ["true"]}]},
    )
    arn = answer["tasks"][0]["taskArn"]
    while True:
        time.sleep(poll_s)
        task = ecs.describe_tasks(tasks=[arn])["tasks"][0]
        if task["lastStatus"] == "STOPPED":
            return int(task["containers"][0]["exitCode"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
