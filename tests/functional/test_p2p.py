"""Blocks by the peer-to-peer protocol, with a node's RPC and without any.

The index equals the one made by RPC; reorganisations are followed at the tip; the node is killed
and comes back; of two nodes on different branches, the one with more work is followed; peers that
are no nodes, or of another network, do no harm. --source auto turns to peers and from them.
"""

# time limit: 400 s

import re

from framework import ElectrumError, main, wait_until
from framework.ports import free_port
from framework.relay import Relay
from framework.process import Process

NO_RPC = ["--daemon", "none"]


def peers(*nodes):
    return [word for node in nodes for word in ("--p2p", node.peer)]


def alone(case, *nodes, name, options=()):
    """amberd that knows nothing of a node but where it takes peers."""
    return case.amber(name=name, options=[*NO_RPC, *peers(*nodes), *options])


def first_syncs(case, node, description):
    by_rpc = case.amber(node, name="by-rpc", source="rpc")
    by_rpc.start()
    by_rpc.wait_ready()
    wanted = by_rpc.digest()
    by_rpc.stop()
    bulk = ["--first-sync", "bulk", "--reorg-limit", "100"]
    ways = {
        "with RPC": case.amber(node, name="with-rpc", source="p2p", options=peers(node)),
        "alone": alone(case, node, name="alone"),
        "alone, in bulk": alone(case, node, name="bulk", options=bulk),
    }
    for way, amber in ways.items():
        amber.start()
        assert amber.wait_ready() == (description["blocks"], description["tip"])
        assert ("tables: written" in amber.log()) == ("bulk" in way)
        case.assert_same_digest(amber.digest(), wanted, f"{way} and by rpc")
        assert "blocks come from peers" in amber.log()
        assert ("there is no RPC of a node" in amber.log()) == ("alone" in way)
        amber.stop()
        case.say(f"synced {way}")
    return wanted


def what_needs_a_node(amber, node):
    """Is refused in plain words; everything else is served."""
    txid = node.getblock(node.getbestblockhash())["tx"][0]
    calls = [("blockchain.transaction.broadcast", "00"), ("blockchain.estimatefee", 2),
             ("blockchain.relayfee",), ("blockchain.transaction.get", "00" * 32),
             ("blockchain.transaction.get", txid, True)]
    with amber.client() as client:
        for method, *arguments in calls:
            try:
                client.call(method, *arguments)
                raise AssertionError(f"{method} was answered")
            except ElectrumError as error:
                assert "no node to ask" in str(error), f"{method}: {error}"
        assert client.call("blockchain.transaction.get_merkle", txid)["pos"] == 0
        assert client.call("mempool.get_fee_histogram") == []


def transactions_of_blocks(case, amber, node):
    """Every one of some blocks, though there is no RPC to ask."""
    heights = case.random.sample(range(1, node.getblockcount() + 1), 40)
    blocks = node.batch([("getblock", node.getblockhash(height), 2) for height in heights])
    wanted = {tx["txid"]: tx["hex"] for block in blocks for tx in block["tx"]}
    txids = case.random.sample(list(wanted), len(wanted))[:500]
    with amber.client() as client:
        for txid in txids:
            assert client.call("blockchain.transaction.get", txid) == wanted[txid], txid
    case.say(f"{len(txids)} transactions of blocks came from the peer")


def with_mempool(case, node):
    """With RPC beside, unconfirmed transactions and broadcasts work as ever."""
    amber = case.amber(node, name="mempool", source="p2p", options=peers(node))
    amber.start()
    amber.wait_tip(node)
    node.create_wallet(mature_coins=3)
    amber.wait_tip(node)
    node.sendtoaddress(node.getnewaddress(), 1)
    wait_until(lambda: amber.admin("getinfo")["mempool_txs"] == 1, 30, "the transaction")
    node.mine()
    amber.wait_tip(node)
    wait_until(lambda: amber.admin("getinfo")["mempool_txs"] == 0, 30, "the mempool to empty")
    with amber.client() as client:
        assert client.call("blockchain.relayfee") > 0
    amber.stop()


def follow(case, node):
    amber = alone(case, node, name="following")
    amber.start()
    amber.wait_tip(node)
    what_needs_a_node(amber, node)
    transactions_of_blocks(case, amber, node)
    for depth in (1, 6, 30):
        node.mine(depth)
        amber.wait_tip(node)
        node.reorganise(depth)
        amber.wait_tip(node)
        case.assert_same_digest(amber.digest(), case.fresh_digest(node),
                                f"after a reorganisation of {depth} blocks")
    case.say("followed reorganisations of 1, 6 and 30 blocks")

    with amber.client() as client:
        assert amber.admin("reorg", 3)
        amber.wait_tip(node)
        node.flush()
        node.kill()
        client.call("server.ping")
        node.start()
        node.mine(2)
        amber.wait_tip(node)
        client.call("server.ping")
    case.say("the node was killed and came back")
    amber.stop()

    node.mine(5)
    amber.start()
    amber.wait_tip(node)
    case.assert_same_digest(amber.digest(), case.fresh_digest(node), "after a restart")
    amber.stop()


