"""The server under test."""

import json
import re
import subprocess

from .chain import header_hash
from .electrum_client import Disconnected, ElectrumClient, ElectrumError
from .ports import free_port
from .process import Process
from .transports import (TcpTransport, TlsTransport, TlsWebSocketTransport,
                         WebSocketTransport)
from .wait import wait_until

READY = re.compile(r"ready: height=(\d+) tip=([0-9a-f]{64})")


class AdminError(Exception):
    pass


class Amberd(Process):
    def __init__(self, program, cli, folder, nodes, *, source=None, zmq=None, datadir=None,
                 websocket=False, tls=False, options=()):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / "amberd.log")
        self.program = program
        self.cli = cli
        self.datadir = datadir or folder / "data"
        self.tcp_port = free_port()
        self.ws_port = free_port() if websocket else None
        self.ssl_port = free_port() if tls else None
        self.wss_port = free_port() if tls else None
        self.admin_port = free_port()
        self.nodes = nodes
        self._client = None
        self.options = ["--network", "regtest", "--datadir", self.datadir,
                        "--tcp", f"127.0.0.1:{self.tcp_port}",
                        "--admin", f"127.0.0.1:{self.admin_port}", "--cache-mb", "100",
                        "--log-level", "debug"]
        for node in nodes:
            self.options += ["--daemon", node.url]
        if nodes and nodes[0].cookie:
            self.options += ["--daemon-cookie", nodes[0].cookie_file]
        if websocket:
            self.options += ["--ws", f"127.0.0.1:{self.ws_port}"]
        if tls:
            self.options += ["--ssl", f"127.0.0.1:{self.ssl_port}",
                             "--wss", f"127.0.0.1:{self.wss_port}"]
        if source is not None:
            self.options += ["--source", source]
        if zmq is not None:
            self.options += ["--zmq", zmq]
        self.options += options

    # Running it

    def start(self, wait=True, timeout=120, options=()):
        self._client = None
        self.spawn([self.program, *self.options, *options])
        if wait:
            self.wait_ready(timeout)

    def wait_ready(self, timeout=120):
        """(height, tip) of the ready line."""
        match = self.wait_log(READY, timeout)
        return int(match[1]), match[2]

    def stop(self, timeout=30):
        """Ends it as an operator does; fails unless the exit code is 0."""
        self._drop_client()
        code = self.terminate(timeout)
        assert code == 0, f"exit code {code} on SIGTERM, see {self.log_path}"

    def kill(self):
        super().kill()
        self._drop_client()

    def discard(self):
        self._drop_client()
        super().discard()

    def _drop_client(self):
        if self._client is not None:
            self._client.close()
            self._client = None

    # Asking it

    def client(self, transport=TcpTransport, **named):
        port = {TcpTransport: self.tcp_port, WebSocketTransport: self.ws_port,
                TlsTransport: self.ssl_port, TlsWebSocketTransport: self.wss_port}[transport]
        return ElectrumClient(port, transport, **named)

    def peers(self):
        """Whom it takes its clients for: {ADDRESS:PORT: transport}."""
        return {session["peer"]: session["transport"] for session in self.admin("sessions")}

    def admin(self, *words, timeout=60):
        """Runs amber-cli; its answer, decoded."""
        return json.loads(self.admin_text("--json", *words, timeout=timeout))

    def admin_text(self, *words, timeout=60):
        """The same as amber-cli prints it for people."""
        done = subprocess.run([str(self.cli), "--admin", f"127.0.0.1:{self.admin_port}",
                               *map(str, words)],
                              capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise AdminError(f"amber-cli {' '.join(map(str, words))}: code {done.returncode}: "
                             f"{done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def digest(self):
        """Of all tables, from a snapshot of the running server."""
        return self.admin("digest", timeout=300)

    def offline_digest(self, network="regtest"):
        """Of all tables, by `amberd check --digest`. The server must not run."""
        assert not self.running
        command = [str(self.program), "check", "--digest", "--network", network,
                   "--datadir", str(self.datadir)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"amberd check: code {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def memory_bytes(self):
        """Resident now."""
        return self._status_bytes("VmRSS")

    def peak_bytes(self):
        """The most that was resident since reset_peak()."""
        return self._status_bytes("VmHWM")

    def reset_peak(self):
        with open(f"/proc/{self.child.pid}/clear_refs", "w") as file:
            file.write("5")

    def _status_bytes(self, name):
        with open(f"/proc/{self.child.pid}/status") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"no {name}")

    def tip(self):
        """Hash of the tip it serves to wallets, or None if it does not serve."""
        try:
            if self._client is None or not self._client.connected:
                self._client = self.client(timeout=5)
            return header_hash(self._client.call("blockchain.headers.subscribe")["hex"])
        except (OSError, Disconnected, ElectrumError):
            self._client = None
            return None

    def wait_tip(self, node, timeout=60):
        """Until it serves the node's best block, and has it in its tables: the writer may be ahead
        of what is served."""

        def reached():
            assert self.running, f"amberd ended with code {self.exit_code}: {self.log()[-3000:]}"
            best = node.getbestblockhash()
            return self.tip() == best and self.admin("getinfo")["tip"] == best

        wait_until(reached, timeout, lambda: f"amberd to reach {node.getblockcount()} "
                   f"{node.getbestblockhash()}; it serves {self.tip()}")
