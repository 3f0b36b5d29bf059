"""Waiting for a condition, with a limit."""

import time


# Every limit is multiplied by this: more than 1 for programs built with sanitizers.
patience = 1.0


class WaitTimeout(AssertionError):
    pass


def wait_until(condition, timeout, what, interval=0.02):
    """Calls condition() until it returns something true, and returns that. A WaitTimeout tells
    `what` was waited for; if it is callable, what it returns then."""
    timeout *= patience
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise WaitTimeout(f"after {timeout:g} s still waiting for {text}")
        time.sleep(interval)
