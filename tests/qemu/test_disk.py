# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks of guests: every kind is read and written, attached and detached at work, made larger, lost
and found; and of each nothing is left in dom0, whatever ended it.

The guests are those of dom0.DISK_GUESTS; their images are made anew for each test.
"""
import re

import pytest

from dom0 import FOLDER, ON_DISKS, READY

MARK = "zazen was here"
# Directories that the first guest of all leaves are no leftovers.
LEFT = ("ls -d /sys/block/loop*/loop /sys/block/nbd*/pid /sys/block/dm-* /sys/bus/xen-backend/devices/vbd-* "
        "2>/dev/null | grep -v loop7/; ps | grep '[q]emu-nbd'; "
        "xenstore-ls -f | grep -v '^/[a-z0-9/]* = \"\"$' | cut -d' ' -f1")


@pytest.fixture
def d(request, dom0):
    """dom0 with fresh images; afterwards nothing of the test may be left but they."""
    dom0.run(f"cd {ON_DISKS} && rm -f *.img *.qcow2 && "
             "truncate -s 64M a.img b.img c.img hot.img && "
             "for i in d e; do qemu-img create -q -f qcow2 $i.qcow2 64M; done && cd - && modprobe loop && "
             f"losetup /dev/loop7 {ON_DISKS}/c.img")
    before = dom0.run(LEFT, check=False)[1]
    yield dom0
    if getattr(request.node, "failed", False) or dom0.m.proc.poll() is not None:
        return
    for name in [n for n in dom0.rows() if n != "Domain-0"]:
        dom0.zl(f"destroy {name}", timeout=60)

    def left():
        after = dom0.run(LEFT, check=False)[1]
        return "\n".join(sorted(set(after.split("\n")) - set(before.split("\n"))))
    try:
        # A program that has ended is in the list until its parent has heard of it.
        dom0.poll(lambda: not left(), 10, "nothing is left of the disks", left)
    finally:
        dom0.run("losetup -d /dev/loop7; umount /mnt 2>/dev/null; true")


def start(d, name):
    """A guest at its shell, whose console is attached; d.detach() leaves it."""
    d.attach(name, f"zl create -c {FOLDER}/{name}.xml")


def await_disk(name):
    """A guest's command that ends when it has the disk."""
    return (f"n=0; while [ ! -b /dev/{name} ] && [ $n -lt 100 ]; do "
            "usleep 100000; n=$((n + 1)); done")


def test_kinds(d):
    """File, cdrom, block device and qcow2: what the guest writes is in the image."""
    start(d, "disks")
    sizes = d.guest_run("disks", "cat /sys/block/xvd[abcd]/size /sys/block/xvd[abcd]/ro")[1].split()
    if sizes != ["131072"] * 4 + ["0", "1", "0", "0"]:
        d.fail("the guest has four disks, the second is read-only", sizes)
    for disk in "acd":
        d.guest_run("disks", f"echo {MARK} | dd of=/dev/xvd{disk} bs=512 seek=9 conv=sync,fsync")
    code, out = d.guest_run("disks", "echo 1 | dd of=/dev/xvdb bs=512 conv=sync,fsync", check=False)
    if code == 0:
        d.fail("a cdrom is not written", out)
    d.guest_run("disks", "mke2fs -q /dev/xvda 16384 >/dev/null && mount -t ext4 /dev/xvda /tmp && "
                "cp /bin/busybox /tmp && umount /tmp && mount -t ext4 /dev/xvda /tmp && "
                "cmp /bin/busybox /tmp/busybox && umount /tmp", 60)
    d.detach()
    listed = d.zl("block-list disks")[1]
    if not re.search(rf"^51760 .* {ON_DISKS}/d.qcow2 +qcow2 +w$", listed, re.M):
        d.fail("zl block-list shows the image", listed)
    d.zl("destroy disks", timeout=60)
    d.run(f"cd {ON_DISKS} && qemu-img convert -O raw d.qcow2 d.img && cd -", 60)
    for image in (f"{ON_DISKS}/c.img", f"{ON_DISKS}/d.img", "/dev/loop7"):
        out = d.run(f"dd if={image} bs=512 skip=9 count=1 2>/dev/null | head -n 1")[1]
        if MARK not in out:
            d.fail(f"{image} has what was written", out)


