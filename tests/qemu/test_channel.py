# SPDX-License-Identifier: GPL-2.0-or-later
"""Consoles besides the first, channels, and the seed of z:cloud-init, with a stock guest: bytes on
hvc1 and up both ways by pty and by socket, before and after the daemon was killed; and some that come
and go while the guest runs.  Consoles and serial ports that are written to files, or to nowhere.
"""
import re
import time

import pytest

import conftest
import dom0 as dom0_module
import machine
from dom0 import FOLDER, READY

DEVICES = """<devices>
  <console type='pty'/><console type='pty'/>
  <channel type='pty'><target type='xen' name='org.example.pty'/></channel>
  <channel type='unix'><source mode='bind' path='/run/agent'/><target type='xen' name='agent'/></channel>
</devices>"""
AGENT = ("<channel type='unix'><source mode='bind' path='/run/agent'/>"
         "<target type='xen' name='org.qemu.guest_agent.0'/></channel>\n")
OUT = "/run/out"                         # the daemon's user may enter it
PORTS = f"""<devices>
  <console type='pty'/><console type='pty'><log file='{OUT}/one'/></console>
  <serial type='file'><source path='{OUT}/port' append='on'/><log file='{OUT}/log'/></serial>
</devices>"""
LOGGED = f"<console type='pty'><log file='{OUT}/two'/></console>\n"
NOWHERE = "<devices><serial type='null'/></devices>"
SEED = f"<z:cloud-init user-data='{FOLDER}/user' network-config='{FOLDER}/net'/>"
USER = "#cloud-config\nhostname: seeded\n"
# A guest's program answers each line; what it gets as a file it sums up.
ANSWER = "stty -F /dev/hvc{0} -echo; while read l; do echo \"{0} says $l\"; done"
LEFT = ("ls -A /run/zl/console; ls -d /run/agent /run/zl/seed-* 2>/dev/null; "
        "xenstore-ls -f | grep -e /console/ -e device/vbd")


@pytest.fixture
def d(boot, tmp_path):
    texts = conftest.overlay_texts()
    texts.update({"ch.xml": dom0_module.linux_xml("ch", extra=DEVICES, extension=SEED),
                  "user": USER, "net": "version: 2\n", "hot.xml": dom0_module.linux_xml("hot"),
                  "agent.xml": AGENT, "console.xml": "<console type='pty'/>\n", "logged.xml": LOGGED,
                  "out.xml": dom0_module.linux_xml("out", extra=PORTS),
                  "void.xml": dom0_module.linux_xml("void", extra=NOWHERE).replace(
                      "=hvc0 quiet", "=ttyAMA0 console=hvc0")})
    path = str(tmp_path / "channel.tar")
    dom0_module.make_overlay(path, texts)
    return boot(overlay=path)


def answer(d, name, number):
    """Have a guest's program answer on a console, as soon as it is there; in the attached guest."""
    d.guest_run(name, f"i=0; until (: </dev/hvc{number}) 2>/dev/null || [ $((i+=1)) -gt 50 ]; do sleep .2; done; "
                f"({ANSWER.format(number)}) </dev/hvc{number} >/dev/hvc{number} 2>/dev/null & true")


def talk(d, number, words, name="ch"):
    """Say WORDS to the guest's program on a console and get its answer."""
    d.m.send(f"zl console -n {number} {name}\n")
    d.m.expect(r"console attached", 20, f"zl console -n {number} attaches")
    time.sleep(0.3 * machine.PATIENCE)  # what is typed before the terminal is raw is dropped
    d.m.send(f"{words}\n")
    d.m.expect(rf"{number} says {words}", 20, f"hvc{number} answers")
    d.detach()


def states(d, name="ch", check=True):
    """{number: (guest's state, kind, params, name)} of zl channel-list."""
    rows = [line.split() for line in d.zl(f"channel-list {name}", check=check)[1].splitlines()]
    return {int(r[0]): (r[2], r[5], r[6], r[7]) for r in rows if len(r) == 8 and r[0].isdigit()}


