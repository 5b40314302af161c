"""The Freshdesk side of the sandbox."""
