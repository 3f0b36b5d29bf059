"""TLS, WebSockets in TLS and unix sockets, as an operator meets them: a certificate made on the first
start, others taken while wallets stay connected, sessions resumed, Electrum and the JavaScript client
connected."""

import json
import re
import shutil
import signal
import socket
import ssl
import subprocess

from framework import (ElectrumClient, Skip, TcpTransport, TlsTransport, TlsWebSocketTransport,
                       WaitTimeout, first_payment, js_wallet, main, wait_until)
from framework.electrum_wallet import ElectrumWallet
from framework.transports import TlsSocket, connect

CERTIFICATE = re.compile(r"certificate (\S+): valid until \S+, SHA-256 fingerprint ([0-9A-F:]+)")
MADE = re.compile(r"made a self-signed certificate: ")
REFUSED = re.compile(r"the old certificate stays in use: (\S+): no certificate in PEM")


def fingerprint(port):
    """As `openssl x509 -fingerprint -sha256` has it."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    done = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256"], input=pem,
                          capture_output=True, text=True, check=True)
    return done.stdout.strip().split("=")[1]


def make_certificate(folder, name, kind="rsa:2048"):
    """(certificate, key) of another program's making."""
    certificate, key = folder / f"{name}-cert.pem", folder / f"{name}-key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", kind, "-nodes", "-days", "30", "-subj",
                    f"/CN={name}", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    return certificate, key


def self_signed(case, node):
    """Made once, told of with its fingerprint, good for a client that pins it."""
    amber = case.amber(node, name="self-signed", tls=True, websocket=True)
    amber.start()
    amber.wait_log(MADE, 1)
    path, told = amber.wait_log(CERTIFICATE, 1).groups()
    assert path == str(amber.datadir / "cert.pem"), path
    assert fingerprint(amber.ssl_port) == told == fingerprint(amber.wss_port)
    assert (amber.datadir / "key.pem").stat().st_mode & 0o777 == 0o600
    pinned = TlsSocket(connect(amber.ssl_port, 10), cafile=path)
    pinned.sendall(b'{"id":1,"method":"server.ping"}\n')
    assert json.loads(pinned.recv(1000))["id"] == 1
    pinned.close()
    for transport in (TlsTransport, TlsWebSocketTransport):
        with amber.client(transport) as client:
            assert len(client.call("blockchain.block.headers", 0, 2016)["headers"]) > 100
            client.call("blockchain.headers.subscribe")
            node.mine()
            client.notification("blockchain.headers.subscribe", 10)
    amber.stop()
    amber.start()
    assert not MADE.search(amber.log())
    assert fingerprint(amber.ssl_port) == told, "made again"
    amber.stop()
    case.say("self-signed certificate made once; TLS and WSS served with it")


def reload(case, node):
    first = make_certificate(case.folder, "first")
    second = make_certificate(case.folder, "second")
    third = make_certificate(case.folder, "third", "ec:" + curve(case.folder))
    certificate, key = case.folder / "live-cert.pem", case.folder / "live-key.pem"

    def put(pair):
        shutil.copy(pair[0], certificate)
        shutil.copy(pair[1], key)

    put(first)
    amber = case.amber(node, name="reload", tls=True,
                       options=["--cert", certificate, "--key", key])
    amber.start()
    seen = fingerprint(amber.ssl_port)
    with amber.client(TlsTransport) as client:
        put(second)
        wait_until(lambda: fingerprint(amber.ssl_port) != seen, 20, "the changed files to be read")
        seen = fingerprint(amber.ssl_port)
        put(third)
        amber.signal(signal.SIGHUP)
        wait_until(lambda: fingerprint(amber.ssl_port) != seen, 1.5, "SIGHUP to be heard")
        seen = fingerprint(amber.ssl_port)
        certificate.write_text("rubbish")
        amber.signal(signal.SIGHUP)
        assert amber.wait_log(REFUSED, 5)[1] == str(certificate)
        assert fingerprint(amber.ssl_port) == seen
        assert client.call("server.ping") is None, "the session was dropped"
    amber.stop()
    case.say("certificates replaced by change and by SIGHUP, a bad one refused, nobody dropped")


def curve(folder):
    path = folder / "curve.pem"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-out", path], check=True)
    return str(path)


def resumption(case, amber):
    """By another implementation's count."""
    for version in ("-tls1_2", "-tls1_3"):
        session = case.folder / f"session{version}"
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{amber.ssl_port}", version,
                   "-ign_eof"]
        ask = '{"id":1,"method":"server.version","params":["x","9.9"]}\n'
        first = subprocess.run([*command, "-sess_out", session], input=ask, capture_output=True,
                               text=True, timeout=20)
        second = subprocess.run([*command, "-sess_in", session], input=ask, capture_output=True,
                                text=True, timeout=20)
        assert "\nNew, " in first.stdout and "\nReused, " in second.stdout, second.stdout
        assert "unsupported protocol version" in second.stdout
    for old in ("-tls1", "-tls1_1"):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{amber.ssl_port}",
                               old, "-cipher", "ALL:@SECLEVEL=0"],
                              input="", capture_output=True, text=True, timeout=20)
        assert done.returncode != 0, old
    case.say("sessions are resumed; TLS 1.0 and 1.1 are refused")


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b'{"id":1,"method":"server.ping"}\n')
        assert json.loads(client.recv(1000))["id"] == 1


def wallets(case, node, amber):
    if not ElectrumWallet.installed():
        raise Skip("electrum is not installed: contrib/install-deps.sh test")
    wallet = first_payment.electrum(case, node, amber.ssl_port, "s", "electrum")
    assert "ssl" in amber.peers().values(), amber.peers()
    wallet.stop()
    wallet.wait_exit(30)
    case.say("Electrum over TLS: paid and confirmed")
    agent = first_payment.js(node, js_wallet.install(case), amber.ssl_port, "tls")
    agent.close()
    case.say("@mempool/electrum-client over TLS: paid and confirmed")


def test(case):
    node = case.node(zmq=True)
    node.start()
    node.create_wallet(mature_coins=3)
    self_signed(case, node)
    reload(case, node)
    path = case.folder / "wallets.sock"
    amber = case.amber(node, tls=True, websocket=True, options=["--tcp", f"unix:{path}"])
    amber.start()
    unix_socket(path)
    resumption(case, amber)
    wallets(case, node, amber)
    amber.stop()
    assert not path.exists()


main(test)
