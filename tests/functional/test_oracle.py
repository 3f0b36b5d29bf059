"""History, unspent outputs, balance and status of every script of a generated chain, asked over
the wire, against a naive model made from the chain file in Python. Number and sum of all unspent
outputs served are those of the node's gettxoutsetinfo.

The same is shown without sockets, for more chains, by the oracle test in C++.
"""
# time limit: 600 s

import collections

from framework import main
from framework.chain import (display, fold_merkle, header_merkle_root, is_data_output, read_block,
                             read_chain_file, script_hash, status_of)
from framework.generated import amber_unspent

WINDOW = 400  # scripts asked in one go


class Model:
    """Every script's transactions and unspent outputs, by brute force."""

    def __init__(self, path):
        self.history = collections.defaultdict(dict)  # script -> {txid: height}, in chain order
        self.unspent = collections.defaultdict(dict)  # script -> {(txid, index): (height, value)}
        outputs = {}  # (txid, index) -> (script, value)
        for height, raw in enumerate(read_chain_file(path)):
            for tx in read_block(raw)[1] if height else ():
                for spent in tx.inputs:
                    if tx.is_coinbase:
                        continue
                    script, _ = outputs.pop((spent.txid, spent.index))
                    if not is_data_output(script):
                        self.history[script][tx.txid] = height
                        del self.unspent[script][(spent.txid, spent.index)]
                for index, output in enumerate(tx.outputs):
                    outputs[(tx.txid, index)] = (output.script, output.value)
                    if not is_data_output(output.script):
                        self.history[output.script][tx.txid] = height
                        self.unspent[output.script][(tx.txid, index)] = (height, output.value)


def check_script(model, script, history, unspent, balance, status):
    wanted = [{"tx_hash": display(txid), "height": height}
              for txid, height in model.history[script].items()]
    name = f"{script[:40].hex()} ({script_hash(script)})"
    assert history == wanted, f"history of {name}"
    # Both in chain order: that of a model's dict is the order of insertion.
    wanted_unspent = [{"tx_hash": display(txid), "tx_pos": index, "height": height, "value": value}
                      for (txid, index), (height, value) in model.unspent[script].items()]
    assert unspent == wanted_unspent, f"unspent outputs of {name}"
    confirmed = sum(item["value"] for item in wanted_unspent)
    assert balance == {"confirmed": confirmed, "unconfirmed": 0}, f"balance of {name}"
    assert status == status_of(wanted), f"status of {name}"


def check_proofs(case, client, model):
    """Merkle proofs of transactions, of all script's histories drawn at random."""
    for script in case.random.sample(sorted(model.history), 100):
        txid, height = case.random.choice(sorted(model.history[script].items()))
        proof = client.call("blockchain.transaction.get_merkle", display(txid), height)
        header = client.call("blockchain.block.header", height)
        assert proof["block_height"] == height
        root = fold_merkle(display(txid), proof["merkle"], proof["pos"])
        assert root == header_merkle_root(header), f"proof of {display(txid)}"
        assert client.call("blockchain.transaction.id_from_pos", height, proof["pos"]) \
            == display(txid)


def test(case):
    path, description = case.chain(seed=case.args.seed)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    amber = case.amber(node)
    amber.start()
    case.say("synced")
    model = Model(path)
    scripts = sorted(model.history)
    transactions = {script_hash(script): len(model.history[script]) for script in scripts}
    for hot in description["hot_scripts"]:
        assert transactions[hot] > 20_000, "the chain is not what this test is about"
    case.say(f"model made: {len(scripts)} scripts")

    methods = [f"blockchain.scripthash.{name}"
               for name in ("get_history", "listunspent", "get_balance", "subscribe")]
    served_count = served_amount = 0
    with amber.client() as client:
        for begin in range(0, len(scripts), WINDOW):
            part = scripts[begin:begin + WINDOW]
            calls = [(method, script_hash(script)) for script in part for method in methods]
            answers = client.call_many(calls, timeout=60)
            for at, script in enumerate(part):
                history, unspent, balance, status = answers[4 * at:4 * at + 4]
                check_script(model, script, history, unspent, balance, status)
                served_count += len(unspent)
                served_amount += balance["confirmed"]
                client.send([("blockchain.scripthash.unsubscribe", script_hash(script))])
        assert (served_count, served_amount) == amber_unspent(node, description)
        case.say(f"all agree; {served_count} unspent outputs, {served_amount} satoshis, as "
                 "gettxoutsetinfo says")
        check_proofs(case, client, model)
    amber.stop()


main(test)
