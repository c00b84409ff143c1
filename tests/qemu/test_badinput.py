# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input to zl create: one clear message, the contract's exit code, nothing left behind."""
import re

import pytest

import dom0 as dom0_module
from dom0 import FOLDER

MACHINE = {"smp": 2, "mem": "2G"}
BAD_CONFIG, NOT_FOUND, NO_RESOURCES, STATE, USAGE = 4, 3, 6, 7, 2

# name of the case: (shell lines that make /tmp/bad.xml from hello.xml, exit codes, a word of the message)
CASES = {
    "no-xml": ("rm -f /tmp/bad.xml", (NOT_FOUND, BAD_CONFIG), "bad.xml"),
    "empty-xml": (": >/tmp/bad.xml", (BAD_CONFIG,), "bad.xml"),
    "not-xml": ("echo '<domain>' >/tmp/bad.xml", (BAD_CONFIG,), "bad.xml:"),
    "unknown-element": ("sed 's/vcpu>/vcpuu>/g' hello.xml >/tmp/bad.xml", (BAD_CONFIG,), "vcpuu"),
    "no-kernel": ("sed 's/hello.img/nothing.img/' hello.xml >/tmp/bad.xml",
                  (NOT_FOUND, BAD_CONFIG), "nothing.img"),
    "short-kernel": ("head -c 20 hello.img >short.img; sed 's/hello.img/short.img/' hello.xml "
                     ">/tmp/bad.xml", (BAD_CONFIG,), "short.img"),
    "wrong-kernel": ("head -c 9000 /bin/busybox >wrong.img; sed 's/hello.img/wrong.img/' "
                     "hello.xml >/tmp/bad.xml", (BAD_CONFIG,), "wrong.img"),
    "kernel-too-big": ("sed 's#/root/t/hello.img#/var/lib/zl/boot/Image#' hello.xml "
                       ">/tmp/bad.xml", (BAD_CONFIG, NO_RESOURCES), "Image"),
    "too-much-memory": ("sed 's/>16</>60000</' hello.xml >/tmp/bad.xml", (NO_RESOURCES,), "memory"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_refused(dom0, case):
    make, codes, word = CASES[case]
    d = dom0
    before = d.run("xenstore-ls / | wc -l")[1]
    d.run(f"cd {FOLDER}; {make}; cd")
    rc, text = d.zl("create /tmp/bad.xml", check=False)
    assert rc in codes, f"exit code {rc}, message: {text}"
    assert word in text and re.search(r"error:", text), text
    assert list(d.rows()) == ["Domain-0"]
    assert d.run("xenstore-ls / | wc -l")[1] == before


def test_name_in_use(dom0):
    d = dom0
    d.zl(f"create {FOLDER}/hello.xml")
    rc, text = d.zl(f"create {FOLDER}/hello.xml", check=False)
    assert rc == STATE and "hello" in text, (rc, text)
    assert len(d.rows()) == 2
    d.zl("destroy hello")


@pytest.mark.parametrize("command,code", [
    ("list nosuch", NOT_FOUND), ("destroy nosuch", NOT_FOUND), ("frobnicate", USAGE),
    ("create", USAGE), ("console nosuch", NOT_FOUND), ("domid nosuch", NOT_FOUND),
])
def test_exit_codes(dom0, command, code):
    rc, text = dom0.zl(command, check=False)
    assert rc == code, (rc, text)
    assert dom0_module.FOLDER and text.strip()
