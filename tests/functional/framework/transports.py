"""How JSON texts reach a server: lines over TCP, or WebSocket messages."""

import base64
import io
import os
import select
import socket
import ssl
import threading


def connect(port, timeout, source=None):
    """A socket; `source` is the address of this machine to come from."""
    found = socket.create_connection(("127.0.0.1", port), timeout,
                                     (source, 0) if source is not None else None)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


class TlsSocket(io.RawIOBase):
    """A socket in TLS that one thread may read while another writes, which Python's own does not
    promise. Shakes hands first. The server's certificate must be the one in `cafile`, if given."""

    def __init__(self, plain, cafile=None):
        context = ssl.create_default_context(cafile=cafile)
        context.check_hostname = False
        if cafile is None:
            context.verify_mode = ssl.CERT_NONE
        self._tls = context.wrap_socket(plain)
        self._tls.setblocking(False)
        self._lock = threading.Lock()

    def _retry(self, action):
        while True:
            with self._lock:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    wanted = select.POLLIN
                except ssl.SSLWantWriteError:
                    wanted = select.POLLOUT
                except (ssl.SSLEOFError, ValueError):
                    return b""
            descriptor = self._tls.fileno()
            if descriptor < 0:
                return b""
            ready = select.poll()  # select() takes no descriptor above 1023
            ready.register(descriptor, wanted)
            ready.poll(500)

    def recv(self, size):
        return self._retry(lambda: self._tls.recv(size))

    def sendall(self, data):
        left = memoryview(data)
        while left:
            left = left[self._retry(lambda: self._tls.send(left)) or len(left):]

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.recv(len(buffer))
        buffer[:len(data)] = data
        return len(data)

    def makefile(self, _mode):
        return io.BufferedReader(self)

    def settimeout(self, _timeout):
        """Reads wait for as long as it takes."""

    def getsockname(self):
        return self._tls.getsockname()

    def getpeercert(self):
        return self._tls.getpeercert(True)

    def shutdown(self, how):
        self._tls.shutdown(how)

    def close(self):
        self._tls.close()


class TcpTransport:
    def __init__(self, port, timeout=10, source=None):
        self.socket = self._connect(port, timeout, source)
        self.socket.settimeout(None)
        self._buffer = b""

    def _connect(self, port, timeout, source):
        return connect(port, timeout, source)

    def send(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def receive(self):
        """The next text; None when the server has closed."""
        while (end := self._buffer.find(b"\n")) < 0:
            data = self.socket.recv(1 << 18)
            if not data:
                return None
            # Long answers come in many pieces; joining each would be quadratic.
            if b"\n" not in data:
                pieces = [self._buffer, data]
                while b"\n" not in data:
                    data = self.socket.recv(1 << 18)
                    if not data:
                        return None
                    pieces.append(data)
                self._buffer = b"".join(pieces)
            else:
                self._buffer += data
        line, self._buffer = self._buffer[:end], self._buffer[end + 1:]
        return line.decode()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class WebSocketTransport:
    """RFC 6455, client side, without extensions."""

    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, port, path="/", timeout=10, source=None, headers=()):
        self.socket = self._connect(port, timeout, source)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n".encode()
            + "".join(f"{header}\r\n" for header in headers).encode() + b"\r\n")
        self._stream = self.socket.makefile("rb")
        status = self._stream.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket: {status!r}")
        while self._stream.readline() not in (b"\r\n", b""):
            pass
        self.socket.settimeout(None)

    def _connect(self, port, timeout, source):
        return connect(port, timeout, source)

    def send(self, text):
        self.send_frame(self.TEXT, text.encode())

    def send_frame(self, opcode, payload, final=True):
        size = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += b"\xfe" + size.to_bytes(2, "big")
        else:
            head += b"\xff" + size.to_bytes(8, "big")
        mask = os.urandom(4)
        pad = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def receive_frame(self):
        """(final, opcode, payload), or None when the server has closed."""
        head = self._stream.read(2)
        if len(head) < 2:
            return None
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(self._stream.read(2), "big")
        elif size == 127:
            size = int.from_bytes(self._stream.read(8), "big")
        return bool(head[0] & 0x80), head[0] & 0x0F, self._stream.read(size)

    def receive(self):
        message = b""
        while frame := self.receive_frame():
            final, opcode, payload = frame
            if opcode == self.CLOSE:
                return None
            if opcode == self.PING:
                self.send_frame(self.PONG, payload)
            elif opcode != self.PONG:
                message += payload
                if final:
                    return message.decode()
        return None

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._stream.close()
        self.socket.close()


class TlsTransport(TcpTransport):
    def _connect(self, port, timeout, source):
        return TlsSocket(connect(port, timeout, source))


class TlsWebSocketTransport(WebSocketTransport):
    def _connect(self, port, timeout, source):
        return TlsSocket(connect(port, timeout, source))
