"""A child process with a log file, which cannot outlive the test."""

import ctypes
import signal
import subprocess
import threading

from . import wait
from .wait import wait_until

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """Output of all runs is appended to one log file. Start it from the main thread only: the
    kernel kills the child when the thread that started it ends."""

    def __init__(self, log_path):
        self.log_path = log_path
        self.child = None
        self._log_begin = 0
        log_path.touch()

    def spawn(self, command, env=None):
        assert threading.current_thread() is threading.main_thread()
        assert not self.running, f"{command[0]} runs already"
        self._log_begin = self.log_path.stat().st_size
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, env=env,
                                          preexec_fn=_die_with_parent)

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    @property
    def exit_code(self):
        """None while running; negative: the signal that ended it."""
        return self.child.poll()

    def log(self):
        """What the present or last run has written."""
        with open(self.log_path, "rb") as file:
            file.seek(self._log_begin)
            return file.read().decode(errors="replace")

    def wait_exit(self, timeout):
        timeout *= wait.patience
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"process still runs after {timeout} s: {self.log_path}") from None

    def wait_log(self, pattern, timeout, must_run=True):
        """The first match of a compiled pattern in the log of this run."""

        def look():
            ended = not self.running
            match = pattern.search(self.log())
            if match is None and ended and must_run:
                raise AssertionError(f"ended with code {self.exit_code} before the log said "
                                     f"{pattern.pattern!r}:\n{self.log()[-2000:]}")
            return match

        return wait_until(look, timeout, lambda: f"{pattern.pattern!r} in {self.log_path}:\n"
                          f"{self.log()[-2000:]}")

    def terminate(self, timeout):
        """SIGTERM, then waits; returns the exit code."""
        if self.running:
            self.child.send_signal(signal.SIGTERM)
        return self.wait_exit(timeout)

    def kill(self):
        """SIGKILL: no chance to clean up."""
        if self.running:
            self.child.kill()
        self.child.wait()

    def signal(self, number):
        self.child.send_signal(number)

    def discard(self):
        """Ends it, whatever it takes."""
        if self.child is not None:
            if self.running:
                self.child.kill()
            self.child.wait()
