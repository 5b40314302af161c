"""The architecture, held by a test: a file imports only from floors below its own, and nothing in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From top to bottom, as in docs/architecture.md. Files on the same floor may import each other.
FLOORS = [
    "integration.cli",
    "integration.demo",
    "integration.app",
    "integration.supervisor",
    "integration.web",
    "integration.pipeline",
    "integration.settings",
    "integration.configuration",
    "integration.recovery",
    "integration.complaints",
    "integration.store",
    "adapters",
]
# Used everywhere and using nothing.
GROUND = {"integration", "integration.logs"}


def modules() -> dict[str, Path]:
    found = {}
    for folder in ("adapters", "integration"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """Modules of ours that a file imports, for type checking only included: a circle of types is one, too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES:
                    yield whole
                elif node.module in MODULES:
                    yield node.module


def floor(module: str) -> int:
    matches = [n for n, name in enumerate(FLOORS) if module == name or module.startswith(f"{name}.")]
    assert matches, f"{module} stands on no floor: name it in FLOORS and in docs/architecture.md"
    return matches[0]


@pytest.mark.parametrize("module", [name for name in MODULES if name not in GROUND])
def test_a_file_imports_only_from_its_own_floor_and_below(module: str) -> None:
    above = [other for other in imports(MODULES[module]) if other not in GROUND and floor(other) < floor(module)]
    assert above == []


def test_nothing_imports_in_a_circle() -> None:
    graph = {name: {other for other in imports(path) if other != name} for name, path in MODULES.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("adapters")])
def test_an_adapter_knows_nothing_of_complaints_nor_of_another_adapter(module: str) -> None:
    own = ".".join(module.split(".")[:2])
    for other in imports(MODULES[module]):
        assert not other.startswith("integration")
        parts = other.split(".")
        if MODULES.get(".".join(parts[:2]), Path()).name == "__init__.py" and len(parts) > 1:
            assert ".".join(parts[:2]) == own


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "misc", "manager"])
def test_no_file_has_a_name_that_says_nothing(name: str) -> None:
    assert [path for path in MODULES.values() if path.stem == name or name in path.parts] == []
