# SPDX-License-Identifier: GPL-2.0-or-later
"""Verbs of xl and virsh in a real dom0: a cdrom that comes, changes and goes; what a host lacks, told
before a start; a definition's description and metadata; a change that counts from the next start on.
"""
import re

from dom0 import FOLDER, ON_DISKS, linux_xml
from test_config import lay

MACHINE = {"smp": 2, "mem": "2G"}


def medium(d, which):
    """What the guest's cdrom is, once it has one: its file and whether it may be written."""
    d.console("cd")
    text = d.guest_run("cd", "n=0; while [ ! -b /dev/xvdc ] && [ $n -lt 100 ]; do usleep 100000; "
                       "n=$((n + 1)); done; mount -t ext4 -o ro /dev/xvdc /mnt && cat /mnt/which "
                       "/sys/block/xvdc/ro", 60)[1]
    d.detach()
    assert text.split() == [which, "1"], text


def unmount(d):
    d.console("cd")
    d.guest_run("cd", "umount /mnt")
    d.detach()


def test_cdrom(dom0):
    d = dom0
    lay(d, "cd.xml", linux_xml("cd"))
    for which in ("first", "second"):
        d.run(f"cd {ON_DISKS} && truncate -s 4M {which}.iso && mkfs.ext4 -qF {which}.iso && "
              f"mount -o loop {which}.iso /mnt && echo {which} > /mnt/which && umount /mnt && cd -", 60)
    d.attach("cd", f"zl create -c {FOLDER}/cd.xml")
    d.guest_run("cd", "mkdir -p /mnt")
    d.detach()
    d.zl(f"cd-insert cd xvdc {ON_DISKS}/first.iso", timeout=60)
    medium(d, "first")
    # One that is not there takes nothing away.
    code, text = d.zl(f"cd-insert cd xvdc {ON_DISKS}/third.iso", 60, check=False)
    assert code == 3 and "third.iso" in text, text
    unmount(d)
    medium(d, "first")
    unmount(d)
    d.zl(f"cd-insert cd xvdc {ON_DISKS}/second.iso", timeout=60)
    medium(d, "second")
    unmount(d)
    assert "second.iso" in d.zl("dumpxml cd")[1]
    d.zl("cd-eject cd xvdc", timeout=60)
    d.console("cd")
    d.guest_run("cd", "n=0; while [ -b /dev/xvdc ] && [ $n -lt 100 ]; do usleep 100000; "
                "n=$((n + 1)); done; [ ! -b /dev/xvdc ]", 60)
    d.detach()
    assert d.zl("cd-eject cd xvdc", check=False)[0] == 3
    assert "iso" not in d.zl("dumpxml cd")[1] and len(d.zl("block-list cd")[1].splitlines()) == 1
    d.zl("destroy cd", timeout=60)


def test_validate_host(dom0):
    d = dom0
    nic = "<devices><interface type='bridge'><source bridge='{}'/></interface></devices>"
    good = linux_xml("host", vcpus=2)
    bad = {
        "pcpu": (good.replace("<vcpu>", "<vcpu cpuset='0,7'>"), "7"),
        "bridge": (linux_xml("host", extra=nic.format("nobr0")), "nobr0"),
        "kernel": (good.replace("/Image<", "/NoImage<"), "NoImage"),
        "disk": (linux_xml("host", extra="<devices><disk type='file'><source file='/no/disk.img'/>"
                           "<target dev='xvda'/></disk></devices>"), "/no/disk.img"),
        "memory": (linux_xml("host", memory=8192), "MiB"),
    }
    lay(d, "host.xml", good)
    assert d.zl(f"validate --host {FOLDER}/host.xml")[1].count("zl:") == 0
    d.run("modprobe bridge; brctl addbr br9")
    lay(d, "host.xml", linux_xml("host", extra=nic.format("br9")))
    assert d.zl(f"validate --host {FOLDER}/host.xml")[1].count("zl:") == 0
    d.run("brctl delbr br9")
    for name, (xml, part) in bad.items():
        lay(d, "host.xml", xml)
        code, text = d.zl(f"validate --host {FOLDER}/host.xml", check=False)
        assert code != 0 and "error" in text and part in text, (name, code, text)
        # The same is no fault of the file, and a start says the same in time.
        assert d.zl(f"validate {FOLDER}/host.xml", check=False)[0] == 0, name
        assert d.zl(f"create {FOLDER}/host.xml", check=False)[0] == code, name
    assert "host" not in d.rows()