def two_branches(case, node, other):
    """Both begin with the same chain and then go apart."""
    node.mine(3)
    other.mine(5)
    amber = alone(case, node, other, name="two")
    amber.start()
    amber.wait_tip(other)
    node.mine(4)
    amber.wait_tip(node)
    other.mine(6)
    amber.wait_tip(other)
    case.assert_same_digest(amber.digest(), case.fresh_digest(other), "of two branches")
    # The chain of more work stays, though the node that has it is gone.
    tip = other.getbestblockhash()
    other.stop()
    node.mine(1)
    assert amber.tip() == tip
    node.mine(8)
    amber.wait_tip(node)
    case.assert_same_digest(amber.digest(), case.fresh_digest(node), "of the other branch")
    amber.stop()
    case.say("followed the branch of more work, to and fro")


def bad_peers(case, node):
    """One that is not there, one that speaks HTTP, one of another network: said, and survived.
    That of another network is named, and tried no more for a while."""
    foreign = case.node(name="foreign", p2p=True, options=["-signet"])
    foreign.options.remove("-regtest")
    Process.spawn(foreign, [foreign.program, *foreign.options])
    words = ["--p2p", f"127.0.0.1:{free_port()}", "--p2p", f"127.0.0.1:{node.rpc_port}",
             "--p2p", foreign.peer]
    amber = case.amber(name="bad-peers", options=[*NO_RPC, *words])
    amber.start(wait=False)
    amber.wait_log(re.compile("no peer is connected yet; .*"), 30)
    named = f"peer {foreign.peer}: it is a node of bitcoin signet, not of bitcoin regtest"
    amber.wait_log(re.compile(re.escape(f"{named}; trying again in 10 minutes")), 30)
    troubles = {peer["address"]: peer["trouble"] for peer in amber.admin("getinfo")["node_peers"]}
    assert troubles[foreign.peer] == named, troubles
    amber.stop()
    amber = case.amber(name="bad-peers-too", options=[*NO_RPC, *words, *peers(node)])
    amber.start()
    amber.wait_tip(node)
    amber.stop()
    foreign.kill()
    case.say("bad peers did no harm")


def of_its_own_accord(case, path, description):
    """--source auto turns to the node's peer port where there is nothing better, and to JSON-RPC
    when that fails: at once, or in the middle, with no block lost."""
    node = case.node(name="auto-node", p2p=True)
    node.load(path, description["tip"])
    no_files = ["--blocks-dir", "off"]
    wanted = None
    relay = Relay(node.p2p_port)
    ways = {
        "p2p": ["--p2p", node.peer],
        "rpc": ["--p2p", "none"],
        "rpc, as nobody is there": ["--p2p", f"127.0.0.1:{free_port()}"],
        "p2p, then rpc": ["--p2p", relay.address, "--first-sync", "blocks"],
    }
    for way, options in ways.items():
        amber = case.amber(node, name=way.replace(" ", "-"), options=[*no_files, *options])
        amber.start(wait=False)
        if way == "p2p, then rpc":
            relay.cut_after(description["bytes"] // 2)
        amber.wait_ready()
        source = amber.admin("getinfo")["source"]
        assert source == way.split(", then ")[-1].split(",")[0], f"{way}: {source}"
        assert ("blocks come from peers: " in amber.log()) == ("p2p" in way)
        assert ("blocks come by JSON-RPC: " in amber.log()) == ("rpc" in way)
        digest = amber.digest()
        wanted = wanted or digest
        case.assert_same_digest(digest, wanted, way)
        amber.stop()
    assert relay.bytes < description["bytes"], "the relay was not cut off in the middle"
    relay.close()
    node.stop()
    case.say("--source auto: " + "; ".join(ways))


def test(case):
    size = {"blocks": 300, "txs": 6_000 if case.args.sanitized else 20_000}
    path, description = case.chain(seed=case.args.seed, **size)
    node = case.node(p2p=True)
    node.load(path, description["tip"])
    other = case.node(name="other", p2p=True)
    other.load(path, description["tip"])
    first_syncs(case, node, description)
    two_branches(case, node, other)
    follow(case, node)
    with_mempool(case, node)
    bad_peers(case, node)
    of_its_own_accord(case, path, description)


main(test)
