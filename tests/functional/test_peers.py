"""Servers that find each other.

Two Ambers on one chain look at each other, and tell wallets of each other, also after a restart.
Servers with ElectrumX's and Fulcrum's behaviour are verified, listed, announced to, and find
nothing wrong with us; liars of each kind are not listed. An onion is reached through a SOCKS5
proxy. Announcements are taken only from those who speak for themselves. The banner changes
without a restart.
"""

# time limit: 300 s

from framework import ElectrumError, main, wait_until
from framework.amberd import AdminError
from framework.ports import free_port
from framework.staged_server import (Chain, ElectrumXServer, EndlessLine, EndlessNews, FarBehind,
                                     FulcrumServer, Garbage, HangsUp, OfAnotherNetwork,
                                     OnAnotherChain, PeerClient, Silent, SocksProxy, SomebodyElse,
                                     StagedServer)

ONION = "a" * 55 + "d.onion"

LIARS = {  # class: (status, what `peers` says of it)
    OfAnotherNetwork: ("bad", "serves another network"),
    OnAnotherChain: ("bad", "on another chain"),
    FarBehind: ("never", "its tip is at"),
    SomebodyElse: ("bad", "not among those it names"),
    Garbage: ("bad", "not JSON-RPC"),
    EndlessLine: ("bad", "too long"),
    EndlessNews: ("bad", "too much"),
    HangsUp: ("never", "closed the connection"),
    Silent: ("never", "no answer in time"),
}


class Public:
    """An Amber that is public at a loopback address of its own, over TLS and TCP."""

    def __init__(self, case, node, name, address, options=()):
        self.address = address
        self.tcp_port, self.ssl_port = free_port(), free_port()
        self.tcp, self.ssl = f"{address}:{self.tcp_port}", f"{address}:{self.ssl_port}"
        self.amber = case.amber(node, name=name, options=[
            "--peer-discovery", "on", "--tcp", self.tcp, "--ssl", self.ssl,
            "--report-service", f"tcp://{self.tcp}", "--report-service", f"ssl://{self.ssl}",
            *options])

    def peers(self):
        return {row["host"]: row for row in self.amber.admin("peers")}

    def listed(self):
        """{host: row} as wallets are told."""
        with self.amber.client() as client:
            return {row[1]: row for row in client.call("server.peers.subscribe")}

    def wait_status(self, host, status, timeout=60):
        return wait_until(lambda: (row := self.peers().get(host)) and row["status"] == status
                          and row["next_seconds"] is not None and row,
                          timeout, lambda: f"{host} to be {status}: {self.peers()}")

    def add(self, server):
        self.amber.admin("add_peer", server.url)


def two_ambers(case, node):
    first = Public(case, node, "first", "127.1.0.1")
    second = Public(case, node, "second", "127.2.0.1", ["--peer", f"ssl://{first.ssl}"])
    first.amber.start()
    assert first.listed() == {first.address: row_of(first)}
    second.amber.start()
    found = second.wait_status(first.address, "good")
    assert found["ssl"] == first.ssl_port and found["tcp"] == first.tcp_port, found
    assert found["software"].startswith("Amber"), found
    assert first.wait_status(second.address, "good")["source"] == "itself"
    for one, other in ((first, second), (second, first)):
        assert one.listed() == {one.address: row_of(one), other.address: row_of(other)}
        counts = one.amber.admin("getinfo")["peers"]
        assert counts == {"good": 1, "stale": 0, "never": 0, "bad": 0, "total": 1}, counts
    case.say("two Ambers found each other")
    return first, second


def row_of(public):
    return [public.address, public.address,
            ["v1.7", f"s{public.ssl_port}", f"t{public.tcp_port}"]]


def after_a_restart(case, second, first):
    """The book is kept, and a good peer is told of at once."""
    at = second.amber.options.index("--peer")
    del second.amber.options[at:at + 2]
    first.amber.stop()
    second.amber.stop()
    second.amber.start()
    assert first.address in second.listed(), second.listed()
    second.amber.kill()
    second.amber.start()
    assert first.address in second.listed()
    first.amber.start()
    case.say("known after restarts")