def sent_file(d, number):
    """A file through a channel, while the guest's terminal is raw: its sum at both ends."""
    d.console("ch")
    d.guest_run("ch", "rm -f /tmp/sum; (stty raw -echo; head -c 30000 | md5sum >/tmp/sum) "
                f"</dev/hvc{number} & sleep 1")
    d.detach()
    d.run(f"(cat {FOLDER}/blob; sleep 300) | zl console -e none -n {number} ch >/dev/null 2>&1 & true")
    d.console("ch")
    got = d.guest_run("ch", "while [ ! -s /tmp/sum ]; do sleep 1; done; cat /tmp/sum", 60)[1]
    d.detach()
    d.run("killall zl sleep; true")
    assert got.split()[0] == d.run(f"md5sum {FOLDER}/blob")[1].split()[0], got


def test_channels(d):
    d.zl(f"validate --host {FOLDER}/ch.xml")
    d.run(f"sed 's,/user,/nouser,' {FOLDER}/ch.xml >{FOLDER}/bad.xml")
    code, text = d.zl(f"validate --host {FOLDER}/bad.xml", check=False)
    assert code == 4 and "bad.xml:13:54: error" in text and "cannot read" in text, text
    d.attach("ch", f"zl create -c {FOLDER}/ch.xml")
    # The seed: a file system that the kernel knows, behind no other disk, read-only.
    d.guest_run("ch", "modprobe isofs && mkdir /mnt && mount -t iso9660 -o ro /dev/xvda /mnt")
    text = d.guest_run("ch", "cd /mnt && cat user-data network-config meta-data; cd /; "
                       "cat /sys/block/xvda/ro; dd if=/dev/xvda bs=1 skip=32808 count=8")[1]
    for words in (USER, "version: 2\n", "local-hostname: ch\n", "\n1\n", "cidata  "):
        assert words in text, text
    for n in (1, 2, 3):
        answer(d, "ch", n)
    d.detach()

    listed = states(d)
    assert {n: row[0] for n, row in listed.items()} == {1: "4", 2: "4", 3: "4"}, listed
    assert listed[2][1] == "pty" and listed[2][3] == "org.example.pty", listed
    assert listed[3][1:] == ("socket", "/run/agent", "agent"), listed
    assert d.run("test -S /run/agent; test -L /run/agent")[0] == 0
    for n in (1, 2, 3):
        talk(d, n, f"first{n}")
    assert "1 says first1" in d.zl("console --log -n 1 ch")[1]
    code, text = d.zl("console -n 7 ch", check=False)
    assert code == 3 and "no console 7" in text, text

    # The daemon is killed; its successor finds ring, port and path again.
    old = d.daemons()["xenconsoled"]
    d.run(f"kill -9 {old}")
    d.poll(lambda: d.daemons().get("xenconsoled", old) != old, 30, "xenconsoled is back")
    d.poll(lambda: states(d)[1][2].startswith("/dev/pts/"), 20, "it has opened the consoles")
    for n in (1, 2, 3):
        talk(d, n, f"again{n}")
    log = d.zl("console --log -n 1 ch")[1]
    assert log.count("1 says first1") == 1 and log.count("1 says again1") == 1, log

    # Two at once for one path, and nothing of it is left.
    d.run(f"sed 's/<name>ch/<name>ch2/' {FOLDER}/ch.xml >{FOLDER}/ch2.xml")
    code, text = d.zl(f"create {FOLDER}/ch2.xml", check=False)
    assert code == 7 and "/run/agent" in text, text
    d.zl("destroy ch", timeout=60)
    d.wait_gone("ch", 20)
    d.poll(lambda: not d.run(LEFT, check=False)[1].strip(), 20, "nothing is left")


