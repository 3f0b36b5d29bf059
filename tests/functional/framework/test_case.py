"""The frame of one test file: arguments, a scratch folder, and an end that leaves nothing."""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from . import wait
from .amberd import Amberd
from .bitcoind import Bitcoind

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
SKIP_CODE = 77


class Skip(Exception):
    """Raised with the reason when something outside the project is missing."""


def default_program(variable, name):
    """From the environment, else out of the release build."""
    return pathlib.Path(os.environ.get(variable) or REPOSITORY / "build" / "release" / name)


def default_bitcoind():
    """As contrib/install-bitcoind.sh places it."""
    if "AMBER_BITCOIND" in os.environ:
        return pathlib.Path(os.environ["AMBER_BITCOIND"])
    places = [pathlib.Path("/opt/bitcoind/bin/bitcoind"),
              pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
              / "amber/bitcoind/bin/bitcoind"]
    return next((place for place in places if place.exists()), places[-1])


class TestCase:
    """Makes nodes and servers, and ends them. Use it through main()."""

    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="amber-test-", dir=args.tmpdir))
        self._processes = []
        self._started = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self._started:6.1f}] {text}", flush=True)

    def adopt(self, process):
        """Ends it with the test."""
        self._processes.append(process)
        return process

    def node(self, name="node", **named):
        node = Bitcoind(self.args.bitcoind, self.folder / name, **named)
        return self.adopt(node)

    def amber(self, *nodes, name="amber", **named):
        amber = Amberd(self.args.amberd, self.args.amber_cli, self.folder / name, nodes, **named)
        return self.adopt(amber)

    def chain(self, name="chain.dat", **options):
        """Runs the generator; (path, description). Options as generate_chain's, with _ for -."""
        path = self.folder / name
        command = [str(self.args.generate_chain), "--out", str(path)]
        for key, value in options.items():
            command += ["--" + key.replace("_", "-"), str(value)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return path, json.loads(pathlib.Path(f"{path}.json").read_text())

    def fresh_digest(self, node):
        """The digest of an index made from nothing, of the chain the node has now."""
        fresh = self.amber(node, name=f"fresh-{len(self._processes)}")
        fresh.start(timeout=300)
        fresh.wait_tip(node)
        digest = fresh.digest()
        fresh.stop()
        shutil.rmtree(fresh.datadir)
        return digest

    def assert_same_digest(self, got, wanted, what):
        if got["total"] != wanted["total"]:
            tables = [name for name in wanted if name != "total" and got.get(name) != wanted[name]]
            raise AssertionError(f"{what}: digests differ, in {', '.join(tables) or 'total only'}")

    def close(self, failed):
        for process in reversed(self._processes):
            if failed and process.child is not None and process.exit_code != 0:
                tail = process.log()[-3000:]
                print(f"--- {process.log_path} (code {process.exit_code})\n{tail}")
            process.discard()
        if failed or self.args.keep:
            print(f"scratch folder kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def main(test, add_arguments=None):
    """Runs `test(case)` and exits with 0, 1 or 77 (skipped)."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--amberd", type=pathlib.Path,
                        default=default_program("AMBER_AMBERD", "amberd"))
    parser.add_argument("--amber-cli", type=pathlib.Path,
                        default=default_program("AMBER_CLI", "amber-cli"))
    parser.add_argument("--generate-chain", type=pathlib.Path,
                        default=default_program("AMBER_GENERATE_CHAIN", "generate_chain"))
    parser.add_argument("--bitcoind", type=pathlib.Path, default=default_bitcoind())
    parser.add_argument("--tmpdir", default=None, help="where the scratch folder goes")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder")
    parser.add_argument("--sanitized", action="store_true",
                        help="the programs have sanitizers: be patient, do less, allow memory")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    if add_arguments is not None:
        add_arguments(parser)
    args = parser.parse_args()
    if args.seed is None:
        args.seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {args.seed}", flush=True)
    if args.sanitized:
        wait.patience = 4.0
    for program in (args.amberd, args.amber_cli, args.generate_chain, args.bitcoind):
        if not program.exists():
            print(f"FAILED: {program} is missing")
            sys.exit(1)
    case = TestCase(args)
    code = 1
    try:
        test(case)
        code = 0
    except Skip as reason:
        print(f"SKIPPED: {reason}")
        code = SKIP_CODE
    except KeyboardInterrupt:
        print("interrupted")
    except BaseException:  # the scratch folder and the logs are told of first
        traceback.print_exc(file=sys.stdout)
        print(f"FAILED with seed {args.seed}")
    finally:
        case.close(code == 1)
    sys.exit(code)
