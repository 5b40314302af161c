"""How an account on Freshdesk is connected: what is asked, and where it stands in Freshdesk's pages (README.md)."""

from __future__ import annotations

from adapters.contract import Question, WayIn
from adapters.freshdesk.options import PLANS

WAYS_IN = (
    WayIn(
        "api_key",
        "An agent's API key",
        (
            Question(
                "domain",
                "Domain",
                why="The address of your Freshdesk, like acme.freshdesk.com.",
                steps=("Take the one that ends in .freshdesk.com, even if your portal has a host name of its own.",),
            ),
            Question(
                "api_key",
                "API key of the agent Makeright writes as",
                why="Notes and tags appear under this agent's name. Give it an agent of its own with scope Global Access.",
                steps=(
                    "Admin > Team > Agents > New agent: Makeright, role Agent, scope Global Access.",
                    "Sign in as that agent, picture at the top right > Profile settings.",
                    "View API key (the agent's e-mail address must be confirmed).",
                ),
                secret=True,
            ),
            Question(
                "admin_api_key",
                "API key of an administrator",
                why="For canned responses, business hours and rules, which Freshdesk shows to administrators alone. "
                "Everything else works without it.",
                steps=("The same page, signed in as an administrator. Leave empty to go without.",),
                secret=True,
                needed=False,
            ),
            Question(
                "plan",
                "Plan",
                why="How many calls a minute Freshdesk allows. The first answer tells whether it fits.",
                steps=("Admin > Account > Plans & billing.",),
                choices=tuple(PLANS),
                default="growth",
            ),
            Question(
                "webhook_secrets",
                "Secret in the header of every webhook",
                why="Freshdesk does not sign its webhooks; this word in their header proves where they come from.",
                secret=True,
                made=True,
            ),
        ),
    ),
)