def kept(d, image):
    """MiB that an image takes in dom0."""
    return int(d.run(f"sync && du -m {ON_DISKS}/{image}", 60)[1].split()[0])


@pytest.mark.full
def test_discard(d):
    """What a guest gives back goes from the image where the disk says so; else it is not offered."""
    start(d, "trim")
    offered = d.guest_run("trim", "for i in xvda xvdb xvdc xvdd; do set -- $i $(cat /sys/block/$i/queue/discard_max_bytes); "
                          "echo $1 $(($2 > 0)); done")[1].split()
    assert offered == ["xvda", "1", "xvdb", "0", "xvdc", "1", "xvdd", "0"], offered
    for disk, image in (("xvda", "a.img"), ("xvdc", "d.qcow2")):
        d.guest_run("trim", f"tr '\\0' z </dev/zero | head -c 12582912 >/dev/{disk}; sync", 60)
        d.detach()
        full = kept(d, image)
        d.console("trim")
        d.guest_run("trim", f"blkdiscard /dev/{disk} && mke2fs -q /dev/{disk} 65536 >/dev/null && "
                    f"mount -t ext4 /dev/{disk} /tmp && tr '\\0' z </dev/zero | "
                    "head -c 12582912 >/tmp/big; sync", 60)
        d.detach()
        again = kept(d, image)
        d.console("trim")
        d.guest_run("trim", "rm /tmp/big; sync; fstrim /tmp && umount /tmp", 60)
        d.detach()
        rest = kept(d, image)
        assert full >= 12 and 12 <= again < full + 6 and rest < 6, (image, full, again, rest)
        d.console("trim")
    code, text = d.guest_run("trim", "blkdiscard /dev/xvdb 2>&1", check=False)
    assert code != 0 and "not supported" in text, text
    d.detach()


WRITER = ("while :; do [ -b /dev/xvdf ] && dd if=/dev/zero of=/dev/xvdf bs=64k count=32 "
          "oflag=direct 2>/dev/null || usleep 20000; done & "
          "while dd if=/dev/zero of=/dev/xvda bs=64k count=64 conv=fsync 2>/dev/null; do :; done &")


def rounds(d, count):
    start(d, "disk1")
    d.guest_run("disk1", WRITER.rstrip("&") + "& true")
    d.detach()
    domid = d.listed("disk1")[1]
    state = f"/local/domain/0/backend/vbd/{domid}/51792/state"
    for n in range(count):
        d.run(f"zl block-attach disk1 {ON_DISKS}/hot.img,raw,xvdf,rw && "
              f"zl wait --for=xenstore:{state}=4 --timeout=20 disk1 && usleep 300000 && "
              "zl block-detach disk1 xvdf", 90, step=f"round {n}: attach, use, detach")
    if d.run("zl block-detach disk1 xvdf 2>&1", check=False)[0] != 3:
        d.fail("a disk that is gone is not found", "")
    if len(d.zl("block-list disk1")[1].splitlines()) != 2:
        d.fail("one disk is left", d.zl("block-list disk1")[1])


def test_hot(d):
    """Attached and detached while the guest writes to it and to another one."""
    rounds(d, 3)


@pytest.mark.full
def test_hot_for_long(d):
    """Fifty times."""
    rounds(d, 50)


def test_resize(d):
    """A file grows, and the guest that has it sees that."""
    start(d, "disk1")
    d.detach()
    d.zl("block-resize disk1 xvda 96")
    seen = d.in_guest("disk1", "n=0; while [ $(blockdev --getsize64 /dev/xvda) != 100663296 ] && "
                      "[ $n -lt 100 ]; do usleep 100000; n=$((n + 1)); done; "
                      "blockdev --getsize64 /dev/xvda")[1]
    if seen.strip() != "100663296":
        d.fail("the guest sees 96 MiB", seen)
    if d.run("zl block-resize disk1 xvda 64 2>&1", check=False)[0] != 7:
        d.fail("a disk in use does not shrink", "")


