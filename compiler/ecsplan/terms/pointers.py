"""Read and write JSON pointers (RFC 6901)."""


def tokens_of(pointer: str) -> tuple[str, ...]:
    """Return the unescaped tokens of a pointer; () for the whole document."""
    # `~1` first: the other way round, `~01` would become `/` (RFC 6901, section 4).
    return tuple(each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:])


def pointer_of(*tokens: str | int) -> str:
    """Return the pointer with these unescaped tokens; "" for none, which is the whole document."""
    pointer = ""
    for token in tokens:
        pointer = child(pointer, token)
    return pointer


def child(pointer: str, token: str | int) -> str:
    """Return the pointer of a member or item of the value at `pointer`."""
    name = str(token)
    if "~" in name or "/" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{name}"
