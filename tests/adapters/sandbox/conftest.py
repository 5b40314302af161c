"""The running sandbox for the tests in this folder."""

from tests.adapters.sandbox.running import receiver, sandbox, sandbox_server

__all__ = ["receiver", "sandbox", "sandbox_server"]
