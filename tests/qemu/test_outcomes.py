# SPDX-License-Identifier: GPL-2.0-or-later
"""How guests end and what follows: exit codes of create -F, each on_crash once; and Ctrl-C in the
middle of a change, after which all is as it was."""
import re

import pytest

import machine
from dom0 import FOLDER
from test_config import lay
from test_definitions import define
from test_leaks import settled

MACHINE = {"smp": 2, "mem": "2G"}


@pytest.mark.parametrize("name, code, word", [("poweroff", 0, "poweroff"), ("crash", 10, "crash"),
                                              ("watchdog", 11, "watchdog")])
def test_create_foreground(dom0, name, code, word):
    """The guest's outcome is the exit code; whoever comes later still hears of it."""
    d = dom0
    # What its watchdog ends would otherwise be started again.
    d.run(f"sed '/on_reboot/s/restart/destroy/' {FOLDER}/{name}.xml >/tmp/{name}.xml")
    got, text = d.zl(f"create -F /tmp/{name}.xml", 60, check=False)
    assert got == code and f"{name} has ended: {word}" in text, (got, text)
    d.wait_gone(name, 20)
    got, text = d.zl(f"console {name}", check=False)
    assert got == 3 and "LIFE ends" in text and f"note: {name} has ended: {word}" in text, text


def crash(d, name):
    """Have a guest crash that would not: with a core, which is no matter of on_crash."""
    d.run("rm -rf /tmp/core /var/lib/zl/dump")
    d.zl(f"dump-core --crash {name} /tmp/core", 60)


def test_rename_restart(dom0):
    d = dom0
    define(d, "twice", "spin", on_crash="rename-restart")
    d.zl("start twice")
    first = d.listed("twice")
    crash(d, "twice")
    d.poll(lambda: "twice-1" in d.rows() and "twice" in d.rows(), 30, "the next life begins")
    rows = d.rows()
    assert rows["twice-1"][1] == first[1] and rows["twice-1"][4][4] == "c", rows
    assert rows["twice"][1] != first[1] and "c" not in rows["twice"][4], rows
    for name in ("twice-1", "twice"):
        d.zl(f"destroy {name}")
    d.zl("undefine twice")


def test_crash_and_core(dom0):
    """coredump-destroy: a core and nobody; preserve: somebody who has crashed, until zl destroy."""
    d = dom0
    define(d, "once", "spin", on_crash="coredump-destroy")
    d.zl("start once")
    crash(d, "once")
    d.wait_gone("once", 30)
    cores = d.run("ls /var/lib/zl/dump")[1].split()
    assert len(cores) == 1 and re.fullmatch(r"once-\d{8}-\d{6}\.core", cores[0]), cores
    define(d, "once", "spin", on_crash="preserve")
    d.zl("start once")
    crash(d, "once")
    d.run("sleep 2")
    assert d.listed("once")[4][4] == "c"
    assert d.run("ls /var/lib/zl/dump", check=False)[1].split(" ")[0] != cores[0]
    assert "preserved" in d.zl("events once")[1]
    d.zl("destroy once")
    d.zl("undefine once")


# Each says on the console that it has begun, and would take its time.
SLOW = """#!/bin/sh
[ $1 = offline ] || [ $1 = remove ] || { echo BEGUN >/dev/console; sleep 60; }
"""


def picture(d):
    """settled(), without what the guest itself writes of a device that went before it was there."""
    now = settled(d)
    now["definitions"] = d.run("ls -A /etc/zl/domains")[1]
    now["run-time files"] = re.sub(r".*\.lock\n", "", now["run-time files"])
    now["xenstore nodes"] = [n for n in now["xenstore nodes"]
                             if not re.match(r"/local/domain/[1-9]\d*/error", n)]
    return now


@pytest.mark.full
def test_interrupted_changes(dom0):
    """Ctrl-C while a script runs, or while a definition is read: undone, told, exit code 130."""
    d = dom0
    d.zl(f"create {FOLDER}/one.xml", 60)
    d.zl("wait --for=running one")
    lay(d, "slow", SLOW)
    d.run(f"cd /etc/zl/scripts && cp {FOLDER}/slow vif-slow && cp vif-slow block-slow && "
          "chmod +x vif-slow block-slow; cd -; mkfifo /tmp/fifo")
    # The folders of the two kinds stay from the first device of all on.
    d.run("mkdir -p /etc/zl/domains; for k in vif vbd; do xenstore-write /local/domain/0/backend/$k ''; done")
    before = picture(d)
    for command, begun in (("zl network-attach one script=vif-slow", "BEGUN"),
                           ("zl block-attach one script=block-slow,vdev=xvdz,target=/dev/loop6",
                            "BEGUN"),
                           ("(echo BEG\"\"UN; exec zl define /tmp/fifo)", "BEGUN")):
        begin = d.m.pos
        d.m.send(f"{command}\n")
        d.m.expect(rf"^{begun}$", 60, f"{command} begins")
        d.m.send("\x03")
        d.m.expect(re.escape(machine.PROMPT) + r"\S*# ", 30, f"{command} ends")
        d.m.send("echo code=\"\"$?\n")
        assert d.m.expect(r"^code=(\d+)\n", 20, f"{command} tells how").group(1) == "130", command
        if "attach" in command:
            assert "interrupted" in d.m.text[begin:d.m.pos], command
        d.run("true")
        after = picture(d)
        for what, was in before.items():
            assert after[what] == was, f"{command}: {what}"
    d.run("rm -f /tmp/fifo /etc/zl/scripts/*-slow")
    d.zl("destroy one")


@pytest.mark.full
def test_define_killed(dom0):
    """At whatever time: the definition is there whole, or not at all, and what else may be there
    zl check --repair takes away."""
    d = dom0
    d.run("mkdir -p /etc/zl/domains")
    for ms in [*range(4, 84, 4), 5000]:
        d.run(f"sh -c 'zl define {FOLDER}/spin.xml & usleep {ms}000; kill $!; wait $!'", check=False)
        files = d.run("ls -A /etc/zl/domains")[1].split()
        if [f for f in files if f != "spin.xml"]:
            d.zl("check --repair", check=False)
            files = d.run("ls -A /etc/zl/domains")[1].split()
        assert files in ([], ["spin.xml"]), (ms, files)
        if files:
            d.zl("validate /etc/zl/domains/spin.xml")
            d.zl("undefine spin")
    assert files, "not even the last one had the time"
