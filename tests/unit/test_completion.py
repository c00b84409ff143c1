#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the shells offer by docs/completion, with a zl that answers from here: bash always, zsh and
fish where they are."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SCRIPTS = os.path.join(TOP, "docs/completion")
# The last name is one that nobody may run; a table shows a blank as \x20.
ZL = """#!/bin/sh
case "$*" in
"list --all") printf 'Name ID\\nDomain-0 0\\nweb1 3\\nweb2 4\\n'
	printf 'my\\\\x20guest 6\\n`touch${IFS}ran` 5\\n' ;;
cpupool-list) printf 'Name CPUs\\nPool-0 3\\nblue 1\\n' ;;
"block-list web1" | "block-list my guest") printf 'Vdev BE\\nxvda 0\\nxvdb 0\\n' ;;
"network-list web1") printf 'Idx BE\\n0 0\\n1 0\\n' ;;
"device-list web1") printf 'Name BE\\nvif3.0 0\\n' ;;
"snapshot list web1") printf 'Name Created\\nbefore then\\n' ;;
*) exit 3 ;;
esac
"""
BASH = """compopt() { :; }
source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zl; printf '%s\\n' "${COMPREPLY[@]}"
"""
# Of zsh what its system for completion would be told; it leaves out itself what does not begin so.
ZSH = """compadd() { [[ $1 == -a ]] && print -rl -- ${(P)2} }
_describe() { print -rl -- ${${(P)3}%%:*} }
_files() { print -rl -- ${words[CURRENT]#*=}*(N) }
compset() { : }
script=$1; shift; words=("$@"); CURRENT=$#; source $script
"""
FISH = ("source $argv[1]; complete -C (string join ' ' -- $argv[2..-1]) |"
        " string replace -r '\\t.*' ''")

# A line, what must be offered, and what must not.
CASES = (
    ("zl ", "list cpupool-list --timeout=", "web1"),
    ("zl cpupool-l", "cpupool-list", "list"),
    ("zl --timeout 5 ", "list create", "web1 5"),
    ("zl --timeout 5 pause w", "web1 web2", "g.xml blue"),
    ("zl pause web1 ", "web1 web2", "Domain-0 Name g.xml"),
    ("zl save ", "web1 web2", "g.xml"),
    ("zl save web1 ", "g.xml", "web1 web2"),
    ("zl save --timeout 9 web1 ", "g.xml", "web1 web2"),
    ("zl dump-core web1 ", "g.xml", "web1"),
    ("zl device-attach web1 ", "g.xml", "web1"),
    ("zl create ", "g.xml", "web1"),
    ("zl create g", "g.xml", "web1 other"),
    ("zl create --fi", "--file=", "g.xml"),
    ("zl convert -o ", "g.xml", "--from="),
    ("zl cpupool-destroy ", "Pool-0 blue", "web1 --help"),
    ("zl cpupool-migrate web1 ", "Pool-0 blue", "web1"),
    ("zl cpupool-cpu-add blue ", "all", "blue web1"),
    ("zl sched -p ", "Pool-0 blue", "web1"),
    ("zl sched-rtds -p ", "", "Pool-0 web1 --help"),
    ("zl sched -p blue ", "web1", "blue Pool-0"),
    ("zl sched-rtds -c ", "Pool-0", "web1"),
    ("zl block-detach web1 ", "xvda xvdb", "web1 Vdev"),
    ("zl block-detach my\\ guest ", "xvda xvdb", "web1 Vdev"),
    ("zl block-detach 'my guest' ", "xvda xvdb", "web1 Vdev"),
    ("zl cd-eject web1 ", "xvda", "web1"),
    ("zl cd-insert web1 xvdb ", "g.xml", "xvdb web1"),
    ("zl network-set web1 ", "0 1", "web1"),
    ("zl network-set web1 0 ", "up down", "web1 1"),
    ("zl device-detach web1 ", "vif3.0 g.xml", "web1"),
    ("zl snapshot ", "create list info revert delete", "web1"),
    ("zl snapshot revert ", "web1", "create before"),
    ("zl snapshot revert web1 ", "before", "web1 create"),
    ("zl trace ", "start stop dump report", "g.xml"),
    ("zl trace report ", "g.xml", "start"),
    ("zl trigger web1 ", "nmi reset", "g.xml"),
    ("zl cpu ", "online offline list", "web1"),
    ("zl top ", "", "web1"),
    ("zl completion ", "bash zsh fish", "web1"),
    ("zl help cpupool-l", "cpupool-list", "list"),
    ("zl list --so", "--sort=", "web1"),
)


def offered(shell, line, where):
    # As the shells cut it, and quoted still.
    words = re.findall(r"(?:\\.|'[^']*'|[^ ])+|(?<= )$", line)
    script = os.path.join(SCRIPTS, {"bash": "zl", "zsh": "_zl", "fish": "zl.fish"}[shell])
    command = {"bash": ["bash", "--norc", "-c", BASH, script, *words],
               "zsh": ["zsh", "-f", "-c", ZSH, "zsh", script, *words],
               "fish": ["fish", "--no-config", "-c", FISH, script, *words]}[shell]
    env = dict(os.environ, PATH=where + "/bin:" + os.environ["PATH"], HOME=where)
    done = subprocess.run(command, cwd=where + "/files", env=env, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode > 1 or done.stderr:
        raise SystemExit(f"{shell}: {line}: exit {done.returncode}\n{done.stderr}")
    return done.stdout.split("\n")


def check(shell, line, wanted, unwanted, where):
    got = offered(shell, line, where)
    if shell != "bash":		# they have the '=' apart, and fish offers files as a last resort
        wanted = wanted.replace("=", "")
        got = [w.replace("=", "").replace("\\", "") for w in got]
    if shell == "fish" and not line.split(" ")[-1].startswith("-"):
        wanted = " ".join(w for w in wanted.split() if not w.startswith("-"))	# nor unasked
    missing = [w for w in wanted.split() if w not in got]
    if shell == "zsh":			# it shows of these what begins as the word does
        unwanted = " ".join(w for w in unwanted.split() if w.startswith(line.split(" ")[-1]))
    wrong = [w for w in unwanted.split() if w in got]
    if missing or wrong:
        print(f"{shell}: \"{line}\": lacks {missing}, has {wrong}; it offers {got}")
    return not missing and not wrong


def main():
    bad = 0
    shells = [s for s in ("bash", "zsh", "fish") if shutil.which(s)]
    with tempfile.TemporaryDirectory() as where:
        os.makedirs(where + "/bin")
        os.makedirs(where + "/files")
        for name in "g.xml", "other":
            open(f"{where}/files/{name}", "w", encoding="utf-8").close()
        with open(where + "/bin/zl", "w", encoding="utf-8") as f:
            f.write(ZL)
        os.chmod(where + "/bin/zl", 0o755)
        for shell in shells:
            for case in CASES:
                bad += not check(shell, *case, where)
            for line in ("zl pause m", "zl pause my\\ g") if shell == "bash" else ("zl pause m",):
                got = [w.replace("\\", "") for w in offered(shell, line, where)]
                if "my guest" not in got:
                    print(f"{shell}: \"{line}\": lacks a name with a blank; it offers {got}")
                    bad += 1
            if os.path.exists(where + "/files/ran"):
                print(f"{shell}: ran what a domain is called")
                bad += 1
    print(f"{len(CASES)} lines in {', '.join(shells)}: {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
