# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemons are killed under load, again and again, and nobody notices more than a pause.

Two Linux guests count on their consoles and write and read the store through their kernels; dom0
writes the store and makes and destroys a third guest all the while. No line may be lost or
doubled, no write lost, no request answered wrongly; afterwards nothing is left.
"""
import re
import time

import pytest

import conftest
import dom0 as dom0_module
import machine
from dom0 import FOLDER, READY
from test_leaks import settled

# Of linux/capability.h: what zl-monitord has not (IMMUTABLE, SYS_BOOT, SYS_TIME, SYSLOG), and has.
SPARE_CAPS = 1 << 9 | 1 << 22 | 1 << 25 | 1 << 34
CAP_NET_ADMIN = 12

# Messages of the store as bytes: WRITE and READ of data/n, whose value has six digits.
GUEST_LOAD = (
    r"exec 3<>/dev/xen/xenbus; i=0; while :; do i=$((i+1)); v=$(printf %06d $i); "
    r"printf '\013\0\0\0\1\0\0\0\0\0\0\0\015\0\0\0data/n\0%s' $v >&3; "
    r"r=$(dd bs=19 count=1 <&3 2>/dev/null | tail -c 3 | tr -d '\0'); "
    r"printf '\2\0\0\0\1\0\0\0\0\0\0\0\7\0\0\0data/n\0' >&3; "
    r"s=$(dd bs=22 count=1 <&3 2>/dev/null | tail -c 6); "
    r"""[ "$r$s" = "OK$v" ] || echo "=bad $r $s, not $v="; echo "=t$i="; """
    r"""[ -e /stop ] && break; done; echo "=stopped=" """)

# The same for new nodes data/k100 ...: how many were made, how many refused.
GUEST_NODES = (
    r"exec 3<>/dev/xen/xenbus; n=0; e=0; for i in $(seq %d %d); do "
    r"printf '\013\0\0\0\1\0\0\0\0\0\0\0\013\0\0\0data/k%%s\0v' $i >&3; "
    r"""case "$(dd bs=64 count=1 <&3 2>/dev/null | tr -d '\0')" in """
    r"*OK) n=$((n+1));; *ENOSPC) e=$((e+1));; esac; done; exec 3>&-; echo made=$n refused=$e")

# What dom0 was told is stored stands in acked; each failure is a line in failed.
DOM0_LOAD = """#!/bin/sh
cd /root/t
i=0
while [ ! -e stop ]; do
	i=$((i + 1))
	if xenstore-write /load/n $i /load/sub$((i % 7))/m $i; then
		echo $i >acked
	else
		echo "write $i" >>failed
	fi
	[ "$(xenstore-read /load/n)" = $i ] || echo "read $i" >>failed
done
echo done >writer-ended
"""

LIFE_LOAD = """#!/bin/sh
cd /root/t
i=0
while [ ! -e stop ]; do
	i=$((i + 1))
	if zl create -q hello.xml >>life.log 2>&1 && zl destroy hello >>life.log 2>&1; then
		echo $i >lives
	else
		echo "life $i" >>failed-lives
		zl destroy hello >/dev/null 2>&1
	fi
done
echo done >lives-ended
"""

# A daemon that lived for two seconds is started again at once.
KILLS = """#!/bin/sh
for i in $(seq $1); do
	for f in /run/xenstored/xenstored.pid /run/zl/xenconsoled.pid /run/zl/zl-monitord.pid; do
		pid=$(cat $f)
		kill -9 $pid || echo "no process $pid of $f"
		tries=0
		while n=$(cat $f 2>/dev/null); [ "$n" = $pid ] || [ ! -d /proc/$n ]; do
			tries=$((tries + 1))
			[ $tries -gt 100 ] && { echo "$f does not come back"; break; }
			sleep 0.1
		done
		usleep $((1500000 + i * 37000 % 900000))
	done
