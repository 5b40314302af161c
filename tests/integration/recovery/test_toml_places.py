"""On which line a key of a TOML text stands."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.recovery.playbook import default_layer
from integration.recovery.toml_places import Places

TEXT = '''\
version = "1"          # line 1
[tags]
seen = "x"

[complaints.no_callback]
clock = { kind = "business_hours", hours = 4 }
macros.one.title = "t"
macros.one.body = """
fake = 1
[not.a.header]
"""
words = [
  "a = 1",
  "[b]",
]
after = 2
"quoted key" . 'other' = 3
[ spaced . header ]
last = \'\'\'one line\'\'\'
end = 1'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("version", 1),
        ("tags", 2),
        ("tags.seen", 3),
        ("complaints.no_callback", 5),
        ("complaints.no_callback.clock", 6),
        ("complaints.no_callback.clock.hours", 6),
        ("complaints.no_callback.macros.one.title", 7),
        ("complaints.no_callback.macros.one.body", 8),
        ("complaints.no_callback.words", 12),
        ("complaints.no_callback.after", 16),
        ("complaints.no_callback.quoted key.other", 17),
        ("spaced.header.last", 19),
        ("spaced.header.end", 20),
        ("complaints.no_callback.missing", 5),
        ("nothing", None),
        ("not.a", None),
    ],
)
def test_a_key_is_found_where_it_stands(path: str, line: int | None) -> None:
    assert Places(TEXT).line(tuple(path.split("."))) == line


def test_every_key_of_the_packaged_playbook_has_the_line_that_names_it() -> None:
    text = default_layer().text
    lines, places = text.splitlines(), Places(text)

    def walk(node: object, path: tuple[str, ...]) -> int:
        if not isinstance(node, dict):
            return 0
        for key, below in node.items():
            line = places.line((*path, key))
            assert line is not None and key in lines[line - 1], (path, key)
            walk(below, (*path, key))
        return len(node)

    assert walk(tomllib.loads(text), ()) > 8


@given(st.text(alphabet=st.sampled_from("ab.=[]{}\"'# \n1,"), max_size=60))
def test_any_valid_toml_is_read_without_error(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    Places(text)
