"""Fifty clients watch while blocks, transactions, replacements and reorganisations run.

Each client checks every answer by itself: order, no transaction twice, the places of mempool
transactions; and that a status it was sent is the hash of the history it then gets, or else is
followed by a newer one. Afterwards all answers are compared with the truth, which the test has
written down block by block: the confirmed part of each history, and each confirmed balance, must be
that of ONE block that was once the tip; every header must be one of the node's, at its height.
In pauses all must agree exactly.

    test_consistency.py [--seconds 120] [--clients 50]
"""
# time limit: 420 s

import collections
import random
import threading
import time

from framework import (ElectrumError, TcpTransport, WebSocketTransport, main, wait,
                       wait_until)
from framework.bitcoind import RpcError
from framework.chain import (display, fold_merkle, header_hash, header_merkle_root, read_block,
                             script_hash, status_of)

SCRIPTS = 24
PAUSE_EVERY = 15  # seconds
SETTLE_TIME = 5   # seconds within which a status that was overtaken is followed by another
SCRIPT_METHOD = "blockchain.scripthash.subscribe"
HEADER_METHOD = "blockchain.headers.subscribe"


def add_arguments(parser):
    parser.add_argument("--seconds", type=float, default=None, help="default: 120, sanitized 30")
    parser.add_argument("--clients", type=int, default=50)


class Truth:
    """For every block the node ever had: the confirmed history and balance of each watched script
    with that block as the tip."""

    def __init__(self, node, watched):
        self.node = node
        self.watched = set(watched)
        self.outputs = {}  # (txid, index) -> (script hash, value), of watched scripts
        genesis = node.getblockhash(0)
        self.heights = {genesis: 0}
        self.states = {genesis: {name: ((), 0) for name in watched}}

    def record_tip(self):
        """Adds the blocks from the node's tip down to the first known one."""
        new = []
        block = self.node.getbestblockhash()
        while block not in self.states:
            raw = bytes.fromhex(self.node.getblock(block, 0))
            new.append((block, raw))
            block = display(raw[4:36])
        for block, raw in reversed(new):
            self._record(block, raw)

    def _record(self, block, raw):
        header, txs = read_block(raw)
        parent = display(header[4:36])
        height = self.heights[parent] + 1
        state = dict(self.states[parent])
        for tx in txs:
            txid = display(tx.txid)
            change = collections.Counter()
            for spent in tx.inputs:
                if (owner := self.outputs.get((display(spent.txid), spent.index))) is not None:
                    change[owner[0]] -= owner[1]
            for index, output in enumerate(tx.outputs):
                name = script_hash(output.script)
                if name in self.watched:
                    self.outputs[(txid, index)] = (name, output.value)
                    change[name] += output.value
            for name, difference in change.items():
                history, balance = state[name]
                state[name] = (history + ((txid, height),), balance + difference)
        self.heights[block] = height
        self.states[block] = state

    def check_history(self, name, confirmed):
        assert any(state[name][0] == confirmed for state in self.states.values()), \
            f"{name}: no tip ever had the confirmed history {confirmed[-5:]} (its last 5)"

    def check_balance(self, name, confirmed):
        assert any(state[name][1] == confirmed for state in self.states.values()), \
            f"{name}: no tip ever had the confirmed balance {confirmed}"

    def check_header(self, block, height):
        assert self.heights.get(block) == height, f"header {block} was announced at {height}"