def others(case, chain, amber):
    certificate = [amber.amber.datadir / name for name in ("cert.pem", "key.pem")]
    electrumx = case.adopt(ElectrumXServer(chain, "127.3.0.1"))
    fulcrum = case.adopt(FulcrumServer(chain, "127.4.0.1"))
    in_tls = case.adopt(ElectrumXServer(chain, "127.5.0.1", certificate=certificate))
    for server in (electrumx, fulcrum, in_tls):
        amber.add(server)
        row = amber.wait_status(server.host, "good")
        assert row["software"] == server.software and row["source"] == "the operator", row
        assert amber.address in server.callers, "we come from another address than we name"
        wait_until(lambda: server.good or server.trouble, 20, f"{server.software} to look at us")
        assert list(server.good) == [amber.address] and not server.trouble, server.trouble
        assert server.peers[amber.address]["hash_function"] == "sha256"
    assert {electrumx.host, fulcrum.host, in_tls.host} <= set(amber.listed())
    assert amber.listed()[fulcrum.host] == [fulcrum.host, fulcrum.host,
                                            ["v1.6", f"t{fulcrum.port}"]]
    # Whoever lists us is not told again.
    electrumx.asked.clear()
    amber.amber.stop()
    forget(amber)
    amber.amber.start()
    amber.add(electrumx)
    amber.wait_status(electrumx.host, "good")
    assert "server.add_peer" not in electrumx.asked, electrumx.asked
    case.say("verified, listed and announced to others")


def forget(public):
    (public.amber.datadir / "peers.json").unlink()


def gossip(case, chain, amber):
    """A server that a good one lists is looked at, too."""
    friend = case.adopt(StagedServer(chain, "127.6.0.1"))
    lister = case.adopt(StagedServer(chain, "127.7.0.1"))
    lister.list_peers = lambda: [["1", friend.host, ["v1.4", f"t{friend.port}"]],
                                 ["1", amber.address, ["v1.4", "t1"]], "garbage", [1, 2]]
    amber.add(lister)
    assert amber.wait_status(friend.host, "good")["source"] == lister.host
    assert amber.address not in amber.peers(), "we look at ourselves"
    case.say("heard of another")


def strangers(case, chain, amber):
    """Who may tell us of servers."""
    honest = case.adopt(FulcrumServer(chain, "127.8.0.1"))
    assert honest.announce_to(amber.address, amber.tcp_port) is True
    amber.wait_status(honest.host, "good")
    with PeerClient(amber.address, amber.tcp_port, source="127.9.0.9") as stranger:
        forged = {**honest.features(), "hosts": {"127.9.0.1": {"tcp_port": 1}}}
        assert stranger.call("server.add_peer", forged) is False
        other = {**honest.features(), "genesis_hash": "00" * 32}
        assert stranger.call("server.add_peer", other) is False
        assert stranger.call("server.add_peer", {**forged, "hosts": {}}) is False
    assert "127.9.0.1" not in amber.peers()
    # What was forged did not use up the turn of the owner: once in ten minutes.
    owner = case.adopt(StagedServer(chain, "127.9.0.1"))
    assert owner.announce_to(amber.address, amber.tcp_port) is True
    assert owner.announce_to(amber.address, amber.tcp_port) is False
    amber.wait_status(owner.host, "good")
    with amber.amber.client() as client:
        for wrong in ({}, 5, {**honest.features(), "hosts": 7}, {**honest.features(), "pruning": 1}):
            try:
                client.call("server.add_peer", wrong)
                raise AssertionError(f"{wrong} was answered")
            except ElectrumError as error:
                assert error.code == 1, error
    case.say("announcements are taken from those who speak for themselves")


def liars(case, chain, amber):
    servers = {}
    for number, kind in enumerate(LIARS):
        servers[kind] = case.adopt(kind(chain, f"127.{20 + number}.0.1"))
        amber.add(servers[kind])
    for kind, (status, trouble) in LIARS.items():
        server = servers[kind]
        row = wait_until(lambda: (row := amber.peers()[server.host])["trouble"] and row, 90,
                         lambda: f"{kind.__name__} to be found out: {amber.peers()[server.host]}")
        assert row["status"] == status and trouble in row["trouble"], (kind.__name__, row)
        assert row["next_seconds"] > 500, row
    assert not {server.host for server in servers.values()} & set(amber.listed())
    counts = amber.amber.admin("getinfo")["peers"]
    assert counts["bad"] == sum(status == "bad" for status, _ in LIARS.values()), counts
    case.say(f"{len(LIARS)} liars were found out")


