# SPDX-License-Identifier: GPL-2.0-or-later
"""zl save and restore: a stock Linux goes into a file and out of it, with its processes, disk,
network and clock; and whatever fails, either the guest goes on or nothing is left.
"""
import json
import re

import pytest

from dom0 import COMPLAINTS, FOLDER, ON_DISKS, READY

MACHINE = {"smp": 2, "mem": "2G", "net": True}
CONF = r"[network]\nbridge = zbr0\naddress = 10.0.7.1/24\n"
FILE = "/run/saver.save"
COUNT = ("(n=0; while :; do n=$((n + 1)); echo $n > /tmp/n.new; mv /tmp/n.new /tmp/n; usleep 50000; "
         "done) > /dev/null 2>&1 &")


@pytest.fixture
def d(dom0):
    if "zbr0" not in dom0.run("ls /sys/class/net")[1].split():
        dom0.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start", timeout=60)
    dom0.run(f"rm -f /run/*.save* && truncate -s 64M {ON_DISKS}/saver.img")
    return dom0


def free_mib(d):
    return int(d.zl("info -s free_memory")[1].split()[-1])


def left(d):
    """What a guest that is gone must have given back."""
    return d.run("xenstore-ls -f | grep -v '^/[a-z0-9/]* = \"\"$' | cut -d' ' -f1; "
                 "ls /sys/class/net; losetup -a; ls /run/zl/domains /run/zl/building")[1]


def same_time(d):
    """At first, and after what it takes for sleep."""
    d.same_time(lambda command: d.in_guest("saver", command)[1])


def booted(d):
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 saver", timeout=130)


def begin(d, create=f"create {FOLDER}/saver.xml"):
    """The guest with a pattern in its memory, a counter on each CPU, and a file system."""
    d.zl(create, timeout=60)
    booted(d)
    d.console("saver")
    d.guest_run("saver", "mke2fs -q /dev/xvda 32768 >/dev/null && mkdir -p /d && "
                "mount -t ext4 /dev/xvda /d && echo before > /d/file && sync", 60)
    d.guest_run("saver", "head -c 6000000 /dev/urandom > /tmp/p && md5sum /tmp/p > /tmp/sum", 60)
    d.guest_run("saver", COUNT + " word=kept; exec 9</d/file")
    d.detach()
    same_time(d)


def look(d, before):
    """All of it is there and goes on; the number that the counter has come to."""
    d.console("saver")
    d.guest_says("saver", "$word", "kept")
    d.guest_run("saver", "md5sum -c /tmp/sum", 60)
    first = int(d.guest_run("saver", "cat /tmp/n")[1])
    d.guest_run("saver", "sleep 1")
    second = int(d.guest_run("saver", "cat /tmp/n")[1])
    assert before <= first < second, (before, first, second)
    d.guest_run("saver", "read x <&9 && [ $x = before ] && exec 9</d/file && "
                "echo after >> /d/more && sync && echo 3 > /proc/sys/vm/drop_caches && "
                "tail -n 1 /d/more | grep after", 60)
    # Each CPU runs, and its clock interrupts.
    d.guest_run("saver", "for c in 0 1; do taskset $((c + 1)) usleep 1000 || exit 1; done")
    assert d.guest_run("saver", "grep -c ^processor /proc/cpuinfo")[1].split() == ["2"]
    d.detach()
    same_time(d)
    d.run("ping -c 2 -W 5 10.0.7.9", timeout=40)
    return second


def complaints(d):
    d.console("saver")
    text = d.guest_run("saver", "dmesg")[1]
    d.detach()
    return [l for l in text.splitlines() if re.search(COMPLAINTS, l)]


def test_there_and_back(d):
    """Saved, gone, restored: memory, processes, disk, network, clock; twice."""
    before, memory = left(d), free_mib(d)
    begin(d)
    count = 1
    for turn, more in enumerate(("", "--compress=zlib")):
        d.zl(f"save {more} saver {FILE}", timeout=120)
        assert not d.listed("saver")
        assert left(d) == before and free_mib(d) == memory
        assert d.run(f"stat -c %a {FILE}; ls {FILE}*")[1].split() == ["600", FILE]
        info = json.loads(d.zl(f"--json save-info {FILE}")[1])["data"]
        assert info["name"] == "saver" and info["vcpus"] == 2, info
        assert info["compression"] == ("zlib" if turn else "none")
        d.run("sleep 4")
        d.zl(f"restore {FILE}", timeout=120)
        count = look(d, count)
        # Its balloon leaves holes, which are none of the next file's.
        if not turn:
            d.zl("mem-set --wait saver 170", timeout=60)
    assert d.zl(f"restore {FILE} 2>&1", check=False)[0] == 7
    code, text = d.zl(f"restore --name=other {FILE} 2>&1", check=False)
    assert code == 7 and "UUID" in text, text
    assert complaints(d) == []
    d.zl("mem-set --wait saver 192", timeout=60)
    d.zl("reboot -w saver", timeout=60)		# the monitor looks after a restored guest, too
    booted(d)
    d.zl("destroy saver", timeout=60)
    assert left(d) == before and free_mib(d) == memory


