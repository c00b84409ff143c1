# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes, again and again, while definitions change and guests write.

dom0 has its state (/etc/zl, /var/lib/xenstored, /var/lib/zl) on a disk whose cache forgets
(power.py).  What dom0 had said on its console is to be there after any cut that comes later; what
was under way is there whole or not at all.  Some cuts are booted from, many are looked at here.
"""
import os
import random
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

import conftest
import dom0 as dom0_module
import machine
import power
from dom0 import FOLDER, READY, disk_xml

pytestmark = pytest.mark.full
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1 << 32)
LOOKS = 60			# cuts that are looked at
LIVES = 2			# cuts that dom0 starts from
STATE_MIB = 224
WORDS = 1500			# of a definition: some blocks of the file system
BOTH = f"{FOLDER}/work"

# In dom0, before its start: the state's disk is where the state is.
FIRST = """#!/bin/sh
for s in /sys/block/vd*/serial; do
	[ "$(cat $s)" != state ] || d=/dev/$(basename ${s%/serial})
done
mkdir -p /state /etc/zl /var/lib/zl /var/lib/xenstored
mount -t ext4 $d /state && mount --bind /state/etc /etc/zl &&
	mount --bind /state/lib /var/lib/zl && mount --bind /state/store /var/lib/xenstored
"""

# Each change is said when it is made, and the next waits for a line: what a cut may find is known.
WORK = f"""#!/bin/sh
xml() {{ sed "s/NAME/$1/; s/VERSION/v$2/g" {FOLDER}/stamped.xml >/tmp/$1.xml; }}
said() {{ echo "said $1 $i"; read -r line; [ "$line" != end ] || exit 0; }}
i=$1
while :; do
	i=$((i + 1))
	xml same $i; zl define --replace /tmp/same.xml || exit; said same
	xml comes $i; zl define --replace /tmp/comes.xml || exit; said comes
	zl autostart same || exit; said starts
	zl rename here there || exit; said there
	zl undefine comes || exit; said gone
	zl autostart --disable same || exit; said rests
	zl rename there here || exit; said here
