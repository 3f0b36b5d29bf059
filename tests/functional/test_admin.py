"""What an operator asks through amber-cli, also during a first sync; and fail-over to another node."""

import contextlib
import re
import socket

from framework import Disconnected, main, wait_until
from framework.amberd import AdminError
from framework.chain import script_hash

CHAIN = {"blocks": 300, "txs": 20_000, "prefix_bytes": 3}


def expect_error(amber, pattern, *words):
    try:
        answer = amber.admin(*words)
    except AdminError as error:
        assert re.search(pattern, str(error), re.I), error
    else:
        raise AssertionError(f"{words} was answered: {answer}")


def during_sync(case, node, description):
    amber = case.amber(node, name="syncing")
    amber.start(wait=False)
    info = wait_until(lambda: answered(amber), 20, "the admin port")
    assert f"amber-cli can connect to 127.0.0.1:{amber.admin_port}\n" in amber.log(), amber.log()
    if not info["synced"]:
        try:
            amber.admin("reorg", 1)
        except AdminError as error:
            assert re.search("catching up|not synced", str(error), re.I), error
        else:  # the sync has ended between the two calls
            assert amber.log().index(" ready: ") < amber.log().index(" forced reorganisation")
            wait_until(lambda: amber.admin("getinfo")["height"] == description["blocks"], 20,
                       "the block to be connected again")
    wait_until(lambda: amber.admin("getinfo")["synced"], 60, "the end of the sync")
    info = amber.admin("getinfo")
    assert f"wallets can connect to tcp 127.0.0.1:{amber.tcp_port}\n" in amber.log(), amber.log()
    assert info["height"] == info["daemon_height"] == description["blocks"], info
    assert info["tip"] == description["tip"], info
    assert info["tx_count"] == description["txs"] + 1, info  # and the genesis block's
    assert info["sessions"] == 0 and info["database_bytes"] > 0 and info["memory_bytes"] > 0, info
    amber.admin("stop")
    assert amber.wait_exit(20) == 0
    case.say("during a sync; stop")


def answered(amber):
    try:
        return amber.admin("getinfo")
    except AdminError:
        return None


def sessions_and_queries(case, node, amber):
    address = node.getnewaddress()
    node.sendtoaddress(address, 0.5)
    node.mine()
    amber.wait_tip(node)
    client = amber.client()
    client.call("blockchain.scripthash.subscribe", script_hash(node.script_of(address)))
    rows = [row for row in amber.admin("sessions") if row["client"] == "functional-test"
            and row["subscriptions"] == 1]
    assert len(rows) == 1 and rows[0]["protocol"] == "1.6", rows
    report = amber.admin("query", address)
    assert "50000000" in str(report), report
    amber.admin("disconnect", rows[0]["id"])
    wait_until(lambda: not client.connected, 10, "the session to be closed")
    try:
        client.call("server.ping")
        raise AssertionError("still connected")
    except (Disconnected, OSError):
        pass
    client.close()
    amber.admin("log_level", "warning")
    assert "warning" in str(amber.admin("log_level"))
    amber.admin("log_level", "debug")
    expect_error(amber, "level", "log_level", "loud")
    expect_error(amber, "positive|integer|count", "reorg", 0)
    expect_error(amber, "reorg limit|above genesis", "reorg", 1_000_000)
    expect_error(amber, 'unknown method "frobnicate".*amber-cli --help', "frobnicate")
    expect_error(amber, 'stop takes no arguments: what is "now"', "stop", "now")
    expect_error(amber, "unknown option.*--now", "stop", "--now")
    assert "{" in amber.admin_text("getinfo", "--json") and "{" not in amber.admin_text("getinfo")
    case.say("sessions, disconnect, query, log_level, errors")


def too_many_connections(amber):
    """Who is turned away is told of the log, and it says why."""
    with contextlib.ExitStack() as held:
        for _ in range(64):
            held.enter_context(socket.create_connection(("127.0.0.1", amber.admin_port)))
        expect_error(amber, "its log says why", "getinfo")
    assert "64 connections are open already" in amber.log(), amber.log()[-500:]
    wait_until(lambda: answered(amber), 10, "the connections to be closed")


