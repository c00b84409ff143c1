#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xenstored and the xenstore-* commands as a user meets them, on the build host, in a folder of
# their own: start, pid file, every command's output and exit code, end. Where Debian's own
# commands are found (package xenstore-utils installed, or unpacked below $XENSTORE_UTILS) they
# must print the same against our daemon, byte for byte.
# Runs in the top of the build tree.

set -u
dir=$(mktemp -d /tmp/test_xs_tools.XXXXXX) || exit 1
build=$PWD
failed=0
count=0
trap 'test -s "$dir/pid" && kill "$(cat "$dir/pid")"; rm -rf "$dir"' EXIT
export XENSTORED_RUNDIR="$dir/run"

check() { # NAME EXPECTED-RC EXPECTED-OUTPUT COMMAND...
	name=$1 want_rc=$2 want=$3
	shift 3
	count=$((count + 1))
	got=$("$@" 2>"$dir/err")
	rc=$?
	if [ "$rc" = "$want_rc" ] && [ "$got" = "$want" ]; then
		echo "ok $count - $name"
		return
	fi
	failed=$((failed + 1))
	printf 'not ok %s - %s\n# wanted %s: %s\n# got    %s: %s\n# %s\n' "$count" "$name" \
		"$want_rc" "$want" "$rc" "$got" "$(cat "$dir/err")"
}

mkdir "$dir/bin"
for name in chmod exists list ls read rm watch write; do
	ln -s "$build/tools/xenstore/xenstore" "$dir/bin/xenstore-$name"
done
ours=$dir/bin
xenstored=$build/tools/xenstored/xenstored

check "it says what is wrong with options" 2 "" "$xenstored" --nonsense
check "no daemon: exit 1" 1 "" "$ours/xenstore-ls"
start() {
	"$xenstored" --no-domains --user root --run-dir "$dir/run" --state-dir "$dir/state" \
		--pid-file "$dir/pid"
}
check "it starts in the background" 0 "" start
check "its pid file is true" 0 "" kill -0 "$(cat "$dir/pid")"
check "a second one is refused" 7 "" "$xenstored" --no-domains --run-dir "$dir/run"

check "first nodes" 0 'tool = ""
 xenstored = ""
local = ""' "$ours/xenstore-ls"
check "write pairs" 0 "" "$ours/xenstore-write" /a/b hello /a/c 'x\x41\n'
check "an odd number of words" 1 "" "$ours/xenstore-write" /a/b
check "read" 0 'hello
xA\n' "$ours/xenstore-read" /a/b /a/c
check "read -p" 0 '/a/b: hello' "$ours/xenstore-read" -p /a/b
check "read -R" 0 'xA' "$ours/xenstore-read" -R /a/c
check "read up to what is not there" 1 hello "$ours/xenstore-read" /a/b /no
check "plain xenstore with a mode" 0 hello "$build/tools/xenstore/xenstore" read /a/b
check "list" 0 'b
c' "$ours/xenstore-list" /a
check "list -p" 0 '/a/b
/a/c' "$ours/xenstore-list" -p /a
check "exists" 0 "" "$ours/xenstore-exists" /a/b
check "exists not" 1 "" "$ours/xenstore-exists" /a/b /no
check "chmod -r" 0 "" "$ours/xenstore-chmod" -r /a n0 r5
check "chmod with a wrong mode" 1 "" "$ours/xenstore-chmod" /a q5
check "ls -fp" 0 '/a/b = "hello"   (n0,r5)
/a/c = "xA\n"   (n0,r5)' "$ours/xenstore-ls" -fp /a
check "ls -p" 0 \
	'b = "hello"  . . . . . . . . . . . . . . . . . . . . . . . .  (n0,r5)
c = "xA\n" . . . . . . . . . . . . . . . . . . . . . . . . .  (n0,r5)' "$ours/xenstore-ls" -p /a
check "watch -n" 0 '/a
/tool' timeout 10 "$ours/xenstore-watch" -n 2 /a /tool
check "rm -t takes empty parents too" 0 "" "$ours/xenstore-rm" -t /a/b /a/c
check "they are gone" 1 "" "$ours/xenstore-exists" /a
check "rm below nothing" 1 "" "$ours/xenstore-rm" /no/where
long=$(printf '%0100d' 7)
check "a long value" 0 "" "$ours/xenstore-write" /long "$long" /d/e/f 1
check "is cut by ls" 0 "long = \"$(printf '%068d' 0)\\...\"" sh -c \
	"'$ours/xenstore-ls' | grep long"

theirs=${XENSTORE_UTILS:-}
for name in "$theirs/usr/bin" /usr/bin; do
	[ -x "$name/xenstore-ls" ] && theirs_bin=$name && break
done
if [ -n "${theirs_bin:-}" ]; then
	LD_LIBRARY_PATH=$(echo "$theirs"/usr/lib/*-linux-gnu)
	for words in "ls" "ls -p" "ls -f" "ls -fp" "ls /d" "read /long" "read -p /long /d/e/f" \
		"read /no" "list -p /d" "list /no" "exists /d" "exists /no" "watch -n 1 /d" \
		"chmod -u /d/e/f b1 r2" "ls -p" "write /new/x a\\x07b" "read /new/x" \
		"rm /new/x" "ls" "rm /no/x" "ls /no"; do
		# shellcheck disable=SC2086 # the words are meant to be split
		set -- $words
		command=xenstore-$1
		shift
		expected=$(LD_LIBRARY_PATH=$LD_LIBRARY_PATH "$theirs_bin/$command" "$@" 2>/dev/null)
		check "as Debian's: $words" $? "$expected" "$ours/$command" "$@"
	done
else
	echo "# Debian's xenstore-utils not found: not compared"
fi

for i in 1 2 3; do
	"$ours/xenstore-write" /killed "$i"
	before=$("$ours/xenstore-ls" -fp)
	kill -9 "$(cat "$dir/pid")"
	check "after kill -9, number $i, it starts again" 0 "" start
	check "and has all it had" 0 "$before" "$ours/xenstore-ls" -fp
done
# Of a killed daemon, the lock may last a moment longer; whoever starts the next waits for it.
kill -9 "$(cat "$dir/pid")"
flock "$dir/state" sleep 0.5 &
while flock -n "$dir/state" true; do sleep 0.02; done
check "it waits for the lock of one that ends" 0 "" start
check "and has all it had then, too" 0 "$before" "$ours/xenstore-ls" -fp
printf 'half a frame' >>"$dir/state/journal"
kill -9 "$(cat "$dir/pid")"
check "it starts with a torn journal" 0 "" start
check "and has what was whole" 0 "$before" "$ours/xenstore-ls" -fp
check "the directory is its own" 7 "" "$xenstored" --no-domains --user root \
	--run-dir "$dir/other" --state-dir "$dir/state"
check "SIGTERM ends it" 0 "" kill "$(cat "$dir/pid")"
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$dir/run/socket" ] || break
	sleep 0.2
done
check "nothing is left" 0 "" sh -c "! ls '$dir/run/socket' '$dir/pid'"
echo "1..$count"
[ "$failed" = 0 ]
