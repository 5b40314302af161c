"""A real message without the people in it: names, addresses and numbers give way to words in square brackets.

It masks too much rather than too little: every capitalised word within a sentence that is no day or month goes. It is no
proof of anonymity, so a person reads what comes out before a team practises on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from integration.recovery.calendar_words import MONTHS, WEEKDAYS
from integration.recovery.fact_patterns import NO_NAMES, PERSON

NAME, NUMBER, MAIL, LINK, ADDRESS = "[name]", "[number]", "[e-mail]", "[link]", "[address]"

_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"',;]+")
_HANDLE = re.compile(r"(?<!\w)@\w{2,}")
_STREET = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|close|court|ct|square|sq|place|pl|boulevard|blvd|terrace|gardens|"
    r"crescent|highway|row|hill|park|grove|parkway"
)
_ADDRESS = re.compile(
    rf"\b\d{{1,5}}[a-z]?,? (?:[A-Z][\w'\u2019]*\.? ){{1,3}}(?:{_STREET})\b\.?(?:,? (?:apt|flat|unit|suite) ?\w+)?",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]{2} \d{5}(?:-\d{4})?\b")
# Codes and telephone numbers: three digits or more, whatever stands between them. "2 pm" and "9 days" stay.
_NUMBER = re.compile(r"[#+(]{0,2}(?<![\w-])[\w-]*\d[\w.,/()-]*(?: [(\d][\w.,/()-]*)*")
_LONGEST_NUMBER_KEPT = 2
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_]*(?:['\u2019-][^\W\d_]+)*")
_START = re.compile(r"(?:^|[.!?:\u2026]['\"\u201d\u2019)]*\s+|\n\s*|[\"\u201c\u2018(]\s*)$")
_PLAIN = frozenset(word.lower() for word in (*MONTHS, *WEEKDAYS, *NO_NAMES)) | {
    "i",
    "i'm",
    "i've",
    "i'd",
    "i'll",
    "ok",
    "pm",
    "am",
}
_TITLES = re.compile(r"\b(?:Mrs?|Ms|Miss|Dr|Prof)\b\.? ?(?=\[name\])")
_AGAIN = re.compile(r"\[name\](?:(?:,? | and |-)\[name\])+")


def masked(text: str, names: Iterable[str] = ()) -> str:
    """`text` without names, numbers of three digits and more, addresses and links. `names` are known to be people's."""
    text = _LINK.sub(LINK, text)
    text = _MAIL.sub(MAIL, text)
    text = _HANDLE.sub(NAME, text)
    text = _ADDRESS.sub(ADDRESS, text)
    text = _POSTCODE.sub(ADDRESS, text)
    text = _NUMBER.sub(_number, text)
    known = {part.casefold() for name in names for part in re.findall(r"[^\W\d_]{2,}", name)}
    known |= {match.group(match.lastgroup or 0).split()[-1].casefold() for match in PERSON.finditer(text)}
    if known:
        words = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        text = re.sub(rf"\b(?:{words})\b", NAME, text, flags=re.IGNORECASE)
    return _AGAIN.sub(NAME, _TITLES.sub("", _CAPITALISED.sub(lambda match: _capital(text, match), text)))


def _number(match: re.Match[str]) -> str:
    found = match.group()
    bare = found.rstrip(".,/()-")
    many = sum(letter.isdigit() for letter in bare) > _LONGEST_NUMBER_KEPT
    return NUMBER + found[len(bare) :] if many else found


def _capital(text: str, match: re.Match[str]) -> str:
    word = match.group()
    before, bracketed = text[: match.start()], text[match.end() : match.end() + 1] == "]"
    shouted = len(word) > 1 and word.isupper() and bool(re.search(r"[A-Z]{2,} [A-Z]{2,}", text))
    begins = _START.search(before[-12:] if len(before) > 12 else before)
    if word.casefold().replace("\u2019", "'") in _PLAIN or bracketed or begins or shouted:
        return word
    return NAME
