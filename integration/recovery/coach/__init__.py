"""The draft coach: what a reply to a complaint had better not say, where it says so, and better words.

Source of the rules: the project's page on service recovery, "What a reply must not say". It advises; nothing here blocks
a reply, keeps a draft or counts anything per person.
"""

from integration.recovery.coach.coach import Coach
from integration.recovery.coach.findings import Finding, Policy, Rule

__all__ = ["Coach", "Finding", "Policy", "Rule"]
