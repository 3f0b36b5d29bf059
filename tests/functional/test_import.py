"""Blocks out of files: `amberd import`, and a first sync with --source files, against RPC.

Digests are equal to an index made by RPC: of a bootstrap.dat, of a stopped node's folder with a stale
branch, of an import that was ended at fifty random moments, block by block and in bulk (--rounds). Damage is
named with file and byte, and all before it is kept. (reference-systems.md, b.4: 1 to 6 and 13.)
"""

import lzma
import os
import pathlib
import re
import signal
import subprocess
import time

from framework import main
from framework.chain import read_chain_file
from framework.wait import wait_until

# time limit: 400 s
WINDOW = ["--reorg-limit", "50"]
TOTALS = re.compile(r"(\d+) blocks processed: (\d+) imported, (\d+) already known, (\d+) on side "
                    r"branches, (\d+) without their parents, (\d+) not imported; the index is at "
                    r"height (\w+)")


class Import:
    """`amberd import` into a folder of its own."""

    def __init__(self, case, name, *paths, network="regtest", options=()):
        self.case = case
        self.network = network
        self.amber = case.amber(name=name)
        self.log_path = case.folder / f"{name}.log"
        self.command = [str(case.args.amberd), "import", *map(str, paths), "--network", network,
                        "--datadir", str(self.amber.datadir), "--cache-mb", "100",
                        "--log-level", "debug", *map(str, options)]

    def start(self, *options):
        with open(self.log_path, "wb") as log:
            return subprocess.Popen([*self.command, *options], stdout=log, stderr=log)

    def run(self, *options, code=0):
        """The totals it prints."""
        got = self.start(*options).wait(timeout=300)
        assert got == code, f"exit code {got}: {self.log()}"
        return self.totals()

    def log(self):
        return self.log_path.read_text()

    def totals(self):
        match = TOTALS.search(self.log())
        assert match, self.log()
        names = ("processed", "imported", "known", "aside", "stranded", "left", "height")
        return dict(zip(names, match.groups()))

    def digest(self):
        return self.amber.offline_digest(self.network)


def expect(totals, **wanted):
    got = {name: totals[name] for name in wanted}
    assert got == {name: str(value) for name, value in wanted.items()}, totals


def whole_and_again(case, path, blocks, wanted):
    for first_sync in ("blocks", "bulk"):
        job = Import(case, f"import-{first_sync}", path,
                     options=["--first-sync", first_sync, *WINDOW])
        expect(job.run("--verify"), processed=blocks, imported=blocks, known=0, height=blocks - 1)
        assert "not verified are signatures" in job.log().splitlines()[0], job.log()
        case.assert_same_digest(job.digest(), wanted, f"import ({first_sync}) and rpc")
        expect(job.run(), processed=blocks, imported=0, known=blocks, left=0)
        assert "merkle roots (--verify does)" in job.log().splitlines()[0], job.log()
        case.assert_same_digest(job.digest(), wanted, "imported again")
    case.say("imported whole, block by block and in bulk, and once more")


def takes_signals(process):
    """Before, while its libraries are loaded, SIGTERM ends any program, and nothing is lost."""
    blocked = re.search(r"^SigBlk:\s+(\w+)$", pathlib.Path(f"/proc/{process.pid}/status").read_text(),
                        re.M)
    return process.poll() is not None or int(blocked[1], 16) >> (signal.SIGTERM - 1) & 1


def interrupted(case, path, wanted, first_sync, rounds):
    """Ended at random moments, by every signal there is, some twice: it goes on each time."""
    job = Import(case, f"interrupted-{first_sync}", path,
                 options=["--first-sync", first_sync, *WINDOW])
    begin = time.monotonic()
    job.run()
    longest = time.monotonic() - begin
    subprocess.run(["rm", "-rf", str(job.amber.datadir)], check=True)
    ended = finished = unfinished = 0
    for number in range(rounds):
        process = job.start()
        wait_until(lambda: takes_signals(process), 30, "it takes signals", interval=0.001)
        time.sleep(case.random.uniform(0, longest))
        sent = case.random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        process.send_signal(sent)
        if sent != signal.SIGKILL and number % 3 == 0:
            process.send_signal(sent)  # an impatient operator
        code = process.wait(timeout=60)
        assert code == (-sent if sent == signal.SIGKILL else 0) or code == 0, (code, job.log())
        if code == 0 and "stopped; run it again" not in job.log():
            finished += 1
            case.assert_same_digest(job.digest(), wanted, f"round {number}, finished")
            subprocess.run(["rm", "-rf", str(job.amber.datadir)], check=True)
        else:
            ended += 1
            unfinished += says_unfinished(job)
    job.run()
    case.assert_same_digest(job.digest(), wanted, f"after {ended} interruptions ({first_sync})")
    assert not (job.amber.datadir / "first-sync").exists()
    assert ended > 0, "every round had finished"
    assert unfinished == 0 or first_sync == "bulk", unfinished
    assert unfinished > 0 or first_sync != "bulk" or rounds < 20, "amberd check never met a bulk build"
    case.say(f"{first_sync}: ended at {ended} random moments, {finished} rounds had finished")


