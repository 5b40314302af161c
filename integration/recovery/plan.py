"""From a reading to what the ticket should carry. Pure: no clock is read and nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from adapters.contract import Annotation, AuthorRole, Macro, Priority, Ticket
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.clock_rules import ClockRule
from integration.recovery.deadlines import Deadline, due
from integration.recovery.drafts import HOLD, Occasion, missing, policy_for
from integration.recovery.macros import MOST, MacroRanker, Query, Suggestion, query_for
from integration.recovery.note import Contents, note_html
from integration.recovery.playbook import Playbook, PlaybookMacro, Policy, Remedy
from integration.recovery.relationship import PastComplaint, Relationship, relationship

_LADDER: tuple[Priority | None, ...] = (None, *Priority)


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier decisions put on this ticket: our tags as they are now, the note, the complaints these stood for,
    the clock, and the priority and group that we set (an agent may have changed them since)."""

    tags: frozenset[str] = frozenset()
    note_id: str | None = None
    labels: frozenset[Complaint] = frozenset()
    due_at: datetime | None = None
    priority: Priority | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the ticket and its reading.

    `past` and `contacts` are the customer's earlier complaints and times of contact on other tickets; `macros` ranks
    the team's own replies; `provisioned` maps the playbook's macro keys to what they became in the helpdesk.
    """

    calendar: BusinessCalendar
    standing: Standing = Standing()
    past: tuple[PastComplaint, ...] = ()
    contacts: tuple[datetime, ...] = ()
    macros: MacroRanker | None = None
    provisioned: Mapping[str, Macro] = field(default_factory=dict)
    tag_prefix: str = ""
    notes_can_be_edited: bool = False
    note_limit: int = 60_000


@dataclass(frozen=True, slots=True)
class Plan:
    """`annotation` is what the ticket should carry; the rest is what the clock and the sidebar go on with.

    `deadline` is the tightest of all complaints', of the complaint `clock_of`; it started at `started_at`. `updates` is
    the clock that runs on from there, where the remedy has one. `is_new_clock`: this deadline did not run before.
    """

    annotation: Annotation
    lead: Complaint
    clock_of: Complaint
    deadline: Deadline
    started_at: datetime
    updates: ClockRule | None
    is_new_clock: bool
    relationship: Relationship
    suggestions: tuple[Suggestion, ...]
    missing: Mapping[str, str]
    policy: Policy


@dataclass(frozen=True, slots=True)
class _Clock:
    remedy: Remedy
    started_at: datetime
    deadline: Deadline


def plan(
    decision_id: str,
    ticket: Ticket,
    reading: Reading,
    labels: Iterable[Complaint],
    playbook: Playbook,
    around: Surroundings,
) -> Plan | None:
    """What to do about these labels, or None where the ticket is to be left as it is.

    The first complaint in the playbook's precedence leads (remedy, macros, priority, group); the tightest clock counts.
    Label tags stay once given (the complaint was made on this ticket); the clock's tag follows the clock, and only a
    clock tag that we ourselves put there is taken back. A second note is written only if the complaints or the
    deadline changed, unless the platform lets us edit the first. Priority and group are set once per clock: what an
    agent changes after that stays.
    """
    wanted = frozenset(labels)
    remedies = playbook.remedies_for(wanted)
    if not remedies:
        return None
    standing = around.standing
    history = relationship(
        wanted,
        _said_at(ticket, reading, wanted),
        playbook.relationship,
        _past(reading, around),
        _contacts(ticket, around),
    )
    clock = _tightest(ticket, reading, remedies, history, around.calendar)
    lead, repeat = remedies[0], remedies[0].complaint in history.repeats
    step = lead.step(repeat=repeat)
    is_new_clock = standing.due_at is None or clock.deadline.due_at.astimezone(UTC) != standing.due_at.astimezone(UTC)

    query = query_for(ticket, reading, wanted)
    suggestions, reply = _suggestions(lead, query, around)
    occasion = Occasion(
        ticket, lead.complaint, clock.deadline, around.calendar, clock.started_at, reading, repeat=repeat
    )
    unknown = missing(playbook, occasion)
    policy = policy_for(playbook, ticket)

    annotation = Annotation(
        decision_id=decision_id,
        fields={"complaint": lead.complaint.value},
        priority=_priority(ticket, step.priority, None if is_new_clock else standing.priority),
        group=_group(ticket, step.group, None if is_new_clock else standing.group),
        due_at=clock.deadline.due_at,
        macros=tuple(suggestion.macro.id for suggestion in suggestions),
    )
    annotation = _with_tags(annotation, ticket, playbook, remedies, clock, around, is_new_clock, bool(history.repeats))
    if wanted != standing.labels or is_new_clock or standing.note_id is None or around.notes_can_be_edited:
        contents = Contents(
            reading=reading,
            remedies=remedies,
            step=step,
            deadline=clock.deadline,
            clock_of=clock.remedy.complaint,
            suggestions=suggestions,
            reply=reply,
            missing=tuple(unknown.values()),
            history=history.line,
            changed=_changes(ticket, annotation, standing),
            hold=HOLD if policy is Policy.HOLD_FOR_REVIEW else None,
        )
        annotation = replace(annotation, note_html=note_html(contents, around.note_limit) or None)
    if annotation.note_html is not None and around.notes_can_be_edited:
        annotation = replace(annotation, replaces_note=standing.note_id)
    return Plan(
        annotation=annotation,
        lead=lead.complaint,
        clock_of=clock.remedy.complaint,
        deadline=clock.deadline,
        started_at=clock.started_at,
        updates=clock.remedy.step(repeat=clock.remedy.complaint in history.repeats).updates,
        is_new_clock=is_new_clock,
        relationship=history,
        suggestions=suggestions,
        missing=unknown,
        policy=policy,
    )


def _said_at(ticket: Ticket, reading: Reading, complaints: Iterable[Complaint]) -> datetime:
    """When the customer first said so, in what is still unanswered: further messages do not start the clock anew.

    What the subject says was said when the ticket was opened.
    """
    times: dict[str | None, datetime] = {None: ticket.created_at, **{m.id: m.at for m in ticket.messages}}
    wanted = frozenset(complaints)
    said = [
        times[item.message_id] for item in reading.evidence if item.complaint in wanted and item.message_id in times
    ]
    return min(said, default=times.get(reading.anchor, ticket.created_at))


def _tightest(
    ticket: Ticket,
    reading: Reading,
    remedies: Sequence[Remedy],
    history: Relationship,
    calendar: BusinessCalendar,
) -> _Clock:
    clocks = []
    for remedy in remedies:
        start = _said_at(ticket, reading, [remedy.complaint])
        rule = remedy.step(repeat=remedy.complaint in history.repeats).clock
        clocks.append(_Clock(remedy, start, due(rule, start, calendar)))
    return min(clocks, key=lambda clock: clock.deadline.due_at.astimezone(UTC))


def _past(reading: Reading, around: Surroundings) -> list[PastComplaint]:
    """Earlier tickets', and what was complained about on this one before an agent answered."""
    here = [PastComplaint(earlier.at, earlier.complaint) for earlier in reading.history]
    return [*around.past, *here]


