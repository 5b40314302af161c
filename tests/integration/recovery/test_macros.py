"""The team's own macros, ranked against tickets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import AuthorRole, Macro, Ticket
from integration.complaints.taxonomy import Complaint
from integration.recovery.macros import MOST, MacroRanker, Query, query_for
from integration.recovery.playbook import default_playbook
from integration.recovery.wording import terms
from tests.integration.recovery.situations import AT, NC, NU, OP, message, reading, ticket

HERE = Path(__file__).parent / "macros"
PLAYBOOK = default_playbook()


def rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


TEAMS = [Macro(str(r["key"]), str(r["title"]), str(r["body"]), bool(r["is_html"])) for r in rows("macros.jsonl")]
RANKER = MacroRanker(PLAYBOOK, TEAMS)


def suggested(text: str, complaints: Iterable[Complaint] = (), ranker: MacroRanker = RANKER) -> list[str]:
    return [one.macro.id for one in ranker.rank(query_for(ticket(text), complaints=complaints))]


def share(name: str, most: int) -> tuple[float, int]:
    found = rows(name)
    right = 0
    for row in found:
        labels = [Complaint(str(label)) for label in row["complaints"]]  # type: ignore[attr-defined]
        one = ticket(str(row["text"]), subject=str(row["subject"]))
        best = [s.macro.id for s in RANKER.rank(query_for(one, complaints=labels))][:most]
        right += row["macro"] in best
    return right / len(found), len(found)


def test_the_sets_are_what_they_should_be() -> None:
    macros = {macro.id for macro in TEAMS}
    tickets, tuning = rows("tickets.jsonl"), rows("tuning.jsonl")
    assert (len(TEAMS), len(tickets), len(tuning)) == (40, 200, 100)
    assert {row["macro"] for row in tickets} == {row["macro"] for row in tuning} == macros
    assert len({row["text"] for row in (*tickets, *tuning)}) == 300


def test_the_right_macro_is_among_the_three_suggested() -> None:
    """On 200 tickets that the ranking was not tuned on. Measured when this was written: 0.925, and 0.77 at the top."""
    found, number = share("tickets.jsonl", MOST)
    assert number == 200
    assert found >= 0.85
    assert share("tickets.jsonl", 1)[0] >= 0.7


def test_every_suggestion_has_a_reason() -> None:
    for row in rows("tickets.jsonl")[:60]:
        for one in RANKER.rank(query_for(ticket(str(row["text"])))):
            assert one.reason
    (first, *_) = RANKER.rank(
        query_for(ticket("Where is my refund? My return arrived three weeks ago."), complaints=[NU])
    )
    assert first.macro.id == "refund_where"
    assert first.reason.startswith("speaks of") and "refund" in first.reason


@pytest.mark.parametrize("text", ["", "😀", "qwertz asdfgh", "the and of"])
def test_where_nothing_fits_nothing_is_suggested(text: str) -> None:
    assert suggested(text) == []


def test_no_macros_no_suggestions() -> None:
    assert suggested("Where is my order?", ranker=MacroRanker(PLAYBOOK, [])) == []


def test_the_complaint_decides_between_macros_with_the_same_words() -> None:
    status = Macro(
        "status", "Delivery", "About your delivery: this is the status of it, and the date of the next update."
    )
    promise = Macro(
        "promise", "Delivery", "About your delivery: we promised more than we kept and honour the guarantee."
    )
    ranker = MacroRanker(PLAYBOOK, [promise, status])
    assert suggested("My delivery!", [NU], ranker)[0] == "status"
    best = ranker.rank(query_for(ticket("My delivery!"), complaints=[NU]))[0]
    assert best.reason == "speaks of delivery; for no order update"
    assert suggested("My delivery!", [OP], ranker)[0] == "promise"


def test_a_macro_in_another_language_is_not_suggested() -> None:
    german = Macro(
        "de",
        "Rückruf",
        "Guten Tag, wir haben Ihren Rückruf leider versäumt und rufen Sie heute noch an. Refund refund.",
    )
    english = Macro("en", "Refund", "Your refund has been released today and will arrive within five working days.")
    assert suggested("Where is my refund?", [], MacroRanker(PLAYBOOK, [german, english])) == ["en"]


def test_a_macro_of_other_groups_is_not_suggested() -> None:
    macro = Macro("1", "Refund", "Your refund has been released today.", group_ids=frozenset({"77"}))
    ranker = MacroRanker(PLAYBOOK, [macro])
    for group, found in (("77", 1), ("78", 0), (None, 1), ("Billing", 1)):
        assert len(ranker.rank(query_for(ticket("Where is my refund?", group=group)))) == found, group


def test_a_recent_change_breaks_a_tie_and_no_more() -> None:
    old = Macro("old", "Refund", "Your refund has been released.", updated_at=AT - timedelta(days=900))
    new = replace(old, id="new", updated_at=AT - timedelta(days=3))
    ranker = MacroRanker(PLAYBOOK, [old, new])
    assert [s.macro.id for s in ranker.rank(query_for(ticket("my refund")), now=AT)] == ["new", "old"]
    better = replace(old, id="better", body="Your refund for the return has been released.")
    ranker = MacroRanker(PLAYBOOK, [new, better])
    assert ranker.rank(query_for(ticket("refund for my return")), now=AT)[0].macro.id == "better"


def test_only_what_is_still_unanswered_is_looked_at() -> None:
    talk: Ticket = ticket(
        message("I forgot my password", 1),
        message("Here is a link", 2, AuthorRole.AGENT),
        message("Thanks. My gift card code does not work.", 3),
    )
    query = query_for(talk)
    assert "password" not in query.words and "gift" in query.words


def test_evidence_counts_more_than_the_rest() -> None:
    text = "My gift card arrived. Nobody has called me back."
    one = ticket(text)
    query = query_for(one, reading(one, {NC: "Nobody has called me back"}), [NC])
    plain = query_for(one)
    ((call, _),) = terms("call")
    assert query.words[call] > plain.words[call] > 0
    assert query.words["gift"] == plain.words["gift"]


@given(
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80), st.booleans()), max_size=6), st.text(max_size=120)
)
def test_any_macros_and_any_text_are_ranked(macros: list[tuple[str, str, bool]], text: str) -> None:
    ranker = MacroRanker(PLAYBOOK, [Macro(str(n), *row) for n, row in enumerate(macros)])
    found = ranker.rank(query_for(ticket(text), complaints=[NC]))
    assert len(found) <= MOST
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)
    assert len({s.macro.id for s in found}) == len(found)


def test_a_query_without_words_is_no_error() -> None:
    assert RANKER.rank(Query({}, {}, {})) == ()
