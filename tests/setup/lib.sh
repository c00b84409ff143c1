# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the set-up scripts (sourced by sh): messages with elapsed time, a ticker for long
# steps, and stamps that say what a product was made from.  Products live in out/.

top=$(cd "$(dirname "$0")" && while [ ! -f configure.ac ] && [ "$PWD" != / ]; do cd ..; done && pwd)
out=${ZAZEN_OUT:-$top/out}
setup=$top/tests/setup
: "${ZAZEN_START:=$(date +%s)}"
export ZAZEN_START

elapsed() { echo $(($(date +%s) - ZAZEN_START)); }
say() { printf '[%4ss] %s\n' "$(elapsed)" "$*"; }
die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# run_step TITLE LOG COMMAND...: run it with its output in LOG and a line every 15 s; on failure
# show the log's end.
run_step() {
	title=$1; log=$2; shift 2
	say "$title"
	mkdir -p "$(dirname "$log")"
	step_start=$(date +%s)
	"$@" >"$log" 2>&1 </dev/null &
	step_pid=$!
	trap 'kill $step_pid 2>/dev/null; exit 130' INT TERM
	ticks=0
	while kill -0 "$step_pid" 2>/dev/null; do
		sleep 0.2
		ticks=$((ticks + 1))
		[ $((ticks % 75)) -eq 0 ] &&
			say "  ... still at it, $(($(date +%s) - step_start)) s: $(tail -n 1 "$log" | cut -c1-90)"
	done
	rc=0
	wait "$step_pid" || rc=$?
	trap - INT TERM
	if [ "$rc" -ne 0 ]; then
		tail -n 25 "$log" >&2
		printf '%s: error: "%s" failed (exit %s); its whole output is in %s\n' \
			"${0##*/}" "$title" "$rc" "$log" >&2
		return "$rc"
	fi
}

# take_lock: keep out/ for this command and what it starts until it ends.  Whoever started us
# may hold it for us already.
take_lock() {
	[ -z "${ZAZEN_LOCKED:-}" ] || return 0
	mkdir -p "$out/log" 2>/dev/null || die "cannot write to $out: is this your own clone?"
	exec 9>"$out/.lock"
	flock -n 9 || {
		echo "${0##*/}: error: out/ is in use by another ./quickstart or ./check: wait for it to end" >&2
		exit 7
	}
	ZAZEN_LOCKED=1
	export ZAZEN_LOCKED
}

# fresh STAMP KEY: is the product of STAMP made, and from KEY?
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# files_key FILE...: a key that changes when a file's content does.
files_key() { cat "$@" | sha256sum | cut -d' ' -f1; }

kernel_version() {
	v=$(ls "$out/kernel/lib/modules" 2>/dev/null | tail -n 1)
	[ -n "$v" ] || die "no kernel in $out/kernel: run tests/setup/fetch kernel"
	echo "$v"
}

# What dom0 loads: at its start (rcS), with the services, or when somebody asks for it.
dom0_modules="virtio_net xen-evtchn xen-privcmd xen-gntdev xen-gntalloc xenfs
xen-blkback xen-netback loop nbd dm-mod bridge openvswitch tun dummy
nf_tables nft_chain_nat nft_masq nft_nat nft_ct"

# modules_of NAME...: paths of the kernel's modules and what they need, in load order.
modules_of() {
	for m in "$@"; do
		modprobe -d "$out/kernel" -S "$(kernel_version)" --show-depends "$m"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

# put_module_tree ROOT NAME...: the same as a tree below ROOT that its modprobe can use.
put_module_tree() {
	tree=$1; shift
	kv=$(kernel_version)
	mkdir -p "$tree/lib/modules/$kv"
	for f in builtin builtin.modinfo order; do
		cp "$out/kernel/lib/modules/$kv/modules.$f" "$tree/lib/modules/$kv/"
	done
	(cd "$out/kernel" && modules_of "$@" | sed "s|^$out/kernel/||" | cpio -pdm --quiet "$tree")
	depmod -b "$tree" "$kv"
}
