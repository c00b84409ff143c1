# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks: guests on a bridge, routed and behind NAT, with stock front- and back-ends of Linux.

The bridge zbr0 is made by zl-services from zl.conf.  Guest N on it has 10.0.7.(1 + N).
"""
import re

import pytest

from dom0 import FOLDER, READY
from machine import OUTSIDE_ADDRESS

MACHINE = {"smp": 2, "mem": "2G", "net": True}
CONF = r"[network]\nbridge = zbr0\naddress = 10.0.7.1/24\n"


def bridged(name, n, *more):
    """The words of zl create for guest NAME, number N on zbr0; MORE: below its <interface>."""
    sets = [f"name={name}", f"os/cmdline=console=hvc0 quiet zazen.ip=10.0.7.{n + 1}/24",
            "devices/interface@type=bridge", "devices/interface/source@bridge=zbr0",
            *(f"devices/interface/{m}" for m in more)]
    return "create " + " ".join(f"--set '{s}'" for s in sets) + f" {FOLDER}/one.xml"


def host(d):
    """dom0 with the bridge; made by the first test that asks."""
    if "zbr0" not in d.run("ls /sys/class/net")[1].split():
        d.run(f"printf '{CONF}' >/etc/zl/zl.conf && zl-services start", timeout=60)
    return d


def ready(d, name):
    d.zl(f"wait --for=console:/{READY}/ --timeout=120 {name}", timeout=130)


def begin(d, name, n, *more, memory="128MiB"):
    """A guest that has booted."""
    d.zl(bridged(name, n, *more).replace("create", f"create --set memory={memory}", 1), timeout=90)
    ready(d, name)


def end(d, *names):
    for name in names:
        d.zl(f"destroy {name}", timeout=60)
    assert list(d.rows()) == ["Domain-0"]


def pings(d, address, more=""):
    """Does somebody answer dom0?"""
    return d.run(f"ping -c 1 -W 5 {more} {address}", timeout=40, check=False)[0] == 0


def state(d):
    """What must be the same before and after: interfaces, ports, nodes of devices, rules."""
    text = d.run("ls /sys/class/net /sys/class/net/zbr0/brif; "
                 "xenstore-ls -f /local/domain/0/backend |"
                 " grep /vif/; nft list tables; ip route")[1]
    return sorted(text.splitlines())


def in_guest(d, name, *commands):
    """Run commands in a guest's shell; their exit codes and output."""
    d.console(name)
    answers = [d.guest_run(name, c, timeout=60, check=False) for c in commands]
    d.detach()
    return answers


def test_bridge(dom0):
    """Two guests and dom0 on one bridge: ICMP and TCP in all directions, MTU, rate, addresses."""
    d = host(dom0)
    begin(d, "one1", 1, "mac@address=00:16:3e:01:02:03", "mtu@size=1400")
    begin(d, "one2", 2, "bandwidth/outbound@average=300")
    d.poll(lambda: pings(d, "10.0.7.2") and pings(d, "10.0.7.3"), 60, "both guests answer dom0")
    row = d.zl("network-list one1")[1].splitlines()[-1].split()
    assert row[:3] == ["0", "0", "00:16:3e:01:02:03"] and row[4] == "4" and row[-2] == "zbr0", row
    vif = row[-1]
    assert d.run(f"cat /sys/class/net/{vif}/mtu")[1].strip() == "1400"
    assert f"<target dev='{vif}'/>" in d.zl("dumpxml one1")[1]
    derived = re.search(r"<mac address='(00:16:3e:[0-9a-f:]{8})'/>", d.zl("dumpxml one2")[1])
    assert derived and derived.group(1) in d.zl("network-list one2")[1]
    tcp = in_guest(d, "one1", "nc -l -p 7 -e cat >/dev/null 2>&1 & true")
    assert d.run("echo hello | nc -w 10 10.0.7.2 7")[1].strip() == "hello"
    # 300 KiB/s let 1.2 MB through in about four seconds; slow machines take longer, none less.
    d.run("nc -l -p 9 >/run/got 2>/dev/null & true")
    # one1's end of the wire takes 1400 bytes, no more.
    fits, big, sent = in_guest(
        d, "one2", "ping -c 2 -W 5 -s 1372 10.0.7.2", "ping -c 1 -W 2 -s 1400 10.0.7.2",
        "time sh -c 'dd if=/dev/zero bs=1k count=1200 2>/dev/null | nc -w 60 10.0.7.1 9'")
    assert tcp[0][0] == 0 and fits[0] == 0 and big[0] != 0, (fits, big)
    took = re.search(r"real\s+(\d+)m\s*([\d.]+)s", sent[1])
    assert took and 60 * int(took.group(1)) + float(took.group(2)) > 2.5, sent
    assert d.run("wc -c </run/got")[1].strip() == str(1200 * 1024)
    # A reboot keeps the address and brings the network back.
    d.zl("reboot -w one2", timeout=90)
    ready(d, "one2")
    d.poll(lambda: pings(d, "10.0.7.3"), 60, "the guest answers after its reboot")
    assert derived.group(1) in d.zl("network-list one2")[1]
    # The cable is pulled, and plugged in again.
    name = d.zl("network-list one2")[1].split()[-1]
    d.zl("network-set one2 0 --link=down", timeout=60)
    assert " down zbr0 " in d.zl("network-list one2")[1] and not pings(d, "10.0.7.3")
    assert "<link state='down'/>" in d.zl("dumpxml one2")[1] and pings(d, "10.0.7.2")
    d.zl(f"domif-setlink one2 {name} up", timeout=60)
    d.poll(lambda: pings(d, "10.0.7.3"), 60, "the guest answers with its link up again")
    end(d, "one1", "one2")
    assert "vif" not in d.run("ls /sys/class/net")[1]


