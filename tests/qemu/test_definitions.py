# SPDX-License-Identifier: GPL-2.0-or-later
"""Days in the life of defined guests: define to undefine, restarts, cores, events, the host's start
and stop, and what is left when something is in the way."""
import gzip
import json
import os
import re
import shutil
import subprocess

import pytest

import machine
from core_file import Core
from dom0 import FOLDER, IMAGES, READY

MACHINE = {"smp": 2, "mem": "2G"}


def define(d, name, source="spin", **changes):
    """Define a guest from one of the XML files; changes: element=text."""
    edits = {"name": name, **changes}
    sed = " ".join(f"-e 's|<{k}>[^<]*</{k}>|<{k}>{v}</{k}>|'" for k, v in edits.items())
    d.run(f"sed {sed} {FOLDER}/{source}.xml > /tmp/{name}.xml")
    d.zl(f"define --replace /tmp/{name}.xml")


def events(d):
    """[(name, event)] so far."""
    lines = d.zl("--json events")[1].splitlines()
    return [(e.get("name"), e["event"]) for e in map(json.loads, filter(
        lambda l: l.startswith("{"), lines))]


def fetch(d, path, kib):
    """The first KIB of a file of dom0, by way of the console, and zeroes for the rest."""
    size = int(d.run(f"stat -c %s {path}")[1].split()[-1])
    text = d.run(f"head -c {kib}k {path} | gzip -9 | od -v -An -tx1", timeout=60)[1]
    head = gzip.decompress(bytes.fromhex("".join(re.findall(r"^[ 0-9a-f]+$", text, re.M))))
    return head + bytes(size - len(head))


def test_define_to_undefine(dom0):
    d = dom0
    define(d, "web1")
    assert re.search(r"^web1 +- +16 +1 +------ ", d.zl("list --all")[1], re.M)
    assert "web1" not in d.rows()
    d.zl("start web1")
    assert d.zl("start web1", check=False)[0] == 7
    text = d.zl("--json list web1")[1]
    entry = json.loads(text[text.index("{"):text.rindex("}") + 1])["data"][0]
    assert entry["persistent"] and not entry["autostart"], entry
    # What is printed can be defined again, and is the same then, but for what only lives.
    d.zl("dumpxml web1 > /tmp/1.xml")
    d.zl("dumpxml --inactive web1 > /tmp/2.xml")
    d.zl("define /tmp/1.xml")
    d.run("zl dumpxml web1 | cmp - /tmp/1.xml")
    d.run("zl dumpxml --inactive web1 | cmp - /tmp/2.xml")
    d.run("grep -q \" tty='/dev/pts/\" /tmp/1.xml; sed \"s/ id='[0-9]*'//; s/ tty='[^']*'//\" "
          "/tmp/1.xml | cmp - /tmp/2.xml")
    d.zl("rename web1 web2")
    assert "web2" in d.rows()
    d.zl("shutdown -F -ww web2")
    assert "web2" in d.zl("list --inactive")[1]
    # The editor's mistake harms nothing; its good work counts from the next start on.
    assert d.run("EDITOR='sed -i s/KiB/Kelvin/' zl edit web2 </dev/null; echo code $?")[1].find(
        "code 4") > 0
    d.run("EDITOR='sed -i s/16384/20480/' zl edit web2 && rm -f /tmp/zl-edit-*")
    d.zl("start web2")
    assert d.listed("web2")[2] == "20"
    d.zl("undefine web2")
    assert "web2" in d.rows()
    d.zl("destroy web2")
    assert d.zl("start web2", check=False)[0] == 3


def test_killed_monitor_restarts_once(dom0):
    """A guest that reboots while no monitor runs comes up again when there is one, exactly once."""
    d = dom0
    define(d, "again", "one")
    d.zl("start again")
    d.wait_log("again", READY, 60)
    first = d.listed("again")[1]
    # Its keeper first: that one would start it again.
    d.run(f"kill -9 $(cat /run/zl/zl-monitord.keeper) {d.daemons()['zl-monitord']}")
    d.run("xenstore-write /local/domain/%s/control/shutdown reboot" % first)
    d.poll(lambda: "s" in d.listed("again")[4][3:], 30, "the guest has shut down to reboot")
    d.run("zl-services start")
    d.wait_log("again", READY, 60, 2)
    second = d.listed("again")[1]
    assert second != first
    # Once: nothing else runs, and nothing more happens.
    d.run("sleep 3")
    assert list(d.rows()) == ["Domain-0", "again"]
    assert d.listed("again")[1] == second
    assert len(re.findall(READY, d.log("again"))) == 2
    d.zl("destroy again")
    d.zl("undefine again")


def dump_spin(d):
    """The core of a guest whose code is known, which goes on."""
    define(d, "spin", "spin")
    d.zl("start spin")
    d.wait_log("spin", "spin", 20)
    d.run("rm -f /tmp/core && zl dump-core spin /tmp/core", timeout=60)
    assert "p" not in d.listed("spin")[4], "the guest runs on"
    return fetch(d, "/tmp/core", 64)


