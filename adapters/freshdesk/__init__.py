"""Freshdesk: webhooks from automation rules, and the API v2."""
