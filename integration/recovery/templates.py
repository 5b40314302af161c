"""The small template language of the playbook: `{{ name }}`, `{% if name %}...{% endif %}`, four filters.

It is Jinja2 in its sandbox, reduced to what a reply needs: what does not stand in `_ALLOWED` is refused when the
playbook is read, so that no template can loop, call, import or compute.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

FILTERS = ("capitalize", "lower", "trim", "upper")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.CondExpr,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Const,
    nodes.Filter,
)


class TemplateError(ValueError):
    """A template of the playbook that is refused; the text says what and what to write instead."""


class Slot:
    """A name's value in a template: true if it is known, else a gap in brackets that is noted in `gaps` when shown."""

    __slots__ = ("_gap", "_gaps", "_value")

    def __init__(self, value: str | None, gap: str, gaps: dict[str, str], name: str) -> None:
        self._value = value
        self._gap = (name, gap)
        self._gaps = gaps

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        if self._value:
            return self._value
        name, question = self._gap
        self._gaps[name] = question
        return f"[{question}]"


def _environment() -> ImmutableSandboxedEnvironment:
    # Templates make plain text; its HTML form is escaped as a whole afterwards (drafts.py).
    made = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
    made.globals.clear()
    made.tests.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    return made


_ENVIRONMENT = _environment()


def check(source: str, names: Collection[str]) -> None:
    """Refuse a template that uses anything but these names and the small language. Raises TemplateError."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError(f"is not a template: {error.message} (its line {error.lineno})") from None
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise TemplateError(
                f"uses {type(node).__name__.lower()!r}; "
                "a template may only name facts, ask `if` one is known, and use " + ", ".join(FILTERS)
            )
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            raise TemplateError(f"uses the filter {node.name!r}; there are {', '.join(FILTERS)}")
        if isinstance(node, nodes.Name) and node.name not in names:
            near = difflib.get_close_matches(node.name, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else "the names are " + ", ".join(sorted(names))
            raise TemplateError(f"names {node.name!r}, which is no fact: {hint}")


def render(source: str, slots: Mapping[str, object]) -> str:
    """The template's text. `slots` must hold every name that `check` allowed."""
    return _compiled(source).render(slots)


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)
