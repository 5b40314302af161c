"""The HTML report escapes what customers wrote and shows the worst mistakes first."""

from __future__ import annotations

import numpy as np

from integration.complaints import report
from integration.complaints.corpus import Example
from integration.complaints.taxonomy import Complaint


def _evaluation() -> report.Evaluation:
    nc = frozenset({Complaint.NO_CALLBACK})
    examples = [
        Example("a", "<script>alert(1)</script> nobody called", nc, None, "shop", "random"),
        Example("b", "a lovely lamp", frozenset(), None, "shop", "random"),
        Example("c", "nobody called at all", nc, None, "mail"),
    ]
    probability = np.array([[0.02, 0, 0, 0], [0.6, 0, 0, 0], [0.9, 0, 0, 0]])
    return report.evaluate(examples, probability, probability >= 0.5, evidence=0.875)


def test_the_page_escapes_and_fetches_nothing() -> None:
    page = report.page(_evaluation(), title="Test & more")
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page
    assert "Test &amp; more" in page and "87.5 %" in page
    assert "http://" not in page and "https://" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_the_surest_mistake_comes_first() -> None:
    mistakes = report.worst_mistakes(_evaluation())
    assert [(m.example.id, m.missed) for m in mistakes] == [("a", True), ("b", False)]


def test_parts_are_measured_apart() -> None:
    evaluation = _evaluation()
    assert evaluation.random is not None and evaluation.random.messages == 2
    assert {name: part.messages for name, part in evaluation.by_source.items()} == {"mail": 1, "shop": 2}