def _contacts(ticket: Ticket, around: Surroundings) -> list[datetime]:
    """On other tickets, and on this one before an agent answered: whoever writes again after that comes back."""
    public = [message for message in ticket.messages if message.public]
    answered = max((i for i, m in enumerate(public) if m.author_role is AuthorRole.AGENT), default=0)
    here = [m.at for m in public[:answered] if m.author_role is AuthorRole.CUSTOMER]
    return [*around.contacts, *here]


def _suggestions(
    lead: Remedy, query: Query, around: Surroundings
) -> tuple[tuple[Suggestion, ...], PlaybookMacro | None]:
    """At most three: the playbook's own reply first if it is in the helpdesk, then the team's. If it is not there, its
    text comes with the note instead."""
    reply = next((macro for macro in lead.macros if macro.language.startswith(query.language)), lead.macros[0])
    own = around.macros.rank(query) if around.macros is not None else ()
    ours = {macro.id for macro in around.provisioned.values()}
    own = tuple(suggestion for suggestion in own if suggestion.macro.id not in ours)
    made = around.provisioned.get(reply.key)
    if made is None:
        return own[:MOST], reply
    return (Suggestion(made, 1.0, f"the playbook's, for {lead.complaint.words}"), *own)[:MOST], None


def _priority(ticket: Ticket, wanted: Priority | None, set_before: Priority | None) -> Priority | None:
    """Only ever upwards, and not again once an agent has turned it back down."""
    if wanted == set_before or _LADDER.index(wanted) <= _LADDER.index(ticket.priority):
        return None
    return wanted


def _group(ticket: Ticket, wanted: str | None, set_before: str | None) -> str | None:
    return None if wanted is None or wanted in (set_before, ticket.group) else wanted


def _with_tags(
    annotation: Annotation,
    ticket: Ticket,
    playbook: Playbook,
    remedies: Sequence[Remedy],
    clock: _Clock,
    around: Surroundings,
    is_new_clock: bool,
    repeats: bool,
) -> Annotation:
    names = playbook.tags

    def prefixed(tags: Iterable[str]) -> frozenset[str]:
        return frozenset(around.tag_prefix + tag for tag in tags)

    add = prefixed([names.seen, clock.remedy.clock_tag, *(remedy.label_tag for remedy in remedies)])
    if repeats:
        add |= prefixed([names.repeat])
    clock_tags = prefixed(remedy.clock_tag for remedy in playbook.remedies.values())
    remove = (around.standing.tags & clock_tags) - add
    states = prefixed(names.states)
    if is_new_clock or not ticket.tags & states:
        # The state's tags are the clock's from here on; a new clock starts them over.
        due_tag = prefixed([names.due])
        add |= due_tag
        remove |= (ticket.tags & states) - due_tag
    return replace(annotation, add_tags=add, remove_tags=remove)


def _changes(ticket: Ticket, annotation: Annotation, standing: Standing) -> tuple[str, ...]:
    """What is different on the ticket through us, this time or before: an edited note still tells all of it."""
    ours = annotation.add_tags | (standing.tags & ticket.tags) - annotation.remove_tags
    added = sorted(ours - (ticket.tags - standing.tags))
    removed = sorted(annotation.remove_tags & ticket.tags)
    changes = [f"tags {', '.join(added)}"] if added else []
    if removed:
        changes.append(f"no longer {', '.join(removed)}")
    if priority := annotation.priority or standing.priority:
        changes.append(f"priority {priority}")
    if group := annotation.group or standing.group:
        changes.append(f"group {group}")
    return tuple(changes)
