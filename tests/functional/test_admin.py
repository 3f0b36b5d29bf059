"""What an operator asks through amber-cli, also during a first sync; and fail-over to another node."""

import re

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
    if not info["synced"]:
        expect_error(amber, "catching up|not synced", "reorg", 1)
    wait_until(lambda: amber.admin("getinfo")["synced"], 60, "the end of the sync")
    info = amber.admin("getinfo")
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
    expect_error(amber, "unknown|no such", "frobnicate")
    case.say("sessions, disconnect, query, log_level, errors")


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
    amber.stop()
    fail_over(case, path, description, node)


main(test)
