#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The keeper of zl-services on the build host, with a daemon that is a shell script: its log has an
# end while it runs, it is started again, and nothing is left when it is told to end.
# Runs in the top of the build tree; $srcdir names the source tree.

set -u
services=$(cd "${srcdir:-.}" && pwd)/tools/services/zl-services
work=$(mktemp -d /tmp/test_keeper.XXXXXX) || exit 1
trap 'kill "$keeper" 2>/dev/null; rm -rf "$work"' EXIT
keeper='' failed=0 count=0
export ZL_RUN_DIR="$work" ZL_LOG_DIR="$work" ZL_LOG_SIZE=10000 ZL_LOG_LOOK_SECONDS=0.1
export PATH="$work:$PATH"

ok() {
	what=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $what"
	else
		failed=1
		echo "not ok $count - $what"
	fi
}

# until_true TEST...: within 30 s.
until_true() {
	for i in $(seq 300); do
		"$@" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

# It writes 20 lines of 100 bytes each 50 ms, and its starts to a file.
cat >"$work/xenstored" <<'DAEMON'
#!/bin/sh
echo "$$" >>"$ZL_RUN_DIR/starts"
line=$(printf '%099d' 7)
while :; do
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "$line"; done
	sleep 0.05
done
DAEMON
printf '#!/bin/sh\necho >>"$ZL_RUN_DIR/inits"\n' >"$work/zl-init-dom0"
chmod +x "$work/xenstored" "$work/zl-init-dom0"

size() { wc -c <"$work/xenstored.log"; }
starts() { wc -l <"$work/starts"; }
moved() { [ -s "$work/xenstored.log.1" ]; }
moved_again() { [ "$(head -c 50 "$work/xenstored.log.1" | wc -c)" = 50 ] && moved; }
short() { [ "$(size)" -lt 200000 ]; }
is_gone() { [ ! -d "/proc/$1" ]; }

setsid "$services" keep xenstored xenstored </dev/null >>"$work/xenstored.log" 2>&1 &
keeper=$!
ok "the log is moved while the daemon runs" until_true moved
rm -f "$work/xenstored.log.1"
ok "and again" until_true moved_again
ok "the daemon was not started anew for it" [ "$(starts)" = 1 ]
ok "its log has an end" short
ok "it begins with a line" [ "$(head -c 5 "$work/xenstored.log.1" | tr -d '\0')" = 00000 ]
spared() { [ "$(cat "/proc/$(head -n 1 "$work/starts")/oom_score_adj")" = -900 ]; }
can() { [ "$(sh -c 'echo -900 >/proc/$$/oom_score_adj; cat /proc/$$/oom_score_adj')" = -900 ]; }
! can 2>/dev/null || ok "short of memory, the kernel takes others first" spared
ok "nobody describes the control domain again" [ ! -e "$work/inits" ]
kill -9 "$(head -n 1 "$work/starts")"
second_start() { [ "$(starts)" = 2 ]; }
ok "killed, it is started again" until_true second_start
ok "and the control domain described" until_true [ -s "$work/inits" ]
daemon=$(tail -n 1 "$work/starts")
kill "$keeper"
ok "told to end, the keeper ends" until_true is_gone "$keeper"
ok "and the daemon" until_true is_gone "$daemon"
quiet() { ! grep -qs "$work" /proc/[0-9]*/environ || [ "$(pgrep -c -s "$keeper")" = 0 ]; }
ok "and who looked after the log" until_true quiet
keeper=''

echo "1..$count"
exit $((failed != 0))
