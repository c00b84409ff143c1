# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of Linux guests: created, seen, paused, rebooted, shut down, destroyed."""
import re

import pytest

from dom0 import FOLDER, READY

MACHINE = {"smp": 2, "mem": "2G"}


def test_one_guest(dom0):
    """Console from the first byte, list, pause, names, shutdown."""
    d = dom0
    d.attach("one", f"zl create -c {FOLDER}/one.xml")
    d.detach()
    row = d.listed("one")
    assert row and int(row[2]) == 128 and int(row[3]) == 1, row
    domid = d.zl("domid one")[1].strip()
    assert domid == row[1]
    assert d.zl(f"domname {domid}")[1].strip() == "one"
    d.zl("pause one")
    assert "p" in d.listed("one")[4]
    d.zl("unpause one")
    assert "p" not in d.listed("one")[4]
    assert re.search(rf"^one\s+{domid}\s+0\s", d.zl("vcpu-list one")[1], re.M)
    assert "one" in d.zl("uptime")[1]
    assert "<name>one</name>" in d.zl("dumpxml one")[1]
    # Its console still works, and what it said first is in its log.
    d.console("one")
    d.guest_says("one", "still $((40 + 2))", "still 42")
    d.detach()
    assert READY in d.log("one")
    d.zl("shutdown -w one", timeout=60)
    d.wait_gone("one", 20)


def test_created_paused(dom0):
    """create -p makes a guest that has not run; unpause lets it boot."""
    d = dom0
    d.zl(f"create -p {FOLDER}/one.xml", timeout=60)
    assert "p" in d.listed("one")[4]
    before = len(re.findall(READY, d.log("one")))
    d.zl("unpause one")
    d.wait_log("one", READY, 60, before + 1)
    d.zl("destroy one")
    d.wait_gone("one", 10)


def test_reboot(dom0):
    """zl reboot ends the guest and on_reboot starts it again."""
    d = dom0
    before = len(re.findall(READY, d.log("one")))
    d.zl(f"create {FOLDER}/one.xml", timeout=60)
    d.wait_log("one", READY, 60, before + 1)
    first = d.listed("one")[1]
    d.zl("reboot one", timeout=60)
    d.wait_log("one", READY, 90, before + 2)
    again = d.listed("one")
    assert again and again[1] != first, (first, again)
    d.zl("destroy one")
    d.wait_gone("one", 10)


@pytest.mark.full
def test_three_guests(dom0):
    """Three Linux guests of two vCPUs at once on two CPUs."""
    d = dom0
    names = ("lin1", "lin2", "lin3")
    for n in names:
        d.zl(f"create {FOLDER}/{n}.xml", timeout=60)
    for n in names:
        d.zl(f"wait --for=console:/{READY}/ --timeout=120 {n}", timeout=130)
        assert re.search(r"Linux \S+, 2 CPUs,", d.log(n)), f"{n} has not brought up two CPUs"
    rows = d.rows()
    assert all(n in rows and int(rows[n][3]) == 2 for n in names), rows
    assert len(set(rows[n][1] for n in names)) == 3
    d.console("lin2")
    d.guest_says("lin2", "two $((1 + 1))", "two 2")
    d.detach()
    for n in names:
        d.zl(f"shutdown {n}", timeout=30)
    for n in names:
        d.wait_gone(n, 60)
    assert list(d.rows()) == ["Domain-0"]
