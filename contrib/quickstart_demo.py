"""The part of quickstart.sh that runs once all is built: a node and Amber on regtest, and what a
wallet sees of a payment, a block and a reorganisation. Expectations come from the node alone."""

import argparse
import decimal
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "functional"))

from framework import Disconnected, ElectrumClient, ElectrumError  # noqa: E402
from framework.amberd import READY  # noqa: E402
from framework.bitcoind import Bitcoind, RpcError  # noqa: E402
from framework.chain import (fold_merkle, header_hash, header_merkle_root,  # noqa: E402
                             script_hash, status_of)
from framework.ports import free_port  # noqa: E402
from framework.process import Process  # noqa: E402

WALLET_PORT, ADMIN_PORT = 60401, 8004  # amberd's defaults on regtest
HEADERS, SCRIPT = "blockchain.headers.subscribe", "blockchain.scripthash.subscribe"
COIN = 100_000_000  # satoshis
PATIENCE = 30  # seconds for anything to happen that takes milliseconds


class Mismatch(Exception):
    """Amber and the node do not agree, or something did not happen."""


def heading(text):
    print(f"\n== {text}", flush=True)


def say(text):
    print(f"   {text}", flush=True)


def btc(satoshis):
    return f"{decimal.Decimal(satoshis) / COIN:f} BTC"


def expect(what, amber, node):
    """Compares an answer of Amber with one of the node."""
    if amber != node:
        raise Mismatch(f"{what}: Amber says {amber!r}, the node says {node!r}")
    text = node if isinstance(node, str) else json.dumps(node)
    say(f"ok: {what}: {text if len(text) < 70 else text[:64] + '...'}")


def port_or_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            return free_port()


class Wallet:
    """Watches one address through Amber, over TCP, one JSON text per line."""

    def __init__(self, port, address, script):
        self.address = address
        self.name = script_hash(script)
        self.client = ElectrumClient(port, version=None)
        self.ask("server.version", "quickstart", ["1.4", "1.6"])
        self.tip = self.ask(HEADERS)
        self.status = self.ask(SCRIPT, self.name)

    def ask(self, method, *params, show=True):
        result = self.client.call(method, *params)
        if show:
            text = json.dumps(result)
            say(f"-> {method} {json.dumps(params)}")
            say(f"<- {text if len(text) < 160 else text[:150] + '...'}")
        return result

    def take(self, since, timeout):
        """Takes a notification and shows it; nothing if none comes in time."""
        try:
            news = self.client.notification(timeout=timeout)
        except AssertionError:
            return
        if news.method == HEADERS:
            self.tip = news.params[0]
            text = f"height {self.tip['height']}, block {header_hash(self.tip['hex'])[:16]}..."
        else:
            self.status = news.params[1]
            text = f"our address has changed, status {str(self.status)[:16]}..."
        after = f" ({(news.time - since) * 1000:.0f} ms after)" if since else ""
        say(f"<- notification {news.method}: {text}{after}")

    def wait(self, what, since, tip, status):
        """Takes notifications until they have told of this tip and this status."""
        deadline = time.monotonic() + PATIENCE
        while (header_hash(self.tip["hex"]), self.status) != (tip, status):
            if time.monotonic() > deadline:
                raise Mismatch(f"within {PATIENCE} s no notification told of {what}")
            self.take(since, timeout=1)
        say(f"ok: notified of {what}")


