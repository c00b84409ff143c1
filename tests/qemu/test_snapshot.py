# SPDX-License-Identifier: GPL-2.0-or-later
"""Snapshots of a Linux guest with a raw disk and a qcow2 one, off, running and with its memory:
what it wrote since is gone after revert and what it wrote before is there; a kill leaves nothing.
"""
import json

import pytest

from dom0 import FOLDER, ON_DISKS, READY

MACHINE = {"smp": 2, "mem": "2G"}
KEPT = "/var/lib/zl/snapshots/snap"
DIRTY = (f"ls -A {KEPT} {ON_DISKS} /run/zl/building 2>/dev/null | "
         "grep -e '^[.]new' -e '^[.]old' -e revert -e pause -e save-")


@pytest.fixture
def d(dom0):
    """A defined guest with new disks; afterwards neither it nor a snapshot is there."""
    dom0.run(f"cd {ON_DISKS} && rm -f a.img d.qcow2 && "
             "dd if=/dev/zero of=a.img bs=1M count=64 2>&1 && "
             "qemu-img create -q -f qcow2 d.qcow2 64M; cd -", 60)
    dom0.zl(f"define {FOLDER}/snap.xml")
    yield dom0
    if dom0.m.proc.poll() is None:
        dom0.zl("destroy snap", check=False)
        dom0.zl("undefine --snapshots snap", check=False)
        assert dom0.run(f"ls -d {KEPT}; true")[1].count("No such") == 1


def start(d):
    before = d.log("snap").count(READY)
    d.zl("start snap", timeout=60)
    d.wait_log("snap", READY, 120, before + 1)


def write(d, word):
    """WORD into a file on the raw disk and at the beginning of the qcow2 one."""
    d.console("snap")
    d.guest_run("snap", "mkdir -p /d; grep -q ' /d ' /proc/mounts || "
                "mount -t ext4 /dev/xvda /d || { mke2fs -q /dev/xvda 32768 >/dev/null && "
                "mount -t ext4 /dev/xvda /d; }", 60)
    d.guest_run("snap", f"echo {word} > /d/file && sync && "
                f"echo {word} | dd of=/dev/xvdb bs=512 seek=9 conv=sync,fsync 2>/dev/null", 60)
    d.detach()


def holds(d, word):
    d.console("snap")
    d.guest_run("snap", "mkdir -p /d; grep -q ' /d ' /proc/mounts || "
                "mount -t ext4 /dev/xvda /d", 60)
    out = d.guest_run("snap", "echo 3 > /proc/sys/vm/drop_caches; cat /d/file; "
                      "dd if=/dev/xvdb bs=512 skip=9 count=1 iflag=direct "
                      "2>/dev/null | head -n 1")[1].split()
    if out != [word, word]:
        d.fail(f"both disks have {word}", out)
    d.detach()


def snapshots(d):
    text = d.zl("--json snapshot list snap")[1]
    return json.loads(text[text.index("{"):text.rindex("}") + 1])["data"]


def test_off_and_running(d):
    start(d)
    write(d, "first")
    assert d.zl("snapshot create --quiesce snap", check=False)[0] == 3     # it has no such channel
    # At work: the guest stands still for a moment, and its disks are as after a power cut.
    d.zl("snapshot create --disk-only snap live", timeout=60)
    holds(d, "first")
    write(d, "second")
    code, text = d.zl("snapshot revert snap live", check=False)
    assert code == 7 and "it runs" in text, text
    d.zl("destroy snap", timeout=60)
    d.zl("snapshot create --description='a good one' snap off", timeout=60)
    d.run(f"cmp {KEPT}/off/xvda {ON_DISKS}/a.img && cmp {KEPT}/off/xvdb {ON_DISKS}/d.qcow2", 60)
    d.run(f"qemu-img check -q {KEPT}/off/xvdb", 60)
    d.run("zl dumpxml snap > /tmp/was.xml; zl desc --title snap another")
    start(d)
    write(d, "third")
    d.zl("snapshot revert --force snap off", timeout=60)
    assert "snap" not in d.rows()
    d.run("zl dumpxml snap | cmp - /tmp/was.xml")
    start(d)
    holds(d, "second")
    d.zl("snapshot revert --force snap live", timeout=60)
    start(d)
    holds(d, "first")
    write(d, "fourth")
    assert [(s["name"], s["state"], s["current"], s.get("parent")) for s in snapshots(d)] == [
        ("live", "disk-snapshot", True, None), ("off", "shutoff", False, "live")]
    assert "a good one" in d.zl("snapshot info snap off")[1]
    assert d.zl("undefine snap", check=False)[0] == 7
    d.zl("snapshot delete snap live")
    assert [s["name"] for s in snapshots(d)] == ["off"]
    d.zl("snapshot delete snap off")
    assert snapshots(d) == []