class Watcher(threading.Thread):
    """One client. Keeps what only the truth can judge."""

    def __init__(self, amber, names, seed, websocket):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.names = names
        self.client = amber.client(WebSocketTransport if websocket else TcpTransport)
        self.stopping = threading.Event()
        self.resting = threading.Event()
        self.may_work = threading.Event()
        self.may_work.set()
        self.failure = None
        self.requests = self.statuses_checked = self.overtaken = 0
        self.histories, self.balances, self.headers, self.proofs = set(), set(), set(), set()
        self.latest = {}    # script hash -> status last told
        self.mismatch = {}  # script hash -> (status, since when): must be followed by another

    def run(self):
        try:
            self._note_header(self.client.call(HEADER_METHOD))
            for name in self.names:
                self.latest[name] = self.client.call(SCRIPT_METHOD, name)
            while not self.stopping.is_set():
                if not self.may_work.is_set():
                    self._take_notifications()
                    self.resting.set()
                    self.may_work.wait(0.05)
                    continue
                self.resting.clear()
                self._take_notifications()
                self._look_around()
                time.sleep(self.random.uniform(0.005, 0.05))
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"

    def _note_header(self, item):
        self.headers.add((header_hash(item["hex"]), item["height"]))

    def _take_notifications(self):
        told = set()
        for item in self.client.take_notifications():
            if item.method == HEADER_METHOD:
                self._note_header(item.params[0])
            else:
                assert item.method == SCRIPT_METHOD, item
                name, status = item.params
                assert self.latest[name] != status, f"{name}: told the same status twice"
                self.latest[name] = status
                self.mismatch.pop(name, None)
                told.add(name)
        for name in told:
            self._check_status(name)
        for name, (status, since) in self.mismatch.items():
            assert time.monotonic() - since < SETTLE_TIME * wait.patience, \
                f"{name}: told {status}, serves another history, and says nothing more"

    def _check_status(self, name):
        """What it was last told is what it is served, or is about to be told anew."""
        self.statuses_checked += 1
        status = self.latest[name]
        if status_of(self._history(name)) != status:
            self.overtaken += 1
            self.mismatch.setdefault(name, (status, time.monotonic()))

    def _history(self, name):
        self.requests += 1
        history = self.client.call("blockchain.scripthash.get_history", name)
        txids = [item["tx_hash"] for item in history]
        assert len(set(txids)) == len(txids), f"{name}: a transaction twice in {history}"
        confirmed = [item for item in history if item["height"] > 0]
        mempool = history[len(confirmed):]
        assert history[:len(confirmed)] == confirmed, f"{name}: mempool before confirmed"
        heights = [item["height"] for item in confirmed]
        assert heights == sorted(heights), f"{name}: heights fall"
        keys = [(-item["height"], item["tx_hash"]) for item in mempool]
        assert keys == sorted(keys), f"{name}: mempool order: {mempool}"
        assert all(item["height"] in (0, -1) and item["fee"] >= 0 for item in mempool), mempool
        self.histories.add((name, tuple((item["tx_hash"], item["height"]) for item in confirmed)))
        return history

    def _look_around(self):
        name = self.random.choice(self.names)
        choice = self.random.randrange(5)
        if choice == 0:
            history = self._history(name)
            if history and history[-1]["height"] > 0:
                self._prove(self.random.choice([i for i in history if i["height"] > 0]))
        elif choice == 1:
            self.requests += 1
            balance = self.client.call("blockchain.scripthash.get_balance", name)
            self.balances.add((name, balance["confirmed"]))
        elif choice == 2:
            self.requests += 1
            unspent = self.client.call("blockchain.scripthash.listunspent", name)
            points = [(item["tx_hash"], item["tx_pos"]) for item in unspent]
            assert len(set(points)) == len(points), f"{name}: an output twice"
            order = [(item["height"] == 0, item["height"]) for item in unspent]
            assert order == sorted(order), f"{name}: order of {unspent}"
        elif choice == 3:
            self.requests += 1
            mempool = self.client.call("blockchain.scripthash.get_mempool", name)
            assert all(item["height"] in (0, -1) for item in mempool), mempool
        else:
            self._check_status(name)

    def _prove(self, item):
        """The block may be gone by now; if there is a proof, it must hold for a real block."""
        self.requests += 1
        try:
            proof = self.client.call("blockchain.transaction.get_merkle", item["tx_hash"],
                                     item["height"])
        except ElectrumError as error:
            assert error.code == 1, error
            return
        self.proofs.add((fold_merkle(item["tx_hash"], proof["merkle"], proof["pos"]),
                         proof["block_height"]))

    def check_settled(self, wanted, tip):
        """While nothing moves: every status told is the hash of the history all agree on."""
        for name in self.names:
            assert self.latest[name] == wanted[name], \
                f"{name}: told {self.latest[name]}, the history says {wanted[name]}"
        assert tip in {block for block, _ in self.headers}, "the tip was not announced"


class Chaos:
    """Makes the node's chain and mempool move; writes down the truth after each step."""

    def __init__(self, case, node, truth, addresses):
        self.random = case.random
        self.node = node
        self.truth = truth
        self.addresses = addresses
        self.steps = collections.Counter()

    def step(self):
        action = self.random.choices(
            (self.pay, self.pay_many, self.replace, self.mine, self.mine_empty, self.reorg,
             self.flip), (10, 2, 2, 5, 1, 2, 1))[0]
        try:
            action()
            self.steps[action.__name__] += 1
        except RpcError as error:
            # The wallet may have nothing mature or nothing to replace at the moment.
            self.steps[f"refused: {error.code}"] += 1
        self.truth.record_tip()

    def pay(self):
        self.node.sendtoaddress(self.random.choice(self.addresses), 0.01)

    def pay_many(self):
        some = self.random.sample(self.addresses, 5)
        self.node.sendmany("", {address: 0.002 for address in some})

    def replace(self):
        txid = self.node.sendtoaddress(self.random.choice(self.addresses), 0.003)
        time.sleep(self.random.uniform(0, 0.3))
        self.node.bumpfee(txid)

    def mine(self):
        for _ in range(self.random.choice((1, 1, 1, 3))):
            self.node.mine(1, self.random.choice((None, self.random.choice(self.addresses))))
            self.truth.record_tip()

    def mine_empty(self):
        self.node.mine_empty()

    def reorg(self):
        depth = self.random.choice((1, 1, 2, 4))
        height = self.node.getblockcount()
        self.node.invalidateblock(self.node.getblockhash(height - depth + 1))
        for _ in range(depth + 1):
            self.node.mine(1)
            self.truth.record_tip()

    def flip(self):
        """To another branch and back at once."""
        block = self.node.getblockhash(self.node.getblockcount() - 1)
        self.node.invalidateblock(block)
        self.truth.record_tip()
        self.node.mine()
        self.truth.record_tip()
        self.node.invalidateblock(self.node.getbestblockhash())
        self.node.reconsiderblock(block)