@pytest.mark.full
def test_isolated(dom0):
    """Isolated ports hear dom0 alone."""
    d = host(dom0)
    begin(d, "one1", 1, "port@isolated=yes")
    begin(d, "one2", 2, "port@isolated=yes")
    d.poll(lambda: pings(d, "10.0.7.2") and pings(d, "10.0.7.3"), 60, "both guests answer dom0")
    assert in_guest(d, "one1", "ping -c 2 -W 2 10.0.7.3")[0][0] != 0
    end(d, "one1", "one2")


def rubbish(d, before):
    """An interface whose link is down stays down; what the guest writes there harms nobody."""
    d.run("printf '<interface type=\"network\"><source network=\"default\"/><link state=\"down\"/>"
          "</interface>' >/run/down.xml")
    d.zl("network-attach one1 /run/down.xml", timeout=60)
    vif = d.zl("network-list one1")[1].splitlines()[-1].split()[-1]
    assert "UP" not in d.run(f"ip link show {vif}")[1].split("mtu")[0]
    front = f"/local/domain/{d.listed('one1')[1]}/device/vif/1"
    # A guest owns its directory: these are the writes that it could do.
    d.run(f"xenstore-write {front}/tx-ring-ref 4294967295 {front}/rx-ring-ref 0x "
          f"{front}/event-channel-tx x {front}/multi-queue-num-queues 999999 "
          f"{front}/backend /local/domain/0/backend/vif/0/0 {front}/backend-id 77 "
          f"{front}/mac 'no mac' {front}/state 3")
    assert re.search(r"^1\s", d.zl("network-list one1")[1], re.M)
    d.run(f"xenstore-write {front}/state 4; xenstore-write {front}/state 9; xenstore-rm {front}")
    d.zl("network-detach --force one1 1", timeout=60)
    assert state(d) == before


def hot(d, rounds):
    # Debian's 6.1 loses 1 MiB with each interface that goes; of 128, half is kept for DMA.
    begin(d, "one1", 1, memory="256MiB")
    d.poll(lambda: pings(d, "10.0.7.2"), 60, "the guest answers dom0")
    before = state(d)
    d.run("ping 10.0.7.2 >/dev/null 2>&1 & true")
    loop = ("for i in $(seq %d); do"
            " zl network-attach one1 bridge=zbr0,mac=00:16:3e:09:09:09,vifname=hot0"
            " && [ -e /sys/class/net/zbr0/brif/hot0 ] || break; n=0;"
            " until zl network-list one1 | grep -q '^1 .* 4 .* hot0$'; do"
            " n=$((n + 1)); [ $n -lt 90 ] || break 2; sleep 1; done;"
            " zl network-detach one1 00:16:3e:09:09:09 || break; echo through $i; done")
    done = 0
    while done < rounds:
        step = min(10, rounds - done)
        said = d.run(loop % step, timeout=60 * step, step=f"rounds {done} to {done + step}")[1]
        assert said.count("through") == step, said
        assert d.zl("network-detach one1 1", check=False)[0] == 3
        done += step
    rubbish(d, before)
    d.run("kill $!")
    assert state(d) == before
    assert pings(d, "10.0.7.2"), "the first interface works no more"
    end(d, "one1")


