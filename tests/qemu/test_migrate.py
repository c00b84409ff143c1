# SPDX-License-Identifier: GPL-2.0-or-later
"""zl migrate between two machines: a stock Linux goes from one to the other with its processes,
network and clock.  The line between them is this test's, which cuts it where it hurts.
"""
import json
import select
import socket
import threading
import time

import pytest

from conftest import Shared
from dom0 import FOLDER, ON_DISKS, READY

pytestmark = pytest.mark.full

CONF = r"[network]\nbridge = zbr0\naddress = 10.0.7.1/24\n"
COUNT = ("(n=0; while :; do n=$((n + 1)); echo $n > /tmp/n.new; mv /tmp/n.new /tmp/n; usleep 50000; "
         "done) > /dev/null 2>&1 &")
PORT = 5000
# What the receiver says: hello of 28 bytes, ready, restored, running of 8.
RESTORED_AT, COMMIT_AT = 36, 44


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def left(d):
    """What a guest that is gone, or never came, must not leave."""
    return d.run("xenstore-ls -f | grep -v '^/[a-z0-9/]* = \"\"$' | cut -d' ' -f1; "
                 "ls /sys/class/net; losetup -a; ls /run/zl/domains /run/zl/building; "
                 "zl info -s free_memory")[1]


@pytest.fixture(scope="module")
def machines(request, overlay):
    pair = []
    for n in range(2):
        port = free_port()
        s = Shared(overlay, f"{request.node.nodeid}-{'ab'[n]}",
                   {"smp": 1, "mem": "1536M", "net": True, "append": "",
                    "forwards": ((port, f"10.0.2.15:{PORT}"),)})
        pair.append((s, port))
    yield pair
    for s, _port in pair:
        s.drop()


