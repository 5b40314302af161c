"""The obvious words. They never make a finding alone; they lower what the model must believe before one is shown."""

from __future__ import annotations

import re

from integration.recovery.coach.findings import Rule


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})", re.IGNORECASE)


HINTS: dict[Rule, re.Pattern[str]] = {
    Rule.DEFLECTION: _words(
        r"not (?:my|our) (?:fault|department|responsibility|problem|job|area)",
        r"(?:is|are|was|were) to blame",
        r"(?:their|whose|[a-z]+'s) (?:fault|doing|responsibility)",
        r"take (?:that|this|it) up with",
        r"nothing to do with (?:us|this office|our)",
        r"beyond our control|out of our control|outside our control",
        r"not responsible for|aren't responsible for",
        r"(?:system|server|site|website|portal|network|line)s? (?:went|was|were) down",
    ),
    Rule.NAMED_CULPRIT: _words(
        r"(?:new|former|previous) (?:agent|colleague|clerk|trainee|temp|driver)",
        r"who(?:ever)? (?:handled|took|packed|sent|told|wrote|dealt)",
        r"(?:spoken to|cautioned|reprimanded|disciplined|retrained|let go|had words with)",
        r"(?:lad|intern|trainee|temp|apprentice|junior)\b",
    ),
    Rule.HELPLESSNESS: _words(
        r"(?:nothing|not much|little|all) (?:more )?(?:I|we|that) (?:can|could)",
        r"(?:I|we) (?:can't|cannot|can not|couldn't) help",
        r"(?:that|this)(?:'s| is) (?:just )?how it is|it is what it is",
        r"hands are tied|unable to (?:help|assist|do)",
        r"(?:I|we) wish (?:I|we|there)",
    ),
    Rule.POLICY_RECITAL: _words(
        r"(?:our|company|store|shop) polic(?:y|ies)",
        r"(?:as )?per (?:our|the|company|your)|in accordance with|under (?:section|clause|article|our terms|the terms)",
        r"terms (?:and|&) conditions|T&Cs?|as stated in|conditions of (?:carriage|sale|use)",
        r"(?:system|portal|software|computer|app|tool) (?:won't|doesn't|does not|will not|wouldn't) (?:let|allow|accept|permit)",
    ),
    Rule.NON_APOLOGY: _words(
        r"(?:sorry|apologi[sz]e|apologies|regret)[^.!?\n]{0,40}?\b(?:if|any|anyone|possible|potential|whoever|whatever)\b",
        r"sorry,? (?:but|however|though)",
        r"sorry (?:that )?(?:you|u) (?:feel|felt|see|think|took|were (?:upset|disappointed|unhappy|offended)|didn't|are (?:upset|angry))",
        r"inconvenience,? if any|inconvenience (?:is )?regretted",
    ),
    Rule.CUSTOMER_BLAME: _words(
        r"you (?:should|ought to|could|might|must) have|you should've|you must've",
        r"you (?:failed|forgot|neglected) to|had you|if you(?:'d| had)",
        r"as (?:I|we) (?:already|previously|have)|like I said|I already told|as already",
        r"did you even|next time (?:please )?(?:check|read)",
    ),
    Rule.LOOSE_PROMISE: _words(
        r"(?:soon|shortly|asap|in due course|before long|in no time|at the earliest|any day now|sometime)\b",
        r"as soon as (?:possible|we can|I can)|keep you (?:posted|updated|informed)|rest assured|bear with",
        r"leave it with|(?:someone|somebody|our team|a colleague|one of us) (?:will|'ll)",
        r"(?:we'll|I'll|we will|I will) (?:see what|look into|do (?:my|our) best|get back|be in touch|try)",
        r"(?:I|we) promise|guarantee|100 ?%|you have my word|give you my word",
    ),
    Rule.PRETENDED_EXPERTISE: _words(
        r"(?:that's|that is|it's|it is) impossible|no way (?:it|that|the|our)|can(?:'t|not) be (?:on )?our",
        r"(?:always|never) (?:works|fails?|happens?|goes wrong)|must be (?:your|the)|I(?:'d| would) bet",
        r"(?:none|no) (?:of our )?other (?:customers?|clients?)|out of the question|trust me|believe me",
    ),
    # Trifles to apologise for.
    Rule.REPEAT_APOLOGY: _words(
        r"(?:slow|bad|poor) (?:typ(?:ing|er|ist)|handwriting|english|spelling)|typos?|autocorrect|handwriting",
        r"(?:long|late|short|brief|double|second|early) (?:e-?mail|mail|message|reply|hour|note|post)|wall of text|novel",
        r"(?:in|my) english|emojis?|caps|lower ?case|(?:bother|disturb)(?:ing)? you|(?:be|being) (?:a pain|brief)",
        r"(?:question|exclamation) marks|formatting|letterhead|first name|me again",
    ),
}

# Says what the customer was put through, or whose part it was: whatever the "you" in it, that blames nobody but us.
TAKES_THEIR_SIDE = _words(
    r"should(?:n't| not| never) have (?:had|needed|been (?:made|left))\b",
    r"you(?:'ve| have)? had to (?:ask|chase|wait|remind|repeat|follow up|come back|explain)\b",
    r"you(?:'ve| have)? had to (?:call|ring|phone|write|e-?mail)\b[^.!?]*\b(?:twice|times|again)\b",
    r"you (?:called|rang|phoned|wrote|e-?mailed|asked|waited)\b[^.!?]*\bbefore (?:any|some|we\b)",
    r"(?:our|my) (?:job|part|duty)\b|(?:is|was) (?:ours to|for us to)\b",
    r"you (?:are|were) (?:(?:quite|absolutely) )?right\b|you did (?:everything right|nothing wrong)\b",
    r"you were (?:promised|assured|left)\b|(?:nobody|no one|no customer) should have to\b",
)
