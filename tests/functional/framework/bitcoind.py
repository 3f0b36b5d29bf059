"""A private regtest node."""

import base64
import decimal
import http.client
import json
import os
import threading

from .ports import free_port
from .process import Process
from .wait import wait_until

USER, PASSWORD = "amber", "secret"


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


class Bitcoind(Process):
    """Each RPC is a method: node.getblockhash(5). Thread-safe. Amounts come as Decimal."""

    def __init__(self, program, folder, *, rest=False, zmq=False, cookie=False, p2p=False,
                 options=()):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "stdout.log")
        self.program = program
        self.folder = folder
        self.rpc_port = free_port()
        self.cookie = cookie
        self.p2p_port = free_port() if p2p else None
        self.zmq_address = f"tcp://127.0.0.1:{free_port()}" if zmq else None
        self._local = threading.local()
        self.options = [
            "-regtest", f"-datadir={folder}", f"-rpcport={self.rpc_port}", "-server",
            "-printtoconsole=0", "-checkblockindex=0", "-checkmempool=0", "-fallbackfee=0.0001",
            # Knots is stricter and mines smaller blocks than Bitcoin Core.
            "-corepolicy=1", "-blockmaxsize=4000000", "-blockmaxweight=4000000",
            "-addresstype=bech32", "-changetype=bech32", "-keypool=50",
            # Chain files may be older than a day.
            "-maxtipage=315360000", "-rpcworkqueue=256", "-rpcthreads=8",
        ]
        if not cookie:
            self.options += [f"-rpcuser={USER}", f"-rpcpassword={PASSWORD}"]
        if p2p:
            self.options += ["-listen=1", f"-bind=127.0.0.1:{self.p2p_port}", "-listenonion=0"]
        else:
            self.options.append("-listen=0")
        if rest:
            self.options.append("-rest")
        if zmq:
            self.options += [f"-zmqpubhashblock={self.zmq_address}",
                             f"-zmqpubsequence={self.zmq_address}"]
        self.options += options

    @property
    def url(self):
        """For amberd's --daemon."""
        if self.cookie:
            return f"http://127.0.0.1:{self.rpc_port}"
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.rpc_port}"

    @property
    def peer(self):
        """For amberd's --p2p."""
        return f"127.0.0.1:{self.p2p_port}"

    @property
    def cookie_file(self):
        return self.folder / "regtest" / ".cookie"

    # Running it

    def start(self, *more_options, timeout=60):
        self.spawn([self.program, *self.options, *more_options])
        self._local = threading.local()
        wait_until(self._answers, timeout, "the node to answer", interval=0.05)

    def _answers(self):
        assert self.running, f"bitcoind ended at start: {self.log()}"
        try:
            self.getblockcount()
            return True
        except (OSError, http.client.HTTPException, RpcError, ValueError):
            return False

    def stop(self, timeout=60):
        if self.running:
            self.call("stop")
        self.wait_exit(timeout)

    def load(self, chain_file, tip, timeout=300):
        """Starts it with a generated chain and waits until `tip` is its best block."""
        self.start(f"-loadblock={chain_file}", timeout=timeout)
        wait_until(lambda: self.getbestblockhash() == tip, timeout, "the chain file to be loaded",
                   interval=0.05)

    def flush(self):
        """Writes its chain state to disk; without, kill() takes it back to its last start."""
        self.gettxoutsetinfo("none")

    # JSON-RPC

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *params, **named: self.call(name, *params, **named)

    def call(self, method, *params, wallet=None, timeout=120):
        body = json.dumps({"method": method, "params": params, "id": 0}, default=str)
        answer = self._post(f"/wallet/{wallet}" if wallet is not None else "/", body, timeout)
        if answer.get("error"):
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def batch(self, calls, timeout=120):
        """[(method, params...), ...] in one request; results in order."""
        body = json.dumps([{"method": call[0], "params": call[1:], "id": number}
                           for number, call in enumerate(calls)], default=str)
        answers = {answer["id"]: answer for answer in self._post("/", body, timeout)}
        for answer in answers.values():
            if answer.get("error"):
                raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return [answers[number]["result"] for number in range(len(calls))]

    def _post(self, path, body, timeout):
        kept = getattr(self._local, "connection", None)
        self._local.connection = None
        if kept is not None:
            try:
                return self._exchange(kept, path, body, timeout)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                pass  # the node closed it while it was idle
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port)
        return self._exchange(connection, path, body, timeout)

    def _exchange(self, connection, path, body, timeout):
        connection.timeout = timeout
        if connection.sock is not None:
            connection.sock.settimeout(timeout)
        connection.request("POST", path, body, {"Authorization": "Basic " + self._authorization(),
                                                "Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        if response.status not in (200, 404, 500):
            raise RpcError(response.status, f"HTTP {response.status}: {text[:200]!r}")
        answer = json.loads(text, parse_float=decimal.Decimal)
        self._local.connection = connection
        return answer

    def _authorization(self):
        word = self.cookie_file.read_text() if self.cookie else f"{USER}:{PASSWORD}"
        return base64.b64encode(word.encode()).decode()

    # Mining

    def mine(self, count=1, address=None):
        """Block hashes. Without an address, the coins go to nobody, to another script each call:
        a block mined at once in place of an invalidated one must differ from it."""
        if address is not None:
            return self.generatetoaddress(count, address)
        return self.generatetodescriptor(count, self._nobody())

    def mine_empty(self):
        """One block without the mempool's transactions."""
        return self.generateblock(self._nobody(), [])["hash"]

    @staticmethod
    def _nobody():
        return f"raw(0020{os.urandom(32).hex()})"

    def reorganise(self, depth, new_blocks=None, address=None):
        """Replaces the last `depth` blocks by one more of others; returns the hash that
        reconsiderblock() takes."""
        height = self.getblockcount()
        old = self.getblockhash(height - depth + 1)
        self.invalidateblock(old)
        # One with another script than before first: the next coinbase may equal an old one.
        self.mine()
        self.mine((depth + 1 if new_blocks is None else new_blocks) - 1, address)
        if depth > 10 and self.listwallets():
            self._resend()
        return old

    def _resend(self):
        """Transactions of blocks deeper than ten are not put back into the mempool, yet the wallet
        counts their inputs as spent."""
        mempool = set(self.getrawmempool())
        for item in self.listtransactions("*", 10_000):
            if item["confirmations"] == 0 and item["txid"] not in mempool:
                try:
                    self.sendrawtransaction(self.gettransaction(item["txid"])["hex"])
                    mempool.add(item["txid"])
                except RpcError:
                    self.abandontransaction(item["txid"])

    # Wallet

    def create_wallet(self, name="w", mature_coins=0):
        """A wallet with that many spendable coinbases, mature even after reorganisations 100 deep:
        a wallet gives up transactions whose inputs became immature."""
        self.createwallet(name)
        if mature_coins:
            self.mine(mature_coins, self.getnewaddress())
            self.mine(210)

    def script_of(self, address):
        """Hex of the output script."""
        return self.validateaddress(address)["scriptPubKey"]