def settle(case, node, amber, watchers, truth):
    """Nothing moves: all clients and the node agree."""
    amber.wait_tip(node)
    mempool = node.getrawmempool()
    for watcher in watchers:
        watcher.resting.clear()
        watcher.may_work.clear()
    names = watchers[0].names

    def current():
        with amber.client() as client:
            histories = client.call_many([("blockchain.scripthash.get_history", name)
                                          for name in names])
        return dict(zip(names, histories))

    def mempool_is_complete():
        histories = current()
        seen = {item["tx_hash"] for history in histories.values() for item in history
                if item["height"] <= 0}
        wanted = {txid for txid in mempool if touches_watched(node, txid, truth)}
        return histories if wanted == seen else None

    histories = wait_until(mempool_is_complete, 10, "the mempool to be complete")
    tip = node.getbestblockhash()
    wanted = {name: status_of(history) for name, history in histories.items()}
    for name, history in histories.items():
        confirmed = tuple((i["tx_hash"], i["height"]) for i in history if i["height"] > 0)
        assert confirmed == truth.states[tip][name][0], f"{name}: not the history at the tip"

    def all_told():
        return all(watcher.failure or (watcher.resting.is_set() and watcher.latest == wanted)
                   for watcher in watchers)

    try:
        wait_until(all_told, SETTLE_TIME, "all clients to be told")
    except AssertionError:
        pass  # the check below names the client and the script
    for watcher in watchers:
        assert watcher.failure is None, watcher.failure
        watcher.check_settled(wanted, tip)
        watcher.may_work.set()


def touches_watched(node, txid, truth):
    tx = node.getrawtransaction(txid, 1)
    if any(script_hash(output["scriptPubKey"]["hex"]) in truth.watched for output in tx["vout"]):
        return True
    for spent in tx["vin"]:
        parent = node.gettransaction(spent["txid"], True, True)["decoded"]
        if script_hash(parent["vout"][spent["vout"]]["scriptPubKey"]["hex"]) in truth.watched:
            return True
    return False


def judge(case, watchers, truth, node):
    """All that was answered, against all that ever was true."""
    histories = set().union(*(watcher.histories for watcher in watchers))
    balances = set().union(*(watcher.balances for watcher in watchers))
    headers = set().union(*(watcher.headers for watcher in watchers))
    proofs = set().union(*(watcher.proofs for watcher in watchers))
    for name, confirmed in histories:
        truth.check_history(name, confirmed)
    for name, confirmed in balances:
        truth.check_balance(name, confirmed)
    for block, height in headers:
        truth.check_header(block, height)
    roots = {(header_merkle_root(node.getblockheader(block, False)), height)
             for block, height in truth.heights.items()}
    for proof in proofs:
        assert proof in roots, f"a proof leads to no block: {proof}"
    total = sum(watcher.requests for watcher in watchers)
    checked = sum(watcher.statuses_checked for watcher in watchers)
    overtaken = sum(watcher.overtaken for watcher in watchers)
    case.say(f"{total} requests, {checked} statuses checked ({overtaken} overtaken by newer ones), "
             f"{len(histories)} different histories, {len(balances)} balances, "
             f"{len(headers)} headers, {len(proofs)} proofs, {len(truth.states)} blocks")


def test(case):
    node = case.node(rest=True, zmq=True)
    node.start()
    node.create_wallet(mature_coins=30)
    addresses = [node.getnewaddress() for _ in range(SCRIPTS)]
    names = [script_hash(node.script_of(address)) for address in addresses]
    truth = Truth(node, names)
    truth.record_tip()
    amber = case.amber(node, websocket=True)
    amber.start()
    watchers = [Watcher(amber, names, case.random.random(), websocket=number % 5 == 0)
                for number in range(case.args.clients)]
    for watcher in watchers:
        watcher.start()
    chaos = Chaos(case, node, truth, addresses)
    seconds = case.args.seconds or (30 if case.args.sanitized else 120)
    end = time.monotonic() + seconds
    next_pause = time.monotonic() + PAUSE_EVERY
    while time.monotonic() < end:
        chaos.step()
        time.sleep(case.random.uniform(0, 0.15))
        failed = [watcher.failure for watcher in watchers if watcher.failure]
        assert not failed, f"{len(failed)} clients failed, one with {failed[0]}"
        if time.monotonic() > next_pause:
            settle(case, node, amber, watchers, truth)
            next_pause = time.monotonic() + PAUSE_EVERY
    settle(case, node, amber, watchers, truth)
    case.say(", ".join(f"{count} {name}" for name, count in sorted(chaos.steps.items())))
    for watcher in watchers:
        watcher.stopping.set()
        watcher.join(20)
        assert watcher.failure is None, watcher.failure
        watcher.client.close()
    judge(case, watchers, truth, node)
    case.assert_same_digest(amber.digest(), case.fresh_digest(node), "in the end")
    amber.stop()


main(test, add_arguments)
