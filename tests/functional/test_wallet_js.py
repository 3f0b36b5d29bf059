"""npm's @mempool/electrum-client over TCP: the client of mempool.space, BlueWallet's cousin.

Installs the package into the build directory once; skipped where npm or its registry is missing.
"""

import json
import queue
import shutil
import subprocess
import threading
import time

from framework import Skip, main
from framework.chain import (display, fold_merkle, header_merkle_root, read_tx, Reader,
                             script_hash, status_of)

PACKAGE = "@mempool/electrum-client@1.1.9"


def install(case):
    """The folder that has the package."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Skip("npm is not installed: contrib/install-deps.sh test")
    folder = case.args.amberd.resolve().parent / "npm"
    if not (folder / "node_modules" / "@mempool" / "electrum-client").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                               PACKAGE], cwd=folder, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise Skip(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-300:]}")
    return folder


class Agent:
    """wallet_agent.js, and what it has said."""

    def __init__(self, folder, port):
        script = __file__.replace("test_wallet_js.py", "wallet_agent.js")
        self.child = subprocess.Popen(["node", script, folder, str(port)], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answers = {}
        self.events = queue.Queue()
        self.changed = threading.Condition()
        self.next_id = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.version = self.event("connected")

    def _read(self):
        for line in self.child.stdout:
            message = json.loads(line)
            if "event" in message:
                self.events.put((message["event"], message["params"]))
            else:
                with self.changed:
                    self.answers[message["id"]] = message
                    self.changed.notify_all()

    def call(self, method, *args):
        self.next_id += 1
        number = self.next_id
        self.child.stdin.write(json.dumps({"id": number, "call": method, "args": args}) + "\n")
        self.child.stdin.flush()
        with self.changed:
            assert self.changed.wait_for(lambda: number in self.answers, 20), f"{method}: no answer"
            answer = self.answers.pop(number)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def event(self, name):
        deadline = time.monotonic() + 20
        while True:
            event, params = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            assert event != "error", params
            if event == name:
                return params

    def close(self):
        self.child.stdin.close()
        assert self.child.wait(10) == 0


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
    agent = Agent(folder, amber.tcp_port)
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
