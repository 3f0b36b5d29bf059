"""What functional tests stand on: a real node, amberd, wallet clients, and independent checks."""

from .electrum_client import Disconnected, ElectrumClient, ElectrumError
from .test_case import Skip, TestCase, main
from .transports import TcpTransport, TlsTransport, TlsWebSocketTransport, WebSocketTransport
from .wait import WaitTimeout, wait_until

__all__ = ["Disconnected", "ElectrumClient", "ElectrumError", "Skip", "TcpTransport", "TestCase",
           "TlsTransport", "TlsWebSocketTransport", "WaitTimeout", "WebSocketTransport", "main",
           "wait_until"]
