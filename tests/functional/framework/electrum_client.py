"""A wallet's side of the Electrum protocol."""

import collections
import json
import threading
import time
from typing import NamedTuple

from . import wait
from .transports import TcpTransport


class ElectrumError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('message')} ({error.get('code')})")
        self.code = error.get("code")
        self.message = error.get("message")


class Disconnected(Exception):
    pass


class Notification(NamedTuple):
    method: str
    params: list
    time: float  # time.monotonic() of its arrival


class ElectrumClient:
    """Thread-safe. A thread of its own reads: answers wake their callers, notifications are kept
    in order until somebody takes them."""

    def __init__(self, port, transport=TcpTransport, version=("1.4", "1.6"), timeout=30, **named):
        self.transport = transport(port, **named)
        self.timeout = timeout
        self._changed = threading.Condition()
        self._next_id = 0
        self._answers = {}
        self._wanted = set()
        self._notifications = collections.deque()
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.server_version = None
        if version is not None:
            self.server_version = self.call("server.version", "functional-test", list(version))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.transport.close()
        self._reader.join(5)

    @property
    def connected(self):
        return not self._closed

    # Requests

    def call(self, method, *params, timeout=None):
        return self.results(self.send([(method, *params)]), timeout)[0]

    def call_many(self, calls, timeout=None):
        """Pipelined: [(method, params...), ...]; results in order."""
        return self.results(self.send(calls), timeout)

    def batch(self, calls, timeout=None):
        """The same as one JSON-RPC batch."""
        ids, requests = self._requests(calls)
        self.transport.send(json.dumps(requests))
        return self.results(ids, timeout)

    def send(self, calls):
        """Sends without waiting; results() takes what it returns."""
        ids, requests = self._requests(calls)
        self.transport.send("\n".join(map(json.dumps, requests)) if len(requests) == 1
                            or isinstance(self.transport, TcpTransport) else json.dumps(requests))
        return ids

    def _requests(self, calls):
        with self._changed:
            if self._closed:
                raise Disconnected
            ids = range(self._next_id, self._next_id + len(calls))
            self._next_id += len(calls)
            self._wanted.update(ids)
        return ids, [{"jsonrpc": "2.0", "id": number, "method": method, "params": params}
                     for number, (method, *params) in zip(ids, calls)]

    def results(self, ids, timeout=None):
        """Raises the first ElectrumError among them."""
        answers = self.answers(ids, timeout)
        for answer in answers:
            if answer.get("error") is not None:
                raise ElectrumError(answer["error"])
        return [answer["result"] for answer in answers]

    def answers(self, ids, timeout=None):
        """Whole answer objects, in the order of the requests."""
        timeout = (timeout or self.timeout) * wait.patience
        deadline = time.monotonic() + timeout
        taken = []
        with self._changed:
            for number in ids:
                while number not in self._answers:
                    if self._closed:
                        raise Disconnected
                    if not self._changed.wait(max(0, deadline - time.monotonic())) \
                            and time.monotonic() > deadline:
                        raise AssertionError(f"no answer to request {number} within "
                                             f"{timeout} s")
                taken.append(self._answers.pop(number))
        return taken

    # Notifications

    def notification(self, method=None, timeout=None):
        """Takes the oldest notification (of `method`), waiting for it if need be."""
        timeout = (self.timeout if timeout is None else timeout) * wait.patience
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for at, item in enumerate(self._notifications):
                    if method is None or item.method == method:
                        del self._notifications[at]
                        return item
                if self._closed:
                    raise Disconnected
                if time.monotonic() > deadline:
                    raise AssertionError(f"no notification {method or ''} within {timeout} s")
                self._changed.wait(max(0, deadline - time.monotonic()))

    def take_notifications(self):
        """All that are waiting."""
        with self._changed:
            items = list(self._notifications)
            self._notifications.clear()
            return items

    def _read(self):
        try:
            while (text := self.transport.receive()) is not None:
                message = json.loads(text)
                now = time.monotonic()
                with self._changed:
                    for item in message if isinstance(message, list) else [message]:
                        if "method" in item:
                            self._notifications.append(
                                Notification(item["method"], item["params"], now))
                        else:
                            self._answers[item["id"]] = item
                    self._changed.notify_all()
        except (OSError, ValueError):
            pass
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