def test_hot(dom0):
    """Attach and detach while the guest's other interface is in use, and a guest that lies."""
    hot(host(dom0), 2)


@pytest.mark.full
def test_hot_often(dom0):
    """The same fifty times."""
    hot(host(dom0), 50)


def test_outside(dom0):
    """Behind NAT and routed, a guest reaches what is outside of the machine."""
    d = host(dom0)
    d.zl(f"create {FOLDER}/one.xml", timeout=90)
    ready(d, "one")
    before = state(d)
    fetch = f"printf 'GET /hello HTTP/1.0\\r\\n\\r\\n' | nc -w 20 {OUTSIDE_ADDRESS} 80"

    def net(address, gateway, mac):
        dev = f"$(grep -l {mac} /sys/class/net/*/address | cut -d/ -f5)"
        return (f"i={dev}; ip link set $i up; ip addr add {address}/24 dev $i; "
                f"ip route add default via {gateway}")
    d.zl("network-attach one script=vif-nat,ip=10.0.5.2/24,mac=00:16:3e:00:00:01", timeout=60)
    said = in_guest(d, "one", net("10.0.5.2", "10.0.5.1", "00:16:3e:00:00:01"),
                    "ping -c 1 -W 5 10.0.5.1", fetch)
    assert said[1][0] == 0 and "outside says /hello" in said[2][1], said
    d.zl("network-detach one 0", timeout=60)
    assert state(d) == before
    # The outer network's own address: dom0 answers for it there, too.
    d.run("echo 1 >/proc/sys/net/ipv4/conf/eth0/proxy_arp")
    d.zl("network-attach one script=vif-route,ip=10.0.2.77,mac=00:16:3e:00:00:02", timeout=60)
    said = in_guest(d, "one", net("10.0.2.77", "10.0.2.2", "00:16:3e:00:00:02"),
                    "ping -c 1 -W 5 10.0.2.15", fetch)
    assert said[1][0] == 0 and "outside says /hello" in said[2][1], said
    d.zl("network-detach one 0", timeout=60)
    assert state(d) == before
    end(d, "one")


def test_failures(dom0):
    """What cannot be is said with all that is known, and nothing is left of it."""
    d = host(dom0)
    d.run("printf '#!/bin/sh\\necho first >&2\\necho the cable is cut >&2\\nexit 5\\n' "
          ">/etc/zl/scripts/vif-broken; printf '#!/bin/sh\\n[ $1 = offline ] || xenstore-write "
          "$XENBUS_PATH/hotplug-error \"no $vif\" $XENBUS_PATH/hotplug-status error\\n' "
          ">/etc/zl/scripts/vif-refuses; chmod +x /etc/zl/scripts/*")
    before = None

    def create(code, *texts, more=()):
        rc, said = d.zl(bridged("one1", 1, *more), timeout=90, check=False)
        assert rc == code and all(t in said for t in texts), (rc, said)
        assert list(d.rows()) == ["Domain-0"]
        assert before in (None, state(d))
    create(1, "interface vif", "vif-broken failed with status 5: the cable is cut",
           more=("script@path=vif-broken",))
    # The first one made the directories that stay.
    before = state(d)
    free = d.zl("info -s free_memory")[1]
    nodes = d.run("xenstore-ls / | wc -l")[1]
    create(1, "interface vif", "the cable is cut", more=("script@path=vif-broken",))
    create(1, "vif-refuses failed: no vif", more=("script@path=vif-refuses",))
    create(3, "cannot run the script /etc/zl/scripts/vif-nosuch", more=("script@path=vif-nosuch",))
    create(3, "there is no bridge br9", "the bridges here: zbr0", more=("source@bridge=br9",))
    create(7, "the name eth0 is in use", more=("target@dev=eth0",))
    create(1, "ovs-vsctl is not installed", more=("virtualport@type=openvswitch",))
    create(5, "does not know VLANs", more=("vlan/tag@id=7",))
    assert d.run("xenstore-ls / | wc -l")[1] == nodes
    d.poll(lambda: d.zl("info -s free_memory")[1] == free, 20, "all memory is free again")