@pytest.mark.full
def test_no_room_and_kills(d):
    """Refused with figures before anything stops; killed, the guest goes on and check tidies up."""
    d.run("mkdir -p /mnt && mount -t tmpfs -o size=16m none /mnt")
    d.run("sed \"s|<devices>|<metadata><z:domain xmlns:z='urn:zazen:domain:1.0'>"
          "<z:snapshot-dir path='/mnt/s'/></z:domain></metadata><devices>|\" "
          f"{FOLDER}/snap.xml > /tmp/s.xml")
    d.zl("define --replace /tmp/s.xml")
    code, text = d.zl("snapshot create snap", check=False)
    assert code == 6 and "need 64 MiB, free 16 MiB" in text.replace("\n", ""), text
    assert d.run("ls -A /mnt")[1].split() == []
    d.run("umount /mnt")
    d.zl(f"define --replace {FOLDER}/snap.xml")
    start(d)
    write(d, "first")
    d.run("sh -c 'zl snapshot create snap x & p=$!;"
          " while kill -0 $p && set -- /run/zl/building/pause-* && [ ! -e $1 ]; do :; done;"
          " kill -9 $p; wait $p; [ $? = 137 ]'", timeout=60)
    d.poll(lambda: "p" not in d.listed("snap")[4], 20, "the guest runs on")
    holds(d, "first")
    assert ".new-x" in d.run(DIRTY)[1]
    d.zl("check --repair", check=False)
    d.run(f"! {DIRTY}")
    d.zl("snapshot create snap x", timeout=60)
    d.zl("destroy snap", timeout=60)
    d.run("sh -c 'zl snapshot revert snap x & p=$!;"
          f" while kill -0 $p && [ ! -e {ON_DISKS}/a.img.snapshot-revert ]; do :; done;"
          " kill -9 $p; wait $p; [ $? = 137 ]'", timeout=60)
    assert "a.img.snapshot-revert" in d.run(DIRTY)[1]
    d.zl("check --repair", check=False)
    d.run(f"! {DIRTY}")
    d.zl("snapshot revert snap x", timeout=60)
    start(d)
    holds(d, "first")


@pytest.mark.full
def test_with_memory(d):
    """Memory and disks of one moment: the guest goes on from there, with its shell and mounts."""
    start(d)
    write(d, "first")
    d.console("snap")
    d.guest_run("snap", "word=kept; head -c 3000000 /dev/urandom > /tmp/p; "
                "md5sum /tmp/p > /tmp/sum")
    d.detach()
    d.zl("snapshot create --with-memory snap mem", timeout=120)
    d.run(f"qemu-img check -q {KEPT}/mem/xvdb; ! {DIRTY}", 60)
    write(d, "second")
    d.console("snap")
    d.guest_run("snap", "md5sum -c /tmp/sum && rm /tmp/p && word=lost", 60)
    d.detach()
    for _ in range(2):
        d.zl("snapshot revert --force snap mem", timeout=120)
        d.console("snap")
        d.guest_says("snap", "$word", "kept")
        d.guest_run("snap", "md5sum -c /tmp/sum && rm /tmp/p", 60)
        d.detach()
        holds(d, "first")
        write(d, "third")
        holds(d, "third")
    assert [(s["name"], s["state"]) for s in snapshots(d)] == [("mem", "running")]
    d.zl("save-info " + KEPT + "/mem/memory.save > /dev/null", timeout=60)