class Hosts:
    """Two hosts, and the line that a migration from one to the other takes."""

    def __init__(self, machines):
        self.d = [s.get() for s, _port in machines]
        self.ports = [port for _s, port in machines]
        for n, d in enumerate(self.d):
            if "zbr0" not in d.run("ls /sys/class/net")[1].split():
                d.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start", timeout=60)
            d.run(f"[ -e {ON_DISKS}/saver.img ] || {{ truncate -s 64M {ON_DISKS}/saver.img; "
                  f"printf host{n} | dd of={ON_DISKS}/saver.img conv=notrunc 2>/dev/null; }}")

    def _connect(self, n):
        """To a listener in that dom0, which may not be there yet: QEMU then hangs up."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            s = socket.create_connection(("127.0.0.1", self.ports[n]))
            try:
                if not select.select([s], [], [], 1)[0] or s.recv(1, socket.MSG_PEEK):
                    return s
            except ConnectionError:
                pass
            s.close()
        raise TimeoutError(f"nobody listens in machine {n}")

    def _carry(self, a, b, cut):
        there = back = 0
        while True:
            for s in select.select([a, b], [], [])[0]:
                data = s.recv(65536)
                if not data:
                    return
                if s is a:
                    there += len(data)
                    if (cut == "commit" and back >= COMMIT_AT) or \
                            (isinstance(cut, int) and there > cut):
                        return
                    b.sendall(data)
                else:
                    if cut == "restored" and back + len(data) > RESTORED_AT:
                        return
                    back += len(data)
                    a.sendall(data)

    def _line(self, source, cut):
        try:
            with self._connect(source) as a, self._connect(1 - source) as b:
                self._carry(a, b, cut)
        except OSError:
            pass

    def migrate(self, source, args="", cut=None, check=True, prefix=""):
        """(exit code, output) of zl migrate from that host to the other one."""
        far = self.d[1 - source]
        far.run("rm -f /run/line /run/far.log; mkfifo /run/line; "
                "(zl migrate-receive </run/line 2>/run/far.log | "
                f"nc -l -p {PORT} >/run/line; echo over >>/run/far.log) >/dev/null 2>&1 & true")
        thread = threading.Thread(target=self._line, args=(source, cut), daemon=True)
        thread.start()
        result = self.d[source].run(f"{prefix} zl migrate --ssh= {args} saver 'nc -l -p {PORT}' 2>&1",
                                    400, check, "zl migrate")
        thread.join(30)
        far.run("killall nc 2>/dev/null; :")
        far.poll(lambda: "over" in far.run("cat /run/far.log")[1], 60, "the receiver ends")
        return result


@pytest.fixture
def hosts(request, machines):
    h = Hosts(machines)
    yield h
    if getattr(request.node, "failed", False):
        for s, _port in machines:
            s.drop()


def begin(d):
    d.zl(f"create {FOLDER}/saver.xml", timeout=60)
    d.wait_log("saver", READY, 90, d.log("saver").count(READY) + 1)
    d.console("saver")
    d.guest_run("saver", "head -c 6000000 /dev/urandom > /tmp/p && md5sum /tmp/p > /tmp/sum", 60)
    d.guest_run("saver", COUNT + " word=kept")
    d.detach()


# Two files by turns, each with its sum once it is whole.
WRITES = ("(i=0; while :; do i=$((1 - i)); rm -f /tmp/s$i; head -c 300000 /dev/urandom > /tmp/w$i; "
          "md5sum /tmp/w$i > /tmp/s; mv /tmp/s /tmp/s$i; usleep 100000; done) > /dev/null 2>&1 & "
          "writer=$!")


def look(d, n, before):
    """All of it is on host n and goes on; the number that the counter has come to."""
    d.console("saver")
    d.guest_says("saver", "$word", "kept")
    d.guest_run("saver", "md5sum -c /tmp/sum", 60)
    first = int(d.guest_run("saver", "cat /tmp/n")[1])
    d.guest_run("saver", "sleep 1")
    second = int(d.guest_run("saver", "cat /tmp/n")[1])
    assert before <= first < second, (before, first, second)
    mark = d.guest_run("saver", "echo 3 >/proc/sys/vm/drop_caches; head -c 5 /dev/xvda; echo", 60)
    assert mark[1].split() == [f"host{n}"], mark
    there = int(d.guest_run("saver", "date +%s")[1])
    d.detach()
    here = int(d.run("date +%s")[1])
    # Machines that share few processors with others start with clocks that are seconds apart.
    assert abs(here - there) <= 90, (here, there)
    d.run("ping -c 2 -W 5 10.0.7.9", timeout=40)
    return second


def data_of(out):
    """What --json printed among warnings."""
    for at in range(len(out)):
        if out[at] == "{":
            document = json.JSONDecoder().raw_decode(out[at:])[0]
            if "data" in document:
                return document["data"]
    raise AssertionError(out)


def test_there_and_back(hosts):
    """Asked for, gone there, and come back; nothing is left where it is not."""
    a, b = hosts.d
    clean = [left(a), left(b)]
    begin(a)
    code, out = hosts.migrate(0, "--dry-run")
    assert code == 0 and "would be migrated" in out, out
    assert left(b) == clean[1]
    count = look(a, 0, 1)
    out = hosts.migrate(0, "--json")[1]
    result = data_of(out)
    assert result["name"] == "saver" and result["sent_bytes"] > 6000000, result
    assert not a.listed("saver") and left(a) == clean[0]
    count = look(b, 1, count)
    hosts.migrate(1, "-p")
    assert left(b) == clean[1]
    assert a.listed("saver")[4] == "--p---"
    a.zl("unpause saver")
    look(a, 0, count)
    a.zl("destroy saver", timeout=60)
    assert left(a) == clean[0]


def test_live(hosts):
    """One that writes all the time goes while it runs: little is sent while it stands still."""
    a, b = hosts.d
    clean = [left(a), left(b)]
    begin(a)
    a.console("saver")
    a.guest_run("saver", WRITES)
    a.detach()
    stopped = []
    count = 1
    for source, args in ((0, ""), (1, "--live")):
        out = hosts.migrate(source, f"--json {args}")[1]
        r = data_of(out)
        assert (r["rounds"] > 0) == (r["early_bytes"] > 0) == ("live" in args), r
        stopped.append(r["sent_bytes"] - r["early_bytes"])
        count = look(hosts.d[1 - source], 1 - source, count)
    assert stopped[0] > 3 * stopped[1], stopped
    a.console("saver")
    a.guest_run("saver", "kill $writer; md5sum -c $(ls /tmp/s[01])", 60)
    a.detach()
    # Interrupted in a round, it never knew.
    code, out = hosts.migrate(0, "--live --bandwidth=1", check=False, prefix="timeout -s INT 6")
    assert "interrupted" in out, (code, out)
    assert left(b) == clean[1]
    look(a, 0, count)
    a.zl("destroy saver", timeout=60)
    assert [left(a), left(b)] == clean


def test_cut(hosts):
    """Wherever the line is cut, the guest goes on at one place, and at one place only."""
    a, b = hosts.d
    clean = [left(a), left(b)]
    begin(a)
    count = 1
    for cut in (100, 3000000):
        code, out = hosts.migrate(0, cut=cut, check=False)
        assert code == 1 and "is cut" in out, (code, out)
        assert left(b) == clean[1]
        count = look(a, 0, count)
    code, out = hosts.migrate(0, "--bandwidth=1", check=False, prefix="timeout -s INT 4")
    assert "interrupted" in out, (code, out)
    assert left(b) == clean[1]
    count = look(a, 0, count)
    # It has arrived, and nobody heard of it: here it goes on, there it must not.
    code, out = hosts.migrate(0, cut="restored", check=False)
    assert code == 1 and "is cut" in out, (code, out)
    assert b.listed("saver")[4] == "--p---"
    assert "kept, paused" in b.run("cat /run/far.log")[1]
    count = look(a, 0, count)
    b.zl("destroy saver", timeout=60)
    assert left(b) == clean[1]
    # It is gone here, and the other host did not hear of that.
    code, out = hosts.migrate(0, cut="commit", check=False)
    assert code == 1 and "zl unpause lets it go on" in out, (code, out)
    assert not a.listed("saver") and b.listed("saver")[4] == "--p---"
    b.zl("unpause saver")
    look(b, 1, count)
    b.zl("destroy saver", timeout=60)
    assert [left(a), left(b)] == clean


def test_refused(hosts):
    """What the other host says no to: its own name and UUID, no bridge."""
    a, b = hosts.d
    clean = left(b)
    begin(a)
    code, out = a.run("zl migrate --ssh= saver 'zl migrate-receive' 2>&1", 120, check=False)
    assert code == 7 and "the name is in use" in out, (code, out)
    b.run("ip link set zbr0 down; ip link set zbr0 name zbr9")
    code, out = hosts.migrate(0, check=False)
    b.run("ip link set zbr9 name zbr0; ip link set zbr0 up")
    assert code not in (0, 8) and "zbr0" in out, (code, out)
    look(a, 0, 1)
    assert left(b) == clean
    a.zl("destroy saver", timeout=60)
