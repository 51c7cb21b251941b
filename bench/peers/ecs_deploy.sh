#!/bin/sh
# Starts jobs with `ecs run` of ecs-deploy, one after another; it starts a task and does not wait for it.
# Arguments: python, ecs_run.py, security group, family, subnet, number of jobs.
set -eu
python=$1 ecs=$2 group=$3 family=$4 subnet=$5 jobs=$6
number=0
while [ "$number" -lt "$jobs" ]; do
    "$python" "$ecs" run default "$family" 1 --command main "work $number" \
        --launchtype FARGATE --subnet "$subnet" --securitygroup "$group" --public-ip
    number=$((number + 1))
done
