# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock Debian guests on disks: boot by their own systemd, network, ssh, work and rude ends.

One machine with two fresh copies of out/debian/root.img serves the whole file.  The guests are those
of docs/examples/debian.xml; commands run in them by ssh from dom0, over the bridge zbr0.
"""
import re

import pytest

from dom0 import COMPLAINTS, FOLDER

pytestmark = pytest.mark.full
MACHINE = {"mem": "3G", "debian": 2}
OUTSIDE = "10.0.2.100"


def address(n):
    """The address that the bridge's DHCP server gives guest number N."""
    return f"10.9.0.1{n}"


def ssh(d, n, command, timeout=60, check=True):
    """Run COMMAND in guest N; returns (exit code, output without what dom0's kernel says)."""
    quoted = command.replace("'", "'\\''")
    code, out = d.run(f"ssh root@{address(n)} '{quoted}'", timeout, check,
                      f"in debian{n}: {command}")
    return code, re.sub(r"^\[ *\d+\.\d{6}\] .*\n?", "", out, flags=re.M).strip()


def create(d, n):
    """Start guest N; it is not waited for."""
    d.zl(f"create {FOLDER}/debian{n}.xml", timeout=60)


def wait_up(d, n, timeout=180):
    """Wait until guest N's sshd answers and its systemd has finished without a failed unit."""
    d.poll(lambda: d.run(f"nc -w 2 {address(n)} 22 </dev/null 2>/dev/null | grep -q SSH",
                         check=False)[0] == 0, timeout,
           f"debian{n} answers at {address(n)}, port 22")
    d.run(f"ssh -O exit root@{address(n)} 2>/dev/null; true")
    state = ssh(d, n, "systemctl is-system-running --wait; systemctl --failed --plain --no-legend",
                120, check=False)[1]
    if state.split() != ["running"]:
        d.fail(f"systemd of debian{n} is content", state)


def running(d, *numbers):
    """Have these guests up, started where they are not."""
    missing = [n for n in numbers if not d.listed(f"debian{n}")]
    for n in missing:
        create(d, n)
    for n in missing:
        wait_up(d, n)


def test_boots_by_itself(dom0):
    """systemd from the disk, an address by DHCP, a shell on the console."""
    running(dom0, 1)
    dom0.wait_log("debian1", r"root@debian1:~#", 30)
    out = ssh(dom0, 1, "cat /proc/1/comm; findmnt -no SOURCE,FSTYPE /; networkctl status enX0; "
              "systemd-detect-virt; hostname")[1]
    for word in ("systemd", "/dev/xvda ext4", "routable (configured)", "10.9.0.11 (DHCP4", "xen",
                 "debian1"):
        if word not in out:
            dom0.fail(f"debian1 says {word!r}", out)


def test_reaches_the_outside(dom0):
    """Through dom0's NAT and QEMU's network to a server that is no part of the machine."""
    running(dom0, 1)
    out = ssh(dom0, 1, f"exec 3<>/dev/tcp/{OUTSIDE}/80; printf 'GET /debian HTTP/1.0\\r\\n\\r\\n' >&3; "
              "cat <&3")[1]
    if "outside says /debian" not in out:
        dom0.fail("the outside answers", out)


def test_two_at_work(dom0):
    """A file copied by ssh from one to the other while both write to their disks; then the network."""
    running(dom0, 1, 2)
    for n in (1, 2):
        ssh(dom0, n, "nohup fio --name=w --filename=/var/tmp/fio --size=16M --bs=16k --rw=randwrite "
            "--ioengine=psync --fsync=32 --verify=crc32c --do_verify=1 --verify_fatal=1 "
            "--output=/var/tmp/fio.out >/dev/null 2>&1 </dev/null & echo started")
    ssh(dom0, 1, "head -c 8M /dev/urandom >/var/tmp/file")
    ssh(dom0, 1, f"scp -q /var/tmp/file root@{address(2)}:/var/tmp/copy", 300)
    here = ssh(dom0, 1, "sha256sum </var/tmp/file")[1]
    there = ssh(dom0, 2, "sha256sum </var/tmp/copy")[1]
    if not re.match(r"[0-9a-f]{64} ", here) or here != there:
        dom0.fail("the copy is the file", f"{here}\n{there}")
    for n in (1, 2):
        out = ssh(dom0, n, "while pgrep -x fio >/dev/null; do sleep 1; done; cat /var/tmp/fio.out",
                  600)[1]
        if not re.search(r"err= 0", out) or not re.search(r"WRITE: .*io=16\.0MiB", out):
            dom0.fail(f"fio in debian{n}", out)
    ssh(dom0, 2, "iperf3 -s -1 -D")
    out = ssh(dom0, 1, f"iperf3 -c {address(2)} -t 5 -f m", 60)[1]
    rate = re.search(r"([\d.]+) Mbits/sec\s+receiver", out)
    if not rate or float(rate.group(1)) <= 0:
        dom0.fail("iperf3 between the guests", out)
    print("iperf3, guest to guest:", rate.group(0))


