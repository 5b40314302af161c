"""Zendesk Support: signed webhooks, one write per decision, shared budgets. README.md says how to connect an account."""
