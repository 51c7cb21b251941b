"""`Subject`: what decides which permissions a planned job needs."""

import json
from collections.abc import Iterator

from ecsplan.decision.decide_revision import Register, Reuse, Undecided
from ecsplan.draft.network import is_looked_up
from ecsplan.job.from_service import ServiceName, service_name
from ecsplan.job.spec import JobSpec
from ecsplan.permissions.resource_arns import ANY, Arn, Where, known, parsed, partition_of
from ecsplan.plan.plan import Logs, PlannedJob
from ecsplan.plan.planned_spec import linked_of, service_of, spec_of
from ecsplan.terms.bodies import as_list, as_mapping, as_mappings, as_text
from ecsplan.terms.json_types import Document
from ecsplan.terms.observed import Body
from ecsplan.terms.placeholders import is_open, placeholders_in
from ecsplan.terms.pointers import tokens_of
from ecsplan.terms.records import dataclass

_SUBNETS = ("networkConfiguration", "awsvpcConfiguration", "subnets")
"""Where a run request has its subnets."""
_ROLES = ("executionRoleArn", "taskRoleArn")
_OF_SERVICE = "<security groups of service"
_UNSEEN_CLUSTER = "<cluster at apply>"
_NOT_KNOWN = "<role at apply>"


def tags_tasks(run_request: Document) -> bool:
    """Return whether ECS tags tasks as it starts them for a RunTask request."""
    return bool(
        as_list(run_request.get("tags"))
        or run_request.get("enableECSManagedTags")
        or run_request.get("propagateTags") not in {None, "", "NONE"}
    )


@dataclass(frozen=True, slots=True)
class NetworkLookups:
    """What EC2 is asked about for a job's network."""

    vpcs: bool = False
    subnets: bool = False
    groups: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A planned job, and what follows from it for permissions.

    Attributes:
        job: The job.
        spec: What its manifest says.
        where: Its partition, region and account.
        service: The service that it runs like, or None.
    """

    job: PlannedJob
    spec: JobSpec
    where: Where
    service: ServiceName | None

    @property
    def principal(self) -> str:
        """The role as which its calls are made; "" for the credentials of the command."""
        return self.job.aws.assume_role_arn or ""

    @property
    def is_undecided(self) -> bool:
        """Whether apply decides what the job runs, and asks what `compile` asks."""
        return isinstance(self.job.definition.decision, Undecided)

    @property
    def may_register(self) -> bool:
        """Whether apply may register a revision.

        Never for a plan that reuses one. A linked definition runs as it is where no key changes it.
        """
        match self.job.definition.decision:
            case Reuse():
                return False
            case Register():
                return True
            case Undecided():
                return (
                    not self._is_linked
                    or self.job.definition.request.keys() != {"family"}
                    or self._is_patched
                )

    @property
    def _is_linked(self) -> bool:
        return linked_of(self.job) is not None

    @property
    def _is_patched(self) -> bool:
        return bool(self.spec.definition_patch)

    @property
    def family(self) -> str:
        """The family of its revisions, a pattern."""
        return known(self.job.definition.family)

    @property
    def definitions(self) -> str:
        """The ARN of all revisions of its family."""
        return self.where.arn("ecs", f"task-definition/{self.family}:*")

    @property
    def cluster(self) -> str:
        """The ARN of its cluster; a request without one goes to `default` (ECS API reference, RunTask).

        A service that is looked up may be given by its ARN, which names a cluster.
        """
        named = as_text(self.job.run_request.get("cluster"))
        unseen = self.service is not None and is_open(self.service.name)
        return self.where.named("ecs", named or (_UNSEEN_CLUSTER if unseen else "default"), "cluster/")

    @property
    def tasks(self) -> str:
        """The ARN of all tasks in its cluster, in the format with the cluster's name."""
        return f"{self.cluster.replace(':cluster/', ':task/', 1)}/*"

    @property
    def definition_tags(self) -> bool:
        """Whether its task definition has tags."""
        return bool(as_list(self.job.definition.request.get("tags")))

    @property
    def task_tags(self) -> bool:
        """Whether ECS tags its tasks as it starts them."""
        return tags_tasks(self.job.run_request)

    @property
    def defined_roles(self) -> tuple[str, ...]:
        """The ARNs of the roles in its task definition, as far as this is known."""
        named = [*_roles_in(self.job.definition.request)]
        if (self.is_undecided and self._is_linked) or _mentions_roles(self.job):
            named.append(_NOT_KNOWN)
        return tuple(dict.fromkeys(self._role(each) for each in named))

    @property
    def roles(self) -> tuple[str, ...]:
        """The ARNs of the roles that ECS gets for its tasks: those of the definition and of the overrides."""
        overrides = as_mapping(self.job.run_request.get("overrides"))
        return tuple(dict.fromkeys((*self.defined_roles, *map(self._role, _roles_in(overrides)))))

    @property
    def infrastructure_roles(self) -> tuple[str, ...]:
        """The ARNs of the roles with which ECS makes volumes of EBS."""
        volumes = as_mappings(self.job.run_request.get("volumeConfigurations"))
        named = (as_text(as_mapping(each.get("managedEBSVolume")).get("roleArn")) for each in volumes)
        return tuple(dict.fromkeys(self._role(each) for each in named if each is not None))

    def _role(self, reference: str) -> str:
        return self.where.named("iam", reference, "role/", regional=False)

    @property
    def logs(self) -> Logs | None:
        """Where its log is that apply shows, with placeholders for what is not known; None for none."""
        watch = self.job.watch
        if watch.logs is not None:
            return watch.logs if watch.stream_output else None
        unseen = self.is_undecided and self._is_linked and self.job.spec.get("stream_output") is not False
        return Logs("<log group at apply>", "", "<region at apply>") if unseen else None

    @property
    def log_groups(self) -> Iterator[str]:
        """The ARNs of the log group whose retention is set, if it is."""
        logs, wanted = self.job.watch.logs or self.logs, self.job.policy.log_retention
        if logs is not None and wanted is not None:
            yield self.log_arn(logs, "*")

    @property
    def log_streams(self) -> Iterator[str]:
        """The ARN of the log streams that are shown, if they are."""
        logs, container = self.logs, self.job.watch.container
        if logs is not None:
            streams = f"{known(logs.stream_prefix)}/{known(container)}/*" if logs.stream_prefix else ANY
            yield self.log_arn(logs, f"log-stream:{streams}")

    def log_arn(self, logs: Logs, below: str) -> str:
        """Return the ARN of what is below a log group.

        Policies name a log group with `:*` behind it (CloudWatch Logs API reference, LogGroup).
        """
        region = self.where.region if placeholders_in(logs.region) else known(logs.region)
        return self.where.arn("logs", f"log-group:{known(logs.group)}:{below}", region=region)

    @property
    def planned_lookups(self) -> tuple[str, ...]:
        """The lookups that the job refers to."""
        return tuple(self.spec.written.lookups)

    def network(self, *, named_only: bool) -> NetworkLookups:
        """Return what EC2 is asked about.

        Args:
            named_only: Whether only what is found by tags and names counts, as where apply asks again for
                what a plan has observed.
        """
        keys, spec = self.spec.network_keys, self.spec
        if spec.network is not None:
            return NetworkLookups()
        groups = bool(keys.group_names) or self._has_open_groups
        takes_all = not named_only and self._takes_all_subnets
        subnets = bool(keys.subnet_tags) or takes_all
        if not (groups or subnets):
            return NetworkLookups(vpcs=bool(keys.vpc_tags) and not keys.subnets)
        names_vpc = bool(keys.vpc_tags) or keys.vpc_id is not None
        # The VPC of subnets that are given, here or by the service, is found by describing these.
        beside = not names_vpc and (bool(keys.subnets) or self.service is not None)
        return NetworkLookups(bool(keys.vpc_tags) or not (names_vpc or beside), subnets or beside, groups)

    @property
    def _has_open_groups(self) -> bool:
        """Whether a security group is a lookup, of which only AWS can tell whether it is an id or a name."""
        groups = self.spec.network_keys.groups
        if not any(is_open(each) and not each.startswith(_OF_SERVICE) for each in groups):
            return False
        return self.is_undecided or "security_groups" in self.job.observed

    @property
    def _takes_all_subnets(self) -> bool:
        """Whether the tasks run in all subnets of a VPC, which no patch puts others in the place of."""
        spec, linked = self.spec, self.is_undecided and self._is_linked
        if self.service is not None and not (spec.network_keys.vpc_id or spec.network_keys.vpc_tags):
            return False
        mode = as_text(self.job.definition.request.get("networkMode"))
        if not is_looked_up(spec, "awsvpc" if linked and mode is None else str(mode)):
            return False
        replaced = (tokens_of(str(each.get("path", ""))) for each in spec.task_patch)
        return not any(path == _SUBNETS[: len(path)] for path in replaced)