def says_unfinished(job):
    """Whether a bulk build is under way; `amberd check` says so then, and where."""
    folder = job.amber.datadir / "first-sync"
    if not (folder / "state").exists():
        return False
    done = subprocess.run([job.command[0], "check", "--network", job.network, "--datadir",
                           str(job.amber.datadir)], capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    if done.returncode == 0:  # the index was put in place, and the folder remained
        assert "the index is whole" in output and " 0 blocks" not in output, output
        return False
    assert done.returncode == 1 and "whole" not in output, output
    assert "the first sync is not finished" in output and str(folder) in output, output
    return True


def damaged(case, path, blocks):
    """Each file is named with the byte; what stands before the damage is kept."""
    raw = path.read_bytes()
    ends, at = [], 0
    for block in read_chain_file(path):
        at += 8 + len(block)
        ends.append(at)
    good = 200
    start = ends[good - 1]
    huge = (5_000_000).to_bytes(4, "little")
    magic = raw[:4]
    cases = {
        "magic": (raw[:start] + b"\xf9\xbe\xb4\xd9" + raw[start + 4:ends[good]], start,
                  "block of another network: mainnet"),
        "garbage": (raw[:start] + b"\x12\x34\x56\x78" * 20, start, "no block of regtest"),
        "oversize": (raw[:start] + magic + huge + raw[start + 8:ends[good]], start,
                     "record of 5000000 bytes is no block: the largest has 4000000"),
        "length 0": (raw[:start] + magic + bytes(4) + raw[start + 8:ends[good]], start,
                     "record of 0 bytes is no block"),
        "cut in the magic": (raw[:start + 2], start, "record cut off in its magic"),
        "cut in the size": (raw[:start + 6], start, "record cut off in its size"),
        "cut in the block": (raw[:ends[good] - 1], start, "of which the file has"),
        "flipped bit": (flipped(raw, ends[good] - 2), start + 8, "bad block"),
        "missing parent": (raw[:start] + raw[ends[good]:], start + 8, "which is missing"),
    }
    for name, (content, offset, text) in cases.items():
        file = case.folder / f"damaged {name}.dat"
        file.write_bytes(content)
        job = Import(case, f"damaged-{name.replace(' ', '-')}", file, options=["--verify"])
        totals = job.run(code=1)
        expect(totals, imported=good, height=good - 1)
        wanted = f"{file}: byte {offset}: "
        assert any(wanted in line and text in line for line in job.log().splitlines()), job.log()
        # With the whole file it goes on.
        job.command[2] = str(path)
        expect(job.run(), imported=blocks - good, known=good, height=blocks - 1)
    job = Import(case, "zeros", case.folder / "zeros.dat")
    (case.folder / "zeros.dat").write_bytes(raw[:start] + bytes(10_000))
    expect(job.run(), imported=good)  # a node lays zeros out: nothing is wrong
    case.say(f"{len(cases)} kinds of damage, each named; all before it kept")


def flipped(raw, at):
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1:]


def mainnet(case):
    """b.4, 1: real blocks, a second time all known."""
    packed = pathlib.Path(os.environ.get("AMBER_CHAIN_DATA", ""), "contiguous/btc-mainnet-0-4312.dat.xz")
    if not packed.is_file():
        case.say("mainnet 0..4312: SKIPPED, AMBER_CHAIN_DATA is not set")
        return
    path = case.folder / "mainnet.dat"
    path.write_bytes(lzma.open(packed).read())
    digests = []
    for first_sync in ("blocks", "bulk"):
        job = Import(case, f"mainnet-{first_sync}", path, network="mainnet",
                     options=["--first-sync", first_sync])
        expect(job.run("--verify"), processed=4313, imported=4313, known=0, height=4312)
        digests.append(job.digest())
        expect(job.run(), processed=4313, imported=0, known=4313, left=0)
        digests.append(job.digest())
    for digest in digests[1:]:
        case.assert_same_digest(digest, digests[0], "mainnet 0..4312")
    case.say("mainnet 0..4312, in both ways, and once more")


