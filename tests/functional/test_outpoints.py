"""Protocol 1.7 on a real node: the life of an output, told once at each step, and every answer as
the node has it. The node has no index of its own: no txindex, no txospenderindex.

An output that does not exist yet is watched; its transaction is broadcast, confirms, is spent, the spend
confirms, and a reorganisation takes both back; so is the output of a child whose parent confirms (-1
to 0). Then the other methods of 1.7 and Fulcrum's, against the node.
"""
# time limit: 120 s

import hashlib

from framework import ElectrumError, main, wait_until
from framework.chain import display, header_hash, script_hash, status_of

OUTPOINT = "blockchain.outpoint.subscribe"
TRANSACTION = "blockchain.transaction.subscribe"


class Payment:
    """A signed transaction with one output to `address`, known before anybody else knows it."""

    def __init__(self, node, coin, value, address, amount):
        outputs = {address: amount, node.getrawchangeaddress(): round(value - amount - 0.0001, 8)}
        raw = node.createrawtransaction([coin], outputs)
        signed = node.signrawtransactionwithwallet(raw)
        assert signed["complete"], signed
        decoded = node.decoderawtransaction(signed["hex"])
        self.hex, self.txid = signed["hex"], decoded["txid"]
        script = node.script_of(address)
        self.index = next(output["n"] for output in decoded["vout"]
                          if output["scriptPubKey"]["hex"] == script)
        self.script, self.amount, self.address = script, amount, address

    @property
    def point(self):
        return self.txid, self.index


class Listener:
    """Hears of outputs and checks that nothing is told but what is expected."""

    def __init__(self, amber):
        self.client = amber.client(version=("1.7", "1.7"))
        self.told = {}

    def subscribe(self, payment, wanted):
        status = self.client.call(OUTPOINT, *payment.point, payment.script)
        assert status == wanted, f"{status}, not {wanted}"
        assert self.client.call("blockchain.outpoint.get_status", *payment.point) == wanted

    def expect(self, what, *wanted):
        """Exactly these [txid, index, status], in any order."""
        wanted = sorted([*payment.point, status] for payment, status in wanted)
        got = sorted(self.client.notification(OUTPOINT, 10).params for _ in wanted)
        assert got == wanted, f"{what}: told {got}, not {wanted}"
        self.client.call("server.ping")  # whatever else was told is here by now
        more = [item for item in self.client.take_notifications() if item.method == OUTPOINT]
        assert not more, f"{what}: told more: {more}"
        for txid, index, status in wanted:
            answer = self.client.call("blockchain.outpoint.get_status", txid, index)
            assert answer == status, f"{what}: answers {answer}, told {status}"


def spent(funder, spender, height):
    return {"funder_height": funder, "spender_txhash": spender.txid, "spender_height": height}


def funded(height):
    return {"funder_height": height}


def life_cycle(case, node, amber):
    coins = iter(node.listunspent())

    def take():
        coin = next(coins)
        return {"txid": coin["txid"], "vout": coin["vout"]}, float(coin["amount"])

    parent = Payment(node, *take(), node.getnewaddress(), 5)
    listener, other = Listener(amber), Listener(amber)
    for each in (listener, other):
        each.subscribe(parent, {})
    assert listener.client.call(TRANSACTION, parent.txid) is None

    assert listener.client.call("blockchain.transaction.broadcast", parent.hex) == parent.txid
    for each in (listener, other):
        each.expect("broadcast", (parent, funded(0)))
    child = Payment(node, {"txid": parent.txid, "vout": parent.index}, parent.amount,
                    node.getnewaddress(), 3)
    listener.subscribe(child, {})
    listener.client.call("blockchain.transaction.broadcast", child.hex)
    listener.expect("a child", (parent, spent(0, child, -1)), (child, funded(-1)))
    other.expect("spent", (parent, spent(0, child, -1)))

    # The parent alone confirms: the child goes from -1 to 0.
    node.generateblock(node.getnewaddress(), [parent.txid])
    height = node.getblockcount()
    listener.expect("-1 to 0", (parent, spent(height, child, 0)), (child, funded(0)))
    other.expect("-1 to 0", (parent, spent(height, child, 0)))
    node.mine()
    listener.expect("spend confirms", (parent, spent(height, child, height + 1)),
                    (child, funded(height + 1)))
    other.expect("spend confirms", (parent, spent(height, child, height + 1)))

    node.invalidateblock(node.getblockhash(height + 1))
    node.mine_empty()
    listener.expect("spend taken back", (parent, spent(height, child, 0)), (child, funded(0)))
    other.expect("spend taken back", (parent, spent(height, child, 0)))
    node.invalidateblock(node.getblockhash(height))
    for _ in range(3):
        node.mine_empty()
    listener.expect("both taken back", (parent, spent(0, child, -1)), (child, funded(-1)))
    other.expect("both taken back", (parent, spent(0, child, -1)))
    node.mine()
    now = node.getblockcount()
    listener.expect("confirmed together", (parent, spent(now, child, now)), (child, funded(now)))
    other.expect("confirmed together", (parent, spent(now, child, now)))

    assert other.client.call("blockchain.outpoint.unsubscribe", *parent.point) is True
    assert other.client.call("blockchain.outpoint.unsubscribe", *parent.point) is False
    node.mine()
    listener.expect("a block that does not concern it")
    case.say("outputs: every step told once, to both clients")
    return parent, child