class Counter:
    """A guest that writes numbers to their places on its xvdf, a qcow2 image, without end."""

    made = 0            # the log has what earlier ones said

    def __init__(self, d, how="oflag=direct"):
        self.d = d
        Counter.made += 1
        start(d, "disk1")
        d.detach()
        d.zl(f"block-attach disk1 {ON_DISKS}/d.qcow2,qcow2,xvdf,rw", timeout=60)
        d.in_guest("disk1", await_disk("xvdf") + "; (i=0; while [ -b /dev/xvdf ]; do i=$((i + 1)); echo block $i | "
                   f"dd of=/dev/xvdf bs=4k seek=$i conv=sync,notrunc {how} 2>/dev/null && "
                   f"echo acknowledged{self.made} $i >/dev/hvc0 || "
                   f"{{ echo failed{self.made} $i >/dev/hvc0; break; }}; usleep 50000; done) & true")
        self.goes_on()

    def said(self, word):
        """The last number of which the guest said so, or 0."""
        log = self.d.run(f"grep -a '^{word}{self.made} [0-9]' /var/log/zl/console/disk1.log | tail -n 1")[1]
        return int(log.split()[1]) if log.strip() else 0

    def goes_on(self):
        """What was under way, and what comes now."""
        until = self.said("acknowledged") + 3
        self.d.poll(lambda: self.said("acknowledged") >= until, 60, "the guest goes on writing")
        assert self.said("failed") == 0

    def resize(self, words, code, text="", path=""):
        got, out = self.d.run(f"PATH={path}$PATH zl block-resize disk1 xvdf {words} 2>&1", 120, check=False)
        if got != code or text not in out:
            self.d.fail(f"zl block-resize {words}: exit code {code}, {text!r}", f"exit code {got}\n{out}")

    def kill_resize(self, words):
        """zl is killed while qemu-img runs."""
        self.d.run("mkdir -p /run/slow && printf '#!/bin/sh\\n>/run/slow/begun\\nexec sleep 60\\n' "
                   ">/run/slow/qemu-img && chmod +x /run/slow/qemu-img; rm -f /run/slow/begun; "
                   f"PATH=/run/slow:$PATH zl block-resize disk1 xvdf {words} & p=$!; "
                   "while [ ! -e /run/slow/begun ]; do usleep 50000; done; kill -9 $p; "
                   "wait $p 2>/dev/null; killall sleep; true", 60)

    def sees(self, mib):
        seen = self.d.in_guest("disk1", f"n=0; while [ $(blockdev --getsize64 /dev/xvdf) != {mib << 20} ] && "
                               "[ $n -lt 100 ]; do usleep 100000; n=$((n + 1)); done; "
                               "blockdev --getsize64 /dev/xvdf")[1]
        if not re.search(rf"^{mib << 20}$", seen, re.M):        # among its numbers
            self.d.fail(f"the guest sees {mib} MiB", seen)

    def check(self):
        """Every number of which the guest heard is in the image, which nobody has any more."""
        last = self.said("acknowledged")
        out = self.d.run(f"cd {ON_DISKS} && qemu-img convert -O raw d.qcow2 d.img && "
                         f"i=0; while [ $((i += 1)) -le {last} ]; do [ \"$(dd if=d.img bs=4k skip=$i "
                         "count=1 2>/dev/null | head -n 1)\" = \"block $i\" ] || echo lost $i; done; cd -", 300)[1]
        assert last > 0 and "lost" not in out, (last, out)


