"""How an account on Zendesk is connected: what is asked, and where it stands in Zendesk's pages (README.md, Connect)."""

from __future__ import annotations

from adapters.contract import Question, WayIn

_SUBDOMAIN = Question(
    "subdomain",
    "Subdomain",
    why="The part of your Zendesk's address before .zendesk.com: acme for https://acme.zendesk.com.",
    steps=("Take the original one, even if your help centre has a host name of its own.",),
)
_HOOK_SECRET = Question(
    "webhook_secrets",
    "Signing secret of the webhook",
    why="Zendesk makes it together with the webhook. Until it is known, every webhook is refused.",
    secret=True,
    made=True,
)

WAYS_IN = (
    WayIn(
        "oauth",
        "An OAuth client (client credentials)",
        (
            _SUBDOMAIN,
            Question(
                "auth.client_id",
                "Identifier of the OAuth client",
                why="Makeright acts as the administrator who made this client; nobody should work as that user.",
                steps=(
                    "Admin Center > People > Team members: add a member called Makeright, role Administrator.",
                    "Sign in as that member.",
                    "Admin Center > Apps and integrations > APIs > OAuth clients > Add OAuth client.",
                    "Name Makeright, identifier makeright, client kind Confidential. Save.",
                ),
                default="makeright",
            ),
            Question(
                "auth.client_secret",
                "Secret of the OAuth client",
                why="It shows once, right after the client is saved. It is kept in a file of its own that only you can read.",
                secret=True,
            ),
            _HOOK_SECRET,
        ),
    ),
    WayIn(
        "token",
        "An API token (no new ones since 2026-10-27, and all stop working on 2027-04-30)",
        (
            _SUBDOMAIN,
            Question(
                "auth.email",
                "E-mail address of the token's user",
                why="What Makeright writes appears under this user's name; nobody should work as this user.",
            ),
            Question(
                "auth.api_token",
                "API token",
                steps=("Admin Center > Apps and integrations > APIs > API tokens.",),
                secret=True,
            ),
            _HOOK_SECRET,
        ),
    ),
)
