"""Error patterns of tasks that stopped while they ran, or for a reason that can occur at any time."""

from typing import Final

from ecsplan_applier.outcomes.explanation import ErrorPattern
from ecsplan_applier.outcomes.interruptions import HOST_ENDED, MAINTENANCE

_STOPPED: Final = "ECS developer guide, stopped tasks error codes"

_NAMED_SIGNALS: Final = frozenset({132, 134, 135, 137, 139, 143})
"""Exit codes of signals with a pattern of their own: 128 plus the signal number (POSIX shell)."""

STOPPED_TASKS: Final[tuple[ErrorPattern, ...]] = (
    # Before `spot-interruption`, which has the same stop code.
    ErrorPattern(
        "local-endpoint-ended",
        "stop",
        "TerminationNotice",
        "endpoint that ran this task",
        "TerminationNotice: The endpoint that ran this task has ended.",
        "the embedded ECS ended while the task was running, and its tasks end with it",
        "apply again with another run id; `ecsplan local` keeps serving between commands",
        "docs/local.md",
        transient="interruption",
    ),
    # Before `stopped-by-service`: Fargate uses the stop code of services for retirements.
    ErrorPattern(
        "maintenance",
        "stop",
        "",
        MAINTENANCE,
        "ServiceSchedulerInitiated: ECS is performing maintenance on the underlying infrastructure hosting"
        " the task.",
        "AWS retired the task's host",
        "apply again; the AWS Health Dashboard announces such retirements",
        "ECS developer guide, stopped tasks error codes; task retirement on Fargate",
        transient="interruption",
    ),
    # Before `failed-to-start`: a host that is lost early has that stop code.
    ErrorPattern(
        "host-ended",
        "stop",
        "",
        HOST_ENDED,
        "TaskFailedToStart: Host EC2 (instance i-0123456789abcdef0) terminated.",
        "the container instance that the task ran on was stopped or terminated",
        "apply again; on EC2, managed termination protection keeps instances that are running tasks",
        _STOPPED,
        transient="interruption",
    ),
    ErrorPattern(
        "spot-interruption",
        "stop",
        "SpotInterruption|TerminationNotice",
        "",
        "SpotInterruption: Your Spot Task was interrupted.",
        "AWS took the Spot capacity back",
        "apply again, or use `launch_type: FARGATE` for jobs that must not be interrupted",
        "ECS developer guide, Fargate Spot termination notices",
        transient="interruption",
    ),
    ErrorPattern(
        "spot-interruption-error",
        "stop",
        "",
        "spot (task|instance|interruption).{0,40}interrupt|spot interruption|SpotInterruptionError",
        "TaskFailedToStart: SpotInterruptionError: Your Spot Task was interrupted.",
        "AWS took the Spot capacity back",
        "apply again, or use `launch_type: FARGATE` for jobs that must not be interrupted",
        "ECS developer guide, SpotInterruption errors",
        transient="interruption",
    ),
    ErrorPattern(
        "infrastructure-health",
        "stop",
        "InfrastructureHealth",
        "",
        "InfrastructureHealth: Amazon ECS stopped the task on unhealthy infrastructure",
        "AWS ended the task because the infrastructure that it ran on was unhealthy",
        "apply again",
        "botocore ecs model, TaskStopCode",
        transient="interruption",
    ),
    # Before `killed`: this error name proves what exit code 137 only suggests.
    ErrorPattern(
        "out-of-memory",
        "stop",
        "",
        "OutOfMemory",
        "EssentialContainerExited: Essential container in task exited; OutOfMemoryError: Container killed"
        " due to memory usage",
        "a container used more memory than its limit",
        "raise `memory`, or reduce the memory use of the job",
        f"{_STOPPED}; aws/amazon-ecs-agent#1187",
    ),
    # Not for StopTask, whose caller may write anything as the reason.
    ErrorPattern(
        "health-check-failed",
        "stop",
        "(?!UserInitiated).*",
        "container health check|(?<!elb )\\bunhealthy\\b|failed health check",
        "ServiceSchedulerInitiated: Task failed container health checks",
        "the health check of an essential container failed, so ECS stopped the task",
        "check `healthCheck` in `task_definition`: its command must exist in the image, and `startPeriod`"
        " must"
        " leave the job time to start; a job that accepts no connections needs no health check",
        "ECS developer guide, container health checks",
    ),
    # Before the exit codes: ECS stopped the job's container, so its exit code is not its own result.
    ErrorPattern(
        "ended-by-another-container",
        "stop",
        "EssentialContainerExited",
        "; [\\w-]+ exited with \\d+",
        "EssentialContainerExited: Essential container in task exited; proxy exited with 1",
        "another essential container ended, so ECS stopped the job's container",
        "check the log of that container, or give it `essential: false`",
        "botocore ecs model, ContainerDefinition.essential",
    ),
    # From here on the exit code of the job's container decides; the reason is always the same.
    ErrorPattern(
        "killed",
        "stop",
        "EssentialContainerExited",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the container was killed (SIGKILL): most often for exceeding its memory limit, or at the end of"
        " its stopTimeout",
        "raise `memory`, or handle SIGTERM in time",
        "ECS developer guide, exit code 137",
        exit_codes=(137,),
    ),
    ErrorPattern(
        "segmentation-fault",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the program crashed with a segmentation fault (SIGSEGV): a bug in it or in a native library",
        "run the same image on the same platform by hand; libraries built for another CPU or C library are"
        " a common cause",
        "repost.aws, ecs-task-stopped (common exit codes); signal(7)",
        exit_codes=(139,),
    ),
    ErrorPattern(
        "aborted",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the program aborted itself (SIGABRT): a failed assertion, or a runtime out of memory",
        "the last lines of its log say why",
        "signal(7)",
        exit_codes=(134,),
    ),
    ErrorPattern(
        "illegal-instruction",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the program used an instruction or a memory access that the CPU of its host does not support"
        " (SIGILL, SIGBUS)",
        "build the image for the task's platform (`runtime_platform`) and without optimizations for a"
        " particular CPU; for SIGBUS raise `sharedMemorySize`",
        "signal(7)",
        exit_codes=(132, 135),
    ),
    ErrorPattern(
        "terminated",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the job was ended by SIGTERM: it was asked to stop before it had finished",
        "if nothing in the container sent it, CloudTrail names who called StopTask",
        "ECS developer guide, exit code 143; signal(7)",
        exit_codes=(143,),
    ),
    # Signals 1 to 31 that have no pattern of their own above.
    ErrorPattern(
        "ended-by-signal",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the job was ended by a signal, whose number is the exit code minus 128",
        "`kill -l CODE` names the signal; check the job, or what starts it, for the sender",
        "POSIX shell, exit status of commands; signal(7)",
        exit_codes=tuple(each for each in range(129, 160) if each not in _NAMED_SIGNALS),
    ),
    ErrorPattern(
        "command-failed-to-run",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "a program that starts another one (env, timeout, a container engine) itself failed",
        "check `command` and its options; the last lines of the log say why",
        "coreutils, env and timeout: exit status 125",
        exit_codes=(125,),
    ),
    ErrorPattern(
        "exit-code-unusual",
        "stop",
        "EssentialContainerExited|",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the job ended with a code that programs do not return on purpose: a fatal error, or an exit status"
        " outside 0-255 (such as -1)",
        "the last lines of its log say why; check `command` and the image's entry point",
        "repost.aws, ecs-task-stopped (common exit codes); POSIX shell, exit",
        exit_codes=(128, 255),
    ),
    # 126 and 127 identify the failure whatever the stop code is.
    ErrorPattern(
        "command-not-executable",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the command was found but could not be executed",
        "check its permissions, and that it is for the image's CPU architecture",
        "POSIX shell: exit status 126",
        exit_codes=(126,),
    ),
    ErrorPattern(
        "command-not-found",
        "stop",
        "",
        "",
        "EssentialContainerExited: Essential container in task exited",
        "the command was not found in the image",
        "check `command`, and the image's entry point and PATH",
        "POSIX shell: exit status 127",
        exit_codes=(127,),
    ),
    # From here on the stop code alone decides.
    ErrorPattern(
        "stopped-by-person",
        "stop",
        "UserInitiated",
        "",
        "UserInitiated: Task stopped by user",
        "the task was stopped on request: by `ecsplan stop RUN`, in the console or by another StopTask",
        "to run the job again, apply with a new run id; CloudTrail names who called StopTask",
        "botocore ecs model, Task.stopCode",
    ),
    ErrorPattern(
        "stopped-by-service",
        "stop",
        "ServiceSchedulerInitiated",
        "",
        "ServiceSchedulerInitiated: Scaling activity initiated by deployment",
        "a service's scheduler stopped the task: it scaled, deployed, or the load balancer's health checks"
        " failed",
        "check the events of the service; a job that ends by itself does not need one",
        "botocore ecs model, Task.stopCode",
    ),
    ErrorPattern(
        "failed-to-start",
        "stop",
        "TaskFailedToStart",
        "",
        "TaskFailedToStart: Task failed to start",
        "the task failed before any container ran",
        "the reason names the cause; DescribeTasks shows it in full for about an hour",
        "botocore ecs model, Task.stopCode",
    ),
)
