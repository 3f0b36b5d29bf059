"""npm's @mempool/electrum-client over TCP: the client of mempool.space, BlueWallet's cousin.

Skipped where npm or its registry is missing.
"""

from framework import main
from framework.chain import (display, fold_merkle, header_merkle_root, read_tx, Reader,
                             script_hash, status_of)
from framework.js_wallet import JsWallet, install

def check_confirmed(agent, txid, height):
    """The transaction and its proof, both verified here."""
    raw = agent.call("blockchainTransaction_get", txid)
    assert display(read_tx(Reader(bytes.fromhex(raw))).txid) == txid
    assert agent.call("blockchainTransaction_get", txid, True)["confirmations"] >= 1
    proof = agent.call("blockchainTransaction_getMerkle", txid, height)
    header = agent.call("request", "blockchain.block.header", [height])
    assert fold_merkle(txid, proof["merkle"], proof["pos"]) == header_merkle_root(header)


def test(case):
    folder = install(case)
    node = case.node()
    node.start()
    node.create_wallet(mature_coins=3)
    amber = case.amber(node)
    amber.start()
    agent = JsWallet(folder, amber.tcp_port)
    assert agent.version[1] == "1.4", agent.version
    assert agent.call("server_features")["genesis_hash"] == node.getblockhash(0)

    tip = agent.call("request", "blockchain.headers.subscribe", [])
    assert tip["height"] == node.getblockcount()
    assert tip["hex"] == node.getblockheader(node.getbestblockhash(), False)

    address = node.getnewaddress()
    name = script_hash(node.script_of(address))
    agent.call("blockchainScripthash_subscribe", name)
    assert agent.call("blockchainScripthash_getHistory", name) == []

    txid = node.sendtoaddress(address, 0.25)
    notified_name, status = agent.event("blockchain.scripthash.subscribe")
    history = agent.call("blockchainScripthash_getHistory", name)
    fee = -int(node.gettransaction(txid)["fee"] * 100_000_000)
    assert history == [{"tx_hash": txid, "height": 0, "fee": fee}], history
    assert (notified_name, status) == (name, status_of(history))
    assert agent.call("blockchainScripthash_getMempool", name) == history
    assert agent.call("blockchainScripthash_getBalance", name) \
        == {"confirmed": 0, "unconfirmed": 25_000_000}
    case.say("unconfirmed payment seen")

    node.mine()
    height = node.getblockcount()
    assert agent.event("blockchain.headers.subscribe")[0]["height"] == height
    notified_name, status = agent.event("blockchain.scripthash.subscribe")
    history = agent.call("blockchainScripthash_getHistory", name)
    assert history == [{"tx_hash": txid, "height": height}], history
    assert status == status_of(history)
    unspent = agent.call("blockchainScripthash_listunspent", name)
    assert [(item["tx_hash"], item["height"], item["value"]) for item in unspent] \
        == [(txid, height, 25_000_000)]
    check_confirmed(agent, txid, height)
    case.say("confirmed payment seen and its proof verified")

    # Spend it through the server.
    output = {"txid": txid, "vout": unspent[0]["tx_pos"]}
    raw = node.createrawtransaction([output], [{node.getnewaddress(): 0.2499}])
    signed = node.signrawtransactionwithwallet(raw)["hex"]
    spending = agent.call("blockchainTransaction_broadcast", signed)
    agent.event("blockchain.scripthash.subscribe")
    assert agent.call("blockchainScripthash_getBalance", name) \
        == {"confirmed": 25_000_000, "unconfirmed": -25_000_000}
    assert agent.call("blockchainScripthash_listunspent", name) == []
    node.mine()
    agent.event("blockchain.scripthash.subscribe")
    check_confirmed(agent, spending, height + 1)

    # Batches.
    batch = agent.call("blockchainScripthash_getHistoryBatch", [name] * 20)
    assert len(batch) == 20
    assert all([item["tx_hash"] for item in each["result"]] == [txid, spending] for each in batch)
    agent.close()
    amber.stop()
    case.say("spent; batches answered")


main(test)
