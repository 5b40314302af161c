"""The Zendesk side of the sandbox."""