done
sleep 3
"""

IN_ORDER = (r"""grep -o '=t[0-9]*=' /var/log/zl/console/%s.log | tr -d '=t' | """
            r"""awk '$1 != n + 1 { print "gap: " n " " $1 } { n = $1 } END { print "last " n }'""")


@pytest.fixture
def loaded(boot, tmp_path):
    texts = conftest.overlay_texts()
    texts.update({"load.sh": DOM0_LOAD, "lives.sh": LIFE_LOAD, "kills.sh": KILLS})
    for n in ("lin1", "lin2"):
        texts[n + ".xml"] = dom0_module.linux_xml(n)
    path = str(tmp_path / "daemons.tar")
    dom0_module.make_overlay(path, texts, [f"{dom0_module.IMAGES}/hello.img"])
    return boot(overlay=path, smp=2, mem="2G")


def last_tick(d, name):
    text = d.run(IN_ORDER % name)[1]
    assert "gap" not in text, f"{name}'s console: {text}"
    return int(re.search(r"last (\d+)", text).group(1))


def killed(d, times):
    # The first guest makes log files and caches; count from after it.
    d.zl(f"create {FOLDER}/hello.xml")
    d.zl("destroy hello")
    d.wait_gone("hello", 10)
    # How guests ended is remembered for a while.
    d.run("rm -f /run/zl/ended")
    before = settled(d)
    for name in ("lin1", "lin2"):
        d.zl(f"create -q {FOLDER}/{name}.xml")
    for name in ("lin1", "lin2"):
        d.wait_log(name, READY, 90)
        d.console(name)
        d.m.send(f"({GUEST_LOAD}) 2>/dev/null &\n")
        d.m.expect(r"=t3=", 30, f"{name} counts")
        d.detach()
    d.run(f"cd {FOLDER}; for s in load lives; do setsid sh $s.sh </dev/null >/dev/null 2>&1 & done")
    ticks = {n: last_tick(d, n) for n in ("lin1", "lin2")}
    text = d.run(f"sh {FOLDER}/kills.sh {times}", timeout=60 + 30 * times,
                 step=f"{times} kills of each daemon")[1]
    logs = d.run("tail -n 15 /var/log/zl/xen*.log /var/log/zl/zl-monitord.log")[1]
    assert "no process" not in text and "does not come back" not in text, text + logs
    status = d.run("zl-services status")[1]
    assert len(re.findall(rf"restarts: {times}\)", status)) == 3, status + logs
    d.run(f"touch {FOLDER}/stop")
    d.poll(lambda: d.run(f"ls {FOLDER}/writer-ended {FOLDER}/lives-ended", check=False)[0] == 0,
           60, "dom0's load ends")

    # Dom0's own writes, and the lives of the third guest.
    text = d.run(f"cd {FOLDER}; echo $(cat acked) = $(xenstore-read /load/n), lives $(cat lives); "
                 "cat failed failed-lives 2>/dev/null; cat life.log", check=False)[1]
    m = re.search(r"(\d+) = (\d+), lives (\d+)", text)
    assert m and m.group(1) == m.group(2) and int(m.group(1)) > 10 and int(m.group(3)) > 1, text
    assert not re.search(r"^(write|read|life) \d+", text, re.M), text

    # The guests went on, all the while and now.
    for name in ("lin1", "lin2"):
        now = last_tick(d, name)
        assert now > ticks[name] + 5 * times, f"{name} counted from {ticks[name]} to {now} only"
        d.poll(lambda: last_tick(d, name) > now, 30, f"{name} still counts")
        bad = d.run(f"grep '^=bad' /var/log/zl/console/{name}.log", check=False)[1]
        assert "=bad" not in bad, bad
        # Its kernel's watch on control/shutdown is older than the daemon, and is heard.
        d.zl(f"shutdown {name}", timeout=60)
        d.wait_gone(name, 60)
    d.run(f"xenstore-rm /load; rm -f {FOLDER}/stop")
    d.run("rm -f /run/zl/ended")
    after = settled(d)
    for what, was in before.items():
        assert after[what] == was, f"{what}: {was} before, {after[what]} after"


def test_killed_three_times(loaded):
    killed(loaded, 3)


def test_without_socket(loaded):
    """Over the kernel's device, which has room for one request at a time."""
    d = loaded
    d.run("mv /run/xenstored/socket /run/xenstored/away")
    for _ in range(3):
        d.zl(f"create -q {FOLDER}/hello.xml")
        d.zl("destroy hello")
    d.run("mv /run/xenstored/away /run/xenstored/socket")
    assert list(d.rows()) == ["Domain-0"]


@pytest.mark.full
def test_killed_twenty_times(loaded):
    killed(loaded, 20)


