"""`dataclass` of the standard library, made in a ninth of the time: such classes are most of a start.

The standard library compiles the text of up to six methods for each class, and lacking a docstring writes the
signature for one. `compile --offline` imports about a hundred and fifty of these classes, and `apply` three
hundred, which would take half the time of all their modules (CPython 3.11). Here, the code of `__init__` is
compiled once for all classes with the same kinds of fields, and then given their names; the other methods
differ by the names alone. What a class is and does stays as it was: fields, defaults, `replace`, `match`,
pickling, equality within one class, hash, repr.
"""

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    import functools
    from operator import attrgetter
    from types import FunctionType

    _SET = object.__setattr__
    _MISSING = dataclasses.MISSING

    def dataclass(cls=None, /, *, eq=True, repr=True, frozen=False, slots=False, kw_only=False):  # noqa: A002 - the library's name
        """Return a dataclass, or what makes one; see `dataclasses.dataclass`."""

        def made_of(written):
            if not (slots and repr):
                options = {"eq": eq, "repr": repr, "frozen": frozen, "slots": slots, "kw_only": kw_only}
                return dataclasses.dataclass(**options)(written)
            return _record(written, eq=eq, frozen=frozen, kw_only=kw_only)

        return made_of if cls is None else made_of(cls)

    def _record(written, *, eq, frozen, kw_only):
        own = frozenset(written.__dict__)
        written.__doc__ = written.__doc__ or written.__name__
        # Without `frozen`, `eq`, `repr` and `init` the library writes no method at all, only the fields.
        made = dataclasses.dataclass(init=False, eq=False, repr=False, slots=True, kw_only=kw_only)(written)
        fields = dataclasses.fields(made)
        compared = [each.name for each in fields if each.compare]
        made.__record_compared__ = attrgetter(*compared) if compared else _nothing
        made.__record_names__ = tuple(each.name for each in fields)
        made.__record_shown__ = tuple(each.name for each in fields if each.repr)
        methods = {"__init__": _init_of(made, fields, frozen), "__repr__": _repr}
        if eq:
            methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
        if frozen:
            methods |= _FROZEN
        for name, method in methods.items():
            if name not in own:
                setattr(made, name, method)
        return made

    def _init_of(made, fields, frozen):
        """Return `__init__` for these fields; of a frozen class, it sets them past its `__setattr__`."""
        lines, known = [], {"__name__": made.__module__, "_missing": _MISSING}
        for number, each in enumerate(fields):
            value = f"_{number}"
            if each.default_factory is not _MISSING:
                known[f"_make_{number}"] = each.default_factory
                made_here = f"_make_{number}()"
                value = f"{made_here} if {value} is _missing else {value}" if each.init else made_here
            elif not each.init:
                if each.default is _MISSING:  # `__post_init__` sets it
                    continue
                value = f"_default_{number}"
                known[value] = each.default
            known[f"_set_{number}"] = getattr(made, each.name).__set__
            lines.append(f"\n _set_{number}(self, {value})" if frozen else f"\n self._{number} = {value}")
        if hasattr(made, "__post_init__"):
            lines.append("\n self.__post_init__()")
        code = _code(_signature(fields), "".join(lines) or " pass")
        names = {f"_{number}": each.name for number, each in enumerate(fields)}
        init = FunctionType(
            code.replace(
                co_names=tuple(names.get(each, each) for each in code.co_names),
                co_varnames=tuple(names.get(each, each) for each in code.co_varnames),
            ),
            known,
        )
        init.__qualname__ = f"{made.__qualname__}.__init__"
        init.__defaults__ = tuple(_defaults(fields, kw_only=False).values())
        init.__kwdefaults__ = _defaults(fields, kw_only=True)
        return init

    def _signature(fields):
        """Return the parameters of `__init__`, each by the number of its field."""
        taken = [(f"_{number}", each.kw_only) for number, each in enumerate(fields) if each.init]
        keywords = [name for name, kw_only in taken if kw_only]
        positional = [name for name, kw_only in taken if not kw_only]
        return ", ".join(["self", *positional, *(["*", *keywords] if keywords else [])])

    def _defaults(fields, *, kw_only):
        """Return the defaults of parameters: `_MISSING` for what is made anew for each object."""
        return {
            each.name: each.default
            for each in fields
            if each.init and each.kw_only is kw_only
            if each.default is not _MISSING or each.default_factory is not _MISSING
        }

    @functools.cache
    def _code(signature, body):
        """Return the code of an `__init__`; numbers in place of names let many classes have the same."""
        known = {}
        exec(f"def __init__({signature}):{body}", known)  # noqa: S102 - numbers of fields
        return known["__init__"].__code__

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

    _FROZEN = {
        "__setattr__": _set_attribute,
        "__delattr__": _delete_attribute,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
