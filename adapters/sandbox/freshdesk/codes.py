"""Freshdesk's numbers for the neutral words of the store."""

from __future__ import annotations

from adapters.sandbox.store import Channel

# number: (neutral word, agents' label, customers' label); 6 and 7 are this account's own.
STATUSES: dict[int, tuple[str, str, str]] = {
    2: ("open", "Open", "Being Processed"),
    3: ("pending", "Pending", "Awaiting your Reply"),
    4: ("solved", "Resolved", "This ticket has been Resolved"),
    5: ("closed", "Closed", "This ticket has been Closed"),
    6: ("waiting_on_customer", "Waiting on Customer", "Awaiting your Reply"),
    7: ("waiting_on_third_party", "Waiting on Third Party", "Being Processed"),
}
PRIORITIES: dict[int, tuple[str, str]] = {
    1: ("low", "Low"),
    2: ("normal", "Medium"),
    3: ("high", "High"),
    4: ("urgent", "Urgent"),
}
SOURCES: dict[int, str] = {
    1: "Email",
    2: "Portal",
    3: "Phone",
    4: "Forum",
    5: "Twitter",
    6: "Facebook",
    7: "Chat",
    9: "Feedback Widget",
    10: "Outbound Email",
}
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")
OUTBOUND = 10
SUBDOMAIN = "acme"

status_word = {number: row[0] for number, row in STATUSES.items()}
status_number = {row[0]: number for number, row in STATUSES.items()}
status_label = {row[0]: row[1] for row in STATUSES.values()}
priority_word = {number: row[0] for number, row in PRIORITIES.items()}
priority_number = {row[0]: number for number, row in PRIORITIES.items()}
priority_label = {row[0]: row[1] for row in PRIORITIES.values()}
channel_source = {Channel.EMAIL: 1, Channel.WEB: 2, Channel.API: 2, Channel.RULE: 2}
