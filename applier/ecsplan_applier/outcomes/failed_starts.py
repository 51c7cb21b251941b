"""Error patterns of containers that could not be created or started: command, user, mounts, host."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern

_STOPPED: Final = "ECS developer guide, stopped tasks error codes"
_START: Final = (
    "Cannot(Start|Create|Inspect|Run)ContainerError|ContainerRuntimeError|ResourceInitializationError"
)
"""Error names of a container that cannot start; Fargate may wrap one in another."""
_START_OR_NONE: Final = f"{_START}|"

FAILED_STARTS: Final[tuple[ErrorPattern, ...]] = (
    # Before `limit-refused`, whose `cgroup` also matches a memory limit.
    ErrorPattern(
        "start-memory",
        "stop",
        "",
        "memory limit too low|oom-?killed|cannot allocate memory|minimum memory limit|setting cgroup"
        " config.{0,80}memory",
        "TaskFailedToStart: CannotStartContainerError: container init was OOM-killed (memory limit too low?)",
        "the container has too little memory to start",
        "raise `memory`",
        "ECS developer guide, CannotStartContainerError errors; opencontainers/runc",
        error_pattern=_START,
    ),
    ErrorPattern(
        "gpu-missing",
        "stop",
        "",
        "nvidia|prestart hook|could not select device driver|\\bcuda\\b|\\bgpus?\\b|neuron",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: error running hook:"
        " nvidia-container-cli: initialization error",
        "the container requires a GPU, and its host has none or no drivers for it",
        "run the job on GPU instances with the GPU-optimized AMI (through `capacity_provider_strategy` or"
        " `placement_constraints`), or remove the GPU requirement",
        "ECS developer guide, GPU workloads; public AWS Batch guides",
        error_pattern=_START_OR_NONE,
    ),
    # Before `cannot-start-container`, which matches the "no such file or directory" at the end.
    ErrorPattern(
        "device-missing",
        "stop",
        "",
        "device information|custom device|no such device",
        "TaskFailedToStart: CannotStartContainerError: error gathering device information while adding"
        ' custom device "/dev/dri/renderD130": no such file or directory',
        "the container instance has no such device",
        "correct `devices` in `linuxParameters`, or place the task on instances that have the device"
        " (`placement_constraints`)",
        "ECS developer guide, video transcoding",
        error_pattern=_START,
    ),
    # `/etc/passwd` and `/etc/group` are exempt from the masking of paths (`explain.py`) for this pattern.
    ErrorPattern(
        "user-missing",
        "stop",
        "",
        "/etc/(passwd|group)|unable to find (user|group)|no (matching entries|users found|groups?"
        " found)|linux spec user|user .{0,40}not found",
        "TaskFailedToStart: CannotStartContainerError: ResourceInitializationError: unable to create new"
        " container: open /tmp/containerd-mount1/etc/passwd: no such file or directory",
        "the container's `user` is a name that does not exist in the image (an image built from scratch has"
        " no"
        " /etc/passwd)",
        'give `user` in `task_definition` as a number ("1000:1000"), or add the user to the image',
        "aws-samples/net-modernization#13; containerd, OCI spec options",
        error_pattern=_START,
    ),
    ErrorPattern(
        "container-name-too-long",
        "stop",
        "",
        "container\\.ID|identifier.{0,160}(length|characters)",
        "TaskFailedToStart: CannotStartContainerError: ResourceInitializationError: unable to create new"
        " container: create container failed validation: container.ID: identifier greater than maximum"
        " length (76 characters)",
        "the container name is too long for Fargate's runtime, which puts the task ID before it",
        "give the container a shorter name (`container_name`)",
        "jenkinsci/amazon-ecs-plugin#186; containerd, identifiers",
        error_pattern=_START,
    ),
    ErrorPattern(
        "limit-refused",
        "stop",
        "",
        "cgroup|rlimit|ulimit|sysctl|seccomp|apparmor|capabilit(y|ies)|privileged",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: error during container"
        " init: error setting rlimits: operation not permitted",
        "the container's host does not allow a limit or privilege that the definition requires",
        "check `ulimits`, `systemControls`, `linuxParameters` and `privileged` in `task_definition`",
        "opencontainers/runc, container init",
        error_pattern=_START,
    ),
    ErrorPattern(
        "port-taken",
        "stop",
        "",
        "port is already|address already in use|external connectivity|\\bbind for\\b|port .{0,40}in use",
        "TaskFailedToStart: CannotStartContainerError: driver failed programming external connectivity:"
        " Bind for 0.0.0.0:80 failed: port is already allocated",
        "the host port is already in use on the container instance",
        "remove `hostPort`, so that a free port is chosen, or use network mode awsvpc",
        "moby, port allocator",
        error_pattern=_START,
    ),
    ErrorPattern(
        "mount-refused",
        "stop",
        "",
        "error mounting|failed to mount|mount(ing)? .{0,80}(denied|not permitted|not a"
        " directory|failed)|invalid mount|invalid volume|bind source path|not a shared mount|failed to copy"
        " file info|failed to chown|chown|VolumeDriver|no such volume|read-only file system|error while"
        " (mounting|creating mount)",
        "TaskFailedToStart: CannotCreateContainerError: failed to copy file info for"
        " /var/lib/ecs/volumes/data: failed to chown: operation not permitted",
        "a volume or directory could not be mounted into the container",
        "check `mountPoints` and `volumes` in `task_definition`: the path on the host, the owner that an"
        " EFS access point enforces, `readonlyRootFilesystem`, and that no file is mounted over a directory",
        "moby and opencontainers/runc, mounts",
        error_pattern=_START,
    ),
    ErrorPattern(
        "dependency",
        "stop",
        "",
        "dependent container|dependency|depend(s|ing)? on|link to a non.?running container"
        "|\\bunhealthy\\b.*\\bwait",
        "TaskFailedToStart: CannotStartContainerError: dependent container migrate exited with non-zero"
        " status",
        "a container that another one depends on did not reach its condition",
        "look at the log, the exit code and the health check of that container, and at `dependsOn` and"
        " `startTimeout`",
        "ECS developer guide, dependsOn; amazon-ecs-agent, dependencygraph",
        error_pattern="CannotStartContainerError|",
    ),
    # The agent's own error name is sufficient, whatever the text is.
    ErrorPattern(
        "dependency-error",
        "stop",
        "",
        "",
        "TaskFailedToStart: DependencyError: app waited 30 seconds for database",
        "a container that another one depends on did not reach its condition in time",
        "look at the log, the exit code and the health check of that container, and at `dependsOn` and"
        " `startTimeout`",
        "amazon-ecs-agent, dependencygraph",
        error_pattern="(Task)?DependencyError",
    ),
    ErrorPattern(
        "host-config",
        "stop",
        "",
        "",
        "TaskFailedToStart: HostConfigError: unable to resolve links",
        "the container's settings cannot be applied on its host",
        "check `links`, `volumesFrom`, `ulimits` and `dockerSecurityOptions` in `task_definition`: the"
        " containers and volumes that they name must exist",
        "amazon-ecs-agent, HostConfigError",
        error_pattern="HostConfigError|DockerClientConfigError",
    ),
    # The text names the state that was not reached, never the cause.
    ErrorPattern(
        "runtime-timeout",
        "stop",
        "",
        "",
        "TaskFailedToStart: DockerTimeoutError: Could not transition to started; timed out after waiting"
        " 3m0s",
        "the container was not ready in time: the task has no route to its registry, log group or secrets, or"
        " the disk of its host is overloaded",
        "private subnets need a NAT gateway or endpoints for ECR, S3, CloudWatch Logs and the secrets; on"
        " EC2 give the instances faster volumes, or raise ECS_CONTAINER_START_TIMEOUT and"
        " ECS_CONTAINER_CREATE_TIMEOUT",
        "repost.aws, ecs-fargate-docker-timeout-error; aws/containers-roadmap#48",
        error_pattern="(DockerTimeout|ContainerRuntimeTimeout)Error",
    ),
    ErrorPattern(
        "cannot-inspect-container",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited; CannotInspectContainerError: Could"
        " not transition to inspecting; timed out after waiting 30s",
        "the agent could not inspect the container: its host is overloaded, most often the disk",
        "apply again; on EC2 give the instances faster volumes and a current agent, and run fewer tasks on"
        " each of them",
        "ECS developer guide, CannotInspectContainerError errors; awslabs/amazon-ecs-agent 1.54.1",
        error_pattern="Cannot(Inspect|Describe|List)\\w*Error",
    ),
    ErrorPattern(
        "cannot-stop-container",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited; CannotStopContainerError: failed"
        " sending SIGTERM to container",
        "the container did not respond to the stop signal, or had already ended",
        "handle SIGTERM in the job, or raise `stop_timeout_seconds`; an exit code is the job's own",
        "ECS developer guide, CannotStopContainerError errors",
        error_pattern="Cannot(Stop|Kill|Remove)\\w*Error",
    ),
    ErrorPattern(
        "volume-not-created",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotCreateVolumeError: volume plugin not found",
        "the host could not create a volume of the task",
        "check `volumes` in `task_definition`: the volume driver must be installed on the instance, and its"
        " options must be valid",
        "ECS developer guide, CannotCreateVolumeError errors",
        error_pattern="CannotCreateVolumeError|BadVolumeError",
    ),
    # Before `cannot-start-container`: runc reports both while it starts the process.
    ErrorPattern(
        "working-directory",
        "stop",
        "",
        "working directory|workdir\\b|chdir to cwd",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: runc create failed: unable"
        ' to start container process: chdir to cwd ("app") set in config.json failed: no such file',
        "the container's `workingDirectory` is not absolute, does not exist in the image, or is not"
        " accessible"
        " to its user",
        "correct `workingDirectory` in `task_definition`, or create the directory in the image",
        "opencontainers/runc; moby, working directory of a container",
        error_pattern=_START_OR_NONE,
    ),
    ErrorPattern(
        "cannot-start-container",
        "stop",
        "",
        "executable file not found|no such file or directory|permission denied|is a directory|no command"
        " specified|starting container process|start container process|\\bexec:",
        "TaskFailedToStart: CannotStartContainerError: failed to create shim task: OCI runtime create"
        ' failed: exec: "no-such-command": executable file not found in $PATH',
        "the container's command could not be executed: most often it does not exist in the image",
        "check `command` and the image's entry point: the file must be in the image and executable, the"
        " interpreter in its first line must exist, and no volume may be mounted over it; ECS runs no shell,"
        " so each word is an item of the list",
        f"{_STOPPED}; aws/amazon-ecs-agent#2954, #717; opencontainers/runc",
        error_pattern=_START_OR_NONE,
    ),
    # After the patterns of causes: any other failure with these error names.
    ErrorPattern(
        "cannot-start-other",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotCreateContainerError: API error (500): Untar",
        "the container could not be created or started on its host",
        "check `command`, the image's entry point, `memory`, and the definition's limits and mounts; on EC2"
        " check the instance (disk, container runtime, agent), then apply again",
        f"{_STOPPED}; aws/amazon-ecs-cli#194",
        error_pattern="Cannot(Start|Create|Run)ContainerError|ContainerRuntimeError",
    ),
    # The runtime's words without an error name that `cannot-start-other` knows.
    ErrorPattern(
        "cannot-start-in-runtime",
        "stop",
        "",
        "OCI runtime|shim task|container runtime task|create new container",
        "TaskFailedToStart: ResourceInitializationError: failed to create new container runtime task",
        "the container could not be created or started on its host",
        "check `command`, the image's entry point, `memory`, and the definition's limits and mounts",
        f"{_STOPPED}; opencontainers/runc",
        error_pattern=_START_OR_NONE,
    ),
    ErrorPattern(
        "stopped-before-pull",
        "stop",
        "",
        "",
        "TaskFailedToStart: TaskStoppedBeforePullBeginError: Task stopped before image pull could begin",
        "the task was stopped before its image was pulled",
        "CloudTrail names who called StopTask; if nobody did, apply again",
        "amazon-ecs-agent, TaskStoppedBeforePullBeginError",
        error_pattern="TaskStopped\\w*Error",
    ),
    # After `dependency-error` and `stopped-before-pull`, whose names match `Task[a-z]+Error` as well.
    ErrorPattern(
        "agent-trouble",
        "stop",
        "",
        "",
        "TaskFailedToStart: TaskStateError: Agent could not progress task's state to stopped",
        "the agent or the container runtime of the host lost track of the task",
        "apply again; on EC2 check the instance (agent, container runtime, disk), or replace it",
        "amazon-ecs-agent, named errors",
        error_pattern="Task[a-z]+Error|(ContainerVanished|NoSuchContainer|DockerState|ImpossibleTransition)Error"
        "|CannotGet\\w*Error",
        transient="start",
    ),
    ErrorPattern(
        "internal-error",
        "stop",
        "",
        "",
        "TaskFailedToStart: InternalError: unable to create container due to image pull exception",
        "ECS had an internal error",
        "apply again; if it persists, contact AWS Support",
        "ECS developer guide, InternalError errors",
        error_pattern="InternalError",
        transient="start",
    ),
    # Only before the task ran: later, `server error` may be quoted from the job's own containers.
    ErrorPattern(
        "server-error",
        "stop",
        "TaskFailedToStart|",
        "internal ?error|server ?error|internal failure|service unavailable|unexpected error",
        "TaskFailedToStart: Internal server error",
        "ECS had an internal error",
        "apply again; if it persists, contact AWS Support",
        "AWS common errors",
        transient="start",
    ),
    # Last: Fargate gives this name to every failed preparation.
    ErrorPattern(
        "initialization",
        "stop",
        "",
        "",
        "TaskFailedToStart: ResourceInitializationError: unable to prepare the task",
        "something that the task needs before it starts could not be set up",
        "the reason names it; most often the execution role (`execution_role_arn`) or the route to an AWS"
        " service is missing",
        _STOPPED,
        error_pattern="ResourceInitializationError",
    ),
)
