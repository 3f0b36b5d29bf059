"""Bitcoin's data, read independently of Amber: hashes, transactions, blocks, proofs."""

import hashlib
import struct
from typing import NamedTuple

REGTEST_MAGIC = bytes.fromhex("fabfb5da")


def sha256(data):
    return hashlib.sha256(data).digest()


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def display(digest):
    """A hash as nodes and wallets print it."""
    return digest[::-1].hex()


def script_hash(script):
    """The Electrum name of an output script, given as bytes or hex."""
    if isinstance(script, str):
        script = bytes.fromhex(script)
    return display(sha256(script))


def header_hash(header_hex):
    return display(sha256d(bytes.fromhex(header_hex)[:80]))


def header_merkle_root(header_hex):
    return display(bytes.fromhex(header_hex)[36:68])


def header_previous(header_hex):
    return display(bytes.fromhex(header_hex)[4:36])


def fold_merkle(leaf, branch, position):
    """The root a branch leads to; everything in display hex."""
    node = bytes.fromhex(leaf)[::-1]
    for sibling in branch:
        other = bytes.fromhex(sibling)[::-1]
        node = sha256d(other + node) if position & 1 else sha256d(node + other)
        position >>= 1
    assert position == 0, "the branch is too short for the position"
    return display(node)


def status_of(history):
    """The status that a get_history answer stands for; None for an empty one."""
    if not history:
        return None
    text = "".join(f"{item['tx_hash']}:{item['height']}:" for item in history)
    return sha256(text.encode()).hex()


def is_data_output(script):
    """Outputs that Amber does not index."""
    return script[:1] == b"\x6a" or script[:2] == b"\x00\x6a"


class TxIn(NamedTuple):
    txid: bytes
    index: int


class TxOut(NamedTuple):
    value: int
    script: bytes


class Tx(NamedTuple):
    txid: bytes  # in the order of the hash
    inputs: list
    outputs: list

    @property
    def is_coinbase(self):
        return self.inputs[0].index == 0xFFFFFFFF


class Reader:
    def __init__(self, data, position=0):
        self.data = data
        self.position = position

    def take(self, size):
        piece = self.data[self.position:self.position + size]
        assert len(piece) == size, "truncated"
        self.position += size
        return piece

    def compact_size(self):
        first = self.data[self.position]
        self.position += 1
        if first < 0xFD:
            return first
        size = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
        return int.from_bytes(self.take(size), "little")

    def sized(self):
        return self.take(self.compact_size())

    def u32(self):
        return int.from_bytes(self.take(4), "little")


def read_tx(reader):
    data = reader.data
    begin = reader.position
    reader.position += 4
    has_witness = data[reader.position] == 0
    if has_witness:
        reader.position += 2
    body = reader.position
    inputs = []
    for _ in range(reader.compact_size()):
        txid = reader.take(32)
        index = reader.u32()
        reader.sized()  # script
        reader.u32()  # sequence
        inputs.append(TxIn(txid, index))
    outputs = []
    for _ in range(reader.compact_size()):
        value = struct.unpack_from("<q", data, reader.position)[0]
        reader.position += 8
        outputs.append(TxOut(value, reader.sized()))
    body_end = reader.position
    if has_witness:
        for _ in inputs:
            for _ in range(reader.compact_size()):
                reader.sized()
    reader.u32()  # lock time
    end = reader.position
    stripped = data[begin:begin + 4] + data[body:body_end] + data[end - 4:end]
    return Tx(sha256d(stripped), inputs, outputs)


def read_block(raw):
    """(header bytes, transactions)."""
    reader = Reader(raw, 80)
    txs = [read_tx(reader) for _ in range(reader.compact_size())]
    assert reader.position == len(raw), "bytes after the block"
    return raw[:80], txs


def read_chain_file(path):
    """Yields the raw blocks of a bootstrap file."""
    with open(path, "rb") as file:
        while frame := file.read(8):
            assert frame[:4] == REGTEST_MAGIC
            yield file.read(int.from_bytes(frame[4:], "little"))