@pytest.mark.full
def test_it_goes_on(d):
    """A checkpoint; -p; and when the disk is full, the saver is interrupted or killed."""
    before, memory = left(d), free_mib(d)
    begin(d)
    d.zl(f"save -c saver {FILE}", timeout=120)
    count = look(d, 1)
    d.zl(f"save -p saver {FILE}", timeout=120)
    assert d.listed("saver")[4] == "--p---"
    d.zl("unpause saver")
    count = look(d, count)
    d.run("mkdir -p /mnt/small && mount -t tmpfs -o size=4M none /mnt/small")
    code, text = d.zl("save saver /mnt/small/x 2>&1", timeout=120, check=False)
    assert code == 6 and "cannot write" in text, (code, text)
    assert d.run("ls -A /mnt/small; umount /mnt/small")[1].split() == []
    count = look(d, count)
    d.run(f"rm {FILE}")
    for signal, codes in (("INT", (0, 130, 143)), ("KILL", (0, 137))):
        code = d.run(f"timeout -s {signal} 1 zl save -c saver {FILE} 2>&1", 60, check=False)[0]
        assert code in codes, (signal, code)
        d.poll(lambda: d.listed("saver")[4][3] == "-", 20, "the guest goes on")
        count = look(d, count)
    assert complaints(d) == []
    d.zl("destroy saver", timeout=60)
    d.run(f"rm -f {FILE}*")
    assert left(d) == before and free_mib(d) == memory


@pytest.mark.full
def test_damaged(d):
    """A file that is not whole, or says what cannot be, is refused; nothing is left."""
    before, memory = left(d), free_mib(d)
    begin(d)
    d.zl(f"save saver {FILE}", timeout=120)
    size = int(d.run(f"stat -c %s {FILE}")[1])
    for change in (f"truncate -s {size // 2} {FILE}.bad",
                   f"printf x | dd of={FILE}.bad bs=1 seek={size // 3} conv=notrunc",
                   f"printf x | dd of={FILE}.bad bs=1 seek={size - 40} conv=notrunc"):
        d.run(f"cp {FILE} {FILE}.bad && {change} 2>/dev/null", timeout=60)
        code, text = d.zl(f"restore {FILE}.bad 2>&1", timeout=90, check=False)
        assert code == 4 and "is damaged at byte" in text, (code, text)
        assert left(d) == before and free_mib(d) == memory
    code, text = d.zl(f"restore --xml={FOLDER}/one.xml {FILE} 2>&1", check=False)
    assert code == 4 and "when it was saved" in text, (code, text)
    d.run(f"rm {FILE}.bad")
    d.zl(f"restore -p {FILE}", timeout=90)
    d.run("sleep 2")
    d.zl("unpause saver")
    look(d, 1)
    d.zl("destroy saver", timeout=60)
    assert left(d) == before and free_mib(d) == memory


@pytest.mark.full
def test_managed(d):
    """With a definition: saved with the host's stop, and there again with its start."""
    before, memory = left(d), free_mib(d)
    d.run(f"sed \"s|</name>|</name><metadata><z:domain xmlns:z='urn:zazen:domain:1.0'>"
          f"<z:start stop='managed-save'/></z:domain></metadata>|\" {FOLDER}/saver.xml > /tmp/saver.xml")
    d.zl("define /tmp/saver.xml")
    d.zl("autostart saver")
    begin(d, create="start saver")
    d.zl("managed-save saver", timeout=120)
    assert json.loads(d.zl("--json list --inactive")[1])["data"][0]["state"] == "saved"
    assert d.zl("undefine saver 2>&1", check=False)[0] == 7
    d.zl("start saver", timeout=120)
    count = look(d, 1)
    d.zl("autostart --stop-all", timeout=120)
    assert list(d.rows()) == ["Domain-0"]
    d.zl("autostart --start-all", timeout=120)
    look(d, count)
    d.zl("managed-save saver", timeout=120)
    d.zl("start --fresh saver", timeout=60)
    booted(d)
    assert d.run("ls /var/lib/zl/save")[1].split() == []
    d.zl("destroy saver", timeout=60)
    d.zl("undefine saver")
    assert left(d) == before and free_mib(d) == memory


@pytest.mark.full
def test_gicv2(boot):
    """The same with the older interrupt controller."""
    d = boot(gic=2, smp=2, mem="2G", net=True)
    d.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start && "
          f"truncate -s 64M {ON_DISKS}/saver.img", timeout=60)
    begin(d)
    d.zl(f"save saver {FILE}", timeout=120)
    d.zl(f"restore {FILE}", timeout=120)
    look(d, 1)
    assert complaints(d) == []