@pytest.mark.full
def test_resize_qcow2(d):
    """An image grows while the guest writes to it; what fails on the way costs no write."""
    c = Counter(d)
    c.resize("96", 0)
    c.goes_on()
    c.sees(96)
    c.resize("64", 7, "can only grow")
    # qemu-img refuses; then qemu-nbd does not start again, and the guest waits.
    d.run("mkdir -p /run/img /run/nbd && cd /run && printf '#!/bin/sh\\necho no room >&2; exit 1\\n' >img/qemu-img && "
          "printf '#!/bin/sh\\ncase $1 in --connect*) echo no way >&2; exit 1 ;; esac\\n"
          "exec /usr/bin/qemu-nbd \"$@\"\\n' >nbd/qemu-nbd && chmod +x img/* nbd/* && cd -")
    c.resize("128", 1, "resize disk xvdf: qemu-img failed with status 1: no room", "/run/img:")
    c.goes_on()
    c.sees(96)
    c.resize("128", 1, "the guest's requests to the disk wait", "/run/nbd:")
    c.resize("", 0)
    c.goes_on()
    c.sees(128)
    c.kill_resize("160")
    c.resize("160", 0)
    c.goes_on()
    c.sees(160)
    d.zl("block-detach --force disk1 xvdf", timeout=60)
    d.run(f"qemu-img check -q {ON_DISKS}/d.qcow2", 60)
    c.check()


@pytest.mark.full
def test_resize_killed(d):
    """A domain whose resize was killed goes without a wait, and leaves nothing."""
    c = Counter(d)
    c.kill_resize("160")
    out = d.run("zl destroy disk1 2>&1", 60)[1]
    assert "does not let go" not in out, out


def test_qemu_nbd_killed(d):
    """What was flushed is in the image, the guest hears that the rest is not, and nobody hides it."""
    c = Counter(d, "conv=fsync")
    d.run("killall -9 qemu-nbd")
    d.poll(lambda: c.said("failed") > 0, 60, "the guest's writes fail")
    c.resize("", 7, "the qemu-nbd of")
    c.check()
    d.zl("block-detach --force disk1 xvdf", timeout=60)


OWN_SCRIPT = ("#!/bin/sh", "echo $1 $XENBUS_TYPE $XENBUS_BASE_PATH $script >>/run/own.log",
              f"image={ON_DISKS}/$(xenstore-read $XENBUS_PATH/params).img", "path=$XENBUS_PATH",
              "case $1 in", "add) dev=$(losetup -f)",
              "losetup $dev $image 2>/dev/null || { echo trying >&2; echo no $image >&2; exit 5; }",
              "xenstore-write $path/physical-device $(stat -c %t:%T $dev) "
              "$path/physical-device-path $dev ;;",
              "remove) dev=$(xenstore-read $path/physical-device-path 2>/dev/null) && "
              "losetup -d $dev ;;", "esac", "exit 0")


