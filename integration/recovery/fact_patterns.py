"""The patterns of the facts that a ticket tells. Each is bounded, so that no text makes them slow."""

from __future__ import annotations

import re

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?"
DATE = re.compile(
    rf"\b{_ORDINAL} (?:of )?{_MONTH}\b(?:,? (?:19|20)\d\d\b)?"
    rf"|\b{_MONTH}\.? {_ORDINAL}\b(?!:)(?:,? (?:19|20)\d\d\b)?"
    r"|\b(?:19|20)\d\d-\d\d-\d\d\b"
    r"|\b\d{1,2}[/.]\d{1,2}[/.](?:20)?\d\d\b"
    rf"|\b(?:last |next |this )?{_WEEKDAY}\b(?: (?:morning|afternoon|evening|night))?",
    re.IGNORECASE,
)
_MONEY = r"\d{1,3}(?:[,.\u202f ]\d{2,3}){0,3}[,.]\d{3}(?:[.,]\d\d)?(?!\d)|\d{1,9}(?:[.,]\d\d)?(?!\d)"
AMOUNT = re.compile(
    rf"(?:[$\u00a3\u20ac\u20b9]|\b(?:USD|EUR|GBP|INR|CAD|AUD|Rs\.?) ?) ?(?:{_MONEY})"
    rf"|(?<![\d.,])(?:{_MONEY}) ?(?:dollars|pounds|euros?|rupees|bucks|quid|USD|EUR|GBP|INR|CAD|AUD|\u20ac)\b",
    re.IGNORECASE,
)
# Accounts, cards and policies are left out: their numbers do not belong into a reply.
ORDER = re.compile(
    r"\b(?P<label>order|booking|reservation|claim|case|ticket|reference|ref|invoice|tracking|confirmation|consignment"
    r"|return|repair|application|job|rma)\b\.?(?: ?(?:number|no|num|nr|id|ref|reference|is|was|code)\b\.?){0,3} ?[:#]{0,2} ?"
    r"(?P<number>(?=[A-Z0-9/-]{0,30}\d)[A-Z0-9][A-Z0-9/-]{2,29})(?![\w/-])",
    re.IGNORECASE,
)
BARE_ORDER = re.compile(r"(?<![\w&#])#(?P<number>(?=[A-Z0-9-]{0,30}\d{3})[A-Z0-9][A-Z0-9-]{3,29})(?![\w-])")
MEASURE = re.compile(
    r"\d+(?:st|nd|rd|th|am|pm|x|kg|cm|mm|km|gb|mb|min|mins|hrs?|days?|weeks?|months?|years?)", re.IGNORECASE
)
PHONE = re.compile(r"(?<![\w.,/#$\u00a3\u20ac-])\+?\(?\d[\d() .\u2011-]{6,20}\d(?![\w/-]|[.,]\d)")
PHONE_CUE = re.compile(
    r"\b(?:call|phone|ring|rang|telephone|tel|mobile|cell|landline|reach|text|contact|whatsapp|number)\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
SHAPED_PHONE = re.compile(r"\+\d|0\d{3}|\(\d{3}\)|\d{3}[-. ]\d{3}[-. ]\d{4}")
PERSON = re.compile(
    r"\b(?:[Ss]p(?:oke|oken|eaking|eak) (?:to|with)|[Tt]alked (?:to|with)|(?:named|called|by) (?=[A-Z])|[Nn]ame (?:was|is)|[Aa]gent|[Rr]epresentative"
    r"|[Aa]dvisor|[Mm]anager|[Ss]upervisor|[Tt]echnician|[Cc]olleague)[, :]{1,2}(?:named |called )?(?P<after>(?:Mrs?\.? |Ms\.? |Dr\.? )?[A-Z][a-z]{2,20})\b"
    r"|\b(?P<before>(?:Mrs?\.? |Ms\.? |Dr\.? )?[A-Z][a-z]{2,20}) (?:said|told|promised|assured|never|claimed|swore|was supposed|was going|from your|in your)\b"
)
_NO_NAMES = """
And But The They She You Who Which That This Your Our Then When Someone Somebody Nobody Everyone Anyone Support
Service Customer Sales Billing Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April
May June July August September October November December Hello Dear Please Why How What Where After Before Still Yet
Not Also Amazon Apple Company Website Agent Manager Staff Team Another Next First Last Since Because Although While
Have Has Had Was Were Will Would Again Agents Email Site
"""
NO_NAMES = frozenset(_NO_NAMES.split())
PROMISE = re.compile(
    r"\b(?:promised|guaranteed|assured|told|said|say|states?|stated|advertised|quoted|confirmed|agreed|supposed)\b"
    r"(?: (?:me|us|by your \w{1,20}|by (?:the|a|an|one of your) \w{1,20}))?(?: (?:that|as|to|on the phone that|a|an|it was)\b)?",
    re.IGNORECASE,
)
# Only what a business says binds it: "I said", "my wife told" do not, and "told you" is the customer speaking.
OWN_WORDS = re.compile(
    r"\b(?:I|I've|we|we've|I have|my \w{1,20}|he|she)(?: have| had| already| also| clearly| then)? ?$", re.IGNORECASE
)
COMMITS = re.compile(
    r"\d|\b(?:by|within|before|next|same|full|free|lifetime|guarantee[ds]?|refund|deliver\w*|arriv\w*|replac\w*|ship\w*|install\w*|repair\w*|fix\w*|credit\w*|"
    r"price|cost|rate|discount|upgrade|includ\w*|cover\w*|match\w*|honou?r\w*|waive\w*|would|will|today|tomorrow|days?|weeks?|hours?|months?|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|be)\b",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(
    r"[.;!?\n](?!\d)|,? \b(?:but|yet|however|although|though)\b|,? and (?=(?:it|now|still|then|nobody|no|yet|I|we|that|this|here|so|they|did|does|has|have|was|were|is|are|failed|never|instead)\b)|,? \b(?:because|instead)\b"
    r"|, (?=(?:it|now|still|nobody|yet|I|we|here|so|they|which|this|that)\b)| [-\u2013\u2014] |: ",
    re.IGNORECASE,
)
LONGEST_PROMISE = 160
MATTER = re.compile(
    r"\b(?:my|our|the|this|a) (?:\w{2,15} )?(?P<matter>order|delivery|parcel|package|shipment|refund|claim|repair|return|replacement|"
    r"booking|reservation|appointment|application|installation|exchange|subscription|transfer|dispute|warranty|luggage|baggage)\b",
    re.IGNORECASE,
)
PRODUCT = re.compile(
    r"\b(?:(?:bought|ordered|purchased|from|with|of|for|about|on|repair(?:ed)?|replaced?|install(?:ed)?|fix(?:ed)?|returned) (?:my|our)(?: (?:new|old))?"
    r"|(?:my|our|the|a|an) (?:new|broken|faulty|leaking|defective|damaged)) (?P<product>[a-z][a-z-]{3,24})\b"
)
_NO_PRODUCTS = """
order orders delivery parcel package shipment refund claim repair return replacement booking reservation appointment
application installation exchange subscription transfer dispute warranty luggage baggage account accounts name email
emails e-mail address phone number numbers call calls message messages money time life wife husband son daughter
mother father mum parents children kids family friend friends partner boss office home house door behalf best question
questions problem problems issue issues complaint complaints experience opinion mind case ticket query request letter
letters credit bank card payment payments bill bills balance loan mortgage debt score report credit-card insurance
policy plan data information details situation understanding concern concerns previous last other next full entire
local day week month morning holiday trip flight stay room seat seats husbands company business work job frustration
patience disappointment surprise lawyer attorney neighbour neighbor landlord tenant dog cat voicemail voicemails whole
only many three four five several original initial latest recent purchase items item stuff things thing wish point
advice user review reviews experiences wages feet employment desire password city
"""
NO_PRODUCTS = frozenset(_NO_PRODUCTS.split())
PRODUCT_FIELDS = frozenset({"product", "item", "model"})


ACCUSED = re.compile(
    r"\b(?:he|she|him|her|his|hers|guy|lady|woman|man|girl|boy|lad|bloke|gentleman|idiot\w*|moron\w*|liars?|lied|lying|scam\w*|crooks?|thie(?:f|ves)|stupid|useless|"
    r"incompetent|clueless|fuck\w*|shit\w*|damn\w*|crap\w*|bullshit|hell|(?:your|the|an?|this|that|one|another) (?:\w{2,15} )?(?:agent|rep|representative|advis[eo]r|"
    r"manager|supervisor|technician|engineer|driver|courier|colleague|employee|clerk|operator|assistant|salesman|salesperson|salesperson|nurse|doctor|"
    r"mechanic|plumber|electrician|installer|carrier|supplier))\b",
    re.IGNORECASE,
)
