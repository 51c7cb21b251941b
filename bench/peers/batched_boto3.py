"""A boto3 script that starts all tasks first, polls them in one call, and prints their logs at the end."""

import sys
import time

import boto3

_POLL_S = 2.0


def main(family: str, subnet: str, jobs: int) -> int:
    ecs, logs = boto3.client("ecs"), boto3.client("logs")
    definition = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    options = definition["containerDefinitions"][0]["logConfiguration"]["options"]
    waiting = []
    for number in range(jobs):
        answer = ecs.run_task(
            taskDefinition=definition["taskDefinitionArn"],
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}},
            overrides={"containerOverrides": [{"name": "main", "command": ["work", str(number)]}]},
        )
        waiting.append(answer["tasks"][0]["taskArn"])
    failed = 0
    while waiting:
        time.sleep(_POLL_S)
        for task in ecs.describe_tasks(tasks=waiting)["tasks"]:
            if task["lastStatus"] == "STOPPED":
                waiting.remove(task["taskArn"])
                failed += task["containers"][0]["exitCode"] != 0
                stream = f"{options['awslogs-stream-prefix']}/main/{task['taskArn'].rpartition('/')[2]}"
                page = logs.get_log_events(
                    logGroupName=options["awslogs-group"], logStreamName=stream, startFromHead=True
                )
                for event in page["events"]:
                    print(event["message"])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