@pytest.mark.full
def test_script(d):
    """A script makes the disk, over a reboot and until it is taken away; its failure is told."""
    own = "/etc/zl/scripts/block-own"
    lines = " ".join(f"'{line}'" for line in OWN_SCRIPT)
    d.run(f"rm -f /run/own.log; printf '%s\\n' {lines} >{own}; printf '#!/bin/sh\\n' >{own}-mute; "
          f"chmod +x {own}*")
    start(d, "disk1")
    d.detach()
    d.zl("block-attach disk1 script=block-own,vdev=xvdf,target=hot", timeout=60)
    d.in_guest("disk1", f"{await_disk('xvdf')}; echo {MARK} | "
               "dd of=/dev/xvdf bs=512 seek=9 conv=sync,fsync")
    if "<z:script disk='xvdf' path='block-own' target='hot'/>" not in d.zl("dumpxml disk1")[1]:
        d.fail("dumpxml shows the script", d.zl("dumpxml disk1")[1])
    first = d.listed("disk1")[1]
    d.zl("reboot disk1")
    d.poll(lambda: (d.listed("disk1") or [0, first])[1] != first, 60, "disk1 is a new domain")
    d.zl(f"wait --for=console:/{READY}/ --timeout=60 disk1", timeout=70)
    seen = d.in_guest("disk1", "dd if=/dev/xvdf bs=512 skip=9 count=1 2>/dev/null | head -n 1")[1]
    if MARK not in seen:
        d.fail("the disk is there again", seen)
    d.zl("block-detach disk1 xvdf", timeout=60)
    for spec, text in ((f"{own},vdev=xvdf,target=none",
                        f"block-own failed with status 5: no {ON_DISKS}/none.img"),
                       ("block-own-mute,vdev=xvdf,target=hot", "named no device")):
        code, out = d.run(f"zl block-attach disk1 script={spec} 2>&1", 60, check=False)
        if code != 1 or "attach disk xvdf: " not in out or text not in out:
            d.fail("the script's failure is told", out)
    # Ours, by its path: a file, and a device that somebody made of it.
    d.run(f"losetup $(losetup -f) {ON_DISKS}/hot.img; ln -sf $(losetup -a | sed -n "
          f"'s,^\\([^:]*\\):.*/hot.img.*,\\1,p') /run/hot; [ -b /run/hot ]")
    for source in (f"{ON_DISKS}/hot.img", "/run/hot"):
        d.zl(f"block-attach disk1 script=/etc/zl/scripts/block,vdev=xvdf,target={source}",
             timeout=60)
        code, out = d.run("zl block-attach disk1 script=/etc/../etc/zl/scripts/block,vdev=xvdg,"
                          f"target={source} 2>&1", 60, check=False)
        if code != 1 or f"{source} is in use by domain" not in out:
            d.fail("the script looks for who has the image", out)
        seen = d.in_guest("disk1", f"{await_disk('xvdf')}; dd if=/dev/xvdf bs=512 skip=9 count=1 "
                          "2>/dev/null | head -n 1")[1]
        if MARK not in seen:
            d.fail("the script block serves the image", seen)
        d.zl("block-detach disk1 xvdf", timeout=60)
    d.run("losetup -d $(readlink /run/hot)")
    d.poll(lambda: "hot.img" not in d.run("losetup -a")[1], 20, "its loop device goes")
    log = d.run("cat /run/own.log")[1].split("\n")
    if log[:6] != [f"{verb} vbd backend {own}" for verb in ("add", "remove") * 3]:
        d.fail("the script was called as Xen's are", log)


HOG = ("while [ ! -e /run/hog.stop ]; do tail -c $(awk '/^MemTotal/ {print int($2 * 0.97)}' /proc/meminfo)k "
       "/dev/zero; sleep 1; done >/dev/null 2>&1 </dev/null &")
PIDS = "cat /run/xenstored/xenstored.pid /run/zl/xenconsoled.pid /run/zl/zl-monitord.pid"


@pytest.mark.full
def test_no_memory(d):
    """A program takes all of dom0's memory, again and again, while a guest and its disks come and
    go: each command goes well or has no memory, the daemons live, nothing is left."""
    def zl(line, *good):
        code, out = d.run(f"zl {line} 2>&1", 120, check=False)
        # What it runs may be killed, too, or does not come on; both are told.
        told = re.search(r"error: .*(memory|killed).* \[E\d+\]", out) and code in (1, 6, 8)
        if not told and code not in (0, 137, *good):
            d.fail(f"zl {line} while memory is short", (code, out))
        return code
    pids = d.run(PIDS)[1]
    d.run(f"dmesg -c >/dev/null; rm -f /run/hog.stop; {HOG} true")
    went_well = 0
    for _ in range(2):
        if zl(f"create -q {FOLDER}/disk1.xml") == 0:
            went_well += 1
            zl(f"block-attach disk1 {ON_DISKS}/hot.img,raw,xvdf,rw")
            zl(f"block-attach disk1 {ON_DISKS}/e.qcow2,qcow2,xvdg,rw")
            zl("block-detach --force disk1 xvdg", 3)
        zl("destroy disk1", 3)
    d.run("touch /run/hog.stop")
    d.poll(lambda: "tail -c" not in d.run("ps")[1], 60, "the program ends")
    killed = re.findall(r"Killed process \d+ (\S+) .* oom_score_adj:(\S+)", d.run("dmesg", 30)[1])
    if ("(tail)", "0") not in killed or [k for k in killed if k[1] != "0"]:
        d.fail("the kernel takes that program, and nobody who is spared", killed)
    if d.run(PIDS)[1] != pids or went_well == 0:
        d.fail("the daemons live", went_well)
    d.zl(f"create -q {FOLDER}/disk1.xml")
    d.zl(f"block-attach disk1 {ON_DISKS}/e.qcow2,qcow2,xvdg,rw", timeout=60)
    adjusted = d.run("cat /proc/$(cat /sys/block/nbd0/pid)/oom_score_adj")[1].split()
    if adjusted != ["-900"]:
        d.fail("what serves a disk is spared", adjusted)


