"""Each way to overwhelm the server, one after the other, while honest clients of every transport ask and
come: the bound that is meant for it holds, memory stays bounded, and every honest answer is right. Prints
a line of JSON for each attack, with what honest clients waited."""
# time limit: 300 s

import json
import resource
import socket
import ssl
import struct
import subprocess
import time

from framework import (TcpTransport, TlsTransport, TlsWebSocketTransport, WebSocketTransport, main,
                       wait_until)
from framework.chain import script_hash
from framework.honest_clients import HonestClients
from framework.transports import connect

SECONDS = 2.5  # of each attack
MEMORY_MARGIN = 150_000_000  # bytes that one may take
PER_ADDRESS = 20  # connections
SOFT, HARD = 300, 3000
PROXY = "127.0.3.1"  # trusted
CHAIN = {"blocks": 300, "txs": 20_000, "prefix_bytes": 0}

UPGRADE = (b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n")
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # the first bytes of 517


def line(number, method, *params):
    return json.dumps({"id": number, "method": method, "params": params}).encode() + b"\n"


def addresses(group, count):
    """Attackers of one group; each attack has its own, and pays for itself."""
    return [f"127.0.{group}.{host + 1}" for host in range(count)]


def opened(port, source):
    """A connection, or None if it was refused at once."""
    try:
        return connect(port, 10, source)
    except OSError:
        return None


def sent(raw, data):
    """False if the server has closed."""
    try:
        raw.sendall(data)
        return True
    except OSError:
        return False


def is_closed(raw, patience=10):
    """Reads until the server closes; False if it does not."""
    try:
        raw.settimeout(patience)
        while raw.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def last_error(raw):
    """The code of the last error answered before the server closes."""
    raw.settimeout(20)
    last, code = b"", None
    try:
        while data := raw.recv(1 << 20):
            *lines, last = (last + data).split(b"\n")
            for text in lines:
                answer = json.loads(text)
                for item in answer if isinstance(answer, list) else [answer]:
                    code = item.get("error", {}).get("code", code)
    except ConnectionError:
        pass
    return code


class Attacks:
    """Each returns what is worth telling of it."""

    def __init__(self, case, amber):
        self.case = case
        self.amber = amber
        self.hits = self.bound_hits()

    def bound_hits(self):
        return self.amber.admin("getinfo")["bound_hits"]

    def hit(self, bound):
        """How often it was met since the last attack."""
        return self.bound_hits()[bound] - self.hits[bound]

    def drip(self, port, group, texts):
        """Slowloris: as many connections as are let in from ten addresses, a byte at a time."""
        raws = [raw for source in addresses(group, 10) for _ in range(2 * PER_ADDRESS)
                if (raw := opened(port, source))]
        end, at, alive = time.monotonic() + SECONDS, 0, len(raws)
        while time.monotonic() < end:
            alive = sum(sent(raw, texts[at:at + 1] or b" ") for raw in raws)
            at += 1
            time.sleep(0.1)
        refused = self.hit("max_sessions_per_ip")
        assert alive <= 10 * PER_ADDRESS, f"{alive} are open"
        assert refused >= 10 * PER_ADDRESS, f"{refused} were refused"
        for raw in raws:
            raw.close()
        return {"open": alive, "refused": refused}

    def slowloris_tcp(self):
        return self.drip(self.amber.tcp_port, 10, b'{"id":1,"method":"server.ping"')

    def slowloris_ssl(self):
        return self.drip(self.amber.ssl_port, 11, HELLO)

    def slowloris_ws(self):
        return self.drip(self.amber.ws_port, 12, UPGRADE)

    def slowloris_wss(self):
        return self.drip(self.amber.wss_port, 13, HELLO)

    def half_done_tls(self):
        """From so many addresses that the bound on handshakes is what holds."""
        raws = []
        for number, source in enumerate(addresses(14, 200)):
            for _ in range(3):
                if raw := opened(self.amber.ssl_port, source):
                    sent(raw, HELLO[:number % 12])
                    raws.append(raw)
        time.sleep(SECONDS)
        closed = self.hit("max_handshakes")
        assert closed >= 100, f"{closed} made room"
        for raw in raws:
            raw.close()
        return {"begun": len(raws), "made_room": closed}

    def renegotiation(self):
        """TLS 1.2 by OpenSSL's own client, which asks for it again and again."""
        refused = 0
        for _ in range(10):
            done = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect",
                                   f"127.0.0.1:{self.amber.ssl_port}"], input="R\n" * 20, text=True,
                                  capture_output=True, timeout=30)
            refused += "no renegotiation" in done.stderr
        assert refused == 10, f"refused {refused} of 10: {done.stderr[-500:]}"
        return {"refused": refused}

    def connection_storm(self):
        """Connect and close, as fast as one thread can."""
        end, made, sources = time.monotonic() + SECONDS, 0, addresses(16, 4)
        while time.monotonic() < end:
            for source in sources:
                if raw := opened(self.amber.tcp_port, source):
                    # A reset, as else this side would run out of ports.
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    raw.close()
                made += 1
        wait_until(lambda: self.amber.admin("getinfo")["sessions"] < 30, 10, "sessions to be gone")
        return {"per_s": round(made / SECONDS)}

    def tls_storm(self):
        """Whole handshakes, which cost, until the group has had enough."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.amber.admin("limits", "cost-hard-limit", 100)
        end, made, refused = time.monotonic() + 2 * SECONDS, 0, 0
        while time.monotonic() < end and refused < 100:
            raw = opened(self.amber.ssl_port, "127.0.17.1")
            try:
                context.wrap_socket(raw).close()
                made += 1
            except OSError:
                refused += 1
        self.amber.admin("limits", "cost-hard-limit", HARD)
        turned_away = self.hit("cost_hard_limit")
        assert turned_away >= 50, f"{turned_away} of {made} were turned away"
        return {"handshakes": made, "turned_away": turned_away}

    def proxy_headers(self):
        """Of strangers, and malformed ones of a proxy."""
        count = 0
        forged = b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + line(1, "server.ping")
        binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\x7f\0\0\1" * 2 + b"\0\1\0\2"
        for source, header in (("127.0.18.1", forged), ("127.0.18.2", binary),
                               (PROXY, b"PROXY TCP4 1.2.3.4\r\n"), (PROXY, b"PROXY " + b"x" * 200),
                               (PROXY, binary[:14] + b"\x7f\xff" + binary[16:])):
            for _ in range(500):
                raw = opened(self.amber.tcp_port, source)
                sent(raw, header)
                assert is_closed(raw), f"{header[:30]} of {source} is served"
                raw.close()
                count += 1
        assert self.amber.admin("getinfo")["sessions"] < 30
        return {"refused": count}

    def batch_bombs(self):
        """Batches that are too long, then as long as they may be, of what is refused."""
        raw = opened(self.amber.tcp_port, "127.0.19.1")
        item = line(1, "server.ping")[:-1]
        raw.sendall(b"[" + b",".join([item] * 20_000) + b"]\n")
        assert b'"code":4' in raw.recv(1000)
        bad = b"[" + b",".join([line(1, "none")[:-1]] * 10_000) + b"]\n"
        sent(raw, bad)
        time.sleep(SECONDS)
        pauses = self.hit("cost_soft_limit")
        assert 2 <= pauses < 100, f"{pauses} pauses"
        self.amber.admin("limits", "cost-soft-limit", 0)  # nothing but the hard limit is left
        code = last_error(raw)
        self.amber.admin("limits", "cost-soft-limit", SOFT)
        raw.close()
        assert code == -101, f"the last error was {code}"
        assert self.hit("max_batch") == 1 and self.hit("cost_hard_limit") >= 1
        return {"pauses": pauses, "closed_with": code}

    def subscription_flood(self):
        """Two sessions of one address want more than it may have."""
        self.amber.admin("limits", "max-subscriptions-per-ip", 20_000)
        refused = 0
        raws = [opened(self.amber.tcp_port, "127.0.20.1") for _ in range(2)]
        for number, raw in enumerate(raws):
            raw.settimeout(30)
            stream = raw.makefile("rb")
            for begin in range(0, 10_100, 100):
                raw.sendall(b"".join(line(n, "blockchain.scripthash.subscribe",
                                          f"{number * 10_100 + n:064x}")
                                     for n in range(begin, begin + 100)))
                refused += sum(b'"code":4' in stream.readline() for _ in range(100))
        subscriptions = self.amber.admin("getinfo")["subscriptions"]
        assert subscriptions == 20_000, f"{subscriptions} subscriptions"
        assert refused == self.hit("max_subscriptions_per_ip") == 200, f"{refused} were refused"
        for raw in raws:
            raw.close()
        return {"subscriptions": subscriptions, "refused": refused}

    def websocket_abuse(self):
        """Compressed frames, which were never agreed on; messages in a hundred thousand pieces;
        pings without end; frames that announce an exabyte."""
        ws = WebSocketTransport(self.amber.ws_port, source="127.0.21.1")
        ws.socket.sendall(b"\xc1\x85mask12345")
        assert is_closed(ws.socket), "a compressed frame was taken"
        ws = WebSocketTransport(self.amber.ws_port, source="127.0.21.2")
        ws.socket.sendall(b"\x81\xffmask"[:2] + b"\x7f" + b"\xff" * 7 + b"mask" + b"x" * 100)
        assert is_closed(ws.socket), "an endless frame was taken"
        ws = WebSocketTransport(self.amber.ws_port, source="127.0.21.3")
        empty = b"\x00\x80mask"  # an empty piece that is not the last
        end, pieces = time.monotonic() + SECONDS, 0
        ws.send_frame(ws.TEXT, b"", final=False)
        while time.monotonic() < end and sent(ws.socket, empty * 1000):
            pieces += 1000
        assert is_closed(ws.socket), "a message without end was taken"
        ws.socket.close()
        ws = WebSocketTransport(self.amber.ws_port, source="127.0.21.4")
        ws.socket.settimeout(1)
        ping, end, pings = b"\x89\xfdmask" + b"x" * 125, time.monotonic() + SECONDS, 0
        while time.monotonic() < end and sent(ws.socket, ping * 100):
            pings += 100
        ws.socket.close()
        return {"pieces": pieces, "pings_taken": pings}

    def slow_readers(self):
        """Ask for gigabytes and take nothing."""
        ask = line(1, "blockchain.block.headers", 0, 2016) * 200
        raws = [raw for source in addresses(22, 4) for _ in range(PER_ADDRESS)
                if (raw := opened(self.amber.tcp_port, source))]
        for raw in raws:
            raw.settimeout(0.01)
            sent(raw, ask)
        end, taken = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            taken += sum(sent(raw, ask) for raw in raws)
        for raw in raws:
            raw.close()
        return {"sessions": len(raws), "asked_again": taken}

    def heavy_requests(self):
        """The most that sessions of one group can ask for: slowed, then closed."""
        self.amber.admin("limits", "cost-soft-limit", 50)
        self.amber.admin("limits", "cost-hard-limit", 400)
        ask = line(1, "blockchain.block.headers", 0, 2016) * 20
        raws = [raw for source in addresses(23, 2) for _ in range(10)
                if (raw := opened(self.amber.tcp_port, source))]
        for raw in raws:
            raw.setblocking(False)
        end, bytes_read = time.monotonic() + 4 * SECONDS, 0
        alive = set(raws)
        while time.monotonic() < end and alive:
            for raw in list(alive):
                try:
                    raw.send(ask)
                except BlockingIOError:
                    pass
                except OSError:
                    alive.discard(raw)
                try:
                    while data := raw.recv(1 << 20):
                        bytes_read += len(data)
                    alive.discard(raw)
                except BlockingIOError:
                    pass
                except OSError:
                    alive.discard(raw)
            time.sleep(0.001)
        pauses, closed = self.hit("cost_soft_limit"), self.hit("cost_hard_limit")
        groups = self.amber.admin("groups")
        assert pauses > 0, "nobody was slowed"
        assert groups[0]["group"] == "127.0.23.0/24" or closed > 0, groups[:3]
        self.amber.admin("limits", "cost-soft-limit", SOFT)
        self.amber.admin("limits", "cost-hard-limit", HARD)
        for raw in raws:
            raw.close()
        return {"pauses": pauses, "closed": closed, "megabytes": round(bytes_read / 1e6)}

    def banned(self):
        """Who is banned gets nothing but a close, before any handshake."""
        answer = self.amber.admin("ban", "127.0.24.0/24", 60)
        assert answer["subnet"] == "127.0.24.0/24", answer
        end, tried = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            for port in (self.amber.tcp_port, self.amber.ssl_port, self.amber.ws_port):
                raw = opened(port, "127.0.24.1")
                assert raw is None or is_closed(raw), "served"
                tried += 1
        assert self.hit("ban") == tried, f"{self.hit('ban')} of {tried} refused"
        return {"refused": tried}


ALL = ("slowloris_tcp", "slowloris_ssl", "slowloris_ws", "slowloris_wss", "half_done_tls",
       "renegotiation", "connection_storm", "tls_storm", "proxy_headers", "batch_bombs",
       "subscription_flood", "websocket_abuse", "slow_readers", "heavy_requests", "banned")


def memory_margin(case):
    """Sanitizers keep freed memory for a while."""
    return 1_000_000_000 if case.args.sanitized else MEMORY_MARGIN


def test(case):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    path, description = case.chain(seed=case.args.seed, **CHAIN)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    amber = case.amber(node, websocket=True, tls=True, options=[
        "--exempt-subnet", "none", "--max-sessions-per-ip", PER_ADDRESS, "--max-handshakes", 400,
        "--cost-soft-limit", SOFT, "--cost-hard-limit", HARD, "--proxy-protocol", PROXY])
    amber.start()
    honest = HonestClients({TcpTransport: amber.tcp_port, TlsTransport: amber.ssl_port,
                            WebSocketTransport: amber.ws_port,
                            TlsWebSocketTransport: amber.wss_port},
                           ("blockchain.scripthash.get_balance", script_hash("51")))
    attacks = Attacks(case, amber)
    try:
        time.sleep(SECONDS)
        print(json.dumps({"attack": None, **honest.since_last()}), flush=True)
        for name in case.args.attacks or ALL:
            amber.reset_peak()
            before, attacks.hits = amber.memory_bytes(), attacks.bound_hits()
            found = getattr(attacks, name)()
            grown = amber.peak_bytes() - before
            print(json.dumps({"attack": name, **found, **honest.since_last(),
                              "mb_more": round(grown / 1e6)}), flush=True)
            assert grown < memory_margin(case), f"{name}: memory grew by {grown / 1e6:.0f} MB"
            assert amber.running, name
    finally:
        honest.close()
    amber.stop()


def add_arguments(parser):
    parser.add_argument("--attacks", nargs="*", choices=ALL, help="only these")


if __name__ == "__main__":
    main(test, add_arguments)