@pytest.mark.full
def test_core_of_a_payload(dom0):
    """Memory and registers of a known guest, read back from its core."""
    d = dom0
    core = Core(dump_spin(d))
    # Sparse, private, whole; a second dump does not write over it.
    assert re.search(r"^ *\d{1,4} -rw------- .* 1\d{7} ", d.run("ls -ls /tmp/core")[1], re.M)
    assert d.zl("dump-core spin /tmp/core", check=False)[0] == 7
    (base, size, _), = core.banks
    assert (base, size >> 20) == (0x40000000, 16)
    assert len(core.cpus) == 1
    with open(os.path.join(IMAGES, "life.img"), "rb") as f:
        image = f.read()
    # Where it loops its code is: the 256 bytes around the program counter are the image's.
    pc = core.cpus[0]["pc"]
    assert image.find(core.read((pc & ~63) - 128, 256)) >= 0, hex(pc)
    # Onto a disk without room: told, and nothing left, and the guest runs on.
    d.run("mkdir -p /tmp/small && mount -t tmpfs -o size=16k none /tmp/small")
    code, text = d.zl("dump-core spin /tmp/small/core", check=False)
    assert code == 6 and "No space left" in text, text
    assert d.run("ls /tmp/small")[1].split() == []
    assert "p" not in d.listed("spin")[4]
    d.run("umount /tmp/small")
    # Killed while the guest stands still: the monitor lets it go on.
    d.run("sh -c 'zl dump-core spin /tmp/killed & p=$!;"
          " while kill -0 $p && set -- /run/zl/building/pause-* && [ ! -e $1 ]; do :; done;"
          " kill -9 $p; wait $p; [ $? = 137 ]'", timeout=60)
    d.poll(lambda: "p" not in d.listed("spin")[4], 20, "the guest runs on")
    assert d.run("ls /run/zl/building")[1].split() == []
    d.run("rm -f /tmp/killed*")
    d.zl("destroy spin")
    d.zl("undefine spin")


@pytest.mark.full
def test_core_in_gdb(dom0, tmp_path):
    """gdb opens such a core: the thread, its program counter and what is there."""
    gdb = shutil.which("gdb-multiarch") or os.path.join(machine.OUT, "gdb", "gdb-multiarch")
    if not os.path.exists(gdb):
        pytest.skip("no gdb that knows arm64: tests/setup/fetch gdb")
    path = str(tmp_path / "core")
    data = dump_spin(dom0)
    with open(path, "wb") as f:
        f.write(data)
    dom0.zl("destroy spin")
    dom0.zl("undefine spin")
    core = Core(data)
    pc = core.cpus[0]["pc"]
    out = subprocess.run([gdb, "-nx", "-batch", "-ex", "set architecture aarch64",
                          "-ex", f"target core {path}", "-ex", "info threads",
                          "-ex", "info registers pc", "-ex", f"x/2xw {pc:#x}"],
                         capture_output=True, text=True, timeout=60).stdout
    assert "* 1 " in out and f"{pc:#x}" in out, out
    words = " ".join(f"{int.from_bytes(core.read(pc + i, 4), 'little'):#010x}" for i in (0, 4))
    assert words in re.sub(r"\s+", " ", out), out


def test_crash_leaves_a_core(dom0):
    """on_crash=coredump-restart: a core, then the next life."""
    d = dom0
    d.run("rm -rf /var/lib/zl/dump")
    define(d, "crash", "crash", on_crash="coredump-restart")
    d.zl("start crash")
    d.poll(lambda: events(d).count(("crash", "restarted")) >= 2, 60, "the guest crashes twice")
    d.zl("destroy crash", check=False)
    d.wait_gone("crash", 20)
    cores = d.run("ls /var/lib/zl/dump")[1].split()
    names = [c for c in cores if re.fullmatch(r"crash-\d{8}-\d{6}\.core", c)]
    assert names and len(names) == len(cores), cores
    Core(fetch(d, f"/var/lib/zl/dump/{names[0]}", 8))
    d.run("rm -rf /var/lib/zl/dump")
    seen = [e for n, e in events(d) if n == "crash"]
    assert seen[:6] == ["created", "started", "crashed", "core-dumped", "destroyed", "created"], seen
    d.zl("undefine crash")


