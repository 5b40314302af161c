"""Plots as SVG inside the page: pygal does the geometry, the console's own stylesheet the colours.

pygal would bring its styles and scripts along in the picture. The page's policy allows neither there, and a stylesheet
outside follows light and dark: so both are taken out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pygal
from lxml import etree
from markupsafe import Markup

_FONT = 15
# At most so many marks on an axis of shares, besides 0.
_MARKS = 5
_SVG = "{http://www.w3.org/2000/svg}"
_NOT_WANTED = "//*[local-name()='style' or local-name()='script' or local-name()='desc']"
_OVERLAYS = "//*[contains(@class, 'text-overlay') or contains(@class, 'tooltip-overlay')]"


def stacked(title: str, weeks: Sequence[str], series: Mapping[str, Sequence[float]]) -> Markup:
    """A bar per week, made of the counts of each series."""
    return _drawn(pygal.StackedBar, title, weeks, series, value_formatter=lambda value: f"{value:.0f}")


def lines(title: str, weeks: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """A line per series of shares from 0 to 1; None leaves a gap."""
    highest = max([0.1, *(value for values in series.values() for value in values if value is not None)])
    steps = math.ceil(highest * 10 / _MARKS)
    return _drawn(
        pygal.Line,
        title,
        weeks,
        series,
        value_formatter=lambda value: f"{value * 100:.0f} %",
        y_labels=[number * steps / 10 for number in range(math.ceil(highest * 10 / steps) + 1)],
        dots_size=3.5,
    )


def _drawn(
    kind: type[pygal.graph.graph.Graph],
    title: str,
    weeks: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    **options: object,
) -> Markup:
    style = pygal.style.Style(label_font_size=_FONT, major_label_font_size=_FONT, legend_font_size=_FONT)
    chart = kind(
        width=900,
        height=340,
        explicit_size=False,
        no_prefix=True,
        js=[],
        style=style,
        legend_at_bottom=True,
        legend_at_bottom_columns=len(series),
        show_x_guides=False,
        order_min=0,
        margin=8,
        title=None,
        **options,
    )
    chart.x_labels = list(weeks)
    for name, values in series.items():
        chart.add(name, list(values))
    tree = chart.render_tree()
    for node in (*tree.xpath(_NOT_WANTED), *tree.xpath(_OVERLAYS), *tree.xpath("//comment()")):
        node.getparent().remove(node)
    for node in tree.iter():
        node.attrib.pop("style", None)
        node.attrib.pop("id", None)
    # A picture for those who see; for those who do not, the same figures stand in a table below it.
    tree.attrib.update({"role": "img", "aria-label": title, "focusable": "false"})
    for node in tree.findall(f".//{_SVG}title"):
        node.getparent().remove(node)
    return Markup(etree.tostring(tree, encoding="unicode"))
