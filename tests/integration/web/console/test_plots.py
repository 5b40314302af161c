"""Plots: every shape is ours to colour, all of it lies within the picture, and nothing in a name is more than a name."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from integration.web.console.plots import lines, stacked

WEEKS = ["2/11", "9/11", "16/11"]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_legend_lies_within_the_picture(count: int) -> None:
    series = {f"Name {number}": [0.1, None, 0.3] for number in range(count)}
    svg = lines("t", WEEKS, series)
    height = float(re.findall(r'viewBox="0 0 \d+ (\d+)"', svg)[0])
    top = float(re.findall(r'translate\([\d.]+, ([\d.]+)\)" class="legends"', svg)[0])
    assert top + 20 <= height
    assert all(name in svg for name in series)


def test_a_week_between_weeks_without_any_still_has_a_dot() -> None:
    assert lines("t", WEEKS, {"A": [None, 0.2, None]}).count("<circle") == 1


@pytest.mark.parametrize("values", [[0, 0, 0], [1, 2, 3]])
def test_nothing_needs_a_policy_that_is_less_strict(values: list[float]) -> None:
    for svg in (stacked("t", WEEKS, {"A": values}), lines("t", WEEKS, {"A": values})):
        names = {etree.QName(node).localname for node in etree.fromstring(svg).iter(etree.Element)}
        assert not names & {"style", "script", "foreignObject", "image", "a"}
        assert "style=" not in svg and 'role="img"' in svg


def test_a_hostile_name_stays_a_name() -> None:
    hostile = "<script>alert(1)</script>\"' onload=x"
    svg = stacked(hostile, [hostile], {hostile: [1.0]})
    assert etree.fromstring(svg).attrib["aria-label"] == hostile and "<script" not in svg