def test_describe(dom0):
    """Words of people and of programs in a definition, and the guest's text around them as it was."""
    d = dom0
    before = d.run(f"sed 's,<name>.*</name>,<name>words</name>,' {FOLDER}/spin.xml | tee /tmp/words.xml")[1]
    d.zl("define /tmp/words.xml")
    d.zl("desc --title words A spinning guest")
    d.zl("desc words Two words, and more '<&>'")
    assert d.zl("desc --title words")[1].splitlines()[-1] == "A spinning guest"
    assert d.zl("desc words")[1].splitlines()[-1] == 'Two words, and more <&>'
    d.zl("metadata --uri=urn:example:m --key=m --set=\"<rack unit='7'/>\" words")
    assert "unit='7'" in d.zl("metadata --uri=urn:example:m words")[1]
    d.zl("start words")
    for args in ("dumpxml words", "dumpxml --inactive words"):
        text = d.zl(args)[1]
        assert "<title>A spinning guest</title>" in text and "&lt;&amp;&gt;" in text, text
        assert "unit='7'" in text and "urn:example:m" in text, text
    d.zl("destroy words")
    d.zl("metadata --uri=urn:example:m --remove words")
    d.zl("desc words ''")
    d.zl("desc --title words ''")
    assert d.zl("metadata --uri=urn:example:m words", check=False)[0] == 3
    after = d.run("grep -v -e uuid -e '^ *$' /etc/zl/domains/words.xml")[1]
    assert re.sub(r"\s", "", after).replace("<metadata></metadata>", "") == re.sub(r"\s", "", before), after
    d.zl("undefine words")


def vcpus(d):
    return len(re.findall(r"^upd ", d.zl("vcpu-list upd")[1], re.M))


def test_config_update(dom0):
    d = dom0
    d.run(f"sed 's,<name>.*</name>,<name>upd</name>,' {FOLDER}/spin.xml > /tmp/upd.xml")
    d.zl("define /tmp/upd.xml")
    d.zl("start upd")
    assert d.listed("upd")[2:4] == ["16", "1"], d.listed("upd")
    text = d.zl("config-update upd memory=24 maxmem=24 vcpus=2")[1]
    assert "from its next start on" in text, text
    assert d.zl("config-update upd vcpus=frob", check=False)[0] == 4
    assert d.zl("config-update upd name=other", check=False)[0] != 0
    assert d.listed("upd")[2:4] == ["16", "1"]
    old = d.listed("upd")[1]
    d.zl("reboot -F upd")  # keeps what runs
    d.poll(lambda: (d.listed("upd") or ["", old])[1] != old, 40, "it is there again")
    assert d.listed("upd")[2:4] == ["16", "1"], d.listed("upd")
    d.zl("shutdown -F -ww upd")
    d.zl("start upd")
    assert d.listed("upd")[2] == "24" and vcpus(d) == 2, d.listed("upd")
    # A file in its place; the settings after it win.
    d.zl("config-update upd /tmp/upd.xml memory=20 maxmem=20")
    d.zl("destroy upd")
    d.zl("start upd")
    assert d.listed("upd")[2] == "20" and vcpus(d) == 1, d.listed("upd")
    d.zl("destroy upd")
    d.zl("undefine upd")


def hypercalls(d, args, domid):
    """What a domain asked for by HVC, in order, of zl trace report."""
    return d.zl(f"-q trace report {args} | awk '$3 ~ /^{domid}[.]/ && $7 == \"hvc\" {{ print $8 }}'",
                timeout=60)[1].split()


def test_trace(dom0):
    """A guest's life is in the trace, from its first question to its last; none is taken before or after."""
    d = dom0
    lay(d, "seen.xml", linux_xml("seen"))
    assert d.zl("trace dump -o /tmp/seen", check=False)[0] == 7
    d.zl("trace start -e hvc -s 1M")
    assert d.zl("trace start", check=False)[0] == 7
    d.attach("seen", f"zl create -c {FOLDER}/seen.xml")
    d.guest_run("seen", "true")
    d.detach()
    domid = d.listed("seen")[1]
    d.zl("trace dump -o /tmp/alive")
    d.zl("shutdown -w seen", timeout=60)
    d.zl("trace stop -o /tmp/seen", timeout=60)
    assert d.zl("trace report", check=False)[0] == 7
    alive, seen = (hypercalls(d, f"/tmp/{f}", domid) for f in ("alive", "seen"))
    assert seen[0] == "xen_version" and seen[-1] == "sched_op", seen
    assert {"memory_op", "hvm_op", "vcpu_op", "event_channel_op"} <= set(alive), alive
    assert len(seen) > len(alive) and seen[:len(alive)] == alive
    assert "domctl" in hypercalls(d, "/tmp/seen", 0)
    sums = d.zl("trace report --summary /tmp/seen")[1]
    assert re.search(rf"^ *{domid} hvc +{len(seen)} ", sums, re.M), sums
    assert not re.search(r"irq|data_abort", sums), sums
    d.run("rm /tmp/alive /tmp/seen")
