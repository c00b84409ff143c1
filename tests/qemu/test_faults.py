# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests do wrong costs only themselves: crash, reboot, end at once, smash their rings."""
import re

import pytest

from dom0 import FOLDER, READY

MACHINE = {"smp": 2, "mem": "2G"}


@pytest.fixture
def steady(dom0):
    """Dom0 with its daemons; afterwards they are the same ones and no guest is left."""
    before = dom0.daemons()
    assert len(before) == 3, before
    yield dom0
    if dom0.m.proc.poll() is None:
        for name in dom0.rows():
            if name != "Domain-0":
                dom0.zl(f"destroy {name}", check=False)
        assert dom0.daemons() == before, "a daemon ended or was started anew"
        assert list(dom0.rows()) == ["Domain-0"]


@pytest.mark.parametrize("name", ["crash", "fault"])
def test_payload_crashes(steady, name):
    d = steady
    d.zl(f"create {FOLDER}/{name}.xml")
    d.wait_log(name, r"LIFE ends", 20)
    d.wait_gone(name, 20)


def test_poweroff_at_once(steady):
    """A guest that prints and is gone: its words are kept."""
    d = steady
    d.zl(f"create {FOLDER}/poweroff.xml")
    d.wait_gone("poweroff", 20)
    assert re.search(r"LIFE starts: .*\n.*LIFE ends", d.log("poweroff"))


def test_create_console_of_a_quick_guest(steady):
    """zl create -c shows the one line of a guest that ends at once."""
    d = steady
    _, text = d.zl(f"create -c {FOLDER}/poweroff.xml", timeout=30)
    assert "LIFE ends" in text
    d.wait_gone("poweroff", 20)


def test_reboots(steady):
    """A guest that reboots itself comes up again and again."""
    d = steady
    d.zl(f"create {FOLDER}/reboot.xml")
    d.wait_log("reboot", r"LIFE starts", 40, 3)
    d.poll(lambda: d.zl("destroy reboot", check=False)[0] == 0, 20, "reboot is destroyed")
    d.wait_gone("reboot", 10)


def test_linux_panics(steady):
    d = steady
    d.zl(f"create {FOLDER}/linux-panic.xml", timeout=60)
    d.wait_log("linux-panic", READY, 60)
    d.wait_gone("linux-panic", 60)
    assert "Kernel panic" in d.log("linux-panic")


def test_smashed_rings(steady):
    """A guest overwrites its rings while another one works."""
    d = steady
    d.zl(f"create {FOLDER}/smash.xml")
    d.zl(f"create {FOLDER}/one.xml", timeout=60)
    d.wait_log("one", READY, 60)
    d.console("one")
    d.guest_says("one", "well $((3 * 3))", "well 9")
    d.detach()
    assert d.run("xenstore-read /local/domain/0/name")[1].strip() == "Domain-0"
    d.zl("destroy smash")
    d.wait_gone("smash", 10)
    d.zl("destroy one")


def test_stray_guest(steady):
    """Accesses, registers and calls that no guest should make."""
    d = steady
    d.zl(f"create {FOLDER}/stray.xml")
    m = d.wait_log("stray", r"STRAY alive: (\d+) traps, (\d+) calls answered", 40)
    assert int(m[-1][0]) >= 10 and int(m[-1][1]) > 500, m
    d.wait_gone("stray", 20)


def test_bystander_survives_spinners(steady):
    """Guests that never give up a CPU do not keep dom0 from working."""
    d = steady
    d.zl(f"create {FOLDER}/spin.xml")
    d.wait_log("spin", r"LIFE ends", 20)
    d.zl(f"create {FOLDER}/hello.xml", timeout=60)
    d.wait_log("hello", r"HELLO from a guest", 40)
    d.zl("destroy hello", timeout=60)
    d.zl("destroy spin", timeout=60)
