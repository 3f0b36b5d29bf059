"""kill -9 at random moments of first sync, steady state and reorganisation. amberd opens its
database again every time, catches up, and its digest equals that of an index made from nothing.

    test_crash.py [--rounds 200] [--seed N]     the same seed makes the same choices
"""
# time limit: 900 s

import collections
import shutil
import subprocess
import time

from framework import main, wait_until
from framework.bitcoind import RpcError

CHAIN = {"blocks": 500, "txs": 25_000, "prefix_bytes": 4}
DIGEST_EVERY = 10  # rounds


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=None, help="default: 200, sanitized 25")


class Crasher:
    def __init__(self, case, node, amber):
        self.case = case
        self.random = case.random
        self.node = node
        self.amber = amber
        self.sync_time = 1.0  # seconds of a whole first sync
        self.kills = collections.Counter()

    def kill_within(self, span):
        """Most kills early, where commits follow close on the event; some late."""
        time.sleep(span * self.random.random() ** 2)
        if not self.amber.running:
            raise AssertionError(f"amberd ended by itself, code {self.amber.exit_code}:\n"
                                 f"{self.amber.log()[-3000:]}")
        self.amber.kill()

    def ensure_serving(self):
        if not self.amber.running:
            self.amber.start()
        self.amber.wait_tip(self.node)

    # The situations. Each ends with amberd killed.

    def sync(self):
        """A first sync from nothing, killed and taken up again a few times."""
        if self.amber.running:
            self.amber.kill()
        shutil.rmtree(self.amber.datadir)
        for _ in range(self.random.randint(1, 3)):
            self.amber.start(wait=False)
            self.kill_within(self.sync_time)

    def steady(self):
        """New transactions and blocks."""
        self.ensure_serving()
        for _ in range(self.random.randint(0, 5)):
            try:
                self.node.sendtoaddress(self.node.getnewaddress(), 0.01)
            except RpcError:
                # Reorganisations have piled up unconfirmed chains too long to be spent from.
                break
        self.node.mine(self.random.choice((1, 1, 2, 10)))
        self.kill_within(0.1)

    def reorg(self):
        """The node changes branch."""
        self.ensure_serving()
        self.node.reorganise(self.random.choice((1, 2, 6, 30)))
        self.kill_within(0.2)

    def forced_reorg(self):
        """The operator asks for one."""
        self.ensure_serving()
        count = self.random.choice((1, 5, 50))
        asking = subprocess.Popen([self.amber.cli, "--admin",
                                   f"127.0.0.1:{self.amber.admin_port}", "reorg", str(count)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.kill_within(0.2)
        asking.wait(30)

    def start_up(self):
        """Opening the database."""
        if self.amber.running:
            self.amber.kill()
        for _ in range(3):
            self.amber.start(wait=False)
            self.kill_within(0.1)

    def round(self):
        situation = self.random.choice((self.sync, self.steady, self.steady, self.reorg,
                                        self.forced_reorg, self.start_up))
        self.kills[situation.__name__] += 1
        situation()

    def check(self, what):
        """It opens, follows, and holds what a fresh index holds."""
        self.ensure_serving()
        self.case.assert_same_digest(self.amber.digest(), self.case.fresh_digest(self.node), what)


def test(case):
    rounds = case.args.rounds or (25 if case.args.sanitized else 200)
    path, description = case.chain(seed=case.args.seed, **CHAIN)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    node.create_wallet(mature_coins=10)
    amber = case.amber(node)
    begin = time.monotonic()
    amber.start()
    crasher = Crasher(case, node, amber)
    crasher.sync_time = time.monotonic() - begin
    case.say(f"a first sync takes {crasher.sync_time:.2f} s")

    for number in range(1, rounds + 1):
        crasher.round()
        if number % DIGEST_EVERY == 0:
            crasher.check(f"round {number}")
        else:
            # It opens: the whole index can be read, at the last committed block.
            amber.start()
            wait_until(lambda: amber.running and amber.tip(), 30, "amberd to serve again")
        if number % 50 == 0:
            case.say(f"{number} rounds")
    crasher.check("the end")
    case.say(f"{rounds} rounds: " + ", ".join(
        f"{count} {name}" for name, count in sorted(crasher.kills.items())))
    amber.stop()


main(test, add_arguments)