@pytest.mark.full
def test_bytes(d):
    """Every byte value, more than a ring's worth, by pty and by socket; the guest reboots."""
    d.run(f"dd if=/dev/urandom of={FOLDER}/blob bs=1000 count=30 2>/dev/null")
    d.zl(f"create -q {FOLDER}/ch.xml")
    d.wait_log("ch", READY, 90)
    for n in (2, 3):
        sent_file(d, n)
    old = d.listed("ch")[1]
    d.zl("reboot ch", timeout=60)
    d.poll(lambda: (d.listed("ch") or ["", old])[1] != old, 60, "the guest is a new domain")
    d.zl(f"wait --for=console:/{READY}/ --timeout=200 ch", timeout=220)
    d.console("ch")
    answer(d, "ch", 3)
    d.detach()
    talk(d, 3, "reborn")


def kill_daemon(d):
    """The keeper starts it anew; nobody waits for that here."""
    d.run(f"kill -9 {d.daemons()['xenconsoled']}")


@pytest.mark.full
def test_hot(d):
    """A channel and a console come and go: both ways, twice, and over the daemon's death."""
    d.attach("hot", f"zl create -c {FOLDER}/hot.xml")
    d.detach()
    before = d.run("xenstore-ls | wc -l")[1]
    code, text = d.zl("wait --for=agent hot", check=False)
    assert code == 3 and "it has no channel org.qemu.guest_agent.0" in text, text
    d.zl(f"device-attach hot {FOLDER}/agent.xml")
    d.poll(lambda: states(d, "hot", check=False).get(1, "")[:1] == ("4",), 30, "the guest has connected it")
    d.zl(f"device-attach hot {FOLDER}/console.xml")
    code, text = d.zl(f"device-attach hot {FOLDER}/agent.xml", check=False)
    assert code == 7 and "/run/agent" in text, text
    d.console("hot")
    for n in (1, 2):
        answer(d, "hot", n)
    d.detach()
    for n in (1, 2):
        talk(d, n, f"first{n}", "hot")
    d.poll(lambda: [r[0] for r in states(d, "hot").values()] == ["4", "4"], 10, "both are connected")
    assert states(d, "hot")[1][1:] == ("socket", "/run/agent", "org.qemu.guest_agent.0")
    assert "hvc2" in d.zl("device-list hot")[1]
    text = d.zl("dumpxml hot")[1]
    assert "path='/run/agent'" in text and "port='1'" in text, text
    assert len(set(re.findall(r"<console type='pty' tty='/dev/pts/(\d+)'>", text))) == 2, text
    assert text.count("<z:backend device='hvc") == text.count("' state='connected'/>") == 2, text
    d.run("zl dumpxml hot > /tmp/hot.xml && zl validate --strict --schema /tmp/hot.xml")

    # Taken from a guest whose program has it open, while the daemon is dead and comes back.
    kill_daemon(d)
    d.zl(f"device-detach hot {FOLDER}/agent.xml", timeout=60)
    assert list(states(d, "hot")) == [2], states(d, "hot")
    assert d.run("ls -d /run/agent /run/zl/console/*.sock", check=False)[0] != 0
    talk(d, 2, "alone", "hot")
    d.console("hot")
    d.guest_run("hot", "i=0; while (: </dev/hvc1) 2>/dev/null && [ $((i+=1)) -le 50 ]; do sleep .2; done; "
                "! (: </dev/hvc1) 2>/dev/null")
    d.detach()

    # And given again, which has the number that is free, while the daemon is away, too.
    kill_daemon(d)
    d.zl(f"device-attach hot {FOLDER}/agent.xml", timeout=60)
    d.console("hot")
    answer(d, "hot", 1)
    d.detach()
    for n in (1, 2):
        talk(d, n, f"again{n}", "hot")
    log = d.zl("console --log -n 2 hot")[1]
    assert log.count("2 says first2") == log.count("2 says again2") == 1, log

    # A reboot has both; hvc1 is the console now.
    d.zl("reboot hot", timeout=60)
    reborn = ("4", "socket", "/run/agent", "org.qemu.guest_agent.0")
    # It may go between two commands.
    d.poll(lambda: states(d, "hot", check=False).get(2) == reborn, 90, "the reborn guest has both")
    d.zl("device-detach hot hvc1")
    d.zl("device-detach --force hot hvc2")
    assert states(d, "hot") == {}
    text = d.zl("dumpxml hot")[1]
    assert "agent" not in text and "port='1'" not in text, text
    assert d.run("xenstore-ls | wc -l")[1] == before
    d.zl("destroy hot", timeout=60)
    d.poll(lambda: not d.run(LEFT, check=False)[1].strip(), 20, "nothing is left")


