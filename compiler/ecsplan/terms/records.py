"""`dataclass` of the standard library, made in a quarter of the time: such classes are most of a start.

The standard library compiles the text of six methods for each frozen class. `compile --offline` imports
about ninety of these classes, and `apply` two hundred, which took half the time of all their modules (CPython
3.11). Only `__init__` needs a text of its own; the other methods differ by the names of the fields and are
shared here. What a class is and does stays as it was: fields, defaults, `replace`, `match`, pickling,
equality within one class, hash, repr.
"""

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from operator import attrgetter

    _SET = object.__setattr__
    _MISSING = dataclasses.MISSING

    def dataclass(cls=None, /, *, eq=True, repr=True, frozen=False, slots=False, kw_only=False):  # noqa: A002 - the library's name
        """Return a dataclass, or what makes one; see `dataclasses.dataclass`."""

        def made_of(written):
            if kw_only or not (frozen and slots and eq and repr):
                options = {"eq": eq, "repr": repr, "frozen": frozen, "slots": slots, "kw_only": kw_only}
                return dataclasses.dataclass(**options)(written)
            return _frozen(written)

        return made_of if cls is None else made_of(cls)

    def _frozen(written):
        own = frozenset(written.__dict__)
        # Without `frozen`, `eq`, `repr` and `init` the library writes no method at all, only the fields.
        made = dataclasses.dataclass(init=False, eq=False, repr=False, slots=True)(written)
        fields = dataclasses.fields(made)
        compared = [each.name for each in fields if each.compare]
        made.__record_compared__ = attrgetter(*compared) if compared else _nothing
        made.__record_names__ = tuple(each.name for each in fields)
        made.__record_shown__ = tuple(each.name for each in fields if each.repr)
        for name, method in {"__init__": _init_of(made, fields), **_SHARED}.items():
            if name not in own:
                setattr(made, name, method)
        return made

    def _init_of(made, fields):
        """Return `__init__` for these fields; it sets them past the `__setattr__` that refuses."""
        known = {"_set": _SET, "_missing": _MISSING}
        parameters, keywords, lines = [], [], []
        for number, each in enumerate(fields):
            value, default = each.name, ""
            if each.default_factory is not _MISSING:
                known[f"_factory_{number}"] = each.default_factory
                made_here, default = f"_factory_{number}()", "=_missing"
                value = f"{made_here} if {each.name} is _missing else {each.name}" if each.init else made_here
            elif each.default is not _MISSING:
                known[f"_default_{number}"] = each.default
                default = f"=_default_{number}"
                value = each.name if each.init else f"_default_{number}"
            elif not each.init:  # `__post_init__` sets it
                continue
            if each.init:
                (keywords if each.kw_only else parameters).append(f"{each.name}{default}")
            lines.append(f"\n _set(self, {each.name!r}, {value})")
        if hasattr(made, "__post_init__"):
            lines.append("\n self.__post_init__()")
        signature = ", ".join(["self", *parameters, *(["*", *keywords] if keywords else [])])
        text = f"def __init__({signature}):{''.join(lines) or ' pass'}"
        exec(text, known)  # noqa: S102 - names of fields, which Python has accepted as names
        init = known["__init__"]
        init.__qualname__ = f"{made.__qualname__}.__init__"
        return init

    def _nothing(record):
        del record
        return ()

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        values_of = self.__class__.__record_compared__
        return values_of(self) == values_of(other)

    def _hash(self):
        return hash(self.__class__.__record_compared__(self))

    def _repr(self):
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record_shown__)
        return f"{self.__class__.__qualname__}({shown})"

    def _set_attribute(self, name, value):
        del self, value
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _delete_attribute(self, name):
        del self
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, name) for name in self.__record_names__]

    def _set_state(self, state):
        for name, value in zip(self.__record_names__, state, strict=True):
            _SET(self, name, value)

    _SHARED = {
        "__eq__": _eq,
        "__hash__": _hash,
        "__repr__": _repr,
        "__setattr__": _set_attribute,
        "__delattr__": _delete_attribute,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