done
"""

# In the guest: both disks have a block before it is said.
WRITER = ("(i=%d; while :; do i=$((i + 1)); for b in xvda xvdb; do echo block $i | "
          "dd of=/dev/$b bs=512 seek=$i conv=sync,fsync 2>/dev/null || exit; done; "
          "echo acknowledged $i >/dev/hvc0; done) & true")


def definition(name, text):
    return dom0_module.linux_xml(name).replace("</name>", f"</name><description>{text}</description>")


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """The overlay, and the state before the first life."""
    tmp = tmp_path_factory.mktemp("power")
    disks = disk_xml("xvda", "a.img") + disk_xml("xvdb", "b.qcow2", more="<driver type='qcow2'/>")
    texts = {"first": FIRST, "work": WORK, "here.xml": definition("here", "moves"),
             "stamped.xml": definition("NAME", " ".join(["VERSION"] * WORDS)),
             "writer.xml": dom0_module.linux_xml("writer", memory=192,
                                                 extra=f"<devices>{disks}</devices>")}
    overlay = str(tmp / "overlay.tar")
    dom0_module.make_overlay(overlay, texts)
    for folder in ("etc", "store", "lib/boot", "lib/images"):
        os.makedirs(tmp / "root" / folder)
    shutil.copytree(os.path.join(machine.OUT, "rootfs-tools/etc/zl"), tmp / "root/etc",
                    dirs_exist_ok=True)
    for f in ("Image", "initramfs.gz"):
        shutil.copy(os.path.join(machine.OUT, "guest", f), tmp / "root/lib/boot")
    image = str(tmp / "state.img")
    with open(image, "wb") as f:
        f.truncate(STATE_MIB << 20)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-m", "0", "-d", tmp / "root", "-E",
                    "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0", "-F", image],
                   check=True)
    return tmp, overlay, image


CHANGES = {"same": lambda s, n: s.update(same=n), "comes": lambda s, n: s.update(comes=n),
           "gone": lambda s, n: s.update(comes=None), "starts": lambda s, n: s.update(link=True),
           "rests": lambda s, n: s.update(link=False),
           "there": lambda s, n: s.update(places={"there"}),
           "here": lambda s, n: s.update(places={"here"})}


class Said:
    """What dom0 said, each with the length of the disk's log when it was read, and what the
    definitions were from then on."""

    def __init__(self, d, disk, state, block):
        self.d, self.disk, self.pos = d, disk, d.m.pos
        self.states = [(len(disk.log), state)]
        self.blocks = [(len(disk.log), block)]

    def read(self):
        """What came since; lets the next change begin."""
        end = self.d.m.text.rfind("\n") + 1
        text, self.pos = self.d.m.text[self.pos:end], end
        for word, n in re.findall(r"^(said \w+|acknowledged) (\d+)$", text, re.M):
            if word == "acknowledged":
                self.blocks.append((len(self.disk.log), int(n)))
                continue
            state = dict(self.states[-1][1])
            CHANGES[word[5:]](state, int(n))
            self.states.append((len(self.disk.log), state))
            self.d.m.send("\n")

    def allowed(self, at):
        """What the definitions may be after a cut behind entry AT."""
        k = max(i for i, (entry, _) in enumerate(self.states) if entry <= at)
        states = [s for _, s in self.states[k:k + (1 if self.states[k][0] == at else 2)]]
        if len(states) == 2 and states[0]["places"] != states[1]["places"]:
            states.append(dict(states[0], places={"here", "there"}))
        return states

    def block(self, at):
        return [n for entry, n in self.blocks if entry <= at][-1]


def found(folder):
    """The definitions in a copy of /etc/zl, each whole; and what is left of half-made ones."""
    state = {"places": set(), "comes": None, "same": 0,
             "link": os.path.islink(f"{folder}/autostart/same.xml")}
    left = []
    for file in sorted(os.listdir(f"{folder}/domains")):
        path = f"{folder}/domains/{file}"
        if not file.endswith(".xml"):
            left.append(file)
            continue
        subprocess.run([os.path.join(machine.OUT, "host/zl"), "validate", path], check=True)
        root, name = ET.parse(path).getroot(), file[:-4]
        assert root.findtext("name") == name
        words = (root.findtext("description") or "").split()
        if name in ("here", "there"):
            state["places"].add(name)
        elif name in ("same", "comes"):
            assert words == words[:1] * WORDS, f"{name} is torn: {words}"
            state[name] = int(words[0][1:])
    return state, left


def look(tmp, image, said, at):
    """A power cut, looked at from here: the journal is played back, nothing else is to be mended,
    and all is as it was said. Returns the state and the leftovers' names."""
    path, copy = str(tmp / "cut.img"), str(tmp / "copy")
    with open(path, "wb") as f:
        f.write(image)
    done = subprocess.run(["e2fsck", "-fp", path], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    shutil.rmtree(copy, ignore_errors=True)
    os.mkdir(copy)
    for command in (f"rdump etc {copy}", f"dump lib/images/a.img {copy}/a.img"):
        subprocess.run(["debugfs", "-R", command, path], capture_output=True, check=True)
    state, left = found(f"{copy}/etc")
    assert state in said.allowed(at), f"entry {at}: {state}, and not one of {said.allowed(at)}"
    with open(f"{copy}/a.img", "rb") as f:
        for n in range(1, said.block(at) + 1):
            f.seek(n * 512)
            assert f.read(512).startswith(b"block %d\n" % n), f"entry {at}: block {n} is not there"
    return state, left


def come_up(d, state, left, block, life):
    """What an administrator finds after it."""
    d.run("zl-services status")
    if list(d.rows()) != ["Domain-0"] or d.run("xenstore-list /local/domain")[1].split() != ["0"]:
        d.fail("nothing of the earlier life is taken for running", d.rows())
    text = d.run("zl check --repair 2>&1", check=False)[1]
    for name in left:
        if name not in text:
            d.fail(f"zl check --repair names {name}", text)
    names = d.run("ls /etc/zl/domains")[1].split()
    if [n for n in names if not n.endswith(".xml")]:
        d.fail("and removes it", names)
    if len(state["places"]) == 2:
        if "here and there" not in text:
            d.fail("zl check names two definitions with one UUID", text)
        d.zl("undefine there")
    elif state["places"] == {"there"}:
        d.zl("rename there here")
    state["places"] = {"here"}
    d.run("cd /var/lib/zl/images && qemu-img check -q b.qcow2 && "
          "qemu-img convert -O raw b.qcow2 /tmp/b.img && cd -", 60)
    for image in ("/var/lib/zl/images/a.img", "/tmp/b.img"):
        d.run(f"i=0; while [ $i -lt {block} ]; do i=$((i + 1)); dd if={image} bs=512 skip=$i "
              'count=1 2>/dev/null | grep -aqx "block $i" || { echo block $i; false; break; }; done',
              120, step=f"{image} has all {block} blocks that were acknowledged")
    for _ in range(2):
        d.run("zl-services start-domains", 120)
    wanted = {"Domain-0", "writer"} | ({"same"} if state["link"] else set())
    if set(d.rows()) != wanted:
        d.fail(f"{wanted} run after life {life}", d.rows())
    d.wait_log("writer", READY, 90)
    if len(re.findall(READY, d.log("writer"))) != 1:
        d.fail("a guest starts once", d.log("writer"))
    d.run("zl destroy same 2>/dev/null; true")


def live(d, disk, state, block, rng):
    """Changes and writes, until the power goes in the middle; what was said."""
    first = max(state["same"], block)
    d.console("writer")
    d.guest_run("writer", WRITER % block)
    d.detach()
    d.run("(tail -n 0 -f /var/log/zl/console/writer.log | grep -a ^acknowledged) & true")
    said = Said(d, disk, state, block)
    d.m.send(f"sh {FOLDER}/work {first}\n")
    rounds = rng.randrange(3, 5)
    deadline = time.monotonic() + 240 * machine.PATIENCE
    while len(said.states) <= 7 * rounds + rng.randrange(7) or len(said.blocks) < 5:
        said.read()
        if time.monotonic() > deadline:
            d.fail("definitions change and blocks are written", (said.states[-1], said.blocks[-1]))
        time.sleep(0.01)
    d.m.proc.kill()
    d.m.proc.wait()
    said.read()
    return said


def test_power_loss(boot, laid):
    """Lives that end by a power cut; from one cut of each the next goes on."""
    tmp, overlay, image = laid
    rng = random.Random(SEED)
    print(f"SEED={SEED}")
    state = {"places": {"here"}, "comes": None, "same": 0, "link": False}
    left, block, unfinished = [], 0, 0
    for life in range(LIVES + 1):
        disk = power.Disk(image, str(tmp / f"socket{life}"))
        d = boot(overlay=overlay, extra=disk.options("state"))
        if life == 0:
            d.run("cd /var/lib/zl/images && truncate -s 8M a.img && "
                  "qemu-img create -q -f qcow2 b.qcow2 8M && cd - && "
                  f"zl define {FOLDER}/writer.xml && zl autostart writer && "
                  f"zl define {FOLDER}/here.xml && sync", 60)
        come_up(d, state, left, block, life)
        if life == LIVES:
            d.m.close()
            break
        said, chosen = live(d, disk, state, block, rng), None
        start, end = said.states[0][0], len(disk.log)
        for at in sorted(rng.sample(range(start, end), LOOKS)) + [end]:
            cut = disk.after_cut(at, rng)
            now, left = look(tmp, cut, said, at)
            unfinished += bool(left)
            # The last one, or, better, one that left something.
            if left or at == end and not chosen:
                chosen = at, cut, now, left
        (at, cut, state, left), image = chosen, str(tmp / "next.img")
        with open(image, "wb") as f:
            f.write(cut)
        block = said.block(at)
        disk.close()
        print(f"life {life}: {len(said.states)} changes, block {said.block(end)}, {end} entries; "
              f"goes on from entry {at}, with {left}")
    print(f"{unfinished} cuts of {LIVES * (LOOKS + 1)} left something unfinished")
