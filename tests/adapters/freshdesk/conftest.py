"""The running sandbox, and an account on it."""

from tests.adapters.sandbox.running import receiver, sandbox, sandbox_server

__all__ = ["receiver", "sandbox", "sandbox_server"]
