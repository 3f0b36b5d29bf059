"""First sync of a generated chain, by RPC and by REST, against what the node itself counts.

The digests of both indexes are equal; the number of unspent outputs agrees with gettxoutsetinfo
(their sum: test_oracle.py); the unspent outputs of a sample of scripts agree with scantxoutset.
"""

import decimal
import time

from framework import main
from framework.generated import amber_unspent
from framework.chain import is_data_output, read_block, read_chain_file, script_hash

SAMPLE = 300  # scripts
WINDOW = ["--reorg-limit", "100"]  # blocks with undo records: they are not built in bulk


def sample_scripts(case, path):
    """Scripts of the chain that Amber indexes; rare kinds are as likely as common ones."""
    by_shape = {}
    for raw in read_chain_file(path):
        for tx in read_block(raw)[1]:
            for output in tx.outputs:
                script = output.script
                # scantxoutset takes no empty script; test_oracle has that one.
                if is_data_output(script) or len(script) > 10_000 or not script:
                    continue
                shape = (len(script), script[:2]) if len(script) < 100 else len(script) // 1000
                shape_scripts = by_shape.setdefault(shape, set())
                if len(shape_scripts) < 2000:
                    shape_scripts.add(script)
    scripts = set()
    shapes = sorted(by_shape, key=str)
    while len(scripts) < SAMPLE:
        shape = case.random.choice(shapes)
        scripts.add(case.random.choice(sorted(by_shape[shape])))
    return sorted(scripts)


def compare_with_scan(case, node, client, scripts):
    scan = node.scantxoutset("start", [f"raw({script.hex()})" for script in scripts])
    assert scan["success"]
    by_script = {script.hex(): [] for script in scripts}
    for item in scan["unspents"]:
        by_script[item["scriptPubKey"]].append(
            (item["height"], item["txid"], item["vout"],
             int(item["amount"] * decimal.Decimal(100_000_000))))
    calls = []
    for script in scripts:
        calls += [("blockchain.scripthash.listunspent", script_hash(script)),
                  ("blockchain.scripthash.get_balance", script_hash(script))]
    answers = client.call_many(calls, timeout=60)
    unspent_count = 0
    for script, unspent, balance in zip(scripts, answers[0::2], answers[1::2]):
        got = [(item["height"], item["tx_hash"], item["tx_pos"], item["value"])
               for item in unspent]
        wanted = by_script[script.hex()]
        unspent_count += len(wanted)
        assert sorted(got) == sorted(wanted), f"unspent outputs of {script[:40].hex()}"
        assert [item[0] for item in got] == sorted(item[0] for item in got), "heights in order"
        assert balance == {"confirmed": sum(item[3] for item in wanted), "unconfirmed": 0}
    case.say(f"{unspent_count} unspent outputs of {len(scripts)} scripts agree with scantxoutset")


def compare_with_count(case, node, amber, description):
    wanted, _ = amber_unspent(node, description)
    info = amber.admin("getinfo")
    assert info["utxo_count"] == wanted, f"getinfo says {info['utxo_count']}, the node {wanted}"
    case.say(f"{wanted} unspent outputs, as gettxoutsetinfo says")


def interrupted(case, node, wanted, first_sync):
    """Told to stop at random moments of a first sync, it ends cleanly and goes on from there; killed,
    from what it last saved."""
    amber = case.amber(node, name=f"interrupted-{first_sync}", source="rest",
                       options=["--first-sync", first_sync, *WINDOW])
    for number in range(8):
        amber.start(wait=False)
        time.sleep(case.random.uniform(0.1, 1))
        if number % 4 == 3:
            amber.kill()
        else:
            amber.stop()
    amber.start()
    case.assert_same_digest(amber.digest(), wanted, f"after interruptions ({first_sync})")
    assert not (amber.datadir / "first-sync").exists()
    amber.stop()
    case.say(f"interrupted eight times ({first_sync})")


def test(case):
    size = {"blocks": 500, "txs": 25_000} if case.args.sanitized else {}
    path, description = case.chain(seed=case.args.seed, **size)
    node = case.node(rest=True)
    node.load(path, description["tip"])
    case.say(f"node loaded: {description['txs']} transactions")

    digests = {}
    ways = {"rpc": {"source": "rpc"}, "rest": {"source": "rest"}, "files": {"source": "auto"},
            "bulk": {"source": "auto", "options": ["--first-sync", "bulk", *WINDOW]},
            "bulk by rest": {"source": "rest", "options": ["--first-sync", "bulk", *WINDOW]}}
    for source, options in ways.items():
        amber = case.amber(node, name=source.replace(" ", "-"), **options)
        amber.start()
        height, tip = amber.wait_ready()
        assert (height, tip) == (description["blocks"], description["tip"])
        case.say(f"synced by {source}")
        info = amber.admin("getinfo")
        assert info["height"] == info["daemon_height"] == height, info
        assert info["synced"] is True, info
        if options["source"] == "auto":
            assert "blocks come from the node's files" in amber.log()
        assert ("tables: written" in amber.log()) == source.startswith("bulk")
        digests[source] = amber.digest()
        if source == "rest":
            with amber.client() as client:
                compare_with_scan(case, node, client, sample_scripts(case, path))
            compare_with_count(case, node, amber, description)
        amber.stop()
        offline = amber.offline_digest()
        case.assert_same_digest(offline, digests[source], "offline and online")
    for source, digest in digests.items():
        case.assert_same_digest(digest, digests["rpc"], f"{source} and rpc")

    for first_sync in ("blocks", "bulk"):
        interrupted(case, node, digests["rpc"], first_sync)

    # What is committed is served again at once.
    amber.start()
    assert amber.wait_ready() == (description["blocks"], description["tip"])
    case.assert_same_digest(amber.digest(), digests["rpc"], "after a restart")
    amber.stop()


main(test)
