"""A subscribed client hears of a transaction or block within a second of the node, with ZMQ and
without. Prints median and worst of 50 each."""
# time limit: 300 s

import statistics
import time

from framework import main, wait
from framework.chain import header_hash, script_hash

LIMIT = 1.0  # seconds


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=50)


def report(case, what, delays):
    case.say(f"{what}: median {statistics.median(delays) * 1000:.0f} ms, "
             f"worst {max(delays) * 1000:.0f} ms (number {delays.index(max(delays)) + 1}) of "
             f"{len(delays)}")
    assert max(delays) <= LIMIT * wait.patience, f"{what}: {max(delays):.3f} s"


def measure(case, node, name, **options):
    amber = case.amber(node, name=name, **options)
    amber.start()
    address = node.getnewaddress()
    wanted = script_hash(node.script_of(address))
    script_method, header_method = "blockchain.scripthash.subscribe", "blockchain.headers.subscribe"
    tx_delays, block_delays, script_delays = [], [], []
    with amber.client() as client:
        client.call(header_method)
        client.call(script_method, wanted)
        for _ in range(case.args.rounds):
            begin = time.monotonic()
            node.sendtoaddress(address, 0.001)
            sent = time.monotonic()
            seen = client.notification(script_method, 10)
            # From the middle of the call: the node has accepted it somewhere in there.
            tx_delays.append(max(0.0, seen.time - (begin + sent) / 2))
            time.sleep(case.random.uniform(0, 0.1))

            begin = time.monotonic()
            block = node.mine()[0]
            mined = time.monotonic()
            seen = client.notification(header_method, 10)
            assert header_hash(seen.params[0]["hex"]) == block
            block_delays.append(max(0.0, seen.time - (begin + mined) / 2))
            seen = client.notification(script_method, 10)
            script_delays.append(max(0.0, seen.time - (begin + mined) / 2))
            time.sleep(case.random.uniform(0, 0.1))
        leftover = client.take_notifications()
        assert not leftover, f"more notifications than changes: {leftover}"
    amber.stop()
    report(case, f"{name}: transaction", tx_delays)
    report(case, f"{name}: block", block_delays)
    report(case, f"{name}: confirmation", script_delays)


def test(case):
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=5)
    measure(case, node, "zmq")
    measure(case, node, "polling", zmq="none")


main(test, add_arguments)
