#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The script block on the build host: losetup, stat and the store are stubs, the store is a folder.
# A pipe stands for what is neither a file nor a device; devices are tests/qemu/test_disk.py's.
# Runs in the top of the build tree; $srcdir names the source tree.

set -u
script=$(cd "${srcdir:-.}" && pwd)/tools/services/scripts/block
work=$(mktemp -d /tmp/test_block_script.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
count=0
export STORE="$work/store" CALLS="$work/calls" ZL_PROC="$work/proc" ZL_SYS="$work/sys"

mkdir -p "$work/bin" "$work/proc/self" "$work/sys/block/loop3/loop"
backing=$work/sys/block/loop3/loop/backing_file
cat >"$work/bin/xenstore-ls" <<'STUB'
#!/bin/sh
cd "$STORE/$1" || exit 1
for node in *; do echo "$node = \"$(cat "$node")\""; done
STUB
printf '#!/bin/sh\nls "$STORE/$1"\n' >"$work/bin/xenstore-list"
printf '#!/bin/sh\ncat "$STORE/$1"\n' >"$work/bin/xenstore-read"
printf '#!/bin/sh\nrm "$STORE/$1"\n' >"$work/bin/xenstore-rm"
cat >"$work/bin/xenstore-write" <<'STUB'
#!/bin/sh
while [ $# -gt 1 ]; do
	printf '%s' "$2" >"$STORE/$1"
	shift 2
done
STUB
# The first free loop device is taken by another before us: BUSY is how often.
cat >"$work/bin/losetup" <<'STUB'
#!/bin/sh
echo "losetup $*" >>"$CALLS"
case $1 in -f) echo /dev/loop3; exit 0 ;; -d) exit 0 ;; esac
[ -s "$BUSY" ] || exit 0
tail -n +2 "$BUSY" >"$BUSY.new"; mv "$BUSY.new" "$BUSY"
echo "resource busy" >&2
exit 1
STUB
printf '#!/bin/sh\necho 7:3\n' >"$work/bin/stat"
chmod +x "$work"/bin/*
export BUSY="$work/busy"
us=$STORE/backend/vbd/7/51712
: >"$work/disk.img"
mkfifo "$work/pipe"
ln -s disk.img "$work/link.img"

# begin PARAMS MODE [PARAMS MODE]: our device, and one of domain 8
begin() {
	rm -rf "$STORE" "$CALLS" "$BUSY"
	: >"$CALLS"
	mkdir -p "$us" "$STORE/backend/vbd/8/51712"
	printf '%s' "$1" >"$us/params"
	printf '%s' "$2" >"$us/mode"
	[ $# -lt 3 ] || printf '%s' "$3" >"$STORE/backend/vbd/8/51712/params"
	[ $# -lt 4 ] || printf '%s' "$4" >"$STORE/backend/vbd/8/51712/mode"
}
run() {
	PATH="$work/bin:$PATH" XENBUS_PATH=backend/vbd/7/51712 "$script" "$@" 2>"$work/err"
	rc=$?
}
node() { [ "$(cat "$us/$1" 2>/dev/null)" = "$2" ]; }
ok() { # NAME CONDITION...
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		echo "not ok $count - $name (status $rc, $(tail -n 1 "$work/err"))"
	fi
}
went_well() { [ "$rc" = 0 ] && [ ! -s "$work/err" ] && node hotplug-status connected; }
refused() { [ "$rc" = 1 ] && [ "$(cat "$work/err")" = "$1" ] && node hotplug-status error &&
	node hotplug-error "$1" && [ ! -e "$us/physical-device" ]; }
called() { grep -qxF "losetup $*" "$CALLS"; }

begin "$work/disk.img" w
run add
ok "a file" went_well
ok "by a loop device" called "/dev/loop3 $work/disk.img"
ok "whose number is told" node physical-device 7:3
ok "and its path" node physical-device-path /dev/loop3
echo "$work/disk.img" >"$backing"
run remove
ok "it goes" called "-d /dev/loop3"
: >"$CALLS"
run remove
ok "once" [ "$rc$(cat "$CALLS")" = 0 ]
begin "$work/disk.img" w
run add
echo "$work/other.img" >"$backing"
: >"$CALLS"
run remove
ok "not when it is another's" [ "$rc$(cat "$CALLS")" = 0 ]
begin "$work/link.img" r
run add
ok "read-only, by another name" called "-r /dev/loop3 $work/disk.img"
begin "$work/disk.img" w
printf '1\n2\n' >"$BUSY"
run add
ok "others take loop devices, too" went_well
begin "$work/disk.img" w
seq 99 >"$BUSY"
run add
ok "but not for ever" refused "losetup: resource busy"

begin "$work/disk.img" w "$work/link.img" r
run add
ok "in use by another domain" refused "$work/disk.img is in use by domain 8"
begin "$work/disk.img" r "$work/link.img" w
run add
ok "the other writes it" refused "$work/disk.img is in use by domain 8"
begin "$work/disk.img" r "$work/link.img" r
run add
ok "both only read" went_well
begin "$work/none.img" w
run add
ok "no such file" refused "there is no $work/none.img"
begin "$work/pipe" w
run add
ok "what has no sectors" refused "$work/pipe is neither a file nor a block device"
begin "$work/disk.img" w
run remove
ok "nothing to remove" [ "$rc" = 0 ]
run check
ok "an unknown command" refused 'unknown command "check" (add, remove)'

# Where the host has a block device: a name in /dev is enough.
disk=$(find /dev -maxdepth 1 -type b 2>/dev/null | head -n 1)
if [ -n "$disk" ]; then
	begin "$disk" w
	echo "1 1 8:1 / / rw - ext4 x rw" >"$work/proc/self/mountinfo"
	run add
	ok "a device as it is" node physical-device-path "$disk"
	begin "$disk" w
	echo "1 1 7:3 / /mnt rw,noatime - ext4 x rw" >"$work/proc/self/mountinfo"
	run add
	ok "not one that is mounted" refused "$disk is mounted in the control domain"
	begin "$disk" r
	echo "1 1 7:3 / /mnt ro - ext4 x ro" >"$work/proc/self/mountinfo"
	run add
	ok "unless all only read" went_well
fi

echo "1..$count"
exit $((failed != 0))
