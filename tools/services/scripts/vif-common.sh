# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the vif-* scripts share, and block in part; read by them with ".". Run as Xen's: an argument
# online, offline, add or remove; in the environment script, vif (the interface that netback made),
# XENBUS_PATH (the back-end's nodes, relative to domain 0's) and netdev (the gateway's interface
# or nothing). A script ends well with hotplug-status "connected"; fatal() writes "error" and
# hotplug-error, and the same to stderr. Undoing never fails: what it would undo may be gone.
# Any POSIX shell with busybox's ip and grep will do.
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
SYS=${ZL_SYS:-/sys}
PROC=${ZL_PROC:-/proc}

fatal() {
	xenstore-write "$XENBUS_PATH/hotplug-error" "$*" "$XENBUS_PATH/hotplug-status" error
	echo "$*" >&2
	exit 1
}

success() {
	xenstore-write "$XENBUS_PATH/hotplug-status" connected ||
		fatal "the store does not take hotplug-status"
}

# Run a command whose failure is the end; its own words are told.
do_or_die() {
	said=$("$@" 2>&1) || fatal "$*: ${said:-failed}"
}

# get NODE: put one of the back-end's nodes into $value, empty without it. All are read at once,
# as each process costs more than what it does.
newline='
'
get() {
	value=${nodes#*"$newline$1 = \""}
	if [ "$value" = "$nodes" ]; then
		value=
	else
		value=${value%%\"*}
	fi
}

# set_flag FILE VALUE: write it where the kernel has such a file.
set_flag() {
	[ ! -e "$1" ] || echo "$2" 2>/dev/null >"$1"
}

# Give the interface its name: in $dev. It may have it already, when only the link changes.
name_interface() {
	[ "${vifname:-$vif}" != "$dev" ] || return 0
	do_or_die ip link set dev "$vif" down
	do_or_die ip link set dev "$vif" name "$vifname"
	dev=$vifname
}

# set_interface [WORD...]: with its MTU and these words of "ip link set"; up, unless the guest's
# link shall be down.
set_interface() {
	get link
	[ "$value" = down ] || set -- "$@" up
	get mtu
	[ $# -eq 0 ] && [ -z "$value" ] ||
		do_or_die ip link set dev "$dev" ${value:+mtu "$value"} "$@"
}

# Who is first, the kernel or us, is open when a domain is gone.
lower_interface() {
	[ ! -e "$SYS/class/net/$dev" ] || ip link set dev "$dev" down 2>/dev/null
	return 0
}

# For a guest that is routed.
forward_packets() {
	set_flag "$PROC/sys/net/ipv4/ip_forward" 1
	set_flag "$PROC/sys/net/ipv4/conf/$dev/proxy_arp" 1
}

# vif_main: call the script's online or offline with $vif, $vifname and $dev set.
vif_main() {
	: "${XENBUS_PATH:?is not set}"
	: "${vif:=${dev:-}}"
	[ -n "$vif" ] || fatal "the environment names no interface in vif"
	nodes=$newline$(xenstore-ls "$XENBUS_PATH" 2>/dev/null)
	get vifname
	vifname=$value
	dev=$vif
	[ -z "$vifname" ] || [ -e "$SYS/class/net/$vif" ] ||
		[ ! -e "$SYS/class/net/$vifname" ] || dev=$vifname
	case ${1:-} in
	online | add)
		[ -e "$SYS/class/net/$dev" ] || fatal "there is no interface $vif"
		online
		success
		;;
	offline | remove) offline ;;
	*) fatal "unknown command \"${1:-}\" (online, offline, add, remove)" ;;
	esac
}
