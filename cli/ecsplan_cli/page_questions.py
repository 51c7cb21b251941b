"""The words in which users ask for what a page answers, where the page itself has others."""

from collections.abc import Mapping

from ecsplan_cli.pages import HOW_TO_PAGES, plain

_ASKED: Mapping[str, str] = {
    "accept-exit-codes": "exit code, non-zero exit code, allowed exit codes, ignore exit code",
    "approve-a-plan": "manual approval, approve, four eyes, terraform plan and apply, required reviewers",
    "before-it-runs": "dry run, preview, plan only, validate, what would happen",
    "beside-a-service": "database migration, rails db:migrate, alembic, like a service",
    "check-before-commit": "pre-commit, git hook, lint, linter",
    "come-back-to-a-run": "ctrl-c, resume, reattach, lost connection, laptop closed, interrupted",
    "credentials": "login, sso, oidc, aws profile, access keys, unable to locate credentials, expired token",
    "definition-from-terraform": "terraform, existing task definition, use a task definition",
    "durations": "duration plot, run time, how long does it take, history of runs, statistics",
    "editor": "vscode, vs code, autocomplete, intellisense, json schema, yaml language server",
    "emulator": "localstack, moto, endpoint url, mock aws",
    "environment-and-files": "environment variables, env file, mount a file, config file, efs, volume",
    "exit-status": "exit code table, exit codes of ecsplan, return code, status code",
    "failed-to-start": "CannotPullContainerError, stuck in pending, why did my task stop, image pull",
    "from-a-script": "shell script, bash script, aws cli, aws ecs run-task",
    "from-a-service": "import, reverse engineer, console",
    "from-prefect": "prefect, ecstask, work pool",
    "from-task-definition": "task-def.json, task definition json, register-task-definition, convert run-task",
    "guarantees": "exactly once, at least once, idempotency, client token",
    "iam-rights": "iam, least privilege, access denied, policy, permissions for CI, task role, pass role",
    "image-of-this-commit": "image tag, git sha, commit sha, deploy the image, pass the image tag",
    "install-in-ci": "install github actions, setup action, docker image of ecsplan, upgrade",
    "keep-five-revisions": "old revisions, clean up task definitions, delete task definitions, deregister",
    "last-nights-logs": "logs, cloudwatch logs, yesterday's log, log retention, tail logs",
    "many-parts": "parallel, fan out, array job, matrix, shard, workers, batch of tasks, map",
    "message-on-failure": "slack, notification, alert, email, sns, alarm",
    "nightly": "cron, schedule, scheduled task, periodic, every hour, eventbridge scheduler",
    "no-log": "no logs, no output, missing logs, empty log",
    "once-in-a-retried-pipeline": "idempotent, run once, rerun, runs twice, duplicate tasks, started twice",
    "on-ec2-instances": "gpu, ec2, launch type EC2, arm64, graviton, capacity provider, container instances",
    "one-after-another": "dependencies, depends on, sequence, dag, workflow, B after A, wait for another job",
    "one-at-a-time": "concurrency, lock, overlap, mutex, already running, singleton",
    "one-off-command": "docker run, ad hoc command, one-off task, entrypoint, run a command",
    "other-arguments": "override command, container overrides, parameters, arguments, different arguments",
    "pipelines": "github actions, gitlab, jenkins, circleci, bitbucket, codebuild, buildkite",
    "out-of-memory": "exit code 137, OOM killed, OutOfMemoryError, more memory, heap space, SIGKILL",
    "pin-the-image": "digest, latest tag, immutable tag, sha256",
    "private-registry": "docker hub, ghcr, pull secret, registry password, rate limit",
    "private-subnets": "public ip, nat gateway, vpc endpoints, security group, network, vpc",
    "proxy": "corporate proxy, certificate, https_proxy, SSL, self-signed certificate, firewall",
    "python-library": "python api, sdk, import ecsplan, call from python",
    "result-in-a-script": "result.json, result, json output, jq, exit status in a script, parse the output",
    "review-a-pull-request": "pull request comment, merge request, pr, code review",
    "runs-of-a-pipeline": "ledger in s3, shared history, state, remote state, runner is gone",
    "secrets": "password, pass a secret, parameter store, secrets manager, ssm, api key, token",
    "several-accounts": "multiple accounts, cross-account, assume role, staging and production",
    "shell-in-a-container": "exec, ssh into container, execute-command, debug, interactive, attach, shell",
    "sidecar": "datadog, firelens, fluent bit, log router, several containers, second container",
    "spot-and-retries": "fargate spot, retry, spot interruption, cheaper",
    "start": "getting started, quick start, first job, tutorial",
    "stop-a-detached-run": "stop, kill a task, cancel a run, abort, terminate, background",
    "tags-and-costs": "tags, cost, labels, billing, price",
    "three-regions": "multiple regions, multi-region, more than one region, another region",
    "time-limit": "task timeout, job hangs, never ends, maximum run time",
    "to-terraform": "export, cloudformation, step functions, cdk, migrate away",
    "what-runs-now": "ps, list running tasks, running, is it running, status",
    "why-registered-again": "registers every time, new revision every time, drift, always a new revision",
    "windows-and-macos": "mac, wsl, powershell, apple",
    "without-aws": "local, offline, test locally, try it, hello world",
}
"""By page, what users of ECS and of other tools type, in the words of these tools."""


def questions(topic: str) -> tuple[str, ...]:
    """Return what users ask and the page of this topic answers, in plain words."""
    asked = _ASKED.get(topic.removeprefix(f"{HOW_TO_PAGES}/"), "")
    return tuple(plain(each) for each in asked.split(",") if each)


def answered(question: str) -> tuple[str, ...]:
    """Return the pages that users ask for in exactly these words."""
    return tuple(name for name in _ASKED if plain(question) in questions(name))
