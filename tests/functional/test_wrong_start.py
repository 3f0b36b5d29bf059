"""Starts that cannot work: each says what is wrong, in the log or on stderr, and ends with a code
other than 0, or, where waiting for the node may help, waits and recovers."""

import os
import re
import socket
import subprocess

from framework import main, wait_until
from framework.ports import free_port


def run_once(case, *options):
    """(exit code, all it wrote) of an amberd that is expected to end by itself."""
    done = subprocess.run([str(case.args.amberd), *map(str, options)], capture_output=True,
                          text=True, timeout=30, cwd=case.folder)
    return done.returncode, done.stdout + done.stderr


def expect_refusal(case, pattern, *options):
    code, output = run_once(case, *options)
    assert code > 0, f"{options}: code {code}: {output[-500:]}"
    assert re.search(pattern, output, re.I), f"{options}: {pattern!r} is not in {output[-800:]!r}"
    assert "terminate called" not in output, output[-500:]


def expect_failure(amber, pattern):
    """An amberd with a node ends by itself and says why."""
    amber.start(wait=False)
    code = amber.wait_exit(30)
    assert code > 0, f"code {code}: {amber.log()[-500:]}"
    assert re.search(pattern, amber.log(), re.I), f"{pattern!r} is not in: {amber.log()[-1500:]}"
    assert "terminate called" not in amber.log(), amber.log()[-500:]


def expect_waiting(amber, pattern):
    """It says what is wrong and waits, with the admin port open."""
    amber.start(wait=False)
    amber.wait_log(re.compile(pattern, re.I), 20)
    wait_until(lambda: amber.admin("getinfo")["synced"] is False, 10, "getinfo while waiting")


def options(case):
    expect_refusal(case, "bogus", "--bogus", "1")
    expect_refusal(case, "cache-mb", "--cache-mb", "many")
    expect_refusal(case, "tcp", "--tcp", "nonsense")
    expect_refusal(case, "tcp", "--tcp", "127.0.0.1:99999")
    expect_refusal(case, "network", "--network", "moon")
    expect_refusal(case, "coin", "--coin", "beercoin")
    expect_refusal(case, "daemon", "--daemon", "ftp://127.0.0.1")
    expect_refusal(case, "missing.toml", "--config", case.folder / "missing.toml")
    broken = case.folder / "broken.toml"
    broken.write_text("tcp = [\n")
    expect_refusal(case, r"broken\.toml", "--config", broken)
    broken.write_text('reorg_limt = 5\n')
    expect_refusal(case, "reorg_limt", "--config", broken)
    expect_refusal(case, "frobnicate", "frobnicate")
    for word in ("--help", "--version"):
        code, output = run_once(case, word)
        assert code == 0 and "mber" in output, output
    case.say("options")


def node_down(case, node):
    """Started before the node: it waits, then follows."""
    amber = case.amber(node, name="early")
    expect_waiting(amber, "refused|cannot reach|unreachable|not reachable|does not answer")
    node.start()
    node.mine(3)
    amber.wait_ready(60)
    amber.wait_tip(node)
    amber.stop()

    # Told to stop while waiting, it does.
    node.stop()
    amber.start(wait=False)
    amber.wait_log(re.compile("refused|cannot reach|unreachable|does not answer", re.I), 20)
    amber.stop(timeout=10)
    node.start()
    case.say("node down")


def wrong_password(case, node):
    amber = case.amber(node, name="password")
    at = amber.options.index("--daemon") + 1
    amber.options[at] = f"http://amber:wrong@127.0.0.1:{node.rpc_port}"
    amber.start(wait=False)
    amber.wait_log(re.compile("password|401|unauthori[sz]ed|credentials", re.I), 20,
                   must_run=False)
    assert "wrong@" not in amber.log(), "the password is in the log"
    if amber.running:  # the operator may yet put the node right
        amber.stop(timeout=10)
    else:
        assert amber.exit_code > 0
    case.say("wrong password")


def no_cookie(case):
    """Its file is named, with the reason, whatever that is; once it is good, amberd follows."""
    node = case.node(name="with-cookie", cookie=True)
    node.start()
    cookie = case.folder / "a-cookie"
    amber = case.amber(node, name="no-cookie")
    amber.options[amber.options.index("--daemon-cookie") + 1] = cookie
    expect_waiting(amber, rf"{cookie}: No such file.*--daemon-cookie")
    cookie.mkdir()
    amber.wait_log(re.compile(rf"{cookie}: Is a directory"), 20)
    cookie.rmdir()
    cookie.write_text("nothing of use")
    amber.wait_log(re.compile(rf"{cookie}: does not hold USER:PASSWORD"), 20)
    cookie.write_text(node.cookie_file.read_text())
    amber.wait_ready(60)
    amber.stop()
    case.say("no cookie")


def port_taken(case, node):
    for option in ("--tcp", "--admin"):
        amber = case.amber(node, name=f"taken{option}")
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", free_port()))
            holder.listen()
            taken = holder.getsockname()[1]
            amber.options[amber.options.index(option) + 1] = f"127.0.0.1:{taken}"
            expect_failure(amber, rf"127\.0\.0\.1:{taken} \({option}\).* {option} HOST:PORT")
    case.say("port taken")


def wrong_database(case, node):
    good = case.amber(node, name="database")
    good.start()

    # A second server on the same folder.
    second = case.amber(node, name="second", datadir=good.datadir)
    expect_failure(second, "lock|in use|another")
    assert good.running and good.tip() is not None
    good.stop()

    # An index of regtest, opened for another network.
    other = case.amber(node, name="other", datadir=good.datadir)
    other.options[other.options.index("--network") + 1] = "signet"
    expect_failure(other, "another coin or network")

    # A folder that cannot be one.
    file = case.folder / "a-file"
    file.write_text("")
    expect_failure(case.amber(node, name="file", datadir=file), "a-file")
    if os.geteuid() != 0:
        locked = case.folder / "locked"
        locked.mkdir(mode=0o500)
        expect_failure(case.amber(node, name="locked", datadir=locked / "data"), "locked")

    good.start()
    assert good.tip() == node.getbestblockhash(), "the index was harmed"
    good.stop()
    case.say("database of another network, in use, or none")


def wrong_network(case, node):
    """The node follows another network than we are to."""
    amber = case.amber(node, name="network")
    amber.options[amber.options.index("--network") + 1] = "testnet4"
    expect_failure(amber, "regtest")
    case.say("node of another network")


def test(case):
    options(case)
    node = case.node()
    node_down(case, node)
    wrong_password(case, node)
    no_cookie(case)
    port_taken(case, node)
    wrong_database(case, node)
    wrong_network(case, node)


main(test)
