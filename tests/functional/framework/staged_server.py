"""Public Electrum servers, staged: as others behave towards their peers, and as liars do.

Each is a thread per connection on a loopback address of its own, with the chain of a real node.
"""

import contextlib
import json
import socket
import socketserver
import ssl
import threading

from .ports import free_port

LINE_MAX = 1 << 20


class PeerError(Exception):
    """What a staged server finds wrong with whom it looks at."""


class Chain:
    """What a node has, cached by height; blocks must stay."""

    def __init__(self, node):
        self.node = node
        self.genesis = node.getblockhash(0)
        self._headers = {}
        self._lock = threading.Lock()

    def height(self):
        with self._lock:
            return self.node.getblockcount()

    def header(self, height):
        with self._lock:
            if height not in self._headers:
                self._headers[height] = self.node.getblockheader(self.node.getblockhash(height),
                                                                 False)
            return self._headers[height]


class PeerClient:
    """Asks another server, one question at a time."""

    def __init__(self, host, port, source=None, timeout=10):
        self.socket = socket.create_connection((host, port), timeout,
                                               (source, 0) if source else None)
        self._file = self.socket.makefile("rb")
        self._id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self.socket.close()

    def call(self, method, *params):
        answers = self.call_many((method, *params))
        return answers[0]

    def call_many(self, *calls):
        """All are asked before the first answer is read."""
        ids = []
        for method, *params in calls:
            self._id += 1
            ids.append(self._id)
            self._send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        found = {}
        while len(found) < len(ids):
            line = self._file.readline(LINE_MAX)
            if not line:
                raise PeerError("it closed the connection")
            message = json.loads(line)
            if "method" not in message:
                found[message["id"]] = message
        for number in ids:
            if found[number].get("error"):
                raise PeerError(found[number]["error"]["message"])
        return [found[number]["result"] for number in ids]

    def _send(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")


class Listener:
    """A thread for each connection, which serve() has. Ends as processes of a test do."""

    child = None

    def __init__(self, address):
        self.port = free_port()
        self._server = socketserver.ThreadingTCPServer((address, self.port), self._begin,
                                                       bind_and_activate=False)
        self._server.allow_reuse_address = True
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self._server.server_bind()
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _begin(self, connection, caller, _server):
        self.serve(connection, caller[0])

    def serve(self, connection, caller):
        raise NotImplementedError

    def discard(self):
        self._server.shutdown()
        self._server.server_close()


class StagedServer(Listener):
    """Answers as a good server. `host` is a loopback address, or a name that somebody leads here.
    Subclasses are the implementations, and lies."""

    software = "Staged 1.0"
    protocol_max = "1.6"
    version_first = False

    def __init__(self, chain, address, host=None, certificate=None):
        self.chain = chain
        self.address = address
        self.host = host or address
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self.tls:
            self.tls.load_cert_chain(*certificate)
        self.peers = {}  # host: features, of those that announced themselves
        self.good = {}  # host: features, of those that were looked at
        self.trouble = {}  # host: why it is not good
        self.asked = []  # methods, of all connections
        self.callers = []
        super().__init__(address)

    @property
    def url(self):
        return f"{'ssl' if self.tls else 'tcp'}://{self.host}:{self.port}"

    # What it says

    def features(self):
        port = "ssl_port" if self.tls else "tcp_port"
        return {"hosts": {self.host: {port: self.port}}, "genesis_hash": self.chain.genesis,
                "hash_function": "sha256", "server_version": self.software,
                "protocol_min": "1.4", "protocol_max": self.protocol_max, "pruning": None}

    def tip(self):
        height = self.chain.height()
        return {"hex": self.chain.header(height), "height": height}

    def header(self, height):
        return self.chain.header(height)

    def list_peers(self):
        return []

    def add_peer(self, features, caller):
        return False

    def answer(self, method, params, caller):
        if method == "server.version":
            return [self.software, self.protocol_max]
        if method == "blockchain.headers.subscribe":
            return self.tip()
        if method == "blockchain.block.header":
            return self.header(params[0])
        if method == "server.features":
            return self.features()
        if method == "server.peers.subscribe":
            return self.list_peers()
        if method == "server.add_peer":
            return self.add_peer(params[0], caller)
        if method == "server.ping":
            return None
        raise PeerError(f"unknown method {method}")

    # How it says it

    def serve(self, connection, caller):
        self.callers.append(caller)
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.talk(connection, caller)

    def talk(self, connection, caller):
        stream = connection.makefile("rwb")
        negotiated = False
        while line := stream.readline(LINE_MAX):
            request = json.loads(line)
            self.asked.append(request["method"])
            if self.version_first and not negotiated and request["method"] != "server.version":
                return
            negotiated = True
            answer = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                answer["result"] = self.answer(request["method"], request["params"], caller)
            except PeerError as error:
                answer["error"] = {"code": -32601, "message": str(error)}
            stream.write(json.dumps(answer).encode() + b"\n")
            stream.flush()

    # Looking at others

    def look_at(self, features, caller):
        """On a thread of its own, as others do after they said yes."""
        host = next(iter(features["hosts"]))

        def look():
            try:
                self.good[host] = self.check(host, features["hosts"][host]["tcp_port"])
            except (OSError, ValueError, KeyError, PeerError) as error:
                self.trouble[host] = repr(error)

        threading.Thread(target=look, daemon=True).start()

    def check(self, host, port):
        raise NotImplementedError

    def announce_to(self, host, port):
        """What server.add_peer says there."""
        with PeerClient(host, port, source=self.address) as peer:
            peer.call("server.version", self.software, ["1.4", self.protocol_max])
            return peer.call("server.add_peer", self.features())


class ElectrumXServer(StagedServer):
    """Wants server.version first; looks only at the first host that a newcomer names, which must be
    where it comes from; asks it all at once; compares the header ten below the lower tip; lists
    those that are good."""

    software = "ElectrumX 1.16.0"
    protocol_max = "1.4.2"
    version_first = True

    def list_peers(self):
        rows = []
        for host, features in self.good.items():
            ports = features["hosts"][host]
            rows.append([host, host, ["v" + features["protocol_max"]]
                         + [f"s{ports['ssl_port']}"] * ("ssl_port" in ports)
                         + [f"t{ports['tcp_port']}"] * ("tcp_port" in ports)])
        return rows

    def add_peer(self, features, caller):
        host = next(iter(features["hosts"]))
        if socket.gethostbyname(host) != caller:
            return False
        self.peers[host] = features
        self.look_at(features, caller)
        return True

    def check(self, host, port):
        with PeerClient(host, port, source=self.address) as peer:
            version = peer.call("server.version", self.software, ["1.4", "1.4.2"])
            if len(version) != 2 or version[1] != "1.4.2":
                raise PeerError(f"bad version {version}")
            tip, features, peers = peer.call_many(("blockchain.headers.subscribe",),
                                                  ("server.features",),
                                                  ("server.peers.subscribe",))
            if abs(tip["height"] - self.chain.height()) > 5:
                raise PeerError(f"bad height {tip['height']}")
            height = max(0, min(tip["height"], self.chain.height()) - 10)
            if peer.call("blockchain.block.header", height) != self.chain.header(height):
                raise PeerError("another chain")
            if features["genesis_hash"] != self.chain.genesis:
                raise PeerError("another genesis block")
            if host.lower() not in map(str.lower, features["hosts"]):
                raise PeerError(f"not among its own hosts: {features['hosts']}")
            for address, name, details in peers:
                if not all(isinstance(text, str) for text in (address, name, *details)):
                    raise PeerError(f"bad row {name}")
            return features


class FulcrumServer(StagedServer):
    """Has more in its features, checks all of a newcomer's, wants the port it dialled among them,
    and compares the header below the deepest reorganisation."""

    software = "Fulcrum 2.1.1"
    protocol_max = "1.6"
    reorg_limit = 100

    def features(self):
        return {**super().features(), "dsproof": False, "broadcast_package": True,
                "rpa": {"history_block_limit": 60, "max_history": 0, "prefix_bits": 16}}

    def add_peer(self, features, caller):
        try:
            self.parse(features)
        except (KeyError, TypeError, PeerError) as error:
            raise PeerError(f"bad features: {error!r}") from error
        host = next(iter(features["hosts"]))
        if socket.gethostbyname(host) != caller:
            return False
        self.peers[host] = features
        self.look_at(features, caller)
        return True

    def parse(self, features):
        if features["pruning"] is not None or features["hash_function"] != "sha256":
            raise PeerError("pruned, or of another coin")
        if len(features["genesis_hash"]) != 64 or features["genesis_hash"] != self.chain.genesis:
            raise PeerError("genesis")
        if not 1 <= len(features["hosts"]) <= 4 or not isinstance(features["server_version"], str):
            raise PeerError("hosts")
        for host, ports in features["hosts"].items():
            if len(host) > 120 or not all(0 < port < 65536 for port in ports.values()):
                raise PeerError("ports")

    def check(self, host, port):
        with PeerClient(host, port, source=self.address) as peer:
            _, version = peer.call("server.version", self.software, ["1.4", "1.6"])
            if version not in ("1.4", "1.4.1", "1.4.2", "1.5", "1.6"):
                raise PeerError(f"bad version {version}")
            features = peer.call("server.features")
            self.parse(features)
            if features["hosts"].get(host, {}).get("tcp_port") != port:
                raise PeerError(f"not at the port it names: {features['hosts']}")
            height = max(0, self.chain.height() - self.reorg_limit - 1)
            if peer.call("blockchain.block.header", height) != self.chain.header(height):
                raise PeerError("another chain")
            return features


# Liars


class OfAnotherNetwork(StagedServer):
    def features(self):
        return {**super().features(), "genesis_hash": "00" * 32}


class OnAnotherChain(StagedServer):
    def header(self, height):
        return super().header(height)[:-8] + "ffffffff"


class FarBehind(StagedServer):
    def tip(self):
        height = self.chain.height() - 6
        return {"hex": self.chain.header(height), "height": height}


class SomebodyElse(StagedServer):
    def features(self):
        return {**super().features(), "hosts": {"somebody.example": {"tcp_port": 1}}}


class Garbage(StagedServer):
    def talk(self, connection, caller):
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class EndlessLine(StagedServer):
    def talk(self, connection, caller):
        while True:
            connection.sendall(b"x" * 65536)


class EndlessNews(StagedServer):
    def talk(self, connection, caller):
        news = {"method": "blockchain.headers.subscribe", "params": ["x" * 10_000]}
        while True:
            connection.sendall(json.dumps(news).encode() + b"\n")


class Silent(StagedServer):
    def talk(self, connection, caller):
        connection.recv(100)
        while connection.recv(100):
            pass


class HangsUp(StagedServer):
    def answer(self, method, params, caller):
        if method == "server.features":
            raise ConnectionError
        return super().answer(method, params, caller)


# A way to onions


class SocksProxy(Listener):
    """SOCKS5 to names that it knows (RFC 1928), and to no others."""

    def __init__(self):
        self.ways = {}  # name: (address, port)
        self.asked = []  # (kind of address, name, port)
        super().__init__("127.0.0.1")

    def serve(self, client, _caller):
        stream = client.makefile("rb")
        _, methods = stream.read(2)
        stream.read(methods)
        client.sendall(b"\x05\x00")
        _, command, _, kind = stream.read(4)
        name = stream.read(stream.read(1)[0] if kind == 3 else 4).decode("latin-1")
        port = int.from_bytes(stream.read(2), "big")
        self.asked.append((kind, name, port))
        if command != 1 or name not in self.ways:
            client.sendall(b"\x05\x04\x00\x01" + bytes(6))
            return
        with socket.create_connection(self.ways[name]) as host:
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            there = threading.Thread(target=self._copy, args=(host, client), daemon=True)
            there.start()
            self._copy(client, host)
            there.join()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