def test_reboot(d):
    """A guest that starts anew has its disk, and the one that it was given meanwhile."""
    start(d, "disk1")
    d.guest_run("disk1", f"echo {MARK} | dd of=/dev/xvda bs=512 conv=sync,fsync")
    d.detach()
    d.zl(f"block-attach disk1 {ON_DISKS}/hot.img,raw,xvdf,rw")
    first = d.listed("disk1")[1]
    d.zl("reboot disk1")
    d.poll(lambda: (d.listed("disk1") or [0, first])[1] != first, 60, "disk1 is a new domain")
    d.zl(f"wait --for=console:/{READY}/ --timeout=60 disk1", timeout=70)
    seen = d.in_guest("disk1", "head -c 14 /dev/xvda; ls /dev/xvd*")[1]
    if MARK not in seen or "/dev/xvdf" not in seen:
        d.fail("both disks are there again", seen)
    if "<target dev='xvdf' bus='xen'/>" not in d.zl("dumpxml disk1")[1]:
        d.fail("dumpxml shows the disk", d.zl("dumpxml disk1")[1])


def test_destroyed_in_mid_write(d):
    """What fsync acknowledged is in the image."""
    start(d, "disk1")
    d.guest_run("disk1", "(i=0; while :; do i=$((i + 1)); echo block $i | dd of=/dev/xvda bs=512 "
                "seek=$i conv=sync,fsync 2>/dev/null && echo acknowledged $i >/dev/hvc0; done) & "
                "true")
    d.detach()
    # (Not by wait_log(): the log has marks of guest_run() in it.)
    acks = "grep -a '^acknowledged' /var/log/zl/console/disk1.log | tail -n 1"
    d.poll(lambda: re.search(r"acknowledged \d\d", d.run(acks)[1]), 60, "disk1 writes and syncs")
    d.zl("destroy disk1", timeout=60)
    last = int(d.run(acks)[1].split()[1])
    out = d.run(f"for i in 1 7 {last}; do dd if={ON_DISKS}/a.img bs=512 skip=$i count=1 "
                "2>/dev/null | head -n 1; done")[1]
    if out.split("\n")[:3] != ["block 1", "block 7", f"block {last}"]:
        d.fail(f"blocks 1, 7 and {last} are in the image", out)


def test_refused(d):
    """One message, the right exit code, and nothing left (see the fixture)."""
    start(d, "disk1")
    d.detach()
    for command, code, text in (
            (f"create {FOLDER}/disk2.xml", 7, "a.img is in use: xvda of domain"),
            (f"create {FOLDER}/nodisk.xml", 3, "missing.img"),
            (f"create {FOLDER}/badqcow.xml", 4, "not a qcow2 image"),
            (f"-N create {FOLDER}/nodisk.xml", 3, "missing.img"),
            (f"block-attach disk1 {ON_DISKS}/none.img,raw,xvdg,rw", 3, "no image"),
            (f"block-attach disk1 {ON_DISKS}/hot.img,qcow2,xvdg,rw", 4, "not a qcow2 image"),
            (f"block-attach disk1 {ON_DISKS}/hot.img,raw,xvda,rw", 7, "has one already"),
            (f"block-attach disk1 {ON_DISKS}/a.img,raw,xvdg,ro", 7, "is in use"),
            ("block-attach disk1 /dev/console,raw,xvdg,rw", 4, "neither a file nor a block device"),
            (f"block-attach disk1 {ON_DISKS},raw,xvdg,rw", 4, "a directory")):
        got, out = d.run(f"zl {command} 2>&1", 60, check=False)
        if got != code or text not in out:
            d.fail(f"zl {command}: exit code {code}, {text!r}", f"exit code {got}\n{out}")
    if not d.listed("disk1") or d.listed("disk2"):
        d.fail("the first guest runs on, the second never was", d.rows())


