# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's guest agent in a stock Debian, set up as docs/domains.md says: zl wait --for=agent, and
snapshots for which it holds its file systems still.

The guest's root is a qcow2 file over out/debian/root.img, since a snapshot copies files.
"""
import json

import pytest

from dom0 import FOLDER, ON_DISKS
from test_debian import ssh, wait_up

pytestmark = pytest.mark.full
MACHINE = {"smp": 2, "mem": "3G", "debian": 1}
NAME = "debian1"
KEPT = f"/var/lib/zl/snapshots/{NAME}"
CHANNEL = "<channel type='unix'><target type='xen' name='org.qemu.guest_agent.0'/></channel>"
EDITS = (f"s|<disk .*|<disk type='file'>|; s|'raw'|'qcow2'|; s|<source dev.*|<source file='{ON_DISKS}/q.qcow2'/>|; "
         f"s|</interface>|</interface>{CHANNEL}|")
# What docs/domains.md has people type in the guest, but for the package, which is there.
UNIT = ("printf '%s\\n' '[Service]' 'ExecStart=/usr/sbin/qemu-ga -m isa-serial -p /dev/hvc1' Restart=always "
        "'[Install]' WantedBy=multi-user.target >/etc/systemd/system/agent.service")
ENABLE = "systemctl enable --now agent"


def snapshots(d):
    """{name: were its file systems held still}"""
    text = d.zl(f"--json snapshot list {NAME}")[1]
    return {s["name"]: s["quiesced"] for s in json.loads(text[text.index("{"):text.rindex("}") + 1])["data"]}


def recovered(d, snapshot):
    """Does the kept disk's file system need its journal replayed?  It is sound in any case."""
    d.run(f"qemu-nbd -r -f qcow2 -c /dev/nbd9 {KEPT}/{snapshot}/xvda; i=0; "
          "until [ $(cat /sys/block/nbd9/size) -gt 0 ]; do sleep .2; [ $((i+=1)) -lt 50 ] || break; done", 60)
    features = d.run("dumpe2fs -h /dev/nbd9 2>/dev/null | grep features", 60)[1]
    word = d.run("debugfs -R 'cat /srv/word' /dev/nbd9 2>/dev/null", 60, check=False)[1]
    if "needs_recovery" not in features:
        d.run("e2fsck -fn /dev/nbd9", 300)
    d.run("qemu-nbd -d /dev/nbd9 >/dev/null; i=0; "
          "while [ -e /sys/block/nbd9/pid ] && [ $((i+=1)) -lt 50 ]; do sleep .2; done", 60)
    return "needs_recovery" in features, word.split()


def test_agent(dom0):
    d = dom0
    d.run(f"cd {ON_DISKS} && modprobe nbd && qemu-img create -q -f qcow2 -F raw "
          f"-b /dev/disk/by-id/virtio-{NAME} q.qcow2; cd -", 60)
    d.run(f'sed "{EDITS}" {FOLDER}/{NAME}.xml >{FOLDER}/agent.xml')
    d.zl(f"define {FOLDER}/agent.xml")
    d.zl(f"start {NAME}", timeout=60)
    wait_up(d, 1)

    # The kernel has connected the channel, and nobody answers.
    code, text = d.zl(f"wait --for=agent --timeout=3 {NAME}", timeout=60, check=False)
    assert code == 8 and "the guest's agent does not answer" in text, text
    code, text = d.zl(f"snapshot create --quiesce --timeout=2 {NAME} none", timeout=60, check=False)
    assert code == 8 and "apt install qemu-guest-agent" in text, text
    ssh(d, 1, f"{UNIT}; {ENABLE}")
    d.zl(f"wait --for=agent --timeout=60 {NAME}", timeout=90)
    assert snapshots(d) == {}

    # What nobody has synced is in the copy that was made with the file systems still.
    ssh(d, 1, "echo first >/srv/word; sync; echo second >/srv/word")
    d.zl(f"snapshot create --disk-only {NAME} rude", timeout=300)
    d.zl(f"snapshot create --quiesce --timeout=60 {NAME} still", timeout=300)
    ssh(d, 1, "echo third >/srv/word; sync")
    assert snapshots(d) == {"rude": False, "still": True}
    assert recovered(d, "rude")[0]
    assert recovered(d, "still") == (False, ["second"])

    # A zl that is killed while they stand still: the monitor has them let go.
    d.run(f"sh -c 'zl snapshot create --quiesce --timeout=60 {NAME} x & p=$!;"
          " while kill -0 $p && set -- /run/zl/building/pause-* && [ ! -e $1 ]; do :; done;"
          " ls /run/zl/building; kill -9 $p; wait $p; [ $? = 137 ]'", timeout=120)
    d.poll(lambda: d.run("ls /run/zl/building")[1].split() == [], 30, "the record is taken away")
    ssh(d, 1, "echo fourth >/srv/word; sync", 60)
    d.zl(f"wait --for=agent --timeout=60 {NAME}", timeout=90)
    assert "thawed" in d.zl(f"events {NAME}")[1]
    d.zl("check --repair", timeout=60, check=False)

    # Another program has the channel.
    d.run(f"(sleep 300 | zl console -e none -n 1 {NAME} >/dev/null 2>&1 & true)")
    d.run("sleep 2")
    code, text = d.zl(f"wait --for=agent --timeout=2 {NAME}", timeout=60, check=False)
    assert code == 8 and "is not taken" in text, text
    d.run("killall zl sleep; true")
    d.zl(f"wait --for=agent --timeout=60 {NAME}", timeout=90)

    d.zl(f"snapshot revert --force {NAME} still", timeout=300)
    d.run("ssh -O exit root@10.9.0.11 2>/dev/null; true")
    d.zl(f"start {NAME}", timeout=60)
    wait_up(d, 1)
    d.zl(f"wait --for=agent --timeout=60 {NAME}", timeout=90)
    out = ssh(d, 1, "cat /srv/word; journalctl -b -k -q --no-pager | grep -i 'ext4-fs.*\\(recovery\\|error\\)'; true")[1]
    assert out.split() == ["second"], out
    d.zl(f"destroy {NAME}", timeout=60)
    d.zl(f"undefine --snapshots {NAME}")
