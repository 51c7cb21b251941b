"""Read described tasks and services: responses of RunTask, DescribeTasks and DescribeServices.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html

A task does not say which security groups it had; its network interface does. `NetworkInterfaces`, as
DescribeNetworkInterfaces of EC2 returns them, may therefore stand beside `tasks`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ecsplan.terms.bodies import as_mapping, as_mappings, as_text
from ecsplan.terms.family_names import reference_family
from ecsplan.terms.json_types import Document, Record
from ecsplan_convert.aws.conformed import refuse_deep, without_nulls
from ecsplan_convert.readers.run_task import OF_ECSPLAN, filled, run_request
from ecsplan_convert.source import ConversionError, Job, Row, Source, SourceJobs

TABLE: Final = (
    Row("tasks.taskDefinitionArn", "task_definition_arn", "its family is also the name of the job"),
    Row("tasks.clusterArn", "cluster"),
    Row("tasks.overrides", "command, env, cpu, memory, task_role_arn, execution_role_arn"),
    Row("tasks.launchType", "launch_type"),
    Row("tasks.capacityProviderName", "capacity_provider_strategy", "with weight 1"),
    Row("tasks.platformVersion", "platform_version"),
    Row("tasks.enableExecuteCommand", "enable_execute_command"),
    Row("tasks.group", "group", "unless ECS chose it: `family:…` and `service:…`"),
    Row("tasks.tags", "labels"),
    Row("tasks.attachments", "network_configuration", "the subnet, and what the network interface says"),
    Row("tasks.startedBy", "", OF_ECSPLAN["startedBy"]),
    Row("tasks, all other members", "", "what became of the task, not what was asked for"),
    Row("services.serviceArn", "service", "which takes definition, network, capacity and platform from it"),
    Row("services.clusterArn", "cluster"),
    Row("services.loadBalancers.containerName", "container_name", "where all name the same container"),
    Row("services.desiredCount", "", "how many tasks a service keeps; a job runs once"),
    Row("services.tags, volumeConfigurations", "", "they concern the tasks of the service alone"),
    Row(
        "services, all other members",
        "",
        "deployments, load balancers and discovery are of the service alone",
    ),
)

_CHOSEN_BY_ECS: Final = ("family:", "service:")
"""How groups begin that ECS gives a task for which nobody asked for one (ECS API reference, Task.group)."""
_OF_SERVICE: Final = (
    *("placementConstraints", "placementStrategy", "enableExecuteCommand", "propagateTags"),
    *("enableECSManagedTags", "tags", "volumeConfigurations"),
)
"""Members of a service that RunTask has, too, and that `service:` does not take over."""


def read(source: Source) -> SourceJobs:
    """Return a job for each task or service of the source.

    Raises:
        ConversionError: It describes none.
    """
    refuse_deep(source.document)
    document = as_mapping(without_nulls(source.document))
    missing = tuple(_failure(each) for each in as_mappings(document.get("failures")))
    interfaces = _interfaces(document)
    jobs = [
        *(_of_task(each, interfaces) for each in as_mappings(document.get("tasks"))),
        *(_of_service(each) for each in as_mappings(document.get("services"))),
    ]
    found = tuple(each for each in jobs if each is not None)
    nameless = (f"{len(jobs) - len(found)} of them have no ARN and are left out",)
    notes = (*missing, *(nameless if len(found) < len(jobs) else ()))
    if not found:
        raise ConversionError("there is no task and no service in it", help="; ".join(notes))
    return SourceJobs(found, notes=notes)


def _failure(failure: Document) -> str:
    named = as_text(failure.get("arn")) or "one of them"
    return f"{named} is not in it: {as_text(failure.get('reason')) or 'ECS gives no reason'}"


def _of_task(task: Document, interfaces: Mapping[str, Document]) -> Job | None:
    """Return the job that runs what a task ran; None where the task does not say what that was."""
    definition = as_text(task.get("taskDefinitionArn"))
    if definition is None:
        return None
    notes: list[str] = []
    given: Record = {
        "taskDefinition": definition,
        "cluster": task.get("clusterArn"),
        "overrides": task.get("overrides"),
        "platformVersion": task.get("platformVersion"),
        "enableExecuteCommand": task.get("enableExecuteCommand"),
        "tags": task.get("tags"),
        **_capacity(task),
        **_group(task, notes),
        **_network(task, interfaces, notes),
    }
    if filled(task.get("startedBy")):
        notes.append(f"startedBy is left out: {OF_ECSPLAN['startedBy']}")
    asked, left_out = run_request(
        {name: each for name, each in given.items() if each is not None}, templates=False
    )
    return Job(
        name=reference_family(definition),
        request=_without_bare_overrides(asked),
        notes=(*notes, *left_out),
    )


def _capacity(task: Document) -> Record:
    provider = as_text(task.get("capacityProviderName"))
    if provider is not None:
        return {"capacityProviderStrategy": [{"capacityProvider": provider, "weight": 1}]}
    return {"launchType": task.get("launchType")}


def _group(task: Document, notes: list[str]) -> Record:
    group = as_text(task.get("group"))
    if group is None or not group.startswith(_CHOSEN_BY_ECS):
        return {"group": group}
    if group.startswith("service:"):
        notes.append(f"group is left out: the task was one of {group}, which is a group of ECS's own")
    return {}


def _network(task: Document, interfaces: Mapping[str, Document], notes: list[str]) -> Record:
    """Return the network configuration that a task was started with, as far as anything says it."""
    attached = as_mappings(task.get("attachments"))
    details = next((found for each in attached if "subnetId" in (found := _details(each))), None)
    if details is None:
        return {}
    interface = interfaces.get(details.get("networkInterfaceId", ""))
    network: Record = {"subnets": [details["subnetId"]]}
    if interface is None:
        name = details.get("networkInterfaceId", "of the task")
        notes.append(
            "security groups and a public address are left out:"
            f" the network interface {name} has them, and is not described here"
        )
    else:
        groups = (as_text(each.get("GroupId")) for each in as_mappings(interface.get("Groups")))
        network["securityGroups"] = [each for each in groups if each]
        public = as_text(as_mapping(interface.get("Association")).get("PublicIp"))
        network["assignPublicIp"] = "ENABLED" if public else "DISABLED"
    return {"networkConfiguration": {"awsvpcConfiguration": network}}


def _details(attachment: Document) -> Mapping[str, str]:
    pairs = ((each.get("name"), each.get("value")) for each in as_mappings(attachment.get("details")))
    return {
        name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str) and value
    }


def _interfaces(document: Document) -> Mapping[str, Document]:
    described = as_mappings(document.get("NetworkInterfaces"))
    return {str(each.get("NetworkInterfaceId")): each for each in described}


def _without_bare_overrides(request: Record) -> Record:
    """Return a request without overrides that only name a container: ECS shows one for each."""
    overrides = as_mapping(request.get("overrides"))
    containers = [each for each in as_mappings(overrides.get("containerOverrides")) if {*each} != {"name"}]
    others = {name: each for name, each in overrides.items() if name != "containerOverrides"}
    kept = {**others, **({"containerOverrides": containers} if containers else {})}
    rest = {name: each for name, each in request.items() if name != "overrides"}
    return {**rest, "overrides": kept} if kept else rest


def _of_service(service: Document) -> Job | None:
    """Return the job that runs like a service; None where nothing says which one."""
    named = as_text(service.get("serviceArn")) or as_text(service.get("serviceName"))
    if named is None:
        return None
    cluster = as_text(service.get("clusterArn"))
    keys: dict[str, Any] = {"service": named, **({} if cluster is None else {"cluster": cluster})}
    names = (as_text(each.get("containerName")) for each in as_mappings(service.get("loadBalancers")))
    containers = {each for each in names if each}
    return Job(
        name=as_text(service.get("serviceName")) or named.rpartition("/")[2],
        container=containers.pop() if len(containers) == 1 else "",
        keys=keys,
        notes=tuple(_service_notes(service)),
    )


def _service_notes(service: Document) -> Iterable[str]:
    status = as_text(service.get("status"))
    if status not in {None, "ACTIVE"}:
        yield f"the service is {status}: only a service that is ACTIVE can be run like"
    for name in _OF_SERVICE:
        value = service.get(name)
        if filled(value) and value not in (False, "NONE"):
            yield f"{name} is left out: a job takes definition, network, capacity and platform from a service"
    count = service.get("desiredCount")
    if isinstance(count, int) and count > 1:
        yield "desiredCount is left out: it is how many tasks the service keeps, and a job runs once"
    if filled(service.get("loadBalancers")) or filled(service.get("serviceRegistries")):
        yield "load balancers and service discovery are left out: they concern the service alone"
