"""Reorganisations on a real node: after each, the index equals one made from nothing.

Depths 1, 6 and 100, back and forth between two branches; `amber-cli reorg 10`; and one deeper than
--reorg-limit, which ends amberd with the documented message and leaves the database as it was.
"""

import re

from framework import main
from framework.chain import script_hash, status_of

CHAIN = {"blocks": 400, "txs": 20_000}
LIMIT_MESSAGE = re.compile(r"reorg[-_ ]limit")


def check_histories(node, amber, client, addresses):
    """What a client sees of touched scripts agrees with the node's chain."""
    for address in addresses:
        history = client.call("blockchain.scripthash.get_history",
                              script_hash(node.script_of(address)))
        assert client.call("blockchain.scripthash.subscribe",
                           script_hash(node.script_of(address))) == status_of(history)
        for item in history:
            if item["height"] > 0:
                block = node.getblock(node.getblockhash(item["height"]))
                assert item["tx_hash"] in block["tx"], f"{item} is not in the chain"


def switch_back_and_forth(case, node, amber, depth):
    """Two branches of `depth` blocks and one more; the index follows to each of them twice."""
    before = node.getblockcount()
    first_branch = node.reorganise(depth, address=node.getnewaddress())
    amber.wait_tip(node)
    case.assert_same_digest(amber.digest(), case.fresh_digest(node), f"depth {depth}")
    new_tip, second_branch = amber.tip(), node.getblockhash(before - depth + 1)

    for invalid, valid in ((second_branch, first_branch), (first_branch, second_branch)):
        node.reconsiderblock(valid)
        node.invalidateblock(invalid)
        amber.wait_tip(node)
        case.assert_same_digest(amber.digest(), case.fresh_digest(node), f"depth {depth}, back")
    assert amber.tip() == new_tip
    case.say(f"depth {depth}: three switches")


def forced_reorg(case, node, amber):
    before = amber.digest()
    for count in (1, 10, 10):
        amber.admin("reorg", count)
        amber.wait_tip(node)
        case.assert_same_digest(amber.digest(), before, f"reorg {count}")
    case.say("forced reorganisations return to the same digest")


def too_deep(case, node):
    amber = case.amber(node, name="limited", options=["--reorg-limit", "5"])
    amber.start()
    node.reorganise(5)
    amber.wait_tip(node)
    digest = amber.digest()
    invalid = node.getblockhash(node.getblockcount() - 5)
    node.invalidateblock(invalid)
    node.mine(7)
    code = amber.wait_exit(60)
    assert code not in (0, None) and code > 0, f"exit code {code}"
    assert LIMIT_MESSAGE.search(amber.log()), f"the log does not explain: {amber.log()[-1500:]}"
    case.assert_same_digest(amber.offline_digest(), digest, "after refusing")

    # It says so again at each start, until the node is back on the branch it knows.
    amber.start(wait=False)
    assert amber.wait_exit(60) > 0
    node.invalidateblock(node.getblockhash(node.getblockcount() - 6))
    node.reconsiderblock(invalid)
    amber.start()
    amber.wait_tip(node)
    amber.stop()
    case.say("a reorganisation beyond --reorg-limit is refused")


def test(case):
    path, description = case.chain(seed=case.args.seed, **CHAIN)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    node.create_wallet(mature_coins=5)
    amber = case.amber(node)
    amber.start()

    with amber.client() as client:
        client.call("blockchain.headers.subscribe")
        addresses = [node.getnewaddress() for _ in range(3)]
        for depth in (1, 6, 100):
            # Payments in the blocks that are about to be orphaned.
            for address in addresses:
                node.sendtoaddress(address, 1)
            node.mine(depth)
            amber.wait_tip(node)
            switch_back_and_forth(case, node, amber, depth)
            check_histories(node, amber, client, addresses)
        assert client.connected, "the client was cut off"
    forced_reorg(case, node, amber)
    amber.stop()
    too_deep(case, node)


main(test)
