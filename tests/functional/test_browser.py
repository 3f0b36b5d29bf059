"""A wallet in a browser: headless Chromium asks over WebSocket in TLS and is notified of a block.

Skipped where Chromium is not installed (apt-get install chromium: large, so not among the test
packages)."""

import http.server
import json
import shutil
import threading

from framework import Skip, main, wait_until
from framework.process import Process

PAGE = """<!DOCTYPE html><script>
const tell = (what, data) => fetch('/' + what, {method: 'POST', body: JSON.stringify(data)});
const socket = new WebSocket('wss://127.0.0.1:PORT/any/path');
const ask = (id, method, params) => socket.send(JSON.stringify({id, method, params}));
socket.onopen = () => {
    ask(1, 'server.version', ['browser', ['1.4', '1.6']]);
    ask(2, 'blockchain.headers.subscribe', []);
    ask(3, 'blockchain.block.headers', [0, 2016]);
};
socket.onmessage = message => tell('message', JSON.parse(message.data));
socket.onerror = () => tell('failure', 'WebSocket error');
socket.onclose = event => tell('failure', 'closed with code ' + event.code);
</script>"""


class Told(http.server.ThreadingHTTPServer):
    """Serves the page, and hears what it has to say."""

    def __init__(self, page):
        told = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(page.encode())

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                (told.messages if self.path == "/message" else told.failures).append(body)
                self._answer(b"")

            def _answer(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.messages, self.failures = [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def wait_for(self, wanted, what):
        def look():
            assert not self.failures, self.failures
            return next((message for message in self.messages if wanted(message)), None)

        return wait_until(look, 60, lambda: f"{what}; told so far: {str(self.messages)[:500]}")


def test(case):
    program = shutil.which("chromium")
    if program is None:
        raise Skip("chromium is not installed: apt-get install chromium")
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=1)
    amber = case.amber(node, tls=True)
    amber.start()
    told = Told(PAGE.replace("PORT", str(amber.wss_port)))
    browser = case.adopt(Process(case.folder / "chromium.log"))
    browser.spawn([program, "--headless", "--no-sandbox", "--disable-gpu",
                   "--ignore-certificate-errors", f"--user-data-dir={case.folder / 'chromium'}",
                   "--remote-debugging-port=0", f"http://127.0.0.1:{told.server_port}/"])
    version = told.wait_for(lambda message: message.get("id") == 1, "the version")
    assert version["result"][1] == "1.6", version
    tip = told.wait_for(lambda message: message.get("id") == 2, "the tip")
    assert tip["result"]["height"] == node.getblockcount()
    headers = told.wait_for(lambda message: message.get("id") == 3, "the headers")
    assert headers["result"]["count"] == node.getblockcount() + 1
    assert list(amber.peers().values()) == ["wss"], amber.peers()
    case.say("asked and answered")
    node.mine()
    note = told.wait_for(lambda message: message.get("method") == "blockchain.headers.subscribe",
                         "the new block")
    assert note["params"][0]["height"] == node.getblockcount()
    case.say("notified of a block")
    browser.terminate(20)
    amber.stop()


main(test)