def subject_of(job: PlannedJob) -> Subject:
    """Return what decides which permissions a planned job needs."""
    service = service_of(job)
    return Subject(job, spec_of(job), _where(job), None if service is None else service_name(service))


def _where(job: PlannedJob) -> Where:
    """Return where a job's resources are, as far as its plan shows.

    A role is of the account in which it is passed or assumed (IAM user guide, passing roles to services), and
    a cluster, a service and a task definition are of the account that runs the job.
    """
    seen = [each for each in map(parsed, _references(job)) if each is not None]
    region = job.aws.region or _first_region(seen)
    account = job.account or job.aws.account_id or next((each.account for each in seen if each.account), None)
    partition = next((each.partition for each in seen), "aws") if region is None else partition_of(region)
    return Where(partition, ANY if region is None else known(region), account or ANY)


def _first_region(seen: list[Arn]) -> str | None:
    return next((each.region for each in seen if each.region), None)


def _references(job: PlannedJob) -> Iterator[str | None]:
    """Yield the ARNs, among names, that say where a job runs, the surest first."""
    yield job.aws.assume_role_arn
    yield as_text(job.run_request.get("cluster"))
    yield linked_of(job)
    yield service_of(job)
    yield from _roles_in(as_mapping(job.run_request.get("overrides")))
    yield from _roles_in(job.definition.request)


def _roles_in(body: Body) -> tuple[str, ...]:
    return tuple(role for name in _ROLES if (role := as_text(body.get(name))) is not None)


def _mentions_roles(job: PlannedJob) -> bool:
    """Return whether an operation of a patch that is carried out at apply may put another role in."""
    for pointer in job.left_open:
        key, _, index = pointer.removeprefix("/").partition("/")
        patch = job.spec.get(key)
        operation = as_list(patch)[int(index)] if index.isdecimal() and as_list(patch) else patch
        if "rolearn" in json.dumps(operation, default=str).lower():
            return True
    return False
