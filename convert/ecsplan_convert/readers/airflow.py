"""Read a file of Airflow: the ECS tasks of its DAGs as jobs, in their order, with their schedules."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ecsplan.terms.family_names import reference_family
from ecsplan.terms.records import dataclass
from ecsplan_convert.airflow.operator import MEMBERS, OPERATORS, REGISTER, ROWS, definition_of, job_of
from ecsplan_convert.airflow.order import Order
from ecsplan_convert.airflow.policy import POLICY
from ecsplan_convert.airflow.schedule import SCHEDULES, schedule_of
from ecsplan_convert.airflow.unsupported import DAG, OPERATOR, reasons
from ecsplan_convert.python.calls import Call, Source
from ecsplan_convert.python.task_order import edges
from ecsplan_convert.python.values import Open, Value
from ecsplan_convert.source import ConversionError, Job, Row, SourceJobs

TABLE: Final[tuple[Row, ...]] = ROWS

_DAGS: Final = frozenset({"DAG", "dag"})
_GROUPS: Final = frozenset({"TaskGroup", "task_group"})
_INHERITED: Final = frozenset(
    {*MEMBERS, *POLICY, "task_definition", "tags", "region_name", "region", "container_name"}
)
"""Arguments that a job takes from `default_args`."""
_STRUCTURE: Final = frozenset({"dag_id", "default_args", *SCHEDULES})
_GAP: Final = " is left out: it is "
"""What stands in notes on what is not literal, between its name and what it is."""
_MAX_OTHERS: Final = 20
"""Tasks of other operators that get a note of their own."""
_FIRST_JOBS: Final = (
    "its schedule stands at the first jobs, after which EventBridge Scheduler starts none: "
    "to run all, run `ecsplan apply` at these times"
)
_XCOM: Final = re.compile(r"xcom_pull\(.*?task_ids\s*=\s*\[?\s*['\"]([\w.-]+)['\"]")


def template(text: str) -> str | None:
    """Return what a text is for Airflow, where Airflow fills it in."""
    return "a Jinja template" if "{{" in text or "{%" in text else None


def found_in(text: str) -> SourceJobs | None:
    """Return the ECS tasks of a file as jobs; None where it has none.

    Raises:
        ConversionError: The file cannot be parsed, or none of its ECS tasks says what it runs.
    """
    if not any(each in text for each in OPERATORS):
        return None
    file = _File(Source(text, template))
    return file.found() if file.operators else None


@dataclass(frozen=True, slots=True)
class _Task:
    """An ECS task: its call, and the job that it becomes."""

    call: Call
    job: Job

    @property
    def is_whole(self) -> bool:
        """Whether it is known what the job runs."""
        return self.job.definition is not None or "taskDefinition" in self.job.request


class _File:
    """A file with ECS tasks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.operators = source.calls(OPERATORS)
        self._dags = {each.node: each for each in source.calls(_DAGS)}
        self._registered = {each.node: each for each in source.calls(frozenset({REGISTER}))}

    def found(self) -> SourceJobs:
        """Return the jobs; see `found_in`."""
        tasks = _named([_Task(each, self._job(each)) for each in self.operators], self._dag_ids())
        whole = [each for each in tasks if each.is_whole]
        if not whole:
            raise _nothing_whole(tasks)
        order = self._order(whole)
        dags = {each.call.node: self._dag(each.call) for each in whole}
        jobs = [self._placed(each, order, dags[each.call.node]) for each in whole]
        lost = {each.job.name: _lost(each) for each in tasks if not each.is_whole}
        notes = (*lost.values(), *self._of_dags(dags, order), *self._others())
        return SourceJobs(tuple(jobs), notes=notes, unconverted=lost)

    def _job(self, call: Call) -> Job:
        inherited = {name: each for name, each in self._defaults(call).items() if name in _INHERITED}
        registered = self._registration({**inherited, **call.arguments}.get("task_definition"))
        if registered is None:
            job = job_of(call, inherited)
        else:
            definition, notes = definition_of(registered)
            if definition is None:
                family = registered.arguments.get("family")
                named = {**call.arguments, **({"task_definition": family} if family is not None else {})}
                why = "image is left out with the definition: that of a container is not a literal"
                job = job_of(replace(call, arguments=named), inherited)
                notes = (*notes, f"container_definitions: an {why}")
            else:
                job = replace(job_of(call, inherited, definition), is_partial=bool(notes))
            job = replace(job, notes=(*job.notes, *notes))
        name = job.name or self._bound_name(call.node)
        repeated = self._repeated(call.node)
        return replace(job, name=name, notes=(*job.notes, *((repeated,) if repeated else ())))

    def _registration(self, value: Value) -> Call | None:
        """Return the call that registers a task definition, by its output, its XCom or its family."""
        if isinstance(value, Open) and value.is_template:
            text = next((each.value for each in ast.walk(value.node) if isinstance(each, ast.Constant)), None)
            task = _XCOM.search(text) if isinstance(text, str) else None
            by_id = {each.arguments.get("task_id"): each for each in self._registered.values()}
            return None if task is None else by_id.get(task[1])
        if isinstance(value, Open):
            node: ast.expr = value.node
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            made = self._source.bound_call(node)
            return None if made is None else self._registered.get(made)
        by_family = (each for each in self._registered.values() if each.arguments.get("family") == value)
        return next(by_family, None) if isinstance(value, str) else None

    def _bound_name(self, node: ast.AST) -> str:
        """Return the name that a task is assigned to; "" where it has none."""
        holder = self._source.parsed.parents.get(node)
        targets = holder.targets if isinstance(holder, ast.Assign) else []
        return next((each.id for each in targets if isinstance(each, ast.Name)), "")

    def _repeated(self, node: ast.AST) -> str | None:
        """Return a note where a call makes several tasks: in a loop, in a function, or mapped."""
        loops = ast.For | ast.While | ast.ListComp | ast.DictComp | ast.GeneratorExp
        decorated = {"dag", "task_group"}
        holder = self._source.parsed.parents.get(node)
        if isinstance(holder, ast.Attribute) and holder.attr in {"expand", "expand_kwargs"}:
            return f"{holder.attr} is left out: one job stands for the mapped tasks; see `matrix`"
        for each in self._source.parsed.around(node):
            if isinstance(each, loops):
                return "the loop around the operator is left out: it is one job here; see `matrix`"
            if isinstance(each, ast.FunctionDef) and each.args.args:
                names = {ast.unparse(one).partition("(")[0].rpartition(".")[2] for one in each.decorator_list}
                if names.isdisjoint(decorated):
                    return f"calls of {each.name} are left out: the operator in it is one job here"
        return None

    def _contexts(self, node: ast.AST) -> Iterator[Call]:
        """Yield the DAG and the groups that a task stands in, the innermost first."""
        for each in self._source.contexts(node):
            if self._source.callee(each) in _DAGS | _GROUPS:
                yield self._source.call(each)

    def _dag(self, call: Call) -> Call | None:
        """Return the call that makes the DAG of a task: its argument, a block around it, or the only one."""
        given = next((each.value for each in call.node.keywords if each.arg == "dag"), None)
        made = None if given is None else self._source.bound_call(given)
        if made is not None and made in self._dags:
            return self._dags[made]
        around = (each for each in self._contexts(call.node) if each.callee in _DAGS)
        only = next(iter(self._dags.values())) if len(self._dags) == 1 else None
        return next(around, only)

    def _defaults(self, call: Call) -> Mapping[str, Value]:
        """Return the arguments that a task inherits, those of the innermost group or DAG first."""
        dag = self._dag(call)
        around = [*self._contexts(call.node)]
        if dag is not None and dag not in around:
            around.append(dag)
        found: dict[str, Value] = {}
        for each in reversed(around):
            given = each.arguments.get("default_args")
            found |= given if isinstance(given, dict) else {}
        return found

    def _dag_ids(self) -> Mapping[ast.Call, str]:
        return {each.node: dag_id(dag) for each in self.operators if (dag := self._dag(each)) is not None}

    def _order(self, whole: Sequence[_Task]) -> Order:
        found = edges(
            self._source,
            is_task=lambda node: any(each.arg == "task_id" for each in node.keywords),
            is_group=lambda node: self._source.callee(node) == "TaskGroup",
        )
        return Order({each.call.node: each.job.name for each in whole}, found, self._label)

    def _label(self, node: ast.Call) -> str:
        """Return what a task of another kind is called in notes."""
        call = self._source.call(node)
        task_id = call.arguments.get("task_id")
        return f"{task_id} ({call.callee})" if isinstance(task_id, str) else f"{call.callee}(…)"

    def _placed(self, task: _Task, order: Order, dag: Call | None) -> Job:
        """Return the job of a task with its place among the others and its schedule."""
        after, notes = order.before(task.call.node)
        job = replace(task.job, notes=(*task.job.notes, *notes))
        if after:
            return replace(job, keys={**job.keys, "after": [*after]})
        suggestion = None if dag is None else schedule_of(self._source, dag, self._defaults(task.call))[0]
        return job if suggestion is None else replace(job, suggestions=(*job.suggestions, suggestion))

    def _of_dags(self, dags: Mapping[ast.Call, Call | None], order: Order) -> Iterator[str]:
        """Yield the notes on the DAGs of the jobs."""
        for dag in {each.node: each for each in dags.values() if each is not None}.values():
            members = [node for node, each in dags.items() if each is not None and each.node is dag.node]
            prefix = f"DAG {dag_id(dag)}: ".replace("DAG : ", "DAG: ")
            given = dag.arguments.get("default_args")
            defaults = given if isinstance(given, dict) else {}
            suggestion, notes = schedule_of(self._source, dag, defaults)
            if suggestion is not None and any(order.before(each)[0] for each in members):
                notes = (*notes, _FIRST_JOBS)
            names = [each for each in dag.arguments if each not in _STRUCTURE]
            notes = (
                *notes,
                *reasons(names, dag.arguments, DAG, "is not an argument of a DAG that ecsplan knows"),
            )
            others = [each for each in defaults if each not in _INHERITED]
            of_defaults = reasons(others, defaults, DAG | OPERATOR, "is not an argument that ecsplan knows")
            notes = (*notes, *(f"default_args: {each}" for each in of_defaults))
            if isinstance(given, Open):
                notes = (*notes, f"default_args is left out: it is {given.what} (line {given.line})")
            yield from (f"{prefix}{each}" for each in notes)

    def _others(self) -> Iterator[str]:
        """Yield a note for each task of another operator."""
        others = [
            each
            for each in self._source.calls()
            if "task_id" in each.arguments
            and each.callee not in OPERATORS
            and "Operator" not in each.arguments
        ]
        for each in others[:_MAX_OTHERS]:
            yield f"{self._label(each.node)}, line {each.line}, is left out: it runs no task on ECS"
        if len(others) > _MAX_OTHERS:
            yield f"{len(others) - _MAX_OTHERS} more tasks of other operators are left out"


