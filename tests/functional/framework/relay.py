"""A port that passes everything on to another one of this machine, until it is cut off."""

import contextlib
import socket
import threading


class Relay:
    def __init__(self, port):
        self.bytes = 0  # that came from there, so far
        self._port = port
        self._limit = None
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def cut_after(self, count):
        """Closes everything for good once so many bytes have come from there."""
        self._limit = count

    def close(self):
        self._listener.close()
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._open += [near, far]
                threading.Thread(target=self._pass, args=(near, far), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source, sink, counted=False):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if counted:
                    self.bytes += len(data)
                    if self._limit is not None and self.bytes >= self._limit:
                        return self.close()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