def onions(case, chain, node):
    proxy = case.adopt(SocksProxy())
    hidden = case.adopt(ElectrumXServer(chain, "127.0.0.1", host=ONION))
    dead = "b" * 55 + "d.onion"
    proxy.ways[ONION] = ("127.0.0.1", hidden.port)
    amber = Public(case, node, "tor", "127.10.0.1", [
        "--tor-proxy", f"127.0.0.1:{proxy.port}", "--peer", f"tcp://{dead}:50001",
        "--peer", hidden.url])
    amber.amber.start()
    amber.wait_status(ONION, "good")
    assert amber.listed()[ONION] == [ONION, ONION, ["v1.4.2", f"t{hidden.port}"]]
    wait_until(lambda: "host unreachable" in amber.peers()[dead]["trouble"], 20, "the dead onion")
    assert all(kind == 3 for kind, _, _ in proxy.asked), "names are looked up by the proxy"
    assert "server.add_peer" not in hidden.asked, "we have no name that leads there"
    clear = case.adopt(StagedServer(chain, "127.11.0.1"))
    amber.add(clear)
    amber.wait_status(clear.host, "good")
    assert len(proxy.asked) == 2, proxy.asked
    amber.amber.stop()

    # An onion of our own, and all through the proxy.
    ours = "c" * 55 + "d.onion"
    proxy.asked.clear()
    named = case.adopt(StagedServer(chain, "127.0.0.1", host="clear.example.org"))
    proxy.ways[named.host] = ("127.0.0.1", named.port)
    hidden.add_peer = lambda features, caller: hidden.peers.update(features["hosts"]) or True
    amber = case.amber(node, name="hidden", options=[
        "--peer-discovery", "on", "--tor-proxy", f"127.0.0.1:{proxy.port}", "--force-proxy",
        "--report-service", f"tcp://{ours}:50001", "--peer", hidden.url, "--peer", named.url])
    amber.start()
    wait_until(lambda: amber.admin("getinfo")["peers"]["good"] == 2, 30,
               lambda: f"both through the proxy: {amber.admin('peers')}")
    assert hidden.peers == {ours: {"tcp_port": 50001}}
    assert {name for _, name, _ in proxy.asked} == {ONION, named.host}, proxy.asked
    amber.stop()
    case.say("onions through a proxy")


def banner(case, node):
    """What wallets read changes when the file does, or when the operator says so. And with peers off,
    there are none."""
    path, tor_path = case.folder / "banner.txt", case.folder / "tor.txt"
    path.write_text("one")
    tor_path.write_text("tor")
    amber = case.amber(node, name="banner",
                       options=["--banner-file", path, "--tor-banner", tor_path])
    amber.start()
    with amber.client() as client:
        assert client.call("server.banner") == "one"
        path.write_text("two")
        lines = amber.admin("broadcast")
        assert len(lines) == 2 and "3 bytes" in lines[0], lines
        assert client.call("server.banner") == "two"
        path.write_text("three")
        wait_until(lambda: client.call("server.banner") == "three", 10, "the new banner")
        path.write_bytes(b"\xff")
        assert "old text stays" in amber.admin("broadcast")[0]
        assert client.call("server.banner") == "three"
        assert client.call("server.peers.subscribe") == []
    assert not (amber.datadir / "peers.json").exists()
    for words in (["peers"], ["add_peer", "tcp://127.1.0.1:1"]):
        try:
            amber.admin(*words)
            raise AssertionError(f"{words} was answered")
        except AdminError as error:
            assert "--peer-discovery is off" in str(error), error
    amber.stop()
    case.say("banner and peers off")


def for_people(amber):
    lines = amber.amber.admin_text("peers").splitlines()
    assert lines[0].split()[:4] == ["host", "status", "ssl", "tcp"], lines
    assert len(lines) == 1 + len(amber.peers()), lines
    try:
        amber.amber.admin("add_peer", "ws://127.1.0.1:1")
        raise AssertionError("was answered")
    except AdminError as error:
        assert "ssl://HOST:PORT" in str(error), error


def test(case):
    node = case.node()
    node.start()
    node.mine(130)
    chain = Chain(node)
    first, second = two_ambers(case, node)
    after_a_restart(case, second, first)
    second.amber.stop()
    others(case, chain, first)
    gossip(case, chain, first)
    strangers(case, chain, first)
    liars(case, chain, first)
    for_people(first)
    first.amber.stop()
    onions(case, chain, node)
    banner(case, node)


main(test)
