# SPDX-License-Identifier: GPL-2.0-or-later
"""A dom0 of Debian's own: systemd and udev, our tools as "make install" lays them, our units.

One machine serves the whole file: out/debian/root.img with the tools over it; before its first
start runs what docs/daemons.md tells an administrator.  The guests alpha and omega start with it.
"""
import glob
import os
import re
import tarfile

import pytest

import conftest
import dom0 as dom0_module
import machine
from dom0 import FOLDER, READY, disk_xml
from test_network import pings

pytestmark = pytest.mark.full
ROUNDS = 3
UNITS = ("zl-host", "xenstored", "zl-init-dom0", "xenconsoled", "zl-monitord", "zl-network",
         "zl-domains")
DAEMONS = ("xenstored", "xenconsoled", "zl-monitord")
MACHINE = {"mem": "2G", "net": True, "seed": False, "dom0_root": machine.DEBIAN_ROOT,
           "dom0_append": "mitigations=off audit=0 systemd.hostname=dom0 systemd.show_status=error"}

# What the administrator does, then what tests need: two guests that start with the host, the
# wrong one first by name, and what is left of them told by the console at the very end.
FIRST = f"""#!/bin/sh
export PATH=/usr/sbin:/usr/bin
systemd-sysusers
systemctl enable -q zl-domains
zl -q define {FOLDER}/alpha.xml
zl -q define {FOLDER}/omega.xml
zl -q autostart --order=7 alpha
zl -q autostart --order=3 omega
chmod 755 {FOLDER}/vif-count
"""
PROFILE = """export TERM=dumb NO_COLOR=1 PS1='dom0:\\w# '
echo "dom0: up after $(cut -d' ' -f1 /proc/uptime) s"
exec bash --norc --noediting +H
"""
LAST_WORDS = """[Service]
ExecStopPost=/bin/sh -c '(zl events; zl list; echo LAST-WORDS) >/dev/console'
"""
# Whoever else handled back-ends, by udev's rules say, would be counted too.
COUNTING = """#!/bin/sh
echo "$1 $vif" >>/run/vif-count
script=/etc/zl/scripts/vif-bridge
exec $script "$@"
"""
FILES = {
    "/root/.profile": PROFILE,
    "/etc/fstab": "/dev/disk/by-id/virtio-root / ext4 noatime 0 1\n",
    "/etc/hosts": "127.0.0.1 localhost dom0\n",
    "/etc/systemd/system.conf.d/slow.conf": "[Manager]\nDefaultTimeoutStartSec=30min\n"
                                            "DefaultDeviceTimeoutSec=30min\n",
    "/etc/systemd/system/systemd-networkd-wait-online.service.d/slow.conf":
        "[Service]\nExecStart=\nExecStart=/lib/systemd/systemd-networkd-wait-online "
        "-i eth0 --timeout=1800\n",
    "/etc/systemd/network/80-dhcp.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\n"
                                           "Gateway=10.0.2.2\n",
    "/etc/systemd/system/zl-domains.service.d/words.conf": LAST_WORDS,
}


def guest(name, n, disk="", script=""):
    """A small Linux on the bridge as 10.9.0.2N."""
    words = f"zazen.ip=10.9.0.2{n}/24 zazen.gw=10.9.0.1"
    card = f"<interface type='bridge'>{script}<source bridge='zbr0'/></interface>"
    return dom0_module.linux_xml(name, args=words, extra=f"<devices>{disk}{card}</devices>\n")


def lay(path):
    """The tar that makes a Debian root our dom0's."""
    setup = os.path.join(machine.TOP, "tests", "setup")
    texts = conftest.overlay_texts()
    texts.update({
        "first": FIRST, "vif-count": COUNTING, "alpha.xml": guest("alpha", 1),
        "omega.xml": guest("omega", 2),
        "work.xml": guest("work", 3, disk_xml("xvda", "work.img"),
                          f"<script path='{FOLDER}/vif-count'/>"), **FILES})
    dom0_module.make_overlay(path, texts, glob.glob(dom0_module.IMAGES + "/hello.img"))
    with tarfile.open(path, "a", format=tarfile.USTAR_FORMAT) as t:
        for source, name in ((os.path.join(machine.OUT, "rootfs-tools", "usr"), "usr"),
                             (os.path.join(machine.OUT, "rootfs-tools", "etc", "zl"), "etc/zl"),
                             (os.path.join(setup, "dom0", "zl.conf"), "etc/zl/zl.conf"),
                             *((os.path.join(machine.OUT, "guest", f), f"var/lib/zl/boot/{f}")
                               for f in ("Image", "initramfs.gz"))):
            t.add(source, name)