def test_suspend_and_resume(dom0):
    """A stock Linux comes to rest, and goes on where it was."""
    d = dom0
    d.zl(f"create {FOLDER}/one.xml")
    d.wait_log("one", READY, 60)
    d.console("one")
    d.guest_run("one", "word=kept")
    d.detach()
    # A core of Linux has what crash(8) must know of its kernel.
    d.run("rm -f /tmp/core && zl dump-core --live one /tmp/core", timeout=60)
    core = Core(fetch(d, "/tmp/core", 8))
    assert core.notes["VMCOREINFO"].startswith(b"OSRELEASE=6."), core.notes
    assert b"NUMBER(PHYS_OFFSET)" in core.notes["VMCOREINFO"] or b"kimage_voffset" in core.notes[
        "VMCOREINFO"]
    d.run("rm -f /tmp/core")
    for _ in range(3):
        d.zl("suspend one", timeout=60)
        assert d.listed("one")[4] == "---ss-"
        assert d.zl("suspend one", check=False)[0] == 7
        d.run("sleep 1")
        d.zl("resume one")
        assert d.zl("resume one", check=False)[0] == 7
    d.console("one")
    d.guest_says("one", "$word", "kept")
    d.detach()
    d.zl("shutdown -w one", timeout=60)
    d.wait_gone("one", 20)
    seen = [e for n, e in events(d) if n == "one"]
    assert seen[:2] == ["created", "started"] and seen.count("suspended") == 3, seen
    assert seen[-2:] == ["shutdown", "destroyed"], seen
    # A payload knows nothing of it.
    d.zl(f"create {FOLDER}/spin.xml")
    assert d.zl("suspend spin", check=False)[0] == 5
    d.zl("destroy spin")


def test_host_starts_and_stops(dom0):
    """In order and with a delay at the start; in the reverse order, and with force, at the stop."""
    d = dom0
    for name, order in (("late", 9), ("early", 1)):
        define(d, name, "spin")
        d.zl(f"autostart --order={order} --delay=1 {name}")
    define(d, "never", "spin")
    d.zl("autostart --start-all", timeout=60)
    rows = d.rows()
    assert int(rows["early"][1]) < int(rows["late"][1]) and "never" not in rows, rows
    d.run("zl-services start-domains")
    assert list(d.rows()) == list(rows)
    # Payloads that spin do not listen: the time runs out for one order after the other.
    text = d.zl("--timeout=2 autostart --stop-all", timeout=60)[1]
    assert text.index("late did not") < text.index("early did not"), text
    assert list(d.rows()) == ["Domain-0"]
    d.zl("undefine late early never")


def test_service_stays(dom0):
    """zl start --unit: tells when it runs, stays over a reboot, ends with the domain."""
    d = dom0
    define(d, "unit", "one")
    d.run("(zl start --unit unit; echo ended $?) > /tmp/unit.out 2>&1 & true")
    d.wait_log("unit", READY, 60)
    d.zl("reboot unit")
    d.wait_log("unit", READY, 60, 2)
    assert "ended" not in d.run("cat /tmp/unit.out")[1]
    d.zl("shutdown -ww --then=destroy unit", timeout=90)
    d.poll(lambda: "ended 0" in d.run("cat /tmp/unit.out")[1], 20, "the service has ended")
    d.zl("undefine unit")


def test_two_at_once(dom0):
    """Of two that start, define or dump the same one wins, and the other says why not."""
    d = dom0
    define(d, "one2")
    for _ in range(5):
        text = d.run("(zl start one2; echo code $?) > /tmp/a 2>&1 & "
                     "(zl start one2; echo code $?) > /tmp/b 2>&1; wait; cat /tmp/a /tmp/b")[1]
        assert sorted(re.findall(r"code (\d+)", text)) == ["0", "7"], text
        assert len(d.rows()) == 2
        d.zl("destroy one2")
    assert len([l for l in d.run("ls /run/zl/domains /run/zl/building")[1].splitlines()
                if l.endswith(".json")]) == 0
    d.run("zl undefine one2 & zl undefine one2; wait", check=False)
    assert "one2" not in d.zl("list --all")[1]


@pytest.mark.parametrize("signal", ("INT", "KILL"))
def test_interrupted(dom0, signal):
    """Ctrl-C and kill -9 at any moment of a start: nothing is left behind."""
    d = dom0
    define(d, "cut", "spin")
    for ms in (60, 300, 600):
        d.run(f"zl start cut & p=$!; usleep {ms * 1000}; kill -{signal} $p; wait $p; true",
              check=False)
        d.zl("destroy cut", check=False)
        d.wait_gone("cut", 20)
        d.run("zl start cut", timeout=30)
        d.zl("destroy cut")
        assert d.run("ls /run/zl/building /run/zl/domains | grep -c '[0-9]' || true")[1].split()[
            -1] == "0"
    d.zl("undefine cut")


def test_no_room_for_definitions(dom0):
    """A full disk: told with its own code, and the definition stays as it was."""
    d = dom0
    d.run("mkdir -p /tmp/conf && mount -t tmpfs -o size=32k none /tmp/conf")
    d.run(f"zl --config-dir=/tmp/conf define {FOLDER}/spin.xml")
    d.run("cp /tmp/conf/domains/spin.xml /tmp/before")
    d.run("dd if=/dev/zero of=/tmp/conf/fill bs=1k count=100 2>/dev/null", check=False)
    d.run(f"(cat {FOLDER}/spin.xml; head -c 20000 /dev/zero | tr '\\0' ' ') > /tmp/big.xml")
    code, text = d.run("zl --config-dir=/tmp/conf define --replace /tmp/big.xml", check=False)
    assert code == 6 and "No space left" in text, text
    d.run("cmp /tmp/before /tmp/conf/domains/spin.xml")
    assert d.run("ls /tmp/conf/domains")[1].split() == ["spin.xml"]
    d.run("umount /tmp/conf")
