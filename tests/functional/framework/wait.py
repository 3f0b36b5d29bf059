"""Waiting for a condition, with a limit."""

import time


class WaitTimeout(AssertionError):
    pass


def wait_until(condition, timeout, what, interval=0.02):
    """Calls condition() until it returns something true, and returns that. A WaitTimeout tells
    `what` was waited for; if it is callable, what it returns then."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise WaitTimeout(f"after {timeout:g} s still waiting for {text}")
        time.sleep(interval)
