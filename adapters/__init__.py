"""Everything that knows a helpdesk. One folder per helpdesk; adding one touches nothing outside it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import iter_modules

from adapters.helpdesk import Helpdesk


def helpdesk_kinds() -> list[str]:
    """Names of the helpdesks that can be configured: folders here, and packages that register `makeright.helpdesks`."""
    own = [
        module.name
        for module in iter_modules(__path__)
        if module.ispkg and find_spec(f"adapters.{module.name}.helpdesk")
    ]
    return sorted({*own, *(point.name for point in entry_points(group="makeright.helpdesks"))})


def helpdesk_class(kind: str) -> type[Helpdesk]:
    """The adapter class for a helpdesk name. Raises KeyError with the names that exist."""
    for point in entry_points(group="makeright.helpdesks"):
        if point.name == kind:
            return _checked(kind, point.load())
    if kind not in helpdesk_kinds():
        raise KeyError(f"no adapter called {kind!r}; there are: {', '.join(helpdesk_kinds())}")
    return _checked(kind, import_module(f"adapters.{kind}.helpdesk").HELPDESK)


def _checked(kind: str, found: object) -> type[Helpdesk]:
    if not (isinstance(found, type) and issubclass(found, Helpdesk)):
        raise TypeError(f"the adapter {kind!r} does not offer a Helpdesk class")
    return found