def test_saved_and_restored(dom0):
    """In the middle of its work into a file and out of it: services, shells, files and the clock."""
    file = "/run/debian1.save"
    running(dom0, 1, 2)
    ssh(dom0, 1, "nohup sh -c 'n=0; while :; do n=$((n + 1)); echo $n >/srv/n.new; sync /srv/n.new; "
        "mv /srv/n.new /srv/n; sleep .1; done' >/dev/null 2>&1 </dev/null & "
        "head -c 32M /dev/urandom >/dev/shm/p; sha256sum /dev/shm/p >/dev/shm/sum")
    # A shell of the other guest's that stays connected all the time.
    ssh(dom0, 2, f"nohup ssh -o ServerAliveInterval=600 root@{address(1)} 'while :; do cat /srv/n; "
        "sleep .5; done' >/var/tmp/seen 2>/dev/null </dev/null & true")
    dom0.poll(lambda: ssh(dom0, 2, "test -s /var/tmp/seen", check=False)[0] == 0, 60,
              "the other guest's shell in it works")
    dom0.zl(f"save --compress=zlib debian1 {file}", timeout=300)
    if dom0.listed("debian1"):
        dom0.fail("debian1 is gone while it is saved", "it is not")
    saved = int(ssh(dom0, 2, "tail -n 1 /var/tmp/seen")[1])
    dom0.run("sleep 20")
    dom0.zl(f"restore {file}", timeout=180)
    dom0.run(f"rm {file}; ssh -O exit root@{address(1)} 2>/dev/null; true")
    wait_up(dom0, 1)
    ssh(dom0, 1, "sha256sum -c /dev/shm/sum", 120)
    dom0.poll(lambda: int(ssh(dom0, 2, "tail -n 1 /var/tmp/seen")[1]) > saved + 20, 120,
              "the other guest's shell in it goes on")
    dom0.same_time(lambda command: ssh(dom0, 1, command)[1])
    out = ssh(dom0, 1, f"journalctl -b -k -p warning -q --no-pager | grep -iE '{COMPLAINTS}'; "
              "rm -f /srv/n /dev/shm/p; pkill -f '[s]rv/n.new'; true")[1]
    if out.strip():
        dom0.fail("its kernel complains of nothing", out)


def test_destroyed_while_writing(dom0):
    """What fsync acknowledged is there after zl destroy; the file system is clean after replay."""
    running(dom0, 1)
    writer = ("i=0; while :; do i=$((i + 1)); echo line $i of a file >/srv/f$i; "
              "dd if=/dev/urandom of=/srv/junk bs=64k count=4 conv=fsync 2>/dev/null; "
              "sync /srv/f$i /srv && echo acknowledged $i; done")
    dom0.run(f"(ssh root@{address(1)} '{writer}' >/tmp/acks 2>/dev/null </dev/null &)")
    dom0.poll(lambda: "acknowledged 10\n" in dom0.run("cat /tmp/acks")[1] + "\n", 120,
              "debian1 writes and syncs")
    dom0.zl("destroy debian1")
    acks = int(re.findall(r"acknowledged (\d+)\n", dom0.run("cat /tmp/acks")[1] + "\n")[-1])
    dom0.run(f"ssh -O exit root@{address(1)} 2>/dev/null; true")
    disk = "/dev/disk/by-id/virtio-debian1"
    # 1: the journal was replayed; anything else is damage.
    code, out = dom0.run(f"e2fsck -p {disk}", 120, check=False)
    if code not in (0, 1):
        dom0.fail("e2fsck -p replays the journal and finds nothing more", f"exit code {code}\n{out}")
    dom0.run(f"e2fsck -fn {disk}", 120, step="e2fsck -fn finds the file system clean")
    running(dom0, 1)
    out = ssh(dom0, 1, f"for i in $(seq {acks}); do [ \"$(cat /srv/f$i)\" = \"line $i of a file\" ] || "
              "echo lost $i; done; rm -f /srv/f* /srv/junk; journalctl -b -k -p err -q --no-pager "
              "| grep -i ext4; true", 120)[1]
    if out.strip():
        dom0.fail(f"all {acks} acknowledged files are there, no ext4 errors", out)


def test_replays_its_own_journal(dom0):
    """Destroyed and started again at once: the guest's own start mends what the end left."""
    running(dom0, 1)
    dom0.run(f"(ssh root@{address(1)} 'while :; do cp -r /etc /srv/e; rm -rf /srv/e; done' "
             ">/dev/null 2>&1 </dev/null &)")
    dom0.run("sleep 3")
    dom0.zl("destroy debian1")
    dom0.run(f"ssh -O exit root@{address(1)} 2>/dev/null; true")
    running(dom0, 1)
    out = ssh(dom0, 1, "systemctl show -p Result systemd-fsck-root; "
              "journalctl -b -k -q --no-pager | grep -i 'ext4-fs error'; true")[1]
    if out.split() != ["Result=success"]:
        dom0.fail("the root was checked and is sound", out)


def test_reboots_and_ends(dom0):
    """systemctl reboot gives a new domain with the same disk; zl shutdown ends it in order."""
    running(dom0, 1)
    before = dom0.listed("debian1")[1]
    ssh(dom0, 1, "echo kept >/srv/kept; systemctl reboot", check=False)
    dom0.poll(lambda: (dom0.listed("debian1") or [0, before])[1] != before, 90, "debian1 comes again")
    dom0.run(f"ssh -O exit root@{address(1)} 2>/dev/null; true")
    wait_up(dom0, 1)
    if ssh(dom0, 1, "cat /srv/kept")[1].strip() != "kept":
        dom0.fail("the file is there after the reboot", "it is not")
    dom0.zl("shutdown -w debian1", timeout=120)
    dom0.wait_gone("debian1", 20)
    dom0.run("e2fsck -fn /dev/disk/by-id/virtio-debian1", 120, step="the disk is clean after a shutdown")
