"""The least a wallet must manage, over whatever way it is connected: a payment comes and confirms."""

from .chain import script_hash, status_of
from .electrum_wallet import ElectrumWallet
from .js_wallet import JsWallet
from .wait import wait_until


def electrum(case, node, port, protocol, name):
    """Returns the wallet, still connected."""
    wallet = case.adopt(ElectrumWallet(case.folder / name, port, protocol))
    wallet.start()
    wait_until(wallet.synchronized, 60, "the empty wallet to synchronize", interval=0.1)
    txid = node.sendtoaddress(wallet.getunusedaddress(), 0.1)
    wallet.wait_transactions({txid: 0})
    node.mine()
    wallet.wait_transactions({txid: 1})
    return wallet


def js(node, folder, port, protocol):
    """Returns the wallet, still connected."""
    wallet = JsWallet(folder, port, protocol)
    address = node.getnewaddress()
    name = script_hash(node.script_of(address))
    wallet.call("blockchainScripthash_subscribe", name)
    txid = node.sendtoaddress(address, 0.1)
    assert wallet.event("blockchain.scripthash.subscribe")[0] == name
    node.mine()
    _, status = wallet.event("blockchain.scripthash.subscribe")
    history = wallet.call("blockchainScripthash_getHistory", name)
    assert [item["tx_hash"] for item in history] == [txid]
    assert status == status_of(history)
    return wallet
