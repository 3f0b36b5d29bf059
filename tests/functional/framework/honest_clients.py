"""Well-behaved wallets in a process of their own, measured while others attack."""

import multiprocessing
import threading
import time

from . import wait
from .electrum_client import ElectrumClient
from .transports import TlsTransport

ASK_PAUSE, COME_PAUSE = 0.02, 0.2  # seconds


class _Asker:
    """One session that stays, and asks the same all the time."""

    def __init__(self, port, transport, source, question):
        self.question = question
        self.times, self.failures = [], []
        self.client = ElectrumClient(port, transport, source=source)
        self.right = self.client.call(*question)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            begin = time.monotonic()
            try:
                answer = self.client.call(*self.question)
                if answer != self.right:
                    self.failures.append(f"{answer} instead of {self.right}")
            except Exception as error:  # told by HonestClients
                self.failures.append(repr(error))
                return
            self.times.append(time.monotonic() - begin)
            time.sleep(ASK_PAUSE)


class _Comer:
    """A new session five times a second."""

    def __init__(self, port, transport, source):
        self.where = port, transport, source
        self.times, self.failures = [], []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        port, transport, source = self.where
        while True:
            begin = time.monotonic()
            try:
                with ElectrumClient(port, transport, source=source) as client:
                    client.call("server.ping")
            except Exception as error:  # told by HonestClients
                self.failures.append(repr(error))
            self.times.append(time.monotonic() - begin)
            time.sleep(COME_PAUSE)


def _serve(pipe, ports, question):
    askers = [_Asker(port, transport, f"127.0.200.{number + 1}", question)
              for number, (transport, port) in enumerate(ports.items())]
    comers = [_Comer(ports[TlsTransport], TlsTransport, "127.0.201.1")]
    try:
        while True:
            pipe.recv()
            pipe.send([([one.times for one in group], [one.failures for one in group])
                       for group in (askers, comers)])
            for one in askers + comers:
                one.times, one.failures = [], []
    except EOFError:  # the test is gone
        pass


def _quantile(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]


class HonestClients:
    """One session of each transport, and one after the other that comes. Make it before any
    thread is started: it forks."""

    def __init__(self, ports, question):
        """ports: {transport: port}; question: (method, parameters...)."""
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(
            target=_serve, args=(theirs, ports, question), daemon=True)
        self._process.start()
        theirs.close()
        self.since_last()

    def since_last(self):
        """What they have met with since this was last called: {"ask_p50_ms": ...}. Fails if any was
        refused, or answered wrong, or slowly beyond all measure."""
        self._pipe.send("tell")
        (askers, wrong), (comers, refused) = self._pipe.recv()
        times = [time for one in askers for time in one]
        failures = [text for group in (wrong, refused) for one in group for text in one]
        assert not failures, f"honest clients were disturbed: {failures[:5]}"
        figures = {"asked": len(times)}
        for name, found in (("ask", times), ("come", [time for one in comers for time in one])):
            for share in (50, 99):
                if found:
                    figures[f"{name}_p{share}_ms"] = round(_quantile(found, share / 100) * 1000, 2)
            assert not found or max(found) < 5 * wait.patience, f"{name}: {max(found)} s"
        return figures

    def close(self):
        self._process.terminate()
        self._process.join()
