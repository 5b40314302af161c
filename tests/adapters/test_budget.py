"""Budgets follow what the platform says of its limits."""

from __future__ import annotations

from redis import Redis

from adapters.budget import Allowance, Budget

ASSUMED = Allowance("account", 200, 60)


def test_a_limit_that_is_larger_than_assumed_counts_from_the_first_answer_on(redis: Redis) -> None:
    """Else a fifth of the real limit, kept back for others, would be more than what is left of the assumed one."""
    budget = Budget(redis, "acme", share=0.8)
    assert budget.take(ASSUMED) == 0
    budget.learn(ASSUMED, remaining=2499, limit=2500)
    assert budget.left(ASSUMED) == (2499, 2500)
    assert budget.take(ASSUMED) == 0


def test_within_a_known_limit_a_late_answer_gives_nothing_back(redis: Redis) -> None:
    budget = Budget(redis, "acme", share=1.0)
    budget.learn(ASSUMED, remaining=100, limit=200)
    assert budget.take(ASSUMED, 10) == 0
    budget.learn(ASSUMED, remaining=99, limit=200)
    assert budget.left(ASSUMED) == (90, 200)
    budget.learn(ASSUMED, remaining=50, limit=200)
    assert budget.left(ASSUMED) == (50, 200)


def test_a_smaller_plan_counts_at_once(redis: Redis) -> None:
    budget = Budget(redis, "acme", share=1.0)
    budget.learn(ASSUMED, remaining=0, limit=20)
    assert budget.take(ASSUMED) > 0
