#!/bin/sh
# Runs jobs with the AWS CLI as its documentation shows it, one after another: run, wait, exit code, log.
# Arguments: the aws program, family, subnet, number of jobs.
set -eu
aws=$1 family=$2 subnet=$3 jobs=$4
network="awsvpcConfiguration={subnets=[$subnet],assignPublicIp=ENABLED}"
number=0
while [ "$number" -lt "$jobs" ]; do
    overrides='{"containerOverrides": [{"name": "main", "command": ["work", "'$number'"]}]}'
    arn=$("$aws" ecs run-task --task-definition "$family" --launch-type FARGATE \
        --network-configuration "$network" --overrides "$overrides" --query 'tasks[0].taskArn' --output text)
    "$aws" ecs wait tasks-stopped --tasks "$arn"
    code=$("$aws" ecs describe-tasks --tasks "$arn" --query 'tasks[0].containers[0].exitCode' --output text)
    "$aws" logs get-log-events --log-group-name ecsplan --log-stream-name "$family/main/${arn##*/}" \
        --start-from-head --query 'events[].message' --output text
    [ "$code" = 0 ]
    number=$((number + 1))
done