def same_answers(node, amber, payment):
    """By script as by its hash, with an object around lists."""
    name, script = script_hash(payment.script), payment.script
    with amber.client() as old, amber.client(version=("1.7", "1.7")) as new:
        assert new.server_version[1] == "1.7", new.server_version
        for method, key in (("get_history", "history"), ("get_mempool", "history"),
                            ("listunspent", "utxos"), ("get_balance", None),
                            ("subscribe", None)):
            by_hash = old.call(f"blockchain.scripthash.{method}", name)
            by_script = new.call(f"blockchain.scriptpubkey.{method}", script)
            assert by_script == ({key: by_hash} if key else by_hash), method
        history = new.call("blockchain.scriptpubkey.get_history", script)["history"]
        assert old.call("blockchain.scripthash.get_status", name) == status_of(history)
        try:
            new.call("blockchain.scripthash.get_balance", name)
            raise AssertionError("script hashes at 1.7")
        except ElectrumError as error:
            assert error.code == -32601, error
        # Told with the hash.
        node.sendtoaddress(payment.address, 0.5)
        told = new.notification("blockchain.scriptpubkey.subscribe", 10).params
        history = new.call("blockchain.scriptpubkey.get_history", script)["history"]
        assert told == [name, status_of(history)], told
        first = new.call("blockchain.scripthash.get_first_use", name)
        assert first["tx_hash"] == history[0]["tx_hash"], first
        assert first["block_hash"] == node.getblockhash(history[0]["height"]), first


def check_transactions(node, client, parent, child):
    block = node.gettransaction(parent.txid)["blockhash"]
    height = node.getblockheader(block)["height"]
    assert client.call("blockchain.transaction.get_height", parent.txid) == height
    assert client.call("blockchain.transaction.get_confirmed_blockhash", parent.txid, True) == {
        "block_hash": block, "block_height": height,
        "block_header": node.getblockheader(block, False)}
    assert client.call("blockchain.header.get", block) == {
        "hex": node.getblockheader(block, False), "height": height}
    assert header_hash(client.call("blockchain.headers.get_tip")["hex"]) == node.getbestblockhash()

    assert client.call("blockchain.utxo.get_info", *parent.point) is None
    info = client.call("blockchain.utxo.get_info", *child.point)
    assert info == {"confirmed_height": height, "scripthash": script_hash(child.script),
                    "value": round(child.amount * 100_000_000)}, info
    assert node.gettxout(*child.point)["scriptPubKey"]["hex"] == child.script

    txid = node.sendtoaddress(node.getnewaddress(), 0.25)
    wait_until(lambda: any(item["txid"] == txid for item in client.call("mempool.recent")), 10,
               "mempool.recent")
    entry = node.getmempoolentry(txid)
    newest = client.call("mempool.recent")[0]
    assert newest == {"txid": txid, "fee": round(float(entry["fees"]["base"]) * 100_000_000),
                      "vsize": entry["vsize"]}, newest
    assert client.call("blockchain.transaction.get_height", txid) == 0


def check_test_accept(node, client):
    coin = node.listunspent()[0]
    raw = node.createrawtransaction([{"txid": coin["txid"], "vout": coin["vout"]}],
                                    {node.getnewaddress(): float(coin["amount"]) - 0.001})
    unsigned = client.call("blockchain.transaction.testmempoolaccept", [raw])[0]
    signed = node.signrawtransactionwithwallet(raw)["hex"]
    accepted = client.call("blockchain.transaction.testmempoolaccept", [signed])[0]
    decoded = node.decoderawtransaction(signed)
    assert accepted == {"txid": decoded["txid"], "wtxid": decoded["hash"], "allowed": True}, accepted
    assert unsigned["allowed"] is False and unsigned["reason"], unsigned
    wtxid = display(hashlib.sha256(hashlib.sha256(bytes.fromhex(signed)).digest()).digest())
    assert accepted["wtxid"] == wtxid
    assert decoded["txid"] not in node.getrawmempool(), "it was only a test"


def test(case):
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=6)
    amber = case.amber(node)
    amber.start()
    parent, child = life_cycle(case, node, amber)
    same_answers(node, amber, parent)
    with amber.client(version=("1.4", "1.7")) as client:
        check_transactions(node, client, parent, child)
        check_test_accept(node, client)
        assert client.call("server.ping", 17, "abc") == {"data": "0" * 17}
    case.say("scripts, transactions and the mempool: as the node has them")
    amber.stop()


main(test)
