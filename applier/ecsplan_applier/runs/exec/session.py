"""A session of ECS Exec: ExecuteCommand, and what the Session Manager plugin is started with."""

import json
from collections.abc import Callable, Sequence
from dataclasses import field
from shlex import join
from typing import Final, TypeAlias

from ecsplan.terms.bodies import as_mapping
from ecsplan.terms.observed import Body
from ecsplan.terms.records import dataclass
from ecsplan_applier.aws.gateway import Connection, Target
from ecsplan_applier.aws.operations import EXECUTE_COMMAND
from ecsplan_applier.outcomes.errors import ApplierError, AwsError
from ecsplan_applier.runs.exec.agent import POLL_S, Agent, Say, wait_for_agent
from ecsplan_applier.runs.exec.target import ExecTarget, choose_target
from ecsplan_applier.runs.look import find_run
from ecsplan_applier.runs.reference import RunReference
from ecsplan_applier.runs.session import RunSession

CONNECTS_WITHIN_S: Final = 60.0
"""How long an agent that runs may not be connected yet: usually seconds (aws/containers-roadmap#187)."""

_MEMBERS: Final = ("sessionId", "streamUrl", "tokenValue")
_NOT_CONNECTED: Final = "TargetNotConnectedException"
_AGENT_NOT_RUNNING: Final = "execute command agent isn"


Connect: TypeAlias = Callable[[Target, str], Connection]
"""Returns how a service is reached, `SdkGateway.connection`."""


@dataclass(frozen=True, slots=True)
class ExecSession:
    """A session that was opened, and that the Session Manager plugin connects to.

    Attributes:
        target: The container.
        secret: What ExecuteCommand has answered of the session, with its token, as JSON.
        connection: How ECS was reached.
        ssm_target: What Session Manager calls the container.
    """

    target: ExecTarget
    secret: str = field(repr=False)
    connection: Connection
    ssm_target: str

    def arguments(self) -> tuple[str, ...]:
        """Return the arguments of the plugin after the first one, which is the session.

        They are those that the AWS CLI gives it (aws/aws-cli, customizations/ecs/executecommand.py; read by
        aws/session-manager-plugin, session.go).
        """
        connection = self.connection
        return (
            connection.region,
            "StartSession",
            connection.profile,
            json.dumps({"Target": self.ssm_target}),
            connection.endpoint_url,
        )


async def open_session(
    session: RunSession,
    connect: Connect,
    reference: RunReference,
    *,
    job: str | None,
    command: Sequence[str],
    say: Say,
) -> ExecSession:
    """Open a session in the container of a run's job.

    Args:
        session: How to ask.
        connect: Says how ECS is reached, for the plugin.
        reference: The run.
        job: The job, or a copy of one; None where the run has one running task.
        command: The words of the command.
        say: Called with what is waited for.

    Raises:
        UsageError: The run has no such job, or several running tasks.
        ApplierError: There is no such run, nothing is running, or no session could be opened.
    """
    run = await find_run(session, reference, whole=True)
    target = choose_target(run, job)
    # Before the session is opened: what is wrong with the settings leaves no session behind.
    connection = connect(target.place.target, EXECUTE_COMMAND.service)
    agent = await wait_for_agent(session, target, say)
    answer = await _execute(session, target, command, say)
    opened = as_mapping(answer.get("session"))
    return ExecSession(
        target=target,
        secret=json.dumps({name: opened[name] for name in _MEMBERS}),
        connection=connection,
        ssm_target=_ssm_target(target, agent, answer),
    )


async def _execute(session: RunSession, target: ExecTarget, command: Sequence[str], say: Say) -> Body:
    """Call ExecuteCommand until the agent is connected; a session that nobody connects to ends by itself."""
    request = target.place.request(
        {
            "task": target.task.arn,
            "container": target.container,
            "command": join(command),
            "interactive": True,
        }
    )
    elapsed = session.loop.clock.elapsed
    began, said = elapsed(), False
    while True:
        try:
            return await session.caller.call(
                target.place.target, EXECUTE_COMMAND, request, about=target.task.arn
            )
        except AwsError as error:
            if error.code == AwsError.BAD_ANSWER:
                # The text may quote the answer, which has the token of the session.
                error.complete("the answer to ExecuteCommand could not be read", ())
            if not _is_early(error) or elapsed() - began >= CONNECTS_WITHIN_S:
                raise
        if not said:
            say(f"{target.label}: waiting for the ECS Exec agent to connect")
            said = True
        await session.loop.sleep(POLL_S)


def _is_early(error: ApplierError) -> bool:
    """Return whether ExecuteCommand is refused because the agent, which runs, is not connected yet."""
    return isinstance(error, AwsError) and (
        error.code == _NOT_CONNECTED or _AGENT_NOT_RUNNING in error.text.lower()
    )


def _ssm_target(target: ExecTarget, agent: Agent, answer: Body) -> str:
    """Return `ecs:CLUSTER_TASK_RUNTIME`, of the names without what ARNs have before them."""
    cluster = answer.get("clusterArn") or target.task.cluster or target.place.cluster_name
    return f"ecs:{str(cluster).rpartition('/')[2]}_{target.task.task_id}_{agent.runtime_id}"
