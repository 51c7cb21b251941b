"""JSON pointers, RFC 6901: written and read."""


def tokens_of(pointer: str) -> tuple[str, ...]:
    """Return the tokens of a pointer, escapes undone; none for the whole document."""
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:])


def child(pointer: str, token: str | int) -> str:
    """Return the pointer of a member of what `pointer` names."""
    name = str(token)
    if "~" in name or "/" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{name}"
