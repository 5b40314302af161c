"""From a reading to what the ticket should carry. Pure: no clock is read and nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapters.contract import Annotation, Ticket
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.note import note_html
from integration.recovery.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Standing:
    """What an earlier decision put on this ticket: our tags, the note, and the complaints they stood for."""

    tags: frozenset[str] = frozenset()
    note_id: str | None = None
    labels: frozenset[Complaint] = frozenset()


def plan(
    decision_id: str,
    ticket: Ticket,
    reading: Reading,
    labels: Iterable[Complaint],
    playbook: Playbook,
    standing: Standing,
    *,
    tag_prefix: str = "",
    notes_can_be_edited: bool,
) -> Annotation | None:
    """The annotation for these labels, or None where the ticket is to be left as it is.

    Label tags stay once given (the complaint was made on this ticket); the clock's tag follows the leading complaint,
    and only a clock tag that we ourselves put there is taken back. A second note is written only if the complaints
    changed, unless the platform lets us edit the first.
    """
    wanted = frozenset(labels)
    remedies = [remedy for complaint, remedy in playbook.remedies.items() if complaint in wanted]
    if not remedies:
        return None

    def prefixed(tags: Iterable[str]) -> frozenset[str]:
        return frozenset(tag_prefix + tag for tag in tags)

    clock_tags = prefixed(remedy.clock_tag for remedy in playbook.remedies.values())
    add = prefixed([playbook.seen_tag, remedies[0].clock_tag, *(remedy.label_tag for remedy in remedies)])
    annotation = Annotation(
        decision_id=decision_id,
        add_tags=add,
        remove_tags=(standing.tags & clock_tags) - add,
        fields={"complaint": remedies[0].complaint.value},
    )
    if wanted != standing.labels or standing.note_id is None or notes_can_be_edited:
        annotation = replace(annotation, note_html=note_html(reading, remedies))
    if annotation.note_html is not None and notes_can_be_edited:
        annotation = replace(annotation, replaces_note=standing.note_id)
    return annotation
