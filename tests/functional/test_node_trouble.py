"""The node dies, restarts with another cookie, loses its chain, goes back, changes branch while
blocks are being fetched, has not synced itself. Amber waits and follows; its clients stay connected
and are served."""

import shutil
import time

from framework import ElectrumError, main, wait_until
from framework.amberd import AdminError
from framework.chain import script_hash, status_of

CHAIN = {"blocks": 400, "txs": 20_000, "prefix_bytes": 4}


def check_served(name, client, history):
    """Answers that need no node are given, node or not."""
    assert client.call("blockchain.scripthash.get_history", name, timeout=5) == history
    client.call("server.ping", timeout=5)
    client.call("blockchain.block.header", 5, timeout=5)


def node_dies(case, node, amber, client, name, history):
    node.flush()
    node.kill()
    txid = history[0]["tx_hash"]
    for _ in range(5):
        check_served(name, client, history)
        try:
            # Raw transactions come from the node, unless Amber still has this one at hand.
            client.call("blockchain.transaction.get", txid, timeout=15)
        except ElectrumError as error:
            assert error.code in (2, -102), error
        time.sleep(0.5)
    node.start()  # with a new cookie
    node.mine()
    amber.wait_tip(node)
    assert client.notification("blockchain.headers.subscribe", 20).params[0]["height"] \
        == node.getblockcount()
    wait_until(lambda: txid_served(client, txid), 20, "raw transactions to be served again")
    case.say("node killed and back with another cookie")


def txid_served(client, txid):
    try:
        return client.call("blockchain.transaction.get", txid)
    except ElectrumError:
        return False


def restart_in_a_row(case, node, amber):
    """Blocks come while connections break."""
    for _ in range(4):
        node.mine(3)
        node.flush()
        node.stop()
        node.start()
        node.mine(2)
    amber.wait_tip(node)
    case.say("restarts")


def node_loses_its_chain(case, node, amber, client, name, history):
    """Its blocks are gone; it reads them again. Meanwhile Amber serves what it knows."""
    node.mine(1)
    amber.wait_tip(node)
    tip_height = node.getblockcount()
    lost = [node.getblock(node.getblockhash(height), 0) for height in range(1, tip_height + 1)]
    node.stop()
    shutil.rmtree(node.folder / "regtest")
    node.start()
    assert node.getblockcount() == 0
    for _ in range(6):
        check_served(name, client, history)
        time.sleep(0.5)
    assert amber.running
    for raw in lost:
        node.submitblock(raw)
    assert node.getblockcount() == tip_height
    node.mine()
    amber.wait_tip(node)
    check_served(name, client, history)
    case.say("node lost its chain and has it again")


def branch_changes_while_fetching(case, node):
    """First syncs during which the node changes between two long branches."""
    fork = node.getblockcount() - 80
    first = node.getblockhash(fork + 1)
    node.reorganise(80)
    second = node.getblockhash(fork + 1)
    node.invalidateblock(second)
    node.reconsiderblock(first)
    for number in range(3):
        amber = case.amber(node, name=f"switching-{number}", source=("rpc", "rest")[number % 2])
        amber.start(wait=False)
        for _ in range(4):
            time.sleep(case.random.uniform(0, 0.3))
            node.invalidateblock(first)
            node.reconsiderblock(second)
            time.sleep(case.random.uniform(0, 0.3))
            node.invalidateblock(second)
            node.reconsiderblock(first)
        amber.wait_ready()
        amber.wait_tip(node)
        case.assert_same_digest(amber.digest(), case.fresh_digest(node), "after switches")
        amber.stop()
    node.reconsiderblock(second)
    case.say("branches changed while blocks were fetched")


def node_goes_back(case, node, amber, client):
    """The best chain becomes shorter, with nothing in its place yet."""
    height = node.getblockcount()
    gone = node.getblockhash(height - 2)
    node.invalidateblock(gone)
    time.sleep(2)
    client.call("server.ping")
    node.reconsiderblock(gone)
    amber.wait_tip(node)
    node.invalidateblock(gone)
    node.mine()  # lower than before, yet the node's best
    amber.wait_tip(node)
    assert amber.admin("getinfo")["height"] == height - 2
    node.mine(5)
    amber.wait_tip(node)
    case.say("node went back")


def height_of(amber):
    try:
        return amber.admin("getinfo")["height"]
    except AdminError:
        return None


def node_still_syncs(case, node):
    """A new node that has all headers of the chain, and not all of its blocks."""
    count = node.getblockcount()
    hashes = node.batch([("getblockhash", height) for height in range(1, count + 1)])
    headers = node.batch([("getblockheader", name, False) for name in hashes])
    blocks = node.batch([("getblock", name, 0) for name in hashes])
    new = case.node("new", rest=True)
    new.start("-maxtipage=1")
    new.batch([("submitheader", header) for header in headers])
    new.batch([("submitblock", raw) for raw in blocks[:100]])
    assert new.getblockchaininfo()["initialblockdownload"]

    follows, waits = case.amber(new, name="follows"), case.amber(new, name="waits")
    follows.start(wait=False, options=["--first-sync", "blocks"])
    waits.start(wait=False)  # for enough to build in bulk, or for all
    wait_until(lambda: height_of(follows) == 100, 30, "the blocks it has to be indexed")
    wait_until(lambda: "the first sync begins" in waits.log(), 30, "it to say why it waits")
    time.sleep(2)
    assert height_of(waits) is None
    for amber in (follows, waits):
        info = amber.admin("getinfo")
        assert not info["synced"] and info["progress"] < 0.9 and info["daemon_connected"], info
    new.batch([("submitblock", raw) for raw in blocks[100:]])
    for amber in (follows, waits):
        amber.wait_ready()
        amber.wait_tip(new)
        assert height_of(amber) == count
        amber.stop()
    new.stop()
    case.say("a node that still synced was followed, and not served before it was done")


def test(case):
    path, description = case.chain(seed=case.args.seed, **CHAIN)
    node = case.node(rest=True, cookie=True)
    node.load(path, description["tip"])
    node.create_wallet(mature_coins=3)
    branch_changes_while_fetching(case, node)
    node_still_syncs(case, node)

    amber = case.amber(node)
    amber.start()
    amber.wait_tip(node)
    address = node.getnewaddress()
    name = script_hash(node.script_of(address))
    node.sendtoaddress(address, 1)
    node.mine()
    amber.wait_tip(node)
    with amber.client() as client:
        client.call("blockchain.headers.subscribe")
        status = client.call("blockchain.scripthash.subscribe", name)
        history = client.call("blockchain.scripthash.get_history", name)
        assert len(history) == 1 and status_of(history) == status
        client.take_notifications()
        node_dies(case, node, amber, client, name, history)
        restart_in_a_row(case, node, amber)
        node_goes_back(case, node, amber, client)
        node_loses_its_chain(case, node, amber, client, name, history)
        assert client.connected, "the client was cut off"
        assert client.call("blockchain.scripthash.get_history", name) == history
    case.assert_same_digest(amber.digest(), case.fresh_digest(node), "in the end")
    amber.stop()


main(test)
