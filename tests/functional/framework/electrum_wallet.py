"""Debian's Electrum, headless: a real wallet."""

import base64
import http.client
import json
import shutil

from .ports import free_port
from .process import Process
from .wait import wait_until

_USER, _PASSWORD = "user", "password"


class ElectrumRpcError(Exception):
    pass


class ElectrumWallet(Process):
    """Each RPC is a method with named parameters: wallet.payto(destination=..., amount=...)."""

    def __init__(self, folder, server_port, protocol="t"):
        """`protocol`: t for TCP, s for TLS."""
        (folder / "regtest").mkdir(parents=True)
        super().__init__(folder / "electrum.log")
        self.folder = folder
        self.server = f"127.0.0.1:{server_port}:{protocol}"
        self.rpc_port = free_port()
        config = {"rpcport": self.rpc_port, "rpcuser": _USER, "rpcpassword": _PASSWORD,
                  "check_updates": False, "auto_connect": False,
                  "dont_show_testnet_warning": True, "config_version": 3}
        (folder / "regtest" / "config").write_text(json.dumps(config))

    @staticmethod
    def installed():
        return shutil.which("electrum") is not None

    def start(self, seed=None):
        """A new wallet, or the one of `seed`; returns the seed."""
        self.spawn(["electrum", "--regtest", "-D", self.folder, "daemon", "--oneserver",
                    "-s", self.server])
        wait_until(self._answers, 60, "electrum's RPC", interval=0.1)
        if seed is None:
            seed = self.create()["seed"]
        else:
            self.restore(text=seed)
        self.load_wallet()
        return seed

    def _answers(self):
        assert self.running, f"electrum ended: {self.log()[-2000:]}"
        try:
            self.getinfo()
            return True
        except (OSError, ValueError, ElectrumRpcError):
            return False

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda **params: self.call(name, **params)

    def call(self, method, **params):
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=60)
        word = base64.b64encode(f"{_USER}:{_PASSWORD}".encode()).decode()
        connection.request("POST", "/", json.dumps({"id": 0, "method": method, "params": params}),
                           {"Authorization": "Basic " + word})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if "error" in answer:
            raise ElectrumRpcError(f"{method}: {answer['error']}")
        return answer["result"]

    # What tests ask

    def synchronized(self):
        """Connected, all histories fetched and every confirmed transaction's proof verified."""
        return self.getinfo()["connected"] and self.is_synchronized()

    def balances(self):
        """(confirmed, unconfirmed) as text of BTC."""
        balance = self.getbalance()
        return balance["confirmed"], balance.get("unconfirmed", "0")

    def transactions(self):
        """{txid: confirmations}; a transaction counts as confirmed only with a verified proof."""
        return {item["txid"]: item["confirmations"]
                for item in self.onchain_history()["transactions"]}

    def wait_transactions(self, wanted, timeout=30):
        """`wanted`: {txid: confirmations}."""
        wait_until(lambda: self.transactions() == wanted, timeout,
                   lambda: f"electrum to show {wanted}; it shows {self.transactions()}",
                   interval=0.1)
