# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the vif-* scripts share; read by them with ".". They are run as Xen's are: an argument
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

# node NAME: one of the back-end's nodes, or nothing.
node() {
	xenstore-read "$XENBUS_PATH/$1" 2>/dev/null
}

# set_flag FILE VALUE: write it where the kernel has such a file.
set_flag() {
	[ ! -e "$1" ] || echo "$2" 2>/dev/null >"$1"
}

# The IPv4 or IPv6 addresses that the guest was given, each with its prefix or without.
guest_ips() {
	node ip | tr ',' ' '
}

# Leave the interface down and clean, with the name that it shall have, in $dev.
set_up_interface() {
	dev=$vif
	do_or_die ip link set dev "$dev" down
	if [ -n "$vifname" ] && [ "$vifname" != "$vif" ]; then
		do_or_die ip link set dev "$vif" name "$vifname"
		dev=$vifname
	fi
	mtu=$(node mtu)
	[ -z "$mtu" ] || do_or_die ip link set dev "$dev" mtu "$mtu"
}

# Up, unless the guest's link shall be down.
raise_interface() {
	[ "$(node link)" = down ] || do_or_die ip link set dev "$dev" up
}

# Who is first, the kernel or us, is open when a domain is gone.
lower_interface() {
	[ ! -e "$SYS/class/net/$dev" ] || ip link set dev "$dev" down 2>/dev/null
	return 0
}

# The interface of a guest that is routed: where packets go when there is no bridge.
forward_packets() {
	set_flag "$PROC/sys/net/ipv4/ip_forward" 1
	set_flag "$PROC/sys/net/ipv4/conf/$dev/proxy_arp" 1
}

# vif_main: call the script's online or offline with $vif, $vifname and $dev set.
vif_main() {
	: "${XENBUS_PATH:?is not set}"
	: "${vif:=${dev:-}}"
	[ -n "$vif" ] || fatal "the environment names no interface in vif"
	vifname=$(node vifname)
	dev=$vif
	[ -z "$vifname" ] || [ ! -e "$SYS/class/net/$vifname" ] || dev=$vifname
	case ${1:-} in
	online | add)
		[ -e "$SYS/class/net/$vif" ] || fatal "there is no interface $vif"
		online
		success
		;;
	offline | remove) offline ;;
	*) fatal "unknown command \"${1:-}\" (online, offline, add, remove)" ;;
	esac
}