@pytest.fixture(scope="module")
def shared(request, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("systemd") / "overlay.tar")
    lay(path)
    s = conftest.Shared(path, request.node.nodeid, MACHINE)
    yield s
    s.drop()


def content(d):
    """Wait until systemd has finished; no unit failed, ours are up."""
    state = d.run("systemctl is-system-running --wait; systemctl --failed --plain --no-legend; "
                  "systemctl is-active " + " ".join(UNITS), 300, check=False,
                  step="systemd finishes its start")[1].split()
    if state != ["running"] + ["active"] * len(UNITS):
        log = d.run("systemctl --no-pager status --lines=12 " + " ".join(UNITS), check=False)[1]
        d.fail("systemd is content, with " + ", ".join(UNITS), f"{state}\n{log}")


def left(d):
    """What is the same before and after a guest."""
    d.run("udevadm settle --timeout=60", 70)
    return d.run("ls /sys/class/net /sys/bus/xen-backend/devices; losetup -a; zl list | wc -l; "
                 "xenstore-list /local/domain; ls /run/zl/domains")[1]


def pid(d, name):
    return d.run(f"systemctl show -P MainPID {name}")[1].strip()


def test_comes_up(dom0):
    """systemd reaches its target, our units are active, the two guests were started in order."""
    d = dom0
    content(d)
    d.run("systemctl is-active multi-user.target proc-xen.mount")
    started = re.findall(r"\b(alpha|omega)\b", d.zl("list")[1])
    assert sorted(started) == ["alpha", "omega"], started
    ids = {n: int(d.listed(n)[1]) for n in ("alpha", "omega")}
    assert ids["omega"] < ids["alpha"], ids
    for n, address in (("alpha", "10.9.0.21"), ("omega", "10.9.0.22")):
        d.poll(lambda: pings(d, address), 60, f"{n} answers at {address}")
    users = d.run("for n in xenstored xenconsoled; do "
                  "ps -o user= -p $(systemctl show -P MainPID $n); done")[1].split()
    assert [u[:7] for u in users] == ["xenstor", "xencons"], users


def test_check_is_content(dom0):
    """zl check finds nothing to mend."""
    code, text = dom0.zl("check", 60, check=False)
    if code != 0 or re.search(r"\b(warn|FAIL)\b", text):
        dom0.fail("zl check is content", f"exit code {code}\n{text}")


def test_guest_and_udev(dom0):
    """A disk from a file and a card: handled once, reached, shut down, nothing left."""
    d = dom0
    # A guest may name its file system as it likes: as the host's own root, say.
    d.run("u=$(findmnt -no UUID /); truncate -s 32M /var/lib/zl/images/work.img; "
          "mke2fs -q -F -t ext4 -L stolen -U $u /var/lib/zl/images/work.img")
    before = left(d)
    d.run("rm -f /run/vif-count; udevadm monitor --udev --subsystem-match=xen-backend "
          ">/run/udev-seen 2>&1 & true")
    for i in range(1, ROUNDS + 1):
        d.zl(f"create {FOLDER}/work.xml", timeout=90)
        d.zl(f"wait --for=console:/{READY}/ --timeout=120 work", timeout=130)
        d.poll(lambda: pings(d, "10.9.0.23"), 60, "work answers")
        d.console("work")
        out = d.guest_run("work", "mkdir -p /m; mount -t ext4 /dev/xvda /m && echo $(cat /m/n) && "
                          f"echo {i} >/m/n && umount /m", 60)[1]
        d.detach()
        own = d.run("ls /dev/disk/by-label; readlink -f /dev/disk/by-uuid/$(findmnt -no UUID /); "
                    "findmnt -no SOURCE /")[1].split()
        assert "stolen" not in own and own[-1] == own[-2], own
        assert i == 1 or str(i - 1) in out.split(), out
        d.zl("shutdown -w work", timeout=90)
        d.wait_gone("work", 30)
        d.poll(lambda: left(d) == before, 30, f"round {i}: nothing is left: {left(d)}\n{before}")
    counts = d.run("cut -d' ' -f1 /run/vif-count | sort | uniq -c")[1].split()
    # One call each; udev heard of a vif and a vbd each time.
    assert counts == [str(ROUNDS), "offline", str(ROUNDS), "online"], counts
    d.run("kill $!; wait $!", check=False)
    assert int(d.run("grep -c ' add ' /run/udev-seen")[1].split()[-1]) >= 2 * ROUNDS


