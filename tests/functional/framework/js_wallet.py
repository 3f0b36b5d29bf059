"""npm's @mempool/electrum-client, driven through wallet_agent.js."""

import json
import pathlib
import queue
import shutil
import subprocess
import threading
import time

from .test_case import Skip

PACKAGE = "@mempool/electrum-client@1.1.9"
AGENT = pathlib.Path(__file__).parent / "wallet_agent.js"


def install(case):
    """The folder that has the package: in the build directory, filled once."""
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


class JsWallet:
    """wallet_agent.js, and what it has said."""

    def __init__(self, folder, port, protocol="tcp"):
        """`protocol`: tcp or tls."""
        self.child = subprocess.Popen(["node", AGENT, folder, str(port), protocol], text=True,
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
