"""Reads customers' words: texts one by one, or a ticket's open end. Embedded, private, one model file.

A text is cut into its author's own words, these into overlapping windows of sentences; the brain scores the windows,
the strongest window decides, and the clause that stands out in it is the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable

from adapters.contract import AuthorRole, Message, Ticket
from integration.complaints import language, zones
from integration.complaints.encoder import EncoderBrain
from integration.complaints.markup import legible
from integration.complaints.reading import Earlier, Evidence, Reading, Silence, Thresholds
from integration.complaints.taxonomy import Complaint
from integration.complaints.zones import Span

# Of a longer text so many characters are read: the cost of one message stays bounded.
LONGEST_READ = 20_000


class Classifier:
    """Load once, before forking; use from any process, one thread at a time."""

    def __init__(self, brain: EncoderBrain, thresholds: Mapping[Complaint, Thresholds] | None = None) -> None:
        self._brain = brain
        self.thresholds: Mapping[Complaint, Thresholds] = {**brain.thresholds, **(thresholds or {})}

    @property
    def version(self) -> str:
        """Names the model; decisions of another version are taken anew."""
        return self._brain.version

    @classmethod
    def load(
        cls, thresholds: Mapping[Complaint, Thresholds] | None = None, *, model: Traversable | None = None
    ) -> Classifier:
        """The packaged model, or the one trained into the folder `model`. `thresholds` override the measured ones.

        Raises FileNotFoundError or marshmallow's ValidationError if the folder holds no whole model.
        """
        return cls(_packaged_brain() if model is None else EncoderBrain.load(model), thresholds)

    def with_thresholds(self, thresholds: Mapping[Complaint, Thresholds]) -> Classifier:
        """The same loaded model with an account's own thresholds."""
        return Classifier(self._brain, {**self.thresholds, **thresholds})

    def classify(self, texts: Iterable[str]) -> list[Reading]:
        """One Reading per plain text, in order; quoted mail and signatures in it are not read. Never raises."""
        return [self._read_text(text) for text in texts]

    def read_ticket(self, ticket: Ticket) -> Reading:
        """What the customer reports now.

        Open is what the customer wrote since the last public answer of an agent; if an agent had the last word, the
        newest customer message and those right before it. Earlier complaints are `history`; the subject is read with
        the customer's first message. Automatic messages and internal notes neither answer nor report anything.
        """
        turns = _customer_turns(zones.read(ticket))
        if not turns:
            return self._silent(Silence.BY_THE_BUSINESS if ticket.messages else Silence.EMPTY)
        *answered, open_turn = turns
        now = self._read_turn(ticket.subject if not answered else "", open_turn)
        history: list[Earlier] = []
        for position, turn in enumerate(answered):
            history.extend(self._earlier(ticket.subject if position == 0 else "", turn))
        return Reading(
            scores=now.scores,
            thresholds=self.thresholds,
            evidence=now.evidence,
            silence=now.silence,
            language=now.language,
            anchor=open_turn[-1].id,
            history=tuple(history),
        )

    def _earlier(self, subject: str, turn: Sequence[Message]) -> Iterable[Earlier]:
        reading = self._read_turn(subject, turn)
        for complaint in reading.labels():
            where = next((e.message_id for e in reading.evidence_for(complaint) if e.message_id), turn[0].id)
            message = next(message for message in turn if message.id == where)
            yield Earlier(complaint, reading.scores[complaint], message.id, message.at)

    def _read_turn(self, subject: str, turn: Sequence[Message]) -> Reading:
        """The customer's messages of one turn as one text, with evidence led back to the message it stands in."""
        if _is_beginning(subject, turn[0].text):
            subject = ""
        parts = [(None, subject.strip()), *((message.id, message.text) for message in turn)]
        text, starts = "", []
        for _, part in parts:
            starts.append(len(text))
            text += f"{part}\n" if part else ""
        own = [(s + a, s + b) for s, (_, part) in zip(starts, parts, strict=True) for a, b in zones.own_spans(part)]
        reading = self._read_text(text, own)
        evidence = []
        for item in reading.evidence:
            index = max(i for i, start in enumerate(starts) if start <= item.start and parts[i][1])
            offset, end = starts[index], starts[index] + len(parts[index][1])
            if item.start < end:
                stop = min(item.end, end)
                where = parts[index][0]
                evidence.append(
                    Evidence(item.complaint, item.start - offset, stop - offset, text[item.start : stop], where)
                )
        return Reading(reading.scores, self.thresholds, tuple(evidence), reading.silence, reading.language)

    def _read_text(self, text: str, own: Sequence[Span] | None = None) -> Reading:
        text = legible(text[:LONGEST_READ])
        spans = zones.own_spans(text) if own is None else [(s, min(e, len(text))) for s, e in own if s < len(text)]
        words = " ".join(text[start:end] for start, end in spans)
        if not words.strip():
            return self._silent(Silence.EMPTY)
        code = language.identify(words)
        if code == language.UNKNOWN or not language.says_something(words):
            return self._silent(Silence.TOO_SHORT, code)
        if code != language.ENGLISH:
            return self._silent(Silence.NOT_ENGLISH, code)
        probabilities, carried = self._brain.read(text, spans)
        scores = {c: round(float(p), 4) for c, p in zip(Complaint, probabilities, strict=True)}
        evidence = tuple(
            Evidence(complaint, start, end, text[start:end])
            for complaint in sorted(Complaint, key=lambda c: -scores[c])
            if scores[complaint] >= self.thresholds[complaint].show
            for start, end in carried[complaint]
        )
        silence = None if any(scores[c] >= self.thresholds[c].show for c in Complaint) else Silence.NOTHING_ABOVE
        return Reading(scores, self.thresholds, evidence, silence, code)

    def _silent(self, silence: Silence, code: str = language.UNKNOWN) -> Reading:
        return Reading(dict.fromkeys(Complaint, 0.0), self.thresholds, silence=silence, language=code)


def _customer_turns(ticket: Ticket) -> list[list[Message]]:
    """The customer's public messages in runs that no public answer of an agent interrupts; oldest first."""
    turns: list[list[Message]] = []
    fresh = True
    for message in ticket.messages:
        if message.author_role is AuthorRole.CUSTOMER and message.public:
            if fresh:
                turns.append([])
            turns[-1].append(message)
            fresh = False
        elif message.author_role is AuthorRole.AGENT and message.public:
            fresh = True
    return turns


def _is_beginning(subject: str, text: str) -> bool:
    """Whether the subject only repeats how the message begins: a helpdesk makes up one where the customer gave none."""
    return " ".join(text.split()).startswith(" ".join(subject.split()).removesuffix("...").rstrip("\u2026 "))


@cache
def _packaged_brain() -> EncoderBrain:
    return EncoderBrain.load()
