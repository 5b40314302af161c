"""What operators do in the console beside reading: judging labels, switching levels, running work again, goodwill."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from integration.complaints.encoder import packaged_thresholds
from integration.complaints.taxonomy import Complaint
from integration.pipeline import hook_watch, webhook_log
from integration.pipeline.goodwill import spent
from integration.pipeline.reports import refresh_reports
from integration.pipeline.shadow_report import shadow_report
from integration.settings import load_settings
from integration.store.audit import AuditLog
from integration.store.failures import Failures
from integration.store.goodwill import Goodwill
from integration.store.judgements import Judgements
from tests.integration.web.console.bulk import fill
from tests.integration.web.console.stage import Stage, token_on
from tests.integration.web.console.test_pages import text_of
from tests.integration.web.console.waiting import failures, gestures, judged

US = "the console's password"


def act(stage: Stage, path: str, **form: str) -> requests.Response:
    token = token_on(stage.operator().get(stage("/try")).text)
    return stage.operator().post(stage(path), data={"csrf_token": token, **form})


def deeds(stage: Stage) -> list[tuple[str, str, str | None, str]]:
    return [(one.actor, one.action, one.account, one.detail) for one in AuditLog(stage.context.store).newest()]


# -- the shadow report


def test_the_page_says_what_the_command_s_report_says(filled: Stage) -> None:
    context = filled.context
    account = context.account("acme")
    since = context.now() - timedelta(days=90)
    thresholds = {**packaged_thresholds(), **account.thresholds}
    told = shadow_report(context.store, "acme", account.level, thresholds, since)
    shown = text_of(filled.operator().get(filled("/shadow?account=acme&days=90")).text)
    assert f"{told.read} messages were read, in {told.silent} of them nothing was found" in shown
    assert f"Recommended {told.recommended} : {told.why}".replace(" : ", ": ") in shown.replace(" : ", ": ")
    for label in told.labels:
        line = f"{Complaint(label.label).words.capitalize()} {label.shown} {label.written} {label.thresholds.write:.2f}"
        assert f"{line} {label.in_force.judged}" in shown
    assert sum(label.in_force.judged for label in told.labels) > 0


def test_a_label_judged_in_place_counts_at_once_and_can_be_judged_anew(staged: Stage) -> None:
    fill(staged.context.store, staged.context.settings, 80, staged.context.now(), days=10)
    first = staged.operator().get(staged("/shadow?account=acme")).text
    ((id_, label),) = re.findall(r'shadow/(\w{16})/judge".*?name="label" value="(\w+)"', first, re.DOTALL)[:1]
    for verdict in ("right", "wrong"):
        answer = act(staged, f"/shadow/{id_}/judge", label=label, verdict=verdict, days="14")
        assert answer.url.endswith("/shadow?account=acme&days=14#samples")
        to_judge, said = answer.text.split("Judged last")
        assert id_ not in to_judge and f"judged {verdict}" in text_of(said)
        judgements = Judgements(staged.context.store)
        assert judgements.verdicts("acme") == {(id_, label): verdict == "right"}
        assert judgements.newest("acme", 1)[0].judge == US
        assert deeds(staged)[0] == (US, "judged a label", "acme", f"{label} of decision {id_}: {verdict}")
    (line,) = [one for one in _advice(answer.text) if one.startswith(Complaint(label).words.capitalize())]
    assert "1 judged, 1 of them wrong: too little to go by" in line


def _advice(page: str) -> list[str]:
    table = page.split('aria-label="By complaint"')[1].split("</table>")[0]
    return [text_of(row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]


def test_what_is_judged_counts_the_same_before_and_after_the_next_report(staged: Stage) -> None:
    context = staged.context
    fill(context.store, context.settings, 40, context.now(), days=5)
    staged.operator().get(staged("/shadow?account=acme"))
    judged(context.store, "acme", 100, context.now())

    def told() -> str:
        page = staged.operator().get(staged("/shadow?account=acme")).text
        assert "Everything that was drawn is judged" in page
        return " ".join(_advice(page))

    before = told()
    refresh_reports(context, "acme", context.now() + timedelta(minutes=30))
    assert told() == before and "100 %" in before


@pytest.mark.parametrize(
    ("id_", "form", "status"),
    [
        ("0000000000000000", {"label": "x", "verdict": "right"}, 400),
        ("0000000000000000", {"label": "no_callback", "verdict": "perhaps"}, 400),
        ("ffff", {"label": "no_callback", "verdict": "right"}, 404),
        ("{silent}", {"label": "no_callback", "verdict": "right"}, 400),
    ],
)
def test_what_was_not_found_cannot_be_judged(staged: Stage, id_: str, form: dict[str, str], status: int) -> None:
    fill(staged.context.store, staged.context.settings, 20, staged.context.now())
    silent = next(one.id for one in staged.context.store.decisions("acme") if not one.labels)
    assert act(staged, f"/shadow/{id_.format(silent=silent)}/judge", **form).status_code == status
    assert Judgements(staged.context.store).verdicts("acme") == {}


# -- the level


def test_a_level_is_asked_for_once_more_then_written_with_comments_kept_and_recorded(staged: Stage) -> None:
    file = staged.context.settings.file
    file.write_text("# ours\n" + file.read_text())
    page = staged.operator().get(staged("/level?account=acme&level=suggest")).text
    assert "Switch acme to suggest?" in text_of(page)
    assert load_settings(file).accounts["acme"].level == "annotate"
    answer = act(staged, "/level", account="acme", level="suggest", before="annotate")
    assert answer.status_code == 200 and "written down" in text_of(answer.text)
    assert load_settings(file).accounts["acme"].level == "suggest" and file.read_text().startswith("# ours\n")
    assert load_settings(file).accounts["acme-uk"].level == "suggest"
    assert deeds(staged)[0] == (US, "level", "acme", "annotate -> suggest")
    again = staged.operator().get(staged("/level?account=acme&level=suggest")).text
    assert "says suggest already" in text_of(again) and "not taken up yet" in text_of(again)


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"account": "acme", "level": "loud", "before": "annotate"}, 400, "level"),
        ({"account": "nobody", "level": "shadow", "before": "annotate"}, 400, "no such account"),
        ({"account": "acme", "level": "shadow", "before": "suggest"}, 409, "meanwhile"),
    ],
)
def test_a_level_that_cannot_be_switched_changes_nothing(
    staged: Stage, form: dict[str, str], status: int, told: str
) -> None:
    text = staged.context.settings.file.read_text()
    answer = act(staged, "/level", **form)
    assert answer.status_code == status and told in text_of(answer.text)
    assert staged.context.settings.file.read_text() == text
    assert "level" not in [action for _, action, *_ in deeds(staged)]


@pytest.mark.parametrize(
    "broken",
    ["broken [", "[accounts.acme]\nlevel = 7\n", "[accounts.acme]\nlevel = 'annotate'\n", "accounts = 1", None],
    ids=["no TOML", "no level", "not whole", "no account", "gone"],
)
def test_a_file_that_cannot_be_read_is_left_as_it_is(staged: Stage, broken: str | None) -> None:
    file = staged.context.settings.file
    file.unlink() if broken is None else file.write_text(broken)
    assert staged.operator().get(staged("/level?account=acme&level=shadow")).status_code == 200
    answer = act(staged, "/level", account="acme", level="shadow", before="annotate")
    assert answer.status_code == 409 and "nothing was changed" in text_of(answer.text)
    assert (file.read_text() if file.exists() else None) == broken


# -- failed work


def test_failed_work_is_run_again_one_by_one_and_what_is_still_unreadable_stays(staged: Stage) -> None:
    failures(staged.context.store, "acme", 3, staged.context.now())
    tags, ticket, hook = Failures(staged.context.store).open()
    answer = act(staged, f"/failed/{ticket.id}/again")
    assert f"ticket {ticket.ticket_id} is in the queue again" in text_of(answer.text)
    assert staged.context.queue.is_waiting("acme", str(ticket.ticket_id))
    assert deeds(staged)[0] == (US, "had failed work done again", "acme", f"failure {ticket.id}: done")
    answer = act(staged, f"/failed/{hook.id}/again")
    assert answer.url.endswith(f"/failed/{hook.id}") and "still unreadable" in text_of(answer.text)
    assert [one.id for one in Failures(staged.context.store).open()] == [tags.id, hook.id]
    assert act(staged, f"/failed/{ticket.id}/again").status_code == 404
    assert act(staged, f"/failed/{2**70}/again").status_code == 404


def test_all_that_fits_is_run_again(staged: Stage) -> None:
    failures(staged.context.store, "acme", 6, staged.context.now())
    failures(staged.context.store, "acme-uk", 6, staged.context.now())
    answer = act(staged, "/failed/again", account="acme", kind="")
    assert "4 run again, 2 could not be" in text_of(answer.text)
    assert deeds(staged)[0] == (US, "had failed work done again", "acme", "4 run again, 2 could not be")
    left = Failures(staged.context.store).open()
    assert sorted({(one.account, one.kind) for one in left if one.account == "acme"}) == [("acme", "hook")]
    assert len([one for one in left if one.account == "acme-uk"]) == 6
    assert act(staged, "/failed/again", kind="nonsense").status_code == 400


def test_an_unreadable_payload_shows_its_shape_and_nothing_that_it_said(staged: Stage) -> None:
    failures(staged.context.store, "acme", 1, staged.context.now())
    shown = text_of(staged.operator().get(staged("/failed/1")).text)
    assert '"nr": "number"' in shown and "ticket.created" in shown and "maureen" not in shown
    assert "application/json" in shown


def test_failures_are_paged_through_once_each(staged: Stage) -> None:
    failures(staged.context.store, "acme", 90, staged.context.now())
    path, seen = "/failed?kind=", []
    while path:
        page = staged.operator().get(staged(path)).text
        seen += [int(one) for one in re.findall(r'href="/console/failed/(\d+)"', page)]
        older = re.search(r'rel="next" href="/console([^"]+)"', page)
        path = html.unescape(older[1]) if older else ""
    assert seen == sorted(range(1, 91), reverse=True)


# -- goodwill


def test_goodwill_is_answered_once_with_a_reason_that_is_recorded(staged: Stage) -> None:
    gestures(staged.context.store, staged.context.settings, 0, staged.context.now(), waiting=3)
    table = Goodwill(staged.context.store)
    first, second, third = (one for one in table.listed())
    assert "needed to decline" in staged.operator().get(staged("/goodwill")).text
    answer = act(staged, f"/goodwill/{first.id}", answer="approve", reason="a good\n customer")
    assert f"Request {first.id} on ticket {first.ticket_id} is approved" in text_of(answer.text)
    kept = table.get(first.id)
    assert kept and (kept.state, kept.answered_by, kept.via) == ("approved", US, "console")
    assert staged.context.queue.is_waiting(first.account, first.ticket_id)
    detail = f"request {first.id} on ticket {first.ticket_id}: a good customer"
    assert deeds(staged)[0] == (US, "approved goodwill", first.account, detail)
    for form, told in (
        ({"answer": "decline", "reason": " "}, "say why"),
        ({"answer": "perhaps"}, "Must be one of"),
        ({"answer": "decline", "reason": "x" * 301}, "longer than"),
    ):
        assert told in text_of(act(staged, f"/goodwill/{second.id}", **form).text)
    assert table.get(second.id) == second
    act(staged, f"/goodwill/{second.id}", answer="decline", reason="was made good by phone")
    assert deeds(staged)[0][1] == "declined goodwill"
    again = act(staged, f"/goodwill/{second.id}", answer="approve")
    assert f"request {second.id} is declined already" in text_of(again.text)
    assert [one.id for one in table.listed()] == [third.id]
    assert act(staged, "/goodwill/999", answer="approve").status_code == 404


@pytest.mark.parametrize("by", ["week", "month"])
def test_spending_adds_up_to_what_the_command_tells(staged: Stage, by: str) -> None:
    context = staged.context
    gestures(context.store, context.settings, 120, context.now(), waiting=0)
    page = staged.operator().get(staged(f"/goodwill?account=acme&by={by}")).text
    assert page.count("<svg") == 1 and "style=" not in page
    rows = re.findall(r"<tr><th[^>]*>[^<]+</th>((?:<td>[\d.]+</td>)+)", page)
    shown = sum(Decimal(cell) for row in rows for cell in re.findall(r"[\d.]+", row))
    assert len(rows) == 12
    # All of it lies within twelve weeks, the first of which may begin a few days late.
    told = spent(context, "acme", context.now() - timedelta(days=365), context.now() + timedelta(days=1))
    assert 0 < shown <= sum(told.values())
    assert shown >= sum(told.values()) * Decimal("0.8")
    assert f"{shown} together" in text_of(page)


# -- webhooks


def test_the_latest_webhooks_are_listed_and_one_s_ticket_read_again(staged: Stage) -> None:
    redis = staged.context.redis
    for ticket, answer in (("41", "accepted"), ("42", "this delivery was received before"), ("41", "accepted")):
        webhook_log.record(redis, "acme", ticket_id=ticket, event="<b>ticket.updated</b>", answer=answer)
    hook_watch.refused(redis, "acme", staged.context.now() - timedelta(minutes=3), "the secret is wrong")
    whole = staged.operator().get(staged("/webhooks?account=acme")).text
    assert "<b>ticket.updated" not in whole
    shown = text_of(whole)
    assert shown.count("ticket.updated") == 3 and "this delivery was received before" in shown
    assert "refused came 3 min ago: the secret is wrong" in shown
    one = text_of(staged.operator().get(staged("/webhooks?account=acme&ticket=42")).text)
    assert one.count("ticket.updated") == 1
    assert "None of the latest webhooks was about ticket 7" in text_of(
        staged.operator().get(staged("/webhooks?account=acme&ticket=7")).text
    )
    newest = webhook_log.latest(redis, "acme")[0]
    answer = act(staged, f"/webhooks/acme/{newest.id}/again")
    assert "ticket 41 is in the queue again" in text_of(answer.text)
    assert staged.context.queue.backlog().waiting == 1
    assert deeds(staged)[0] == (US, "had a ticket read again", "acme", "ticket 41")
    assert "makeright check acme-uk" in text_of(staged.operator().get(staged("/webhooks?account=acme-uk")).text)


@pytest.mark.parametrize("path", ["/webhooks/nobody/1-0/again", "/webhooks/acme/1-0/again", "/webhooks/acme/x/again"])
def test_a_webhook_nobody_knows_is_not_there(staged: Stage, path: str) -> None:
    assert act(staged, path).status_code == 404