def test_hot_devices(dom0):
    """Devices attached and detached while udev looks at each."""
    d = dom0
    before = left(d)
    for i in range(ROUNDS):
        d.zl("block-attach alpha /var/lib/zl/images/work.img,raw,xvdb,rw", timeout=60)
        d.zl("network-attach alpha bridge=zbr0,vifname=hot0", timeout=60)
        d.run("ls /sys/class/net/zbr0/brif/hot0 && losetup -a | grep work.img",
              step=f"round {i}: both are there")
        d.zl("network-detach alpha 1", timeout=60)
        d.zl("block-detach alpha xvdb", timeout=60)
    d.poll(lambda: left(d) == before, 30, "as before")


def came_back(d, name, old):
    """Wait until systemd has another process of NAME."""
    d.poll(lambda: d.run(f"systemctl is-active {name}", check=False)[0] == 0 and
           pid(d, name) not in (old, "0"), 60, f"{name} is started again")


@pytest.mark.parametrize("how", ["kill -9", "systemctl restart"])
def test_daemons_come_back(dom0, how):
    """Each daemon ended: its unit starts it again, guests and tools notice nothing."""
    d = dom0
    for name in DAEMONS:
        for _ in range(3):
            old = pid(d, name)
            d.run(f"kill -9 {old}" if how == "kill -9" else f"systemctl restart {name}", 60)
            came_back(d, name, old)
            assert d.listed("alpha") and d.listed("omega")
            assert pings(d, "10.9.0.21")
        d.console("alpha")
        d.guest_says("alpha", f"after $((6 * 7)) {name}", f"after 42 {name}")
        d.detach()
    content(d)
    status = d.run("zl-services status")[1]
    assert how != "kill -9" or re.findall(r"restarts: (\d+)\)", status) == ["3"] * 3, status
    d.zl(f"create -q {FOLDER}/hello.xml", timeout=60)
    d.zl("destroy hello", timeout=60)


def test_domain_as_unit(dom0):
    """zl-domain@: up when it is active, shut down with it, failed never."""
    d = dom0
    d.zl(f"define {FOLDER}/work.xml")
    d.run("systemctl start zl-domain@work", 90)
    assert d.listed("work")
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 work", timeout=130)
    d.run("systemctl stop zl-domain@work", 120)
    assert not d.listed("work")
    # One that ends by itself ends its unit.
    d.run("systemctl start zl-domain@work", 90)
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 work", timeout=130)
    d.zl("shutdown -w work", timeout=90)
    d.poll(lambda: d.run("systemctl is-active zl-domain@work", check=False)[1].split() ==
           ["inactive"], 30, "the unit ends with its domain")
    d.zl("undefine work")


def test_exporter(dom0):
    """A connection starts the exporter; its answer has the guests."""
    d = dom0
    d.run("systemctl start zl-metrics.socket")
    for _ in range(3):
        text = d.run("exec 3<>/dev/tcp/127.0.0.1/9417; "
                     "printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3; exec 3>&-", 60,
                     step="the exporter answers")[1]
        assert "200 OK" in text and 'domain="alpha"' in text and 'domain="omega"' in text, text
    content(d)


def test_poweroff(dom0):
    """systemctl poweroff: guests shut down, the last started first; then everything else."""
    d = dom0
    d.m.send("systemctl poweroff\n")
    d.m.expect("LAST-WORDS", 180, "zl-domains stops")
    words = d.m.text[d.m.text.rindex("systemctl poweroff"):]
    ends = re.findall(r"\b(alpha|omega)\b.*\bpoweroff\b", words)
    assert ends[-2:] == ["alpha", "omega"], words
    d.m.wait_exit(180)
    tail = d.m.text[d.m.text.rindex("LAST-WORDS"):]
    assert not re.search(r"\bFAILED\b|Failed|timed out", tail), tail