def limits(amber):
    """Listed and changed by the names and with the checks of the options; at once."""
    before = amber.admin("limits")
    assert before["max_batch"] == 10_000 and before["cost_hard_limit"] == 15_000, before
    expect_error(amber, "no such limit.*did you mean \"max-batch\"", "limits", "max-bacth", 5)
    expect_error(amber, "max-batch.*from 1 to 100000", "limits", "max-batch", 0)
    expect_error(amber, "max-batch.*from 1 to 100000", "limits", "max-batch", "many")
    with amber.client() as client:
        client.batch([("server.ping",)] * 3)
        assert amber.admin("limits", "max-batch", 2)["max_batch"] == 2
        client.transport.send('[{"id":1,"method":"server.ping"},{"id":2,"method":"server.ping"},'
                              '{"id":3,"method":"server.ping"}]')
        wait_until(lambda: amber.admin("getinfo")["bound_hits"]["max_batch"] == 1, 10, "the bound")
        client.batch([("server.ping",)] * 2)
    exempt(amber, before["exempt_subnet"])
    after = amber.admin("limits", "max_batch", before["max_batch"])
    assert after == before, after


def exempt(amber, default):
    """Also of who comes next only; what is malformed is named, and changes nothing."""
    assert default == ["127.0.0.0/8", "::1"], default
    for wrong, named in [("10.0.0.1/8", "the network is 10.0.0.0/8"), ("10.0.0.0/33", "from 0 to 32"),
                         ("nobody", "not an address or network"), ("::1", "twice")]:
        expect_error(amber, f"exempt-subnet: .*{named}", "limits", "exempt-subnet", "::1", wrong)
    assert amber.admin("limits")["exempt_subnet"] == default
    group = lambda peer: [s["group"] for s in amber.admin("sessions") if s["peer"].startswith(peer)]
    with amber.client(source="127.0.9.1") as before:
        before.call("server.ping")
        after = amber.admin("limits", "exempt_subnet", "none")
        assert after["exempt_subnet"] == [], after
        with amber.client(source="127.0.9.2") as client:
            client.call("server.ping")
            assert group("127.0.9.1") == [""] and group("127.0.9.2") == ["127.0.9.0/24"]
        before.call("server.ping")
    after = amber.admin("limits", "exempt-subnet", *default)
    assert after["exempt_subnet"] == default, after


def bans(case, amber):
    """Of running sessions, of new ones, and after a restart."""
    client, other = amber.client(source="127.0.7.1"), amber.client(source="127.0.8.1")
    answer = amber.admin("ban", "127.0.7.0/24")
    assert answer == {"subnet": "127.0.7.0/24", "until": None, "sessions_closed": 1}, answer
    wait_until(lambda: not client.connected, 10, "the session to be closed")
    assert other.call("server.ping") is None
    amber.admin("ban", "2001:db8::/32", 3600)
    amber.admin("ban", "127.0.8.1", 1)
    wait_until(lambda: len(amber.admin("listbanned")) == 2, 10, "a ban to be over")
    amber.stop()
    amber.start()
    listed = {ban["subnet"]: ban["seconds_left"] for ban in amber.admin("listbanned")}
    assert listed["127.0.7.0/24"] is None and 3000 < listed["2001:db8::/32"] <= 3600, listed
    expect_refused(amber, "127.0.7.9")
    expect_error(amber, "not banned", "unban", "127.0.7.9")
    amber.admin("unban", "127.0.7.0/24")
    with amber.client(source="127.0.7.9") as back, amber.client(source="127.0.8.1") as too:
        assert back.call("server.ping") is None and too.call("server.ping") is None
    case.say("limits and bans")


def expect_refused(amber, source):
    try:
        amber.client(source=source).close()
    except (Disconnected, OSError):
        return
    raise AssertionError(f"{source} is served")


def fail_over(case, path, description, node):
    """The first of two nodes dies; the second has a newer block."""
    second = case.node("second", rest=True)
    second.load(path, description["tip"])
    node.flush()
    amber = case.amber(node, second, name="failover", options=["--reorg-limit", "300"])
    amber.start()
    amber.wait_tip(node)
    node.kill()
    # The second node's chain: that of the file, where the first one had more blocks. It mines more.
    second.mine(node_blocks_more(amber, description) + 2)
    amber.wait_tip(second)
    amber.stop()
    case.say("fail-over")


def node_blocks_more(amber, description):
    return amber.admin("getinfo")["height"] - description["blocks"]


def test(case):
    path, description = case.chain(seed=case.args.seed, **CHAIN)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    during_sync(case, node, description)
    node.create_wallet(mature_coins=2)
    amber = case.amber(node, options=["--reorg-limit", "300"])
    amber.start()
    sessions_and_queries(case, node, amber)
    too_many_connections(amber)
    limits(amber)
    bans(case, amber)
    amber.stop()
    fail_over(case, path, description, node)


main(test)
