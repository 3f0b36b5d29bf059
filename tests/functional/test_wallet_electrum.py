"""Debian's Electrum as a wallet of ours: it syncs, receives, sees confirmations (each proof
verified by it), spends, survives a reorganisation, and finds the same history from its seed."""

import shutil

from framework import Skip, main, wait_until
from framework.electrum_wallet import ElectrumWallet


def electrum(case, amber, name):
    return case.adopt(ElectrumWallet(case.folder / name, amber.tcp_port))


def test(case):
    if not ElectrumWallet.installed():
        raise Skip("electrum is not installed: contrib/install-deps.sh test")
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=3)
    amber = case.amber(node)
    amber.start()

    wallet = electrum(case, amber, "electrum")
    seed = wallet.start()
    wait_until(wallet.synchronized, 60, "the empty wallet to synchronize", interval=0.1)
    case.say(f"electrum {wallet.getinfo()['version']} is synchronized")

    # Receive.
    address = wallet.getunusedaddress()
    funding = node.sendtoaddress(address, 1.5)
    wallet.wait_transactions({funding: 0})
    assert wallet.balances() == ("0", "1.5"), wallet.balances()
    case.say("unconfirmed payment seen")
    node.mine()
    wallet.wait_transactions({funding: 1})
    assert wallet.balances() == ("1.5", "0"), wallet.balances()
    node.mine(2)
    wallet.wait_transactions({funding: 3})
    case.say("confirmations seen, proof verified")

    # Spend.
    raw = wallet.payto(destination=node.getnewaddress(), amount="0.4", fee="0.0001")
    spending = wallet.broadcast(tx=raw)
    assert spending in node.getrawmempool()
    wallet.wait_transactions({funding: 3, spending: 0})
    node.mine()
    wallet.wait_transactions({funding: 4, spending: 1})
    assert wallet.balances() == ("1.0999", "0"), wallet.balances()
    case.say("spent")

    # The block of the spend is replaced; another one has it again.
    node.invalidateblock(node.getbestblockhash())
    node.mine_empty()
    node.mine_empty()
    wallet.wait_transactions({funding: 5, spending: 0})
    node.mine()
    wallet.wait_transactions({funding: 6, spending: 1})
    case.say("reorganisation followed")

    # Many payments in one block, to many addresses of the wallet.
    addresses = wallet.listaddresses(receiving=True, unused=True)[:15]
    txid = node.sendmany("", {address: 0.01 for address in addresses})
    more = [node.sendtoaddress(addresses[number], 0.02) for number in range(10)]
    node.mine()
    expected = {funding: 7, spending: 2, txid: 1, **{each: 1 for each in more}}
    wallet.wait_transactions(expected)

    # The same seed, from nothing.
    again = electrum(case, amber, "electrum-again")
    again.start(seed)
    wait_until(again.synchronized, 60, "the restored wallet to synchronize", interval=0.1)
    again.wait_transactions(expected)
    assert again.balances() == wallet.balances()
    case.say("the restored wallet shows the same")
    for each in (wallet, again):
        each.stop()
        each.wait_exit(30)
        shutil.rmtree(each.folder)
    amber.stop()


main(test)
