"""What ECS says of containers that could not be created or started: command, user, devices, mounts, host."""

from typing import Final

from ecsplan_applier.outcomes.explanation import Row

_STOPPED: Final = "ECS developer guide, stopped tasks error codes"
_START: Final = (
    "Cannot(Start|Create|Inspect|Run)ContainerError|ContainerRuntimeError|ResourceInitializationError"
)
"""A container that cannot start: Fargate wraps the runtime's words in its own name and then in this one."""
_START_OR_NONE: Final = f"{_START}|"

FAILED_STARTS: Final[tuple[Row, ...]] = (
    Row(
        "start-memory",
        "stop",
        "",
        "memory limit too low|oom-?killed|cannot allocate memory|minimum memory limit|setting cgroup"
        " config.{0,80}memory",
        "TaskFailedToStart: CannotStartContainerError: container init was OOM-killed (memory limit too low?)",
        "the container has too little memory to start",
        "raise `memory`",
        "ECS developer guide, CannotStartContainerError errors; opencontainers/runc",
        error=_START,
    ),
    Row(
        "gpu-missing",
        "stop",
        "",
        "nvidia|prestart hook|could not select device driver|\\bcuda\\b|\\bgpus?\\b|neuron",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: error running hook:"
        " nvidia-container-cli: initialization error",
        "the container wants a GPU, and its host has none or lacks the drivers",
        "run it on GPU instances with the GPU-optimized AMI (through `capacity_provider_strategy` or"
        " `placement_constraints`), or leave the GPU out",
        "ECS developer guide, GPU workloads; public AWS Batch guides",
        error=_START_OR_NONE,
    ),
    Row(
        "device-missing",
        "stop",
        "",
        "device information|custom device|no such device",
        "TaskFailedToStart: CannotStartContainerError: error gathering device information while adding"
        ' custom device "/dev/dri/renderD130": no such file or directory',
        "the container instance has no such device",
        "correct `devices` in `linuxParameters`, or choose instances that have the device"
        " (`placement_constraints`)",
        "ECS developer guide, video transcoding",
        error=_START,
    ),
    Row(
        "user-missing",
        "stop",
        "",
        "/etc/(passwd|group)|unable to find (user|group)|no (matching entries|users found|groups?"
        " found)|linux spec user|user .{0,40}not found",
        "TaskFailedToStart: CannotStartContainerError: ResourceInitializationError: unable to create new"
        " container: open /tmp/containerd-mount1/etc/passwd: no such file or directory",
        "the container's `user` is a name that the image does not know (an image from scratch has no"
        " /etc/passwd)",
        'give `user` in `task_definition` as a number ("1000:1000"), or add the user to the image',
        "aws-samples/net-modernization#13; containerd, OCI spec options",
        error=_START,
    ),
    Row(
        "container-name-too-long",
        "stop",
        "",
        "container\\.ID|identifier.{0,160}(length|characters)",
        "TaskFailedToStart: CannotStartContainerError: ResourceInitializationError: unable to create new"
        " container: create container failed validation: container.ID: identifier greater than maximum"
        " length (76 characters)",
        "the name of the container is too long for Fargate's runtime, which puts the task's id before it",
        "give the container a shorter name (`container_name`)",
        "jenkinsci/amazon-ecs-plugin#186; containerd, identifiers",
        error=_START,
    ),
    Row(
        "limit-refused",
        "stop",
        "",
        "cgroup|rlimit|ulimit|sysctl|seccomp|apparmor|capabilit(y|ies)|privileged",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: error during container"
        " init: error setting rlimits: operation not permitted",
        "the container's host does not allow a limit or privilege that the definition asks for",
        "check `ulimits`, `systemControls`, `linuxParameters` and `privileged` in `task_definition`",
        "opencontainers/runc, container init",
        error=_START,
    ),
    Row(
        "port-taken",
        "stop",
        "",
        "port is already|address already in use|external connectivity|\\bbind for\\b|port .{0,40}in use",
        "TaskFailedToStart: CannotStartContainerError: driver failed programming external connectivity:"
        " Bind for 0.0.0.0:80 failed: port is already allocated",
        "the host port is taken on the container instance",
        "leave `hostPort` out (a free port is taken), or use network mode awsvpc",
        "moby, port allocator",
        error=_START,
    ),
    Row(
        "mount-refused",
        "stop",
        "",
        "error mounting|failed to mount|mount(ing)? .{0,80}(denied|not permitted|not a"
        " directory|failed)|invalid mount|invalid volume|bind source path|not a shared mount|failed to copy"
        " file info|failed to chown|chown|VolumeDriver|no such volume|read-only file system|error while"
        " (mounting|creating mount)",
        "TaskFailedToStart: CannotCreateContainerError: failed to copy file info for"
        " /var/lib/ecs/volumes/data: failed to chown: operation not permitted",
        "a volume or folder could not be mounted into the container",
        "check `mountPoints` and `volumes` in `task_definition`: the path on the host, the owner that an"
        " EFS access point demands, `readonlyRootFilesystem`, and that a file is not mounted over a folder",
        "moby and opencontainers/runc, mounts",
        error=_START,
    ),
    Row(
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
        error="CannotStartContainerError|",
    ),
    Row(
        "dependency-error",
        "stop",
        "",
        "",
        "TaskFailedToStart: DependencyError: app waited 30 seconds for database",
        "a container that another one depends on did not reach its condition in time",
        "look at the log, the exit code and the health check of that container, and at `dependsOn` and"
        " `startTimeout`",
        "amazon-ecs-agent, dependencygraph",
        error="(Task)?DependencyError",
    ),
    Row(
        "host-config",
        "stop",
        "",
        "",
        "TaskFailedToStart: HostConfigError: unable to resolve links",
        "the container's settings cannot be applied on its host",
        "check `links`, `volumesFrom`, `ulimits` and `dockerSecurityOptions` in `task_definition`: the"
        " containers and volumes that they name must exist",
        "amazon-ecs-agent, HostConfigError",
        error="HostConfigError|DockerClientConfigError",
    ),
    Row(
        "runtime-timeout",
        "stop",
        "",
        "",
        "TaskFailedToStart: DockerTimeoutError: Could not transition to started; timed out after waiting"
        " 3m0s",
        "the container runtime did not get the container ready in time: the task has no way to its"
        " registry, log group or secrets, or the disk of its host is overloaded",
        "private subnets need a NAT gateway or endpoints for ECR, S3, CloudWatch Logs and the secrets; on"
        " EC2 give the instances faster volumes, or raise ECS_CONTAINER_START_TIMEOUT and"
        " ECS_CONTAINER_CREATE_TIMEOUT",
        "repost.aws, ecs-fargate-docker-timeout-error; aws/containers-roadmap#48",
        error="(DockerTimeout|ContainerRuntimeTimeout)Error",
    ),
    Row(
        "cannot-inspect-container",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited; CannotInspectContainerError: Could"
        " not transition to inspecting; timed out after waiting 30s",
        "the agent could not ask the container runtime about the container: its host is overloaded, most"
        " often its disk",
        "apply again; on EC2 give the instances faster volumes and a current agent, and run fewer tasks on"
        " each",
        "ECS developer guide, CannotInspectContainerError errors; awslabs/amazon-ecs-agent 1.54.1",
        error="Cannot(Inspect|Describe|List)\\w*Error",
    ),
    Row(
        "cannot-stop-container",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited; CannotStopContainerError: failed"
        " sending SIGTERM to container",
        "the container did not react to being stopped, or had ended already",
        "handle SIGTERM in the job, or raise `stopTimeout`; the exit code is the job's own if there is one",
        "ECS developer guide, CannotStopContainerError errors",
        error="Cannot(Stop|Kill|Remove)\\w*Error",
    ),
    Row(
        "volume-not-created",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotCreateVolumeError: volume plugin not found",
        "the host could not create a volume of the task",
        "check `volumes` in `task_definition`: the volume driver must be installed on the instance, and its"
        " options fit",
        "ECS developer guide, CannotCreateVolumeError errors",
        error="CannotCreateVolumeError|BadVolumeError",
    ),
    Row(
        "working-directory",
        "stop",
        "",
        "working directory|workdir\\b|chdir to cwd",
        "TaskFailedToStart: CannotStartContainerError: OCI runtime create failed: runc create failed: unable"
        ' to start container process: chdir to cwd ("app") set in config.json failed: no such file',
        "the container's `workingDirectory` is not absolute, is missing in the image, or may not be entered"
        " by its user",
        "correct `workingDirectory` in `task_definition`, or make the folder in the image",
        "opencontainers/runc; moby, working directory of a container",
        error=_START_OR_NONE,
    ),
    Row(
        "cannot-start-container",
        "stop",
        "",
        "executable file not found|no such file or directory|permission denied|is a directory|no command"
        " specified|starting container process|start container process|\\bexec:",
        "TaskFailedToStart: CannotStartContainerError: failed to create shim task: OCI runtime create"
        ' failed: exec: "no-such-command": executable file not found in $PATH',
        "the container's command could not be executed: most often it does not exist in the image",
        "check `command` and the image's entry point: the file must be in the image, be executable, have"
        " the interpreter that its first line names, and not be hidden by a volume that is mounted over it;"
        " ECS runs no shell, so a list needs one word an item",
        f"{_STOPPED}; aws/amazon-ecs-agent#2954, #717; opencontainers/runc",
        error=_START_OR_NONE,
    ),
    Row(
        "cannot-start-other",
        "stop",
        "",
        "",
        "TaskFailedToStart: CannotCreateContainerError: API error (500): Untar",
        "the container could not be created or started on its host",
        "check `command`, the image's entry point, `memory`, and the definition's limits and mounts; on EC2"
        " look at the instance (disk, container runtime, agent) and apply again",
        f"{_STOPPED}; aws/amazon-ecs-cli#194",
        error="Cannot(Start|Create|Run)ContainerError|ContainerRuntimeError",
    ),
    Row(
        "cannot-start-in-runtime",
        "stop",
        "",
        "OCI runtime|shim task|container runtime task|create new container",
        "TaskFailedToStart: ResourceInitializationError: failed to create new container runtime task",
        "the container could not be created or started on its host",
        "check `command`, the image's entry point, `memory`, and the definition's limits and mounts",
        f"{_STOPPED}; opencontainers/runc",
        error=_START_OR_NONE,
    ),
    Row(
        "stopped-before-pull",
        "stop",
        "",
        "",
        "TaskFailedToStart: TaskStoppedBeforePullBeginError: Task stopped before image pull could begin",
        "the task was stopped before its image was pulled",
        "CloudTrail names who called StopTask; if nobody did, apply again",
        "amazon-ecs-agent, TaskStoppedBeforePullBeginError",
        error="TaskStopped\\w*Error",
    ),
    Row(
        "agent-trouble",
        "stop",
        "",
        "",
        "TaskFailedToStart: TaskStateError: Agent could not progress task's state to stopped",
        "the agent or the container runtime of the host lost track of the task",
        "apply again; on EC2 look at the instance (agent, container runtime, disk), or replace it",
        "amazon-ecs-agent, named errors",
        error="Task[a-z]+Error|(ContainerVanished|NoSuchContainer|DockerState|ImpossibleTransition)Error"
        "|CannotGet\\w*Error",
    ),
    Row(
        "internal-error",
        "stop",
        "",
        "",
        "TaskFailedToStart: InternalError: unable to create container due to image pull exception",
        "ECS had trouble with the task",
        "apply again; if it goes on, contact AWS Support",
        "ECS developer guide, InternalError errors",
        error="InternalError",
        transient="start",
    ),
    Row(
        "server-error",
        "stop",
        "TaskFailedToStart|",
        "internal ?error|server ?error|internal failure|service unavailable|unexpected error",
        "TaskFailedToStart: Internal server error",
        "ECS had trouble with the task",
        "apply again; if it goes on, contact AWS Support",
        "AWS common errors",
        transient="start",
    ),
    Row(
        "initialization",
        "stop",
        "",
        "",
        "TaskFailedToStart: ResourceInitializationError: unable to prepare the task",
        "something that the task needs before it starts could not be set up",
        "the reason names it; most often the execution role (`execution_role_arn`) or the way to an AWS"
        " service is missing",
        _STOPPED,
        error="ResourceInitializationError",
    ),
)
