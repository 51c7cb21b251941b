"""Answering what the values of parameters of Systems Manager are, ten parameters a call."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ecsplan.schema.nearest import nearest
from ecsplan.terms.bodies import as_mappings, as_text
from ecsplan.terms.observed import NOT_FOUND, NOT_USABLE, Answer, AskParameter, Body, NotThere, Value
from ecsplan_applier.aws.answers import in_one_line, member, members
from ecsplan_applier.aws.asker import Asker
from ecsplan_applier.aws.gateway import Target
from ecsplan_applier.aws.operations import DESCRIBE_PARAMETERS, GET_PARAMETERS
from ecsplan_applier.outcomes.errors import AwsError

_BATCH: Final = 10
"""Names of one GetParameters request (botocore ssm model, ParameterNameList)."""
_LISTED: Final = 50
"""Parameters of one DescribeParameters answer (botocore ssm model, MaxResults)."""
_MAX_SUGGESTED: Final = 5
"""Missing parameters for which the nearest is looked for, with at most two calls each."""
_SECRETS_MANAGER: Final = "/aws/reference/secretsmanager/"
"""Parameters below this path are secrets of Secrets Manager, which can be read with decryption only (Systems
Manager user guide, referencing Secrets Manager secrets from Parameter Store parameters)."""
_USE_SECRETS: Final = (
    "a lookup would put the value into the plan: name it under `secrets`, and ECS reads it when it starts"
    " the task"
)


async def answer_parameters(
    asker: Asker, target: Target, questions: Sequence[AskParameter]
) -> Sequence[Answer]:
    """Return the value of each parameter; a StringList is a tuple.

    Raises:
        ApplierError: Systems Manager could not be asked.
    """
    names = list(dict.fromkeys(each.name for each in questions))
    wanted = [each for each in names if not each.startswith(_SECRETS_MANAGER)]
    batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
    found: dict[str, Body | NotThere | None] = {}
    for each in await asker.together(_read(asker, target, batch) for batch in batches):
        found |= each
    missing = [name for name, each in found.items() if each is None][:_MAX_SUGGESTED]
    nearby = await asker.together(_nearest(asker, target, each) for each in missing)
    suggested = dict(zip(missing, nearby, strict=True))
    known = {name: _answer(name, each, target, suggested.get(name)) for name, each in found.items()}
    return [known.get(each.name) or _secret(each.name) for each in questions]


def _answer(name: str, found: Body | NotThere | None, target: Target, suggestion: str | None) -> Answer:
    if isinstance(found, NotThere):
        return found
    if found is None:
        listing = "`aws ssm describe-parameters` lists them; check the region and the account"
        help_text = f"did you mean `{suggestion}`?" if suggestion else listing
        return NotThere(f"there is no parameter {name!r} in {target.region}", help_text, NOT_FOUND)
    kind = member(found, "Type", str, GET_PARAMETERS.name)
    # Without decryption, Value is the ciphertext: nothing of it is looked at.
    if kind == "SecureString":
        return _secret(name)
    value = member(found, "Value", str, GET_PARAMETERS.name)
    return Value(tuple(value.split(",")) if kind == "StringList" else value)


def _secret(name: str) -> NotThere:
    kind = "a secret of Secrets Manager" if name.startswith(_SECRETS_MANAGER) else "a SecureString"
    return NotThere(f"the parameter {name!r} is {kind}", _USE_SECRETS, NOT_USABLE)


async def _read(asker: Asker, target: Target, names: Sequence[str]) -> Mapping[str, Body | NotThere | None]:
    """Return each parameter as GetParameters returns it; None where there is none."""
    about = f"parameter {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    try:
        answer = await asker.call(target, GET_PARAMETERS, {"Names": list(names)}, about)
    except AwsError as error:
        # One name that is not well formed fails the whole call.
        if error.code != "ValidationException":
            raise
        if len(names) > 1:
            alone = await asker.together(_read(asker, target, (each,)) for each in names)
            return {name: each for found in alone for name, each in found.items()}
        refused = (
            f"Systems Manager does not accept the parameter name {names[0]!r}: {in_one_line(error.text)}"
        )
        return {names[0]: NotThere(refused, "write the parameter's name or ARN", NOT_FOUND)}
    returned = members(answer, "Parameters", dict, GET_PARAMETERS.name)
    # Emulators leave the selector out: of several that have one name then, the newest is the one without.
    returned.sort(key=_version)
    known = {spelling: each for each in returned for spelling in _spellings(each)}
    absent = members(answer, "InvalidParameters", str, GET_PARAMETERS.name)
    for each in names:
        if each not in known and each not in absent:
            text = f"the response does not mention the parameter {each}"
            raise AwsError(GET_PARAMETERS.name, AwsError.BAD_ANSWER, text)
    return {each: known.get(each) for each in names}


def _spellings(parameter: Body) -> Iterator[str]:
    """Yield how a parameter may have been asked for: by name or ARN, with a version or label or without."""
    operation = GET_PARAMETERS.name
    name = member(parameter, "Name", str, operation)
    selector = member(parameter, "Selector", str, operation, "")
    for each in (name, member(parameter, "ARN", str, operation, "")):
        if each:
            yield each if each.endswith(selector) else f"{each}{selector}"
            yield f"{each}:{_version(parameter)}"


def _version(parameter: Body) -> int:
    return member(parameter, "Version", int, GET_PARAMETERS.name, 0)


async def _nearest(asker: Asker, target: Target, name: str) -> str | None:
    """Return the name of the parameter that is most like a missing one; None where none is, or if denied."""
    plain = name.rpartition(":parameter")[2].partition(":")[0]
    parent, _, leaf = plain.rpartition("/")
    if parent:
        beside = {"Key": "Path", "Option": "OneLevel", "Values": [f"/{parent.strip('/')}"]}
    else:
        beside = {"Key": "Name", "Option": "BeginsWith", "Values": [plain[: max(1, len(plain) // 2)]]}
    # First those beside it, for a slip in its last part; then those with the same last part elsewhere.
    for wanted in (beside, {"Key": "Name", "Option": "Contains", "Values": [leaf]}):
        request = {"ParameterFilters": [wanted], "MaxResults": _LISTED}
        pages = await asker.if_allowed(target, DESCRIBE_PARAMETERS, request, f"parameters like {name}")
        found = [
            text
            for page in pages
            for each in as_mappings(page.get("Parameters"))
            if (text := as_text(each.get("Name"))) is not None
        ]
        same = [each for each in found if each.rpartition("/")[2] == leaf]
        if near := nearest(plain, found) or (same[0] if len(same) == 1 else None):
            return near
    return None