class Demo:
    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        self.node = Bitcoind(args.bitcoind, folder / "node", rest=True, zmq=True, cookie=True)
        # With this, `bitcoin-cli -datadir=...` finds the node.
        (self.node.folder / "bitcoin.conf").write_text(
            f"regtest=1\n[regtest]\nrpcport={self.node.rpc_port}\n")
        self.amber = Process(folder / "amberd.log")
        self.port = port_or_free(WALLET_PORT)
        self.admin = f"127.0.0.1:{port_or_free(ADMIN_PORT)}"
        self.wallet = None
        self.txid = None

    # The two programs

    def start(self):
        heading("4 of 7: start the node and Amber")
        self.node.start()
        say(f"bitcoind runs on regtest: RPC and REST at 127.0.0.1:{self.node.rpc_port}, "
            f"ZMQ at {self.node.zmq_address}")
        self.node.create_wallet("miner", mature_coins=1)
        self.node.createwallet("receiver")
        say(f"{self.node.getblockcount()} blocks mined: the miner can spend its first reward")

        command = [self.args.build / "amberd", "--network", "regtest",
                   "--datadir", self.folder / "index", "--daemon", self.node.url,
                   "--daemon-cookie", self.node.cookie_file,
                   "--tcp", f"127.0.0.1:{self.port}", "--admin", self.admin]
        say(" ".join(map(str, command)))
        self.amber.spawn(command)
        ready = self.amber.wait_log(READY, PATIENCE)
        say(ready[0])
        expect("height", int(ready[1]), self.node.getblockcount())
        expect("tip", ready[2], self.node.getbestblockhash())
        info = self.admin_answer("getinfo")
        expect("synced, as `amber-cli getinfo` tells", info["synced"], True)
        expect("unspent outputs", info["utxo_count"], self.node.gettxoutsetinfo("none")["txouts"])

    def admin_answer(self, *words):
        done = subprocess.run([self.args.build / "amber-cli", "--admin", self.admin, "--json", *words],
                              capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode != 0:
            raise Mismatch(f"amber-cli {' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def stop(self):
        """Both end as an operator ends them; True if both ended well."""
        if self.wallet is not None:
            self.wallet.client.close()
        ended_well = True
        for process in (self.amber, self.node):
            if process.child is None:
                continue
            try:
                ended_well &= process.terminate(PATIENCE) == 0
            except AssertionError:
                ended_well = False
            process.discard()
        return ended_well

    # What the node says of the address, in a wallet's words

    def ask_receiver(self, method, *params):
        self.node.syncwithvalidationinterfacequeue()  # the node's wallets lag behind it
        return self.node.call(method, *params, wallet="receiver")

    def history(self):
        """As get_history should answer, for the one transaction the address has."""
        height = self.ask_receiver("gettransaction", self.txid).get("blockheight")
        if height is not None:
            return [{"height": height, "tx_hash": self.txid}]
        fee = self.node.getmempoolentry(self.txid)["fees"]["base"]
        return [{"fee": int(fee * COIN), "height": 0, "tx_hash": self.txid}]

    def balance(self):
        mine = self.ask_receiver("getbalances")["mine"]
        return {"confirmed": int(mine["trusted"] * COIN),
                "unconfirmed": int(mine["untrusted_pending"] * COIN)}

    def wait_notified(self, what, since):
        self.wallet.wait(what, since, self.node.getbestblockhash(), status_of(self.history()))

    def compare(self):
        """Every answer about the address, and the tip."""
        wallet = self.wallet
        history = wallet.ask("blockchain.scripthash.get_history", wallet.name)
        expect("history", history, self.history())
        expect("status is the hash of that history", wallet.status, status_of(history))
        balance = wallet.ask("blockchain.scripthash.get_balance", wallet.name)
        expect("balance", balance, self.balance())
        unspent = wallet.ask("blockchain.scripthash.listunspent", wallet.name, show=False)
        expect("unspent outputs", sum(output["value"] for output in unspent),
               sum(self.balance().values()))
        expect("tip's height", wallet.tip["height"], self.node.getblockcount())

    def compare_proof(self):
        height = self.history()[0]["height"]
        header = self.wallet.ask("blockchain.block.header", height, show=False)
        proof = self.wallet.ask("blockchain.transaction.get_merkle", self.txid, height)
        expect("proof leads from the transaction to the block's merkle root",
               fold_merkle(self.txid, proof["merkle"], proof["pos"]), header_merkle_root(header))
        block = self.node.getblockhash(height)
        expect("header", header, self.node.getblockheader(block, False))
        expect("raw transaction, with no txindex in the node",
               self.wallet.ask("blockchain.transaction.get", self.txid, show=False),
               self.node.getrawtransaction(self.txid, False, block))

    # What happens

    def pay(self):
        heading("5 of 7: a wallet watches an address, and is paid")
        address = self.ask_receiver("getnewaddress")
        say(f"address {address}; what follows goes over TCP to 127.0.0.1:{self.port}")
        self.wallet = Wallet(self.port, address, self.node.script_of(address))
        expect("status of an address never used", self.wallet.status, None)

        since = time.monotonic()
        self.txid = self.node.call("sendtoaddress", address, 1.5, wallet="miner")
        say(f"the miner pays it {btc(150_000_000)}: {self.txid}")
        self.wait_notified("the payment, unconfirmed", since)
        self.compare()

    def mine(self):
        heading("6 of 7: a block confirms it")
        since = time.monotonic()
        block = self.node.mine()[0]
        say(f"block {block} at height {self.node.getblockcount()}")
        self.wait_notified("the block, and of the confirmation", since)
        self.compare()
        self.compare_proof()

    def reorganise(self):
        heading("7 of 7: a reorganisation takes the block back")
        block = self.node.getbestblockhash()
        since = time.monotonic()
        self.node.invalidateblock(block)
        say(f"invalidateblock {block}: the payment is unconfirmed again")
        new = [self.node.mine_empty() for _ in range(2)]
        say(f"two other blocks, without the payment: {new[0][:16]}... {new[1][:16]}...")
        self.wait_notified("the new branch, and of the payment's fall from it", since)
        self.compare()

        since = time.monotonic()
        self.node.mine()
        say(f"a block that has it again, at height {self.node.getblockcount()}")
        self.wait_notified("its second confirmation", since)
        self.compare()
        self.compare_proof()
        expect("unspent outputs in all", self.admin_answer("getinfo")["utxo_count"],
               self.node.gettxoutsetinfo("none")["txouts"])

    def stay(self):
        cli = f"{self.args.bitcoind.parent / 'bitcoin-cli'} -datadir={self.node.folder}"
        amber_cli = self.args.build / "amber-cli"
        print(f"""
== All matched. Amber stays up until Ctrl-C

   Connect Electrum, on this machine:
      electrum --regtest --oneserver -s 127.0.0.1:{self.port}:t

   Pay an address of it, and mine a block:
      {cli} -rpcwallet=miner sendtoaddress ADDRESS 0.5
      {cli} -rpcwallet=miner -generate 1

   Ask Amber:
      {amber_cli} --admin {self.admin} getinfo
      {amber_cli} --admin {self.admin} sessions
      {amber_cli} --admin {self.admin} query {self.wallet.address}

   Its log: {self.amber.log_path}
   What the wallet above hears from now on:
""", flush=True)
        while True:
            for name, process in (("bitcoind", self.node), ("amberd", self.amber)):
                if not process.running:
                    raise Mismatch(f"{name} ended with code {process.exit_code}")
            self.wallet.take(None, timeout=1)


def run(demo):
    """The exit code."""
    try:
        demo.start()
        demo.pay()
        demo.mine()
        demo.reorganise()
        if not demo.args.check:
            demo.stay()
        return 0
    except KeyboardInterrupt:
        return 130 if demo.args.check else 0
    except Disconnected:
        trouble = "amberd closed the wallet's connection"
    except (Mismatch, ElectrumError, RpcError, AssertionError, OSError, ValueError) as error:
        trouble = f"{type(error).__name__}: {error}"
    print(f"\nquickstart: {trouble}\n"
          f"  The last lines of amberd's log:\n{demo.amber.log()[-2000:]}\n"
          "  What to do: run it again; if it happens again, this is a bug: report the lines above.",
          file=sys.stderr, flush=True)
    return 1


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="has amberd, amber-cli")
    parser.add_argument("--bitcoind", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true", help="end after the comparison")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)

    folder = pathlib.Path(tempfile.mkdtemp(prefix="amber-quickstart-"))
    demo = Demo(args, folder)
    code = run(demo)
    # A second Ctrl-C must not leave processes behind; what hangs is killed after a while.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    print("\nStopping Amber and the node ...", flush=True)
    ended_well = demo.stop()
    shutil.rmtree(folder, ignore_errors=True)
    if not ended_well and code == 0:
        print("quickstart: a program did not end with code 0 when asked to", file=sys.stderr)
        code = 1
    if code == 0 and args.check:
        print("quickstart: everything matched")
    return code


if __name__ == "__main__":
    sys.exit(main())
