# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests as ports of an Open vSwitch bridge: Debian's own, laid over dom0's root as it was unpacked
(tests/setup/fetch openvswitch), with the kernel's module.
"""
import os
import re
import subprocess

import pytest

import dom0 as dom0_module
import machine
from test_network import bridged, end, in_guest, pings, ready

pytestmark = pytest.mark.full
MACHINE = {"smp": 2, "mem": "2G"}
ROOT = os.path.join(machine.OUT, "openvswitch")
PROGRAMS = ("usr/sbin/ovsdb-server", "usr/lib/openvswitch-switch/ovs-vswitchd", "usr/bin/ovs-vsctl",
            "usr/bin/ovsdb-tool", "usr/share/openvswitch/vswitch.ovsschema")
LIBRARIES = ("usr/lib/aarch64-linux-gnu", "lib/aarch64-linux-gnu")
# In the first ten seconds of a machine this ovs-vswitchd (3.1) takes it to have no CPU, as its cache
# of their count begins with the time 0; the threads that it makes later get no packets.
START = ("while [ $(cut -d. -f1 /proc/uptime) -lt 11 ]; do sleep 1; done; "
         "modprobe openvswitch && mkdir -p /run/openvswitch /etc/openvswitch /var/log/openvswitch && "
         "ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema && "
         "ovsdb-server --remote=punix:/run/openvswitch/db.sock --pidfile --detach "
         "/etc/openvswitch/conf.db && ovs-vsctl --no-wait init && "
         "/usr/lib/openvswitch-switch/ovs-vswitchd --pidfile --detach 2>/dev/null && "
         "ovs-vsctl add-br ovs0 && ip addr add 10.0.7.1/24 dev ovs0 && ip link set ovs0 up")


def needed(path):
    """Libraries that a program or library names."""
    out = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def with_libraries():
    """PROGRAMS and the libraries among what they came with, by their paths in the root."""
    files, todo = list(PROGRAMS), [p for p in PROGRAMS if not p.endswith("schema")]
    while todo:
        for name in needed(f"{ROOT}/{todo.pop()}"):
            found = next((f"{d}/{name}" for d in LIBRARIES if os.path.exists(f"{ROOT}/{d}/{name}")), None)
            if found and found not in files:
                files.append(found)
                todo.append(found)
    return files


@pytest.fixture(scope="module")
def overlay(tmp_path_factory):
    if not os.path.exists(ROOT):
        pytest.skip(f"no {ROOT}: tests/setup/fetch openvswitch could not make it")
    path = str(tmp_path_factory.mktemp("openvswitch") / "overlay.tar")
    dom0_module.make_overlay(path, {"one.xml": dom0_module.linux_xml("one")})
    dom0_module.add_files(path, {name: f"{ROOT}/{name}" for name in with_libraries()})
    return path


def begin(d, name, n, *more):
    d.zl(bridged(name, n, "virtualport@type=openvswitch", *more).replace("zbr0", "ovs0"), timeout=90)
    ready(d, name)


def ports(d):
    return d.run("ovs-vsctl list-ports ovs0")[1].split()


def vif(d, name):
    return d.zl(f"network-list {name}")[1].splitlines()[-1].split()[-1]


def test_ports(dom0):
    """Guests reach each other and dom0 as their VLANs have it; who goes leaves no port."""
    d = dom0
    d.run(START, 60)
    begin(d, "one1", 1, "vlan/tag@id=7")
    begin(d, "one2", 2, "vlan/tag@id=7")
    begin(d, "one3", 3)
    names = {n: vif(d, n) for n in ("one1", "one2", "one3")}
    if sorted(ports(d)) != sorted(names.values()):
        d.fail("each guest has a port", f"{names}, {ports(d)}")
    tags = [d.run(f"ovs-vsctl get port {v} tag")[1].strip() for v in names.values()]
    if tags != ["7", "7", "[]"]:
        d.fail("two have the VLAN's tag", tags)
    d.poll(lambda: pings(d, "10.0.7.4"), 60, "the one without a VLAN answers dom0")
    same, other = in_guest(d, "one1", "ping -c 3 -W 5 10.0.7.3", "ping -c 2 -W 2 10.0.7.4")
    if same[0] != 0 or other[0] == 0 or pings(d, "10.0.7.2"):
        d.fail("one1 reaches one2 and nobody else", f"{same[1]}\n{other[1]}")
    # Its link, a reboot, detached and attached.
    d.zl("network-set one3 0 --link=down", timeout=60)
    if pings(d, "10.0.7.4"):
        d.fail("a link that is down carries nothing", "")
    d.zl("network-set one3 0 --link=up", timeout=60)
    d.poll(lambda: pings(d, "10.0.7.4"), 60, "and up again it does")
    d.zl("reboot -w one3", timeout=90)
    ready(d, "one3")
    d.poll(lambda: pings(d, "10.0.7.4"), 60, "one3 answers after its reboot")
    if len(ports(d)) != 3 or names["one3"] in ports(d):
        d.fail("its port is a new one", ports(d))
    d.zl("network-detach one1 0", timeout=60)
    if names["one1"] in ports(d):
        d.fail("a detached interface leaves no port", ports(d))
    d.zl("network-attach one1 bridge=ovs0,script=vif-openvswitch,vlan=7,vifname=named", timeout=60)
    if d.run("ovs-vsctl get port named tag")[1].strip() != "7":
        d.fail("the attached one has its name and tag", ports(d))
    code, out = d.zl("network-attach one1 bridge=ovs9,script=vif-openvswitch 2>&1", 60, check=False)
    if code == 0 or "there is no Open vSwitch bridge ovs9" not in out:
        d.fail("a bridge that is not there is named", f"exit code {code}\n{out}")
    end(d, "one1", "one2", "one3")
    if ports(d):
        d.fail("guests that are gone leave no port", ports(d))