def say(d, words):
    """The attached guest says WORDS on its serial port, on hvc1 and on hvc2 where there is one."""
    d.guest_run("out", f"echo {words} >/dev/ttyAMA0; for n in 1 2; do [ ! -e /dev/hvc$n ] || (i=0; "
                f"until echo {words} 2>/dev/null >/dev/hvc$n || [ $((i+=1)) -gt 50 ]; do sleep .2; done); done")


def heard(d, **files):
    """Each file of OUT comes to hold those words, and no more."""
    for name, words in files.items():
        d.poll(lambda: d.run(f"cat {OUT}/{name}", check=False)[1].split() == words, 20, f"{name} has {words}",
               lambda: d.run(f"head -c 500 {OUT}/{name}", check=False)[1])


@pytest.mark.full
def test_files(d):
    """Written once, over the daemon's death, too; a port that goes nowhere holds nobody up."""
    d.run(f"mkdir -m 755 {OUT}; echo before | tee {OUT}/one {OUT}/two >{OUT}/port")
    d.attach("out", f"zl create -c {FOLDER}/out.xml")
    say(d, "first")
    d.detach()
    heard(d, port=["before", "first"], log=["first"], one=["first"], two=["before"])
    d.zl(f"device-attach out {FOLDER}/logged.xml")
    heard(d, two=[])
    old = d.daemons()["xenconsoled"]
    kill_daemon(d)
    d.poll(lambda: d.daemons().get("xenconsoled", old) != old, 30, "xenconsoled is back")
    domid = d.listed("out")[1]
    d.poll(lambda: d.run(f"test -e $(xenstore-read /local/domain/{domid}/console/tty)", check=False)[0] == 0,
           20, "it has opened the consoles")
    d.console("out")
    say(d, "second")
    d.detach()
    heard(d, port=["before", "first", "second"], log=["first", "second"], one=["first", "second"], two=["second"])
    assert d.zl("console --log -t vuart out")[1].split() == ["first", "second"]
    code, text = d.zl("console -t vuart out", check=False)
    assert code == 3 and "no terminal: what it says goes to a file" in text, text
    text = d.zl("dumpxml out")[1]
    assert text.count(f"<log file='{OUT}/two'/>") == text.count(f"<source path='{OUT}/port' append='on'/>") == 1, text
    d.zl(f"device-detach out {FOLDER}/logged.xml", timeout=60)
    text = d.zl("dumpxml out")[1]
    assert f"{OUT}/two" not in text and f"{OUT}/one" in text, text
    d.zl("destroy out", timeout=60)

    # The kernel's messages are more than a ring holds.
    d.zl(f"create {FOLDER}/void.xml")
    d.wait_log("void", READY, 90)
    code, text = d.zl("console -t vuart void", check=False)
    assert code == 3 and "no terminal: what it says goes nowhere" in text, text
    assert d.zl("console --log -t vuart void", check=False)[0] == 3
    d.console("void")
    size, ports = d.guest_run("void", "dmesg | wc -c; grep -c ttyAMA0 /proc/consoles")[1].split()
    assert int(size) > 4096 and ports == "1", (size, ports)
    d.detach()
    d.zl("destroy void", timeout=60)
    d.poll(lambda: not d.run(LEFT, check=False)[1].strip(), 20, "nothing is left")