def test_rights(loaded):
    """After the start: a user of its own, no capabilities, a filter, no privcmd, no core file."""
    d = loaded
    for name, file in (("xenstored", "/run/xenstored/xenstored.pid"),
                       ("xenconsoled", "/run/zl/xenconsoled.pid")):
        text = d.run(f"p=/proc/$(cat {file}); cat $p/status $p/limits; ls -l $p/fd; "
                     "grep -qx -- -900 $p/oom_score_adj && echo -n ' spared'")[1]
        uid = d.run(f"sed -n 's/^{name}:x:\\([0-9]*\\):.*/\\1/p' /etc/passwd")[1].split()
        assert re.search(rf"^Uid:\s+{uid[-1]}\s+{uid[-1]}\s", text, re.M), text
        assert re.search(r"^CapEff:\s+0+$", text, re.M), text
        assert re.search(r"^CapPrm:\s+0+$", text, re.M), text
        assert re.search(r"^NoNewPrivs:\s+1$", text, re.M), text
        assert re.search(r"^Seccomp:\s+2$", text, re.M), text
        assert re.search(r"^Max core file size\s+0\s+0", text, re.M), text
        assert "privcmd" not in text, text
        assert " spared" in text, text
    # xenstored and its broker, which has privcmd open and nothing else.
    text = d.run("for p in $(pidof xenstored); do cat /proc/$p/status; ls -l /proc/$p/fd; done")[1]
    assert len(re.findall(r"^Seccomp:\s+2$", text, re.M)) == 2 and "privcmd" in text, text
    # It stays root and holds privcmd, by its work; without what that does not need.
    text = d.run("p=/proc/$(cat /run/zl/zl-monitord.pid); cat $p/status $p/limits; "
                 "grep -qx -- -900 $p/oom_score_adj && echo spared")[1]
    assert "spared" in text, text
    assert re.search(r"^NoNewPrivs:\s+1$", text, re.M), text
    assert re.search(r"^Max core file size\s+0\s+0", text, re.M), text
    assert re.search(r"^Max data size\s+268435456\s", text, re.M), text
    for field in ("CapBnd", "CapPrm", "CapEff"):
        caps = int(re.search(rf"^{field}:\s+([0-9a-f]+)$", text, re.M).group(1), 16)
        assert caps & SPARE_CAPS == 0 and caps & 1 << CAP_NET_ADMIN, text


@pytest.mark.full
def test_own_limits(boot, tmp_path):
    """A guest whose XML says how many nodes it may have; the other has what all have.  So it
    stays when xenstored is killed."""
    texts = {"lin1.xml": dom0_module.linux_xml("lin1", extension="<z:limits xenstore-nodes='60'/>"),
             "lin2.xml": dom0_module.linux_xml("lin2")}
    path = str(tmp_path / "limits.tar")
    dom0_module.make_overlay(path, texts)
    d = boot(overlay=path, smp=2, mem="2G")
    for name in ("lin1", "lin2"):
        d.zl(f"create -q {FOLDER}/{name}.xml")
    assert "<z:limits xenstore-nodes='60'/>" in d.zl("dumpxml lin1")[1]
    for name in ("lin1", "lin2"):
        d.wait_log(name, READY, 90)

    def made(name, first, last):
        text = d.in_guest(name, GUEST_NODES % (first, last), timeout=60)[1]
        return tuple(int(n) for n in re.search(r"made=(\d+) refused=(\d+)", text).groups())

    ours, refused = made("lin1", 100, 199)
    assert 0 < ours < 60 and ours + refused == 100
    assert "nodes              60 of 60\n" in d.zl("show --section=store lin1")[1]
    assert made("lin2", 100, 199) == (100, 0)
    assert "nodes              60 of 60\n" not in d.zl("show --section=store lin2")[1]
    pid = "/run/xenstored/xenstored.pid"
    d.run(f"old=$(cat {pid}); kill -9 $old; while n=$(cat {pid} 2>/dev/null); [ \"$n\" = $old ] || "
          "[ ! -d /proc/$n ]; do sleep 0.1; done", timeout=60)
    assert "nodes              60 of 60\n" in d.zl("show --section=store lin1")[1]
    assert made("lin1", 300, 309) == (0, 10)
    assert made("lin2", 300, 309) == (10, 0)
    # The next domain with its number has what all have.
    domid = d.listed("lin1")[1]
    d.zl("destroy lin1")
    d.wait_gone("lin1", 20)
    assert d.run(f"xenstore-ls /local/domain/{domid}", check=False)[0] != 0


def test_stop_and_start(loaded):
    """An administrator's own restart is as harmless; what was stopped stays stopped."""
    d = loaded
    d.zl(f"create -q {FOLDER}/hello.xml")
    d.run("xenstore-write /kept yes")
    tree = d.run("xenstore-ls -fp / | grep -v ' /tool/'")[1]
    d.run("zl-services stop", timeout=60)
    time.sleep(2)
    assert len(re.findall("not running", d.run("zl-services status", check=False)[1])) == 3
    # Nothing is left that would let a tool wait for a daemon's restart.
    assert not d.run("ls /run/xenstored/* /run/zl/*.pid 2>/dev/null", check=False)[1].strip()
    d.run("zl-services start", timeout=60)
    assert d.run("xenstore-ls -fp / | grep -v ' /tool/'")[1] == tree
    d.zl("destroy hello")
    d.run("xenstore-rm /kept")
