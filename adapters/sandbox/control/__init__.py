"""The control API: be the customer or an agent, break things, move the clock, and see what came of it."""