def test_two_at_once(d):
    """Of two guests that are created at the same time with one image, one gets it."""
    out = d.run(f"zl -q create -p {FOLDER}/disk1.xml & zl -q create -p {FOLDER}/disk2.xml; b=$?; "
                "wait $!; echo codes $? $b", 120)[1]
    codes = re.search(r"^codes (\d+) (\d+)$", out, re.M)
    if not codes or sorted(codes.groups()) != ["0", "7"]:
        d.fail("exit codes are 0 and 7", out)
    if len(d.rows()) != 2:
        d.fail("one of the guests is there", d.rows())


def test_images_that_vanish(d):
    """A file that is removed, and a qemu-nbd that dies: the guest sees errors at most."""
    start(d, "disks")
    d.detach()
    d.run(f"rm {ON_DISKS}/a.img; killall -9 qemu-nbd")
    code = d.in_guest("disks", "echo 1 | dd of=/dev/xvdd bs=512 conv=sync,fsync 2>/dev/null", 60,
                      check=False)[0]
    if code == 0:
        d.fail("what nobody stores is not acknowledged", "dd to xvdd ended well")
    d.in_guest("disks", "echo 1 | dd of=/dev/xvda bs=512 conv=sync,fsync && cat /proc/uptime")
    d.zl("block-detach disks xvdd")
    if d.run(f"zl block-attach disks {ON_DISKS}/a.img,raw,xvdg,rw 2>&1", check=False)[0] != 3:
        d.fail("an image that is gone is not found", "")


def test_dom0_disk_full(d):
    """Writes that dom0 cannot store fail in the guest; it lives on, and so does dom0."""
    d.run("mount -t tmpfs -o size=4m none /mnt && truncate -s 64M /mnt/sparse.img")
    start(d, "full")
    code, out = d.guest_run("full", "dd if=/dev/zero of=/dev/xvda bs=64k count=256 conv=fsync", 60,
                            check=False)
    if code == 0:
        d.fail("16 MiB do not fit into 4", out)
    d.guest_run("full", "dd if=/dev/xvda of=/dev/null bs=64k count=16 && cat /proc/uptime")
    d.detach()
    d.zl("destroy full", timeout=60)


def test_killed_tools(d):
    """zl that is killed at any moment of an attach or a create leaves nothing that stays."""
    start(d, "disk1")
    d.detach()
    for ms in (300, 900, 1800):
        d.run(f"zl block-attach disk1 {ON_DISKS}/hot.img,raw,xvdg,rw & usleep {ms}000; kill -9 $!; "
              "wait $! 2>/dev/null; zl block-detach --force disk1 xvdg 2>/dev/null; true", 60)
        if len(d.zl("block-list disk1")[1].splitlines()) != 2:
            d.fail(f"killed after {ms} ms: the attach is undone", d.zl("block-list disk1")[1])
    d.zl("destroy disk1", timeout=60)
    for ms in (700, 1500, 4000):
        # A fast machine is through by the last.
        d.run(f"zl create {FOLDER}/disks.xml & usleep {ms}000; kill -9 $! || zl destroy disks; "
              "wait $! 2>/dev/null; true", 60)
    d.zl(f"create -p {FOLDER}/disk2.xml", timeout=120)
