"""What the coach says about a finding: one line why, and better words, fitted to the words found where that is possible.

The better words are a start for the agent. Gaps in square brackets are facts that only the agent knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from integration.complaints.taxonomy import Complaint
from integration.recovery.coach.findings import Rule

WHY: dict[Rule, str] = {
    Rule.DEFLECTION: "It tells the customer that somebody else is to blame; to them, you are the company.",
    Rule.NAMED_CULPRIT: "It puts a person in the dock; a reply says what went wrong and what changed, never who.",
    Rule.HELPLESSNESS: "It ends at what is not possible; the customer needs to read what is.",
    Rule.POLICY_RECITAL: "It answers with a rule; the customer asked for a way forward.",
    Rule.NON_APOLOGY: "It apologises for a feeling or a possibility and not for what happened.",
    Rule.CUSTOMER_BLAME: "It tells the customer that they did something wrong.",
    Rule.LOOSE_PROMISE: "It commits without saying who does what by when, or to what you cannot control.",
    Rule.PRETENDED_EXPERTISE: "It is certain of something that has not been checked or that needs an expert.",
    Rule.REPEAT_APOLOGY: "One apology carries weight; another one, or one for a trifle, takes it away.",
    Rule.FAULT_ADMISSION: "This team's policy allows regret and facts, but no words that admit fault.",
}

_DEFAULTS: dict[Rule, str] = {
    Rule.DEFLECTION: "I have taken this on: I am speaking to [who] today and will write to you by [day and time].",
    Rule.NAMED_CULPRIT: "We got this wrong. What we have changed: [what is different now].",
    Rule.HELPLESSNESS: "What I can do instead: [first way] or [second way]. Which would you prefer?",
    Rule.POLICY_RECITAL: "Here is what I can do for you: [offer]. Would that suit you?",
    Rule.NON_APOLOGY: "I am sorry that [what happened].",
    Rule.CUSTOMER_BLAME: "Could you tell me [what you need to know]? Then I can [next step] today.",
    Rule.LOOSE_PROMISE: "I will [what you will do] by [day and time].",
    Rule.PRETENDED_EXPERTISE: "I am checking this with [expert] and will write to you by [day and time] with what they say.",
    Rule.REPEAT_APOLOGY: "(once is enough)",
    Rule.FAULT_ADMISSION: "We are sorry that this happened.",
}

# The first pattern that meets the words found chooses; where none does, the default above.
_FITTED: dict[Rule, tuple[tuple[re.Pattern[str], str], ...]] = {
    Rule.DEFLECTION: (
        (
            re.compile(r"\b(?:department|team|desk|office|inbox|line|accounts|billing)\b", re.IGNORECASE),
            "I am handing this to [name] in [team], who will write to you by [day and time]. I stay your contact.",
        ),
        (
            re.compile(r"\b(?:courier|carrier|parcel|post|driver|haulier|delivery)\b", re.IGNORECASE),
            "Your parcel is [where it is]. I am sending a new one today and you will have it by [date].",
        ),
    ),
    Rule.LOOSE_PROMISE: (
        (
            re.compile(r"\b(?:call|ring|phone|rung|tinkle|buzz)\b", re.IGNORECASE),
            "I will call you on [day] at [time] on [number].",
        ),
        (
            re.compile(r"\b(?:refund|money|credit(?:ed)?|reimburse\w*|payment|voucher)\b", re.IGNORECASE),
            "I sent [amount] back to you today; you should see it by [date].",
        ),
        (
            re.compile(r"\b(?:look\w*|check\w*|investigat\w*|review\w*|chas\w+|examin\w*)\b", re.IGNORECASE),
            "I am checking this now and will write to you by [day and time] with what I have found.",
        ),
        (
            re.compile(r"\b(?:arriv\w+|deliver\w*|ship\w*|parcel|order|stock|there)\b", re.IGNORECASE),
            "The tracking shows [date]. If it is not there by then, I will send a new one that day.",
        ),
    ),
    Rule.NON_APOLOGY: (
        (
            re.compile(r"\b(?:delay\w*|wait\w*|late|queue|slow)\b", re.IGNORECASE),
            "I am sorry that you had to wait [how long].",
        ),
        (
            re.compile(r"\binconvenience\b", re.IGNORECASE),
            "I am sorry that [what happened], and that it cost you [what].",
        ),
    ),
    Rule.PRETENDED_EXPERTISE: (
        (
            re.compile(
                r"\b(?:tax\w*|legal\w*|court|law\w*|contract|claim|doctor|dose|symptom\w*|allerg\w*|medic\w*)\b",
                re.IGNORECASE,
            ),
            "That is a question for [expert]; you can reach them on [number], and I have told them about you.",
        ),
    ),
    Rule.CUSTOMER_BLAME: (
        (
            re.compile(r"\b(?:told|said|mentioned|explained|informed|repeat|wrote|stated|e-?mails?)\b", re.IGNORECASE),
            "Here it is once more in one place: [the answer].",
        ),
    ),
}

# What a commitment has to name, by the complaint that the ticket carries.
_BY_COMPLAINT: dict[Complaint, str] = {
    Complaint.NO_CALLBACK: "I will call you today at [time] on [number].",
    Complaint.NO_ORDER_UPDATE: "Your order is [where it is now]. The next update comes from me by [day and time].",
}


def instead(rule: Rule, words: str, complaints: Collection[Complaint] = ()) -> str:
    """Better words for `words`, which show `rule`, in a reply to a ticket with these complaints."""
    for pattern, better in _FITTED.get(rule, ()):
        if pattern.search(words):
            return better
    if rule is Rule.LOOSE_PROMISE:
        for complaint, better in _BY_COMPLAINT.items():
            if complaint in complaints:
                return better
    return _DEFAULTS[rule]


def all_suggestions() -> list[str]:
    """Every text that `instead` can answer with."""
    fitted = [better for entries in _FITTED.values() for _, better in entries]
    return [*_DEFAULTS.values(), *fitted, *_BY_COMPLAINT.values()]
