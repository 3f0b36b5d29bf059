"""What `serve` and `sync` have in common: the chain, the node that holds it, amberd, and tables."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "functional"))
sys.dont_write_bytecode = True

from framework.bitcoind import Bitcoind  # noqa: E402
from framework.ports import free_port  # noqa: E402
from framework.process import Process  # noqa: E402
from framework.test_case import default_bitcoind  # noqa: E402

READY = re.compile(r"ready: height=(\d+) tip=([0-9a-f]{64})")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=REPOSITORY / "build" / "release",
                        help="build directory (default: %(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/amber-bench"),
                        help="keeps chains, nodes and samples between runs (default: %(default)s)")
    parser.add_argument("--chain", type=pathlib.Path,
                        help="block file of generate_chain, FILE.json beside it (default: one is "
                        "generated under --work)")
    parser.add_argument("--bytes", default="1.2G",
                        help="size of the chain to generate (default: %(default)s)")
    parser.add_argument("--bitcoind", default=default_bitcoind(),
                        help="a real node (default: %(default)s)")
    parser.add_argument("--cache-mb", type=int, default=1024)
    parser.add_argument("--reorg-limit", type=int, default=200,
                        help="blocks at the tip with undo rows; 200 as on mainnet")
    return parser


# The chain and its node

class Chain:
    """A block file and what its generator says of it."""

    def __init__(self, path):
        self.path = path
        self.facts = json.loads(pathlib.Path(f"{path}.json").read_text())
        self.tip = self.facts["tip"]
        self.bytes = self.facts["bytes"]
        self.txs = self.facts["txs"]


def prepare_chain(args):
    args.work.mkdir(parents=True, exist_ok=True)
    if args.chain is None:
        args.chain = args.work / f"chain-{args.bytes}.dat"
        if not args.chain.exists():
            say(f"generating {args.bytes} of blocks")
            subprocess.run([program(args, "generate_chain"), "--profile", "mainnet", "--bytes",
                            args.bytes, "--out", args.chain], check=True, stdout=sys.stderr)
    return Chain(args.chain)


def prepare_node(args, chain):
    """A stopped node whose datadir holds the chain. Loading it takes minutes, so it is kept."""
    kept = args.work / f"node-{chain.tip[:16]}"
    if not kept.exists():
        unfinished = args.work / f"loading-{chain.tip[:16]}"
        shutil.rmtree(unfinished, ignore_errors=True)
        say(f"loading {chain.bytes / 1e9:.2f} GB into a node, once: about 2 minutes per GB")
        node = Bitcoind(args.bitcoind, unfinished, options=["-dbcache=2000"])
        node.load(chain.path, chain.tip, timeout=3600)
        node.stop(timeout=300)
        unfinished.rename(kept)
    return Bitcoind(args.bitcoind, kept, rest=True, zmq=True, p2p=True)


def program(args, name):
    """Benchmarks lie in a folder of their own, the rest in the build directory itself."""
    for path in (args.build / name, args.build / "bench" / name):
        if path.exists():
            return path
    raise SystemExit(f"{name} is not in {args.build}: build the release preset or say --build")


# amberd

class Amberd(Process):
    """An amberd of which one wants to know what it costs."""

    def __init__(self, args, node, datadir, source="auto", first_sync="auto", options=()):
        datadir.mkdir(parents=True, exist_ok=True)
        super().__init__(datadir / "amberd.log")
        self.datadir = datadir
        self.port, self.admin_port = free_port(), free_port()
        self.cli = program(args, "amber-cli")
        self.command = [program(args, "amberd"), "--network", "regtest", "--datadir", datadir,
                        "--daemon", node.url, "--source", source, "--first-sync", first_sync,
                        "--tcp", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}",
                        "--cache-mb", args.cache_mb, "--reorg-limit", args.reorg_limit,
                        *options]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self, chain, timeout=3600):
        """Seconds until it serves the whole chain."""
        begin = time.monotonic()
        self.spawn(self.command)
        self.wait_ready(chain, timeout)
        return time.monotonic() - begin

    def wait_ready(self, chain, timeout=3600):
        match = self.wait_log(READY, timeout)
        assert match[2] == chain.tip, f"ready at {match[2]}, the chain ends with {chain.tip}"

    def info(self):
        """getinfo; nothing if it does not answer (yet, or any more)."""
        done = subprocess.run([self.cli, "--admin", f"127.0.0.1:{self.admin_port}", "--json", "getinfo"],
                              capture_output=True)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def stop(self):
        code = self.terminate(120)
        assert code == 0, f"amberd: exit code {code} on SIGTERM, see {self.log_path}"

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def scheduled(self):
        """Milliseconds that its threads ran, and that they waited for a processor."""
        ran = waited = 0
        for path in pathlib.Path(f"/proc/{self.child.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(FileNotFoundError):
                fields = path.read_text().split()
                ran, waited = ran + int(fields[0]), waited + int(fields[1])
        return ran / 1e6, waited / 1e6

    def memory_bytes(self, field):
        """VmRSS: now; VmHWM: the highest so far."""
        with open(f"/proc/{self.child.pid}/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field}")

    def written_bytes(self):
        """What went to the disk, or will; not what was deleted before it got there."""
        with open(f"/proc/{self.child.pid}/io") as file:
            fields = dict(line.split(": ") for line in file.read().splitlines())
        return int(fields["write_bytes"]) - int(fields["cancelled_write_bytes"])

    def disk_bytes(self):
        """Of all files but the log. Files with two names count once; some may vanish meanwhile."""
        sizes = {}
        for path in self.datadir.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                if path.is_file() and path != self.log_path:
                    sizes[status.st_ino] = status.st_size
        return sum(sizes.values())


def log_time_ms(log, pattern):
    """When the first line that matches was written, in milliseconds since 1970."""
    match = re.search(rf"^(\S+)Z trace +{pattern}$", log, re.M)
    assert match, f"not in amberd's log: {pattern}"
    return datetime.datetime.fromisoformat(match[1] + "+00:00").timestamp() * 1000


# How calm the machine was

class Bystanders:
    """CPU seconds that the machine spent while this watched; subtract what is ours."""

    def __init__(self):
        self.begin_busy = self._busy()
        self.begin = time.monotonic()

    @staticmethod
    def _busy():
        with open("/proc/stat") as file:
            fields = [int(field) for field in file.readline().split()[1:]]
        return (sum(fields[:8]) - fields[3] - fields[4]) / TICKS_PER_SECOND

    def cores_used(self, own_cpu_seconds):
        """Cores that others kept busy, on average."""
        seconds = time.monotonic() - self.begin
        return round(max(0.0, self._busy() - self.begin_busy - own_cpu_seconds) / seconds, 2)


# Output

def p99(values):
    return sorted(values)[len(values) * 99 // 100]


def say(text):
    print(text, file=sys.stderr, flush=True)


def print_json(value):
    print(json.dumps(value), flush=True)


def print_table(rows):
    """[(what, measured, target, met: True, False or None for no target)]"""
    marks = {True: "met", False: "MISSED", None: ""}
    lines = [("", "measured", "target", "")]
    lines += [(what, measured, target, marks[met]) for what, measured, target, met in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for line in lines:
        print("  ".join(text.ljust(width) if column == 0 else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))).rstrip())
    sys.stdout.flush()
