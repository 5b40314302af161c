"""A helpdesk on your own machine that speaks the Zendesk and the Freshdesk API: for demo, tests and rehearsal."""