def full_disk(case, path, wanted):
    """A clean stop that says so; with more room it goes on."""
    for first_sync in ("blocks", "bulk"):
        job = Import(case, f"full-{first_sync}", path, options=["--first-sync", first_sync, *WINDOW])
        job.amber.datadir.mkdir(parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(job.amber.datadir)]
        if subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            case.say("full disk: SKIPPED, mounting is not allowed here")
            return
        try:
            assert job.start().wait(timeout=120) == 1, job.log()
            assert "the disk is full" in job.log(), job.log()
            assert "start again" in job.log() and "Traceback" not in job.log(), job.log()
            subprocess.run(["mount", "-o", "remount,size=500m", str(job.amber.datadir)], check=True)
            job.run()
            case.assert_same_digest(job.digest(), wanted, f"after a full disk ({first_sync})")
        finally:
            subprocess.run(["umount", str(job.amber.datadir)], check=True)
    case.say("a full disk stops it, with a message; with more room it goes on")


def silent_and_wrong(case, path):
    job = Import(case, "silent", path, options=["--progress", "0"])
    job.run()
    assert " left" not in job.log() and "blocks processed" in job.log(), job.log()
    for wrong, text in (([case.folder / "none"], "there is no such file"),
                        ([case.folder], "has no files blk?????.dat"), ([], "needs files")):
        job = Import(case, f"wrong-{len(wrong)}-{os.urandom(2).hex()}", *wrong)
        code = job.start().wait(timeout=60)
        assert code == (1 if wrong else 2) and text in job.log(), (code, job.log())


def from_the_node_folder(case, node):
    """A stale branch in its files; the node stopped, then started again."""
    node.mine(20)
    node.reorganise(12)
    node.mine(3)
    with_rpc = case.amber(node, name="rpc-again", source="rpc", options=WINDOW)
    with_rpc.start()
    with_rpc.wait_tip(node)
    wanted = with_rpc.digest()
    with_rpc.stop()
    tip, height = node.getbestblockhash(), node.getblockcount()
    node.stop()
    blocks = node.folder / "regtest" / "blocks"

    for first_sync in ("blocks", "bulk"):
        job = Import(case, f"folder-{first_sync}", blocks,
                     options=["--first-sync", first_sync, *WINDOW])
        expect(job.run("--verify"), imported=height + 1, aside=12, height=height)
        case.assert_same_digest(job.digest(), wanted, f"import of a node's folder ({first_sync})")

        amber = case.amber(node, name=f"files-{first_sync}", source="files",
                           options=["--blocks-dir", blocks, "--first-sync", first_sync, *WINDOW])
        amber.start(wait=False)
        amber.wait_log(re.compile(f"the index is at height {height}"), 120)
        info = amber.admin("getinfo")
        assert info["height"] == height and not info["synced"], info
        node.start()
        assert amber.wait_ready() == (height, tip)
        case.assert_same_digest(amber.digest(), wanted, f"--source files ({first_sync})")
        amber.stop()
        node.stop()
    case.say("a stopped node's folder with a stale branch: import and --source files")
    node.start()
    node.mine(2)
    amber.start()
    amber.wait_tip(node)
    amber.stop()


def test(case):
    size = {"blocks": 400, "txs": 20_000} if case.args.sanitized else {}
    path, description = case.chain(seed=case.args.seed, **size)
    blocks = description["blocks"] + 1
    node = case.node()
    node.load(path, description["tip"])
    amber = case.amber(node, name="rpc", source="rpc", options=WINDOW)
    amber.start()
    wanted = amber.digest()
    amber.stop()
    case.say(f"{blocks} blocks, {description['txs']} transactions; indexed by RPC")

    whole_and_again(case, path, blocks, wanted)
    rounds = case.args.rounds // 5 if case.args.sanitized else case.args.rounds
    for first_sync in ("blocks", "bulk"):
        interrupted(case, path, wanted, first_sync, rounds)
    damaged(case, path, blocks)
    full_disk(case, path, wanted)
    mainnet(case)
    silent_and_wrong(case, path)
    from_the_node_folder(case, node)


main(test, lambda parser: parser.add_argument("--rounds", type=int, default=25,
                                              help="interruptions of each kind of import"))