def dag_id(dag: Call) -> str:
    """Return the id of a DAG; "" where it is not a literal."""
    given = dag.arguments.get("dag_id", dag.positional[0] if dag.positional else None)
    return given if isinstance(given, str) else ""


def _named(tasks: Sequence[_Task], dag_ids: Mapping[ast.Call, str]) -> list[_Task]:
    """Return the tasks with names of their own: of equal ones, the DAG's id comes in front, then a number."""
    names = [each.job.name or _family(each.job) or f"task-{n}" for n, each in enumerate(tasks, 1)]
    taken = Counter(names)
    found: list[_Task] = []
    seen: set[str] = {each for each, number in taken.items() if number == 1}
    for task, plain in zip(tasks, names, strict=True):
        name = plain
        if taken[plain] > 1:
            head = dag_ids.get(task.call.node, "")
            base = f"{head}.{plain}" if head else plain
            name, number = base, 1
            while name in seen:
                number += 1
                name = f"{base}-{number}"
            seen.add(name)
        found.append(replace(task, job=replace(task.job, name=name)))
    return found


def _family(job: Job) -> str:
    named = job.request.get("taskDefinition")
    return reference_family(named) if isinstance(named, str) else ""


def _lost(task: _Task) -> str:
    gaps = [each.replace(_GAP, " is ") for each in task.job.notes if _GAP in each and each.endswith(")")]
    listed = "; ".join(gaps) or "it has no argument task_definition"
    what = f"{task.job.name} ({task.call.callee}, line {task.call.line})"
    return f"{what} is left out, since the task definition that it runs is not known: {listed}"


def _nothing_whole(tasks: Sequence[_Task]) -> ConversionError:
    first = tasks[0]
    return ConversionError(
        "; ".join(_lost(each) for each in tasks[:5]),
        help="write the values of these arguments into a copy of the file, then convert that",
        line=first.call.line,
    )
