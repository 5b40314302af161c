"""Words as the macro ranking compares them: folded, stemmed, and those that mean the same in a helpdesk taken as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_SHORTEST = 2

_STOP = """
a about after again all also am an and any are as at be because been before being but by can could did do does doing don't down each even ever
few for from further get gets getting go goes going got had has have having he her here him his how i i'd i'll i'm i've if in into is isn't it
it's its itself just know let like make me more most much must my myself no nor not now of off on once only or other our ours out over own
pls please said same say says shall she should so some still such take than thank thanks that that's the their them then there these they
this those though through to too under until up us very was wasn't we we'd we'll we're we've were what when where which while who whom why
will with would yet you you'd you'll you're you've your yours hello hi hey dear best regards team sorry want wants wanted need needs one two
three first second next last today yesterday tomorrow day days week weeks month months time times since thing things something anything
nothing somebody someone anybody anyone nobody people person way lot really already another every ask asked tell told
"""
STOP = frozenset(_STOP.split())

# The customer's word and the desk's word for the same thing: one line each.
_KIN = """
parcel package shipment consignment box packet
courier carrier driver dhl ups fedex hermes postman
ring rang rung phone phoned telephone telephoned call called calls calling dial
hotline line switchboard
callback
email mail mails mailed e-mail inbox
reply replies replied answer answers answered response respond responded
voicemail answerphone
disconnected hang hung dropped
refund refunds refunded reimbursement reimburse reimbursed
repair repaired fix fixed mend workshop
technician engineer installer fitter mechanic
appointment slot visit
install installation installed fit fitting fitted
discount promo promotion coupon offer deal reduction
quote quotation quoted estimate estimated
bill billed invoice invoices invoiced
receipt receipts
warranty guarantee guaranteed
specialist expert experts qualified certified
wrong incorrect false mistaken
contradictory contradict contradicted contradicts contradiction conflicting opposite inconsistent
compatible incompatible compatibility
broken broke damaged cracked smashed shattered snapped
cancel cancelled canceled cancellation cancelling
subscription membership plan
password passwords
login log-in sign-in signin
locked blocked
swap exchange exchanged change
express priority overnight next-day premium
late delayed delay delays
stock available availability warehouse
back-order backorder backordered awaiting pending
described description advertised advert advertising advertisement pictured photo photos picture pictures
statement bank
twice duplicate double
outage incident down server servers
crash crashes crashed freeze freezes frozen
rude impolite treated conduct
data gdpr privacy personal
gift voucher
praise compliment compliments wonderful fantastic lovely
erase delete deleted
track tracker tracking tracked
deliver delivered delivery
missing lacks
postage shipping
size sizes colour color colours
part parts spare
dispatch dispatched ship shipped sent send
"""


@lru_cache(maxsize=1)
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=20_000)
def _stemmed(word: str) -> str:
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _kin() -> Mapping[str, str]:
    """The stem of each word above, by its line's first word."""
    return {_stemmed(word): _stemmed(line.split()[0]) for line in _KIN.strip().splitlines() for word in line.split()}


def terms(text: str) -> Iterator[tuple[str, str]]:
    """The text's words that say something, as (term, the word as written), in order."""
    for match in _WORD.finditer(text.replace("-", "").lower()):
        word = match.group().replace("\u2019", "'")
        if word not in STOP and len(word) >= _SHORTEST:
            stem = _stemmed(word.removesuffix("'s"))
            yield _kin().get(stem, stem), word
