"""The recipes of contrib/proxy, each with the real program of Debian: wallets get through, Amber sees
their own addresses, and what they claim to be is not believed."""

import pathlib
import shutil
import subprocess

from framework import (ElectrumClient, Skip, TlsTransport, TlsWebSocketTransport, first_payment,
                       js_wallet, main, wait_until)
from framework.electrum_wallet import ElectrumWallet
from framework.ports import free_port
from framework.process import Process
from framework.transports import TlsSocket, connect

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "contrib" / "proxy"
STREAM_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
SOURCE = "127.0.0.7"  # where clients come from; the proxies come from elsewhere
FALSE_HEADER = "X-Forwarded-For: 198.51.100.1"


class Proxy(Process):
    """A recipe with its ports and paths put in place, and the program that takes it."""

    def __init__(self, case, name, program):
        super().__init__(case.folder / f"{name}.log")
        self.program = program
        self.ports = {50002: free_port(), 50004: free_port()}
        text = (RECIPES / name).read_text()
        for old, new in self.ports.items():
            text = text.replace(str(old), str(new))
        text = text.replace("/run/amber/", f"{case.folder}/")
        self.recipe = case.folder / name
        self.recipe.write_text(text.replace("/etc/amber/", f"{case.folder}/"))

    def start(self, command):
        self.spawn(command)

        def listens():
            assert self.running, f"{self.program} ended: {self.log()}"
            for port in self.ports.values():
                try:
                    connect(port, 1).close()
                    return True
                except OSError:
                    pass
            return False

        wait_until(listens, 20, f"{self.program} to listen")

    @property
    def ssl_port(self):
        return self.ports[50002]

    @property
    def wss_port(self):
        return self.ports[50004]


def haproxy(case):
    proxy = case.adopt(Proxy(case, "haproxy.cfg", "haproxy"))
    proxy.start(["haproxy", "-f", proxy.recipe])
    return proxy


def nginx(case, name, surroundings):
    """`surroundings`: nginx's own configuration, with INCLUDE where the recipe goes."""
    proxy = case.adopt(Proxy(case, name, "nginx"))
    folder = case.folder / f"{name}.d"
    folder.mkdir()
    own = folder / "nginx.conf"
    places = "".join(f"    {kind}_temp_path {folder};\n" for kind in
                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    own.write_text("include /etc/nginx/modules-enabled/*.conf;\n"  # as Debian's own does
                   f"daemon off;\npid {folder}/pid;\nworker_processes 1;\nuser root;\n"
                   "error_log stderr;\nevents {}\n"
                   + surroundings.replace("INCLUDE", f"include {proxy.recipe};")
                   .replace("PLACES", places))
    proxy.start(["nginx", "-c", own])
    return proxy


def nginx_stream(case):
    return nginx(case, "nginx-stream.conf", "INCLUDE\n")


def nginx_wss(case):
    return nginx(case, "nginx-wss.conf", "http {\n    access_log off;\nPLACES    INCLUDE\n}\n")


def stunnel(case):
    proxy = case.adopt(Proxy(case, "stunnel.conf", "stunnel"))
    # What the service unit says on the command line or in its own file.
    main_file = case.folder / "stunnel-main.conf"
    main_file.write_text(f"foreground = yes\npid =\n{proxy.recipe.read_text()}")
    proxy.start(["stunnel4", main_file])
    return proxy


def seen_as(amber, client, with_port=True):
    """Fails unless Amber takes the client for whom it is."""
    address, port = client.transport.socket.getsockname()
    wanted = f"{address}:{port}" if with_port else address
    assert wanted in amber.peers(), f"{wanted} is not among {amber.peers()}"


def lines(case, node, amber, proxy, folder):
    with ElectrumClient(proxy.ssl_port, TlsTransport, source=SOURCE) as client:
        seen_as(amber, client)
        assert len(client.call("blockchain.block.headers", 0, 2016)["headers"]) > 100
    # A header of the client's own is his first line, and no JSON.
    forged = TlsSocket(connect(proxy.ssl_port, 10, SOURCE))
    forged.sendall(b"PROXY TCP4 198.51.100.1 1.1.1.1 1 2\r\n")
    wait_until(lambda: not any(peer.startswith(SOURCE) for peer in amber.peers()), 10,
               "the forger to be dropped")
    assert not any(peer.startswith("198.51.100.1") for peer in amber.peers())
    forged.close()
    wallet = first_payment.electrum(case, node, proxy.ssl_port, "s", f"electrum-{proxy.program}")
    peers = amber.peers()
    assert peers and "unix" not in peers, peers
    wallet.stop()
    wallet.wait_exit(30)
    first_payment.js(node, folder, proxy.ssl_port, "tls").close()
    case.say(f"{proxy.recipe.name}: clients, Electrum and the JavaScript client come through")


def web(case, amber, proxy, with_port):
    with ElectrumClient(proxy.wss_port, TlsWebSocketTransport, source=SOURCE,
                        headers=[FALSE_HEADER]) as client:
        seen_as(amber, client, with_port)
        assert client.call("server.ping") is None
        assert len(client.call("blockchain.block.headers", 0, 2016)["headers"]) > 100
    case.say(f"{proxy.recipe.name}: WebSocket clients come through")


def test(case):
    missing = [program for program in ("haproxy", "nginx", "stunnel4")
               if shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin") is None]
    if missing or not STREAM_MODULE.exists() or not ElectrumWallet.installed():
        raise Skip(f"not installed: {', '.join(missing) or 'nginx stream module or electrum'}: "
                   "contrib/install-deps.sh test")
    folder = js_wallet.install(case)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/CN=proxy", "-keyout", case.folder / "key.pem",
                    "-out", case.folder / "cert.pem"], check=True, capture_output=True)
    (case.folder / "tls.pem").write_text((case.folder / "cert.pem").read_text()
                                         + (case.folder / "key.pem").read_text())
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=3)
    amber = case.amber(node, options=["--tcp", f"unix:{case.folder}/tcp.sock",
                                      "--ws", f"unix:{case.folder}/ws.sock",
                                      "--proxy-protocol", "unix"])
    amber.start()
    both = haproxy(case)
    for proxy in (both, nginx_stream(case), stunnel(case)):
        lines(case, node, amber, proxy, folder)
    web(case, amber, both, with_port=True)
    web(case, amber, nginx_wss(case), with_port=False)
    # Wallets on this machine need no header.
    with amber.client() as client:
        seen_as(amber, client)
    amber.stop()


main(test)
