"""What hostile or broken clients send: each gets the right error or a clean close, another client
does not notice, and memory stays bounded."""
# time limit: 300 s

import json
import socket
import threading
import time

from framework import TlsTransport, WebSocketTransport, main, wait, wait_until
from framework.chain import script_hash

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, WRONG_PARAMS, BAD_REQUEST \
    = -32700, -32600, -32601, -32602, 1
MEMORY_MARGIN = 150_000_000  # bytes that any of these may take

MANY_BLOCKS = {"blocks": 2500, "txs": 4000, "prefix_bytes": 0}


def memory_margin(case):
    """Sanitizers keep freed memory for a while."""
    return 1_000_000_000 if case.args.sanitized else MEMORY_MARGIN


class Raw:
    """A socket and lines, with no idea of JSON-RPC."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout * wait.patience)
        self.stream = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """The next answer; None when the server closed."""
        try:
            line = self.stream.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def ask(self, data):
        self.send(data + b"\n")
        return self.line()

    def close(self):
        self.stream.close()
        self.socket.close()


def request(number=1, method="server.ping", params=()):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": params}).encode()


def expect_error(answer, code, number, what):
    assert answer is not None, f"{what}: closed"
    assert answer.get("error", {}).get("code") == code, f"{what}: {answer}"
    assert isinstance(answer["error"]["message"], str) and answer["error"]["message"], what
    assert answer["id"] == number, f"{what}: {answer}"


def broken_texts(case, port):
    """A session survives each."""
    raw = Raw(port)
    for text in (b"not json", b"{", b'{"id":1,}', b"[1,2", b'"\xff\xfe"',
                 b'{"id":1,"method":"\xc3"}', b"\x00", b'{"id":1} {"id":2}', b"nul",
                 b'{"method":"server.ping","id":1}}', b'"\\ud800"x', b"\xef\xbb\xbf{}"):
        expect_error(raw.ask(text), PARSE_ERROR, None, text)
    for text in (b"42", b'"text"', b"null", b"true", b"[]"):
        expect_error(raw.ask(text), INVALID_REQUEST, None, text)
    for text in (b'{"id":7}', b'{"id":7,"method":5}', b'{"id":7,"method":null}',
                 b'{"id":7,"method":["server.ping"]}'):
        expect_error(raw.ask(text), INVALID_REQUEST, 7, text)
    for params in (b'"text"', b"5"):
        answer = raw.ask(b'{"id":7,"method":"server.ping","params":' + params + b"}")
        assert answer["error"]["code"] in (INVALID_REQUEST, WRONG_PARAMS), answer
    expect_error(raw.ask(request(3, "no.such.method")), UNKNOWN_METHOD, 3, "unknown method")
    expect_error(raw.ask(request(3, "")), UNKNOWN_METHOD, 3, "empty method")
    # Unknown notifications and blank lines are passed over.
    raw.send(b'{"method":"no.such.method"}\n\n   \n\r\n')
    assert raw.ask(request(8))["id"] == 8
    # Padding, carriage returns, upper case hex, missing params and the older dialect are fine.
    assert raw.ask(b'  { "id" : 9 , "method":"server.ping"  , "params" : [ ]    }  \r')["id"] == 9
    assert raw.ask(b'{"id":10,"method":"server.ping"}')["result"] is None
    answer = raw.ask(b'{"jsonrpc":"1.0","id":11,"method":"server.ping","params":[]}')
    assert answer["id"] == 11 and answer["result"] is None
    for number in ("text", 0, -1, "", None, 123456789012):
        answer = raw.ask(request(number))
        assert answer["id"] == number and type(answer["id"]) is type(number), answer
    raw.close()
    case.say("broken texts")


def wrong_params(case, port):
    raw = Raw(port)
    name = "blockchain.scripthash.get_history"
    for value in (5, None, "", "zz" * 32, "ab" * 31, "ab" * 33, ["ab" * 32], {}, True):
        expect_error(raw.ask(request(1, name, [value])), BAD_REQUEST, 1, f"{name} {value}")
    expect_error(raw.ask(request(1, name, [])), WRONG_PARAMS, 1, "missing")
    expect_error(raw.ask(request(1, name, {"nonsense": 1})), WRONG_PARAMS, 1, "wrong name")
    good = "ab" * 32
    assert raw.ask(request(1, name, {"scripthash": good.upper()}))["result"] == []
    expect_error(raw.ask(request(1, "server.banner", [1])), WRONG_PARAMS, 1, "superfluous")
    for value in (-1, "x", None, 10**12, 2**70, 1.5, [], "-5"):
        answer = raw.ask(request(1, "blockchain.block.header", [value]))
        expect_error(answer, BAD_REQUEST, 1, f"header {value}")
    for params in ([0, -1], [-1, 5], [0, "x"], [0, 1, -1], [0, 10, 5], [0, 1, 10**9]):
        answer = raw.ask(request(1, "blockchain.block.headers", params))
        expect_error(answer, BAD_REQUEST, 1, f"headers {params}")
    for text in ("", "zz", "00", "ab" * 200, 5, None):
        answer = raw.ask(request(1, "blockchain.transaction.broadcast", [text]))
        expect_error(answer, BAD_REQUEST, 1, f"broadcast {text}")
    expect_error(raw.ask(request(1, "blockchain.transaction.get", ["zz"])), BAD_REQUEST, 1, "txid")
    answer = raw.ask(request(1, "blockchain.transaction.get", ["ab" * 32]))
    expect_error(answer, 2, 1, "unknown transaction")
    assert "No such mempool or blockchain transaction" in answer["error"]["message"], answer
    answer = raw.ask(request(1, "blockchain.transaction.get_merkle", ["ab" * 32, 5]))
    expect_error(answer, BAD_REQUEST, 1, "merkle of an unknown transaction")
    raw.close()
    case.say("wrong parameters")


def batches(case, port):
    raw = Raw(port)
    items = b"[" + b",".join((b"1", request(1), b'{"id":2,"method":"no.such"}', b"[]",
                              b'{"method":"server.ping"}')) + b"]"
    answers = raw.ask(items)
    by_id = {answer["id"]: answer for answer in answers if answer["id"] is not None}
    assert len(answers) == 4 and by_id[1]["result"] is None, answers
    assert by_id[2]["error"]["code"] == UNKNOWN_METHOD
    assert sum(answer["id"] is None for answer in answers) == 2
    # Only notifications: no answer at all.
    raw.send(b'[{"method":"server.ping"},{"method":"x"}]\n')
    assert raw.ask(request(5))["id"] == 5
    # Far too many items: one error or a close, no work done.
    answer = raw.ask(b"[" + b",".join(request(n) for n in range(60_000)) + b"]")
    assert answer is None or (isinstance(answer, dict) and "error" in answer), str(answer)[:200]
    raw.close()
    case.say("batches")


def versions(case, port):
    raw = Raw(port)
    answer = raw.ask(request(1, "server.version", ["x" * 10_000, "1.4"]))
    assert answer["result"][1] == "1.4", answer
    expect_error(raw.ask(request(2, "server.version", ["x", "1.4"])), BAD_REQUEST, 2, "twice")
    assert raw.ask(request(3))["id"] == 3
    raw.close()
    for version in ("0.9", "99", ["7.0", "8.0"], "a.b", [], 5, {"a": 1}, ["1.4"]):
        raw = Raw(port)
        expect_error(raw.ask(request(1, "server.version", ["x", version])), BAD_REQUEST, 1,
                     f"version {version}")
        assert raw.line() is None, f"version {version}: still open"
        raw.close()
    case.say("versions")


def deep_nesting(case, port):
    nested = b"[" * 50_000 + b"]" * 50_000
    for text in (b"[" * 100_000, b'{"a":' * 100_000,
                 b'{"id":1,"method":"server.ping","params":' + nested + b"}"):
        raw = Raw(port)
        answer = raw.ask(text)
        assert answer is None or "error" in answer, str(answer)[:200]
        raw.close()
    case.say("deep nesting")


def endless_line(case, amber):
    """100 MB without a newline: refused, at no great cost."""
    before = amber.memory_bytes()
    raw = Raw(amber.tcp_port)
    sent = 0
    try:
        while sent < 100_000_000:
            raw.send(b"x" * 1_000_000)
            sent += 1_000_000
        answer = raw.ask(b"")
        assert answer is None or "error" in answer
    except OSError:
        pass  # closed: as good
    finally:
        raw.close()
    assert amber.memory_bytes() < before + memory_margin(case), "memory grew"
    # A long line, still within what may be skipped: the session goes on.
    raw = Raw(amber.tcp_port)
    answer = raw.ask(b'{"id":1,"method":"server.ping","params":["' + b"x" * 9_000_000 + b'"]}')
    if answer is not None:
        assert "error" in answer, str(answer)[:200]
        while (answer := raw.ask(request(77))) is not None and answer.get("id") != 77:
            assert "error" in answer
    raw.close()
    case.say(f"endless line: closed or answered after {sent / 1e6:.0f} MB")


def half_closed(case, port):
    """A client that has said its last word still gets its answers."""
    raw = Raw(port)
    raw.send(b"\n".join(request(number) for number in range(100)) + b"\n")
    raw.socket.shutdown(socket.SHUT_WR)
    ids = set()
    while (answer := raw.line()) is not None:
        ids.add(answer["id"])
    assert ids == set(range(100)), f"{len(ids)} of 100 answers"
    raw.close()
    # Half a request, then nothing more.
    raw = Raw(port)
    raw.send(b'{"id":1,"method":"server.pi')
    raw.socket.shutdown(socket.SHUT_WR)
    raw.line()  # an error or nothing; the point is that it ends
    raw.close()
    case.say("half-closed sockets")


def reader_that_never_reads(case, amber):
    """Asks for a gigabyte and takes none of it."""
    before = amber.memory_bytes()
    raws = [Raw(amber.tcp_port, timeout=2) for _ in range(5)]
    ask = request(1, "blockchain.block.headers", [0, 2016]) + b"\n"
    for raw in raws:
        try:
            for _ in range(600):
                raw.send(ask)
        except OSError:
            pass  # the server does not take more, or has closed
    peak = 0
    for _ in range(20):
        peak = max(peak, amber.memory_bytes())
        time.sleep(0.1)
    for raw in raws:
        raw.close()
    assert peak < before + memory_margin(case), f"memory grew by {(peak - before) / 1e6:.0f} MB"
    case.say(f"readers that never read: {(peak - before) / 1e6:.0f} MB")


def slow_writers(case, port):
    """One byte at a time, over many connections."""
    raws = [Raw(port) for _ in range(50)]
    text = request(4) + b"\n"
    for at in range(len(text)):
        for raw in raws:
            raw.send(text[at:at + 1])
    for raw in raws:
        assert raw.line()["id"] == 4
        raw.close()
    case.say("slow writers")


def many_connections(case, amber):
    raws = [Raw(amber.tcp_port) for _ in range(500)]
    assert raws[-1].ask(request(1))["id"] == 1
    for raw in raws[::2]:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
    for raw in raws:
        raw.close()
    wait_until(lambda: amber.admin("getinfo")["sessions"] <= 3, 10, "closed sessions to be gone")
    case.say("many connections")


def websocket_frames(case, port):
    ask = request(1)
    ws = WebSocketTransport(port)
    for opcode in (ws.TEXT, ws.BINARY):
        ws.send_frame(opcode, ask)
        assert json.loads(ws.receive())["id"] == 1
    ws.send_frame(ws.TEXT, ask[:10], final=False)
    ws.send_frame(ws.PING, b"between")
    ws.send_frame(0, ask[10:], final=True)
    frames = [ws.receive_frame() for _ in range(2)]
    assert (True, ws.PONG, b"between") in frames, frames
    assert any(frame[1] == ws.TEXT and json.loads(frame[2])["id"] == 1 for frame in frames)
    ws.send("not json")
    assert json.loads(ws.receive())["error"]["code"] == PARSE_ERROR
    ws.send_frame(ws.CLOSE, (1000).to_bytes(2, "big"))
    assert ws.receive_frame()[1] == ws.CLOSE
    ws.close()

    head = bytes([0x81, 0xFF])  # text, masked, 64-bit length
    for garbage in (head + b"\x7f" + b"\xff" * 7 + b"mask",  # 2^63 bytes announced
                    head + (10**9).to_bytes(8, "big") + b"mask" + b"x" * 1000,
                    b"\x81\x05hello",                           # not masked
                    b"\xf1\x85mask12345",                       # reserved bits
                    b"\x83\x80mask",                            # reserved opcode
                    b"\x09\xfe\x01\x00mask" + b"x" * 256,       # long, fragmented ping
                    b"\x80\x80mask"):                           # continuation of nothing
        ws = WebSocketTransport(port)
        ws.socket.settimeout(10)
        try:
            ws.socket.sendall(garbage)
            ws.socket.shutdown(socket.SHUT_WR)
            while ws.receive_frame() is not None:
                pass
        except OSError:  # closed already: as good
            pass
        ws.close()
    for hello in (b"hello\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n"
                  b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                  b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"\x16\x03\x01\x02\x00",
                  b"GET /" + b"a" * 1_000_000):
        raw = Raw(port)
        try:
            raw.send(hello)
            raw.socket.shutdown(socket.SHUT_WR)
            while raw.socket.recv(65536):
                pass
        except OSError:  # closed already: as good
            pass
        raw.close()
    case.say("WebSocket frames")


def slow_handshakes(case, amber):
    """Far more than may be under way, each begun and left: no session, no memory, none kept."""
    before = amber.memory_bytes()
    begun = {amber.ssl_port: b"\x16\x03\x01\x02\x00\x01", amber.wss_port: b"",
             amber.ws_port: b"GET / HTTP/1.1\r\nHost: a\r\n"}
    raws = []
    for number in range(4500):
        port, data = list(begun.items())[number % 3]
        raw = Raw(port)
        raws.append(raw)
        try:
            raw.send(data)
        except OSError:  # closed for a later one already
            pass
    assert amber.admin("getinfo")["sessions"] <= 3
    with amber.client(TlsTransport) as client:
        assert client.call("server.ping") is None
    assert amber.memory_bytes() < before + memory_margin(case), "memory grew"
    for raw in raws:
        try:
            raw.socket.settimeout(20 * wait.patience)
            assert raw.socket.recv(1) == b"", "answered"
        except ConnectionResetError:
            pass
        raw.close()
    case.say("slow handshakes")


def random_bytes(case, ports):
    end = time.monotonic() + 3
    count = 0
    words = [b'{"id":1,', b'"method":', b'"server.ping"', b'"params":[', b"]", b"}", b"\n", b'"',
             b"[", b"blockchain.scripthash.subscribe", b"\\u0000", b"1e999", b"-", b"\xf0\x9f"]
    while time.monotonic() < end:
        for port in ports:
            raw = Raw(port)
            try:
                if case.random.random() < 0.5:
                    data = case.random.randbytes(case.random.randrange(1, 2000))
                else:
                    data = b"".join(case.random.choices(words, k=case.random.randrange(1, 60)))
                raw.send(data)
                raw.socket.shutdown(socket.SHUT_WR)
                while raw.socket.recv(65536):
                    pass
            except OSError:  # closed already: as good
                pass
            raw.close()
            count += 1
    case.say(f"{count} connections of random bytes")


class Bystander:
    """A well-behaved client: all its requests are answered, none slowly."""

    def __init__(self, port, name):
        self.client_port = port
        self.name = name
        self.failure = None
        self.slowest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            raw = Raw(self.client_port)
            number = 0
            while not self._stop.wait(0.02):
                number += 1
                begin = time.monotonic()
                answer = raw.ask(request(number, "blockchain.scripthash.get_balance", [self.name]))
                self.slowest = max(self.slowest, time.monotonic() - begin)
                assert answer["id"] == number and "result" in answer, answer
            raw.close()
        except Exception as error:  # told by check()
            self.failure = repr(error)

    def finish(self):
        self._stop.set()
        self._thread.join()
        assert self.failure is None, f"the bystander was disturbed: {self.failure}"
        assert self.slowest < 2 * wait.patience, f"the bystander waited {self.slowest:.1f} s"


def test(case):
    path, description = case.chain(seed=case.args.seed, **MANY_BLOCKS)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    amber = case.amber(node, websocket=True, tls=True)
    amber.start()
    port = amber.tcp_port
    bystander = Bystander(port, script_hash("51"))
    broken_texts(case, port)
    wrong_params(case, port)
    batches(case, port)
    versions(case, port)
    deep_nesting(case, port)
    half_closed(case, port)
    slow_writers(case, port)
    websocket_frames(case, amber.ws_port)
    random_bytes(case, (port, amber.ws_port, amber.ssl_port, amber.wss_port, amber.admin_port))
    slow_handshakes(case, amber)
    many_connections(case, amber)
    endless_line(case, amber)
    reader_that_never_reads(case, amber)
    bystander.finish()
    case.say(f"the bystander's slowest answer took {bystander.slowest * 1000:.0f} ms")
    with amber.client(WebSocketTransport) as client, amber.client() as other:
        assert client.call("server.ping") is None and other.call("server.ping") is None
    amber.stop()


main(test)
