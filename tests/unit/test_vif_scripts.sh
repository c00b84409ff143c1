#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The vif-* scripts on the build host: ip, nft, bridge and the store are stubs that write down how
# they were called, sysfs is a folder. Each case starts with a new vif7.0 and a bridge zbr0.
# Runs in the top of the build tree; $srcdir names the source tree.

set -u
scripts=$(cd "${srcdir:-.}" && pwd)/tools/services/scripts
work=$(mktemp -d /tmp/test_vif_scripts.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
count=0

# A store in files: STORE/backend/vif/7/0/NODE. Programs named in FAIL fail with a message.
mkdir -p "$work/bin"
cat >"$work/bin/xenstore-ls" <<'STUB'
#!/bin/sh
cd "$STORE/$1" || exit 1
for node in *; do echo "$node = \"$(cat "$node")\""; done
STUB
cat >"$work/bin/xenstore-write" <<'STUB'
#!/bin/sh
while [ $# -gt 1 ]; do
	printf '%s' "$2" >"$STORE/$1"
	echo "store ${1##*/}=$2" >>"$CALLS"
	shift 2
done
STUB
cat >"$work/bin/stub" <<'STUB'
#!/bin/sh
name=${0##*/}
echo "$name $*" >>"$CALLS"
case " $FAIL " in
*" $name:$1 "* | *" $name "*) echo "$name says no" >&2; exit 3 ;;
esac
case "$name $*" in
"ip link set dev vif7.0 name "*) mv "$ZL_SYS/class/net/vif7.0" "$ZL_SYS/class/net/$6" ;;
"ip link set dev "*" master "*) mkdir -p "$ZL_SYS/class/net/$4/brport"
	echo 0 >"$ZL_SYS/class/net/$4/brport/isolated" ;;
"ip route") echo "default via 10.0.2.2 dev eth0" ;;
"ip addr show dev eth0") echo "    inet 10.0.2.15/24 scope global eth0" ;;
esac
exit 0
STUB
chmod +x "$work"/bin/*
for tool in sed cat head mv mkdir rm sh; do ln -s "$(command -v $tool)" "$work/bin/$tool"; done

# begin [NODE=VALUE...]: a fresh world with these nodes
begin() {
	rm -rf "$work/sys" "$work/proc" "$work/store"
	export STORE="$work/store" CALLS="$work/calls" ZL_SYS="$work/sys" ZL_PROC="$work/proc"
	export FAIL=
	mkdir -p "$STORE/backend/vif/7/0" "$ZL_SYS/class/net/vif7.0" \
		"$ZL_SYS/class/net/zbr0/bridge" "$ZL_PROC/sys/net/ipv4/conf/vif7.0"
	echo 0 >"$ZL_SYS/class/net/zbr0/bridge/vlan_filtering"
	echo 0 >"$ZL_PROC/sys/net/ipv4/ip_forward"
	echo 0 >"$ZL_PROC/sys/net/ipv4/conf/vif7.0/proxy_arp"
	: >"$CALLS"
	for pair in "$@"; do printf '%s' "${pair#*=}" >"$STORE/backend/vif/7/0/${pair%%=*}"; done
	for tool in ip nft iptables bridge ovs-vsctl; do rm -f "$work/bin/$tool"; done
	have ip bridge
}
have() { for tool in "$@"; do ln -sf stub "$work/bin/$tool"; done; }

# run SCRIPT COMMAND: its status in $rc, its last line in $said, its calls in $calls
run() {
	PATH="$work/bin" XENBUS_PATH=backend/vif/7/0 vif=vif7.0 netdev= \
		"$work/bin/sh" "$scripts/$1" "$2" type_if=vif 2>"$work/err" >"$work/out"
	rc=$?
	said=$(tail -n 1 "$work/err")
	calls=$(cat "$CALLS")
	: >"$CALLS"
}
ok() { # NAME CONDITION...
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		printf 'not ok %s - %s\n# status %s, said "%s"\n%s\n' "$count" "$name" "$rc" "$said" \
			"$calls" | sed '2,$s/^/# /'
	fi
}
went_well() { [ "$rc" = 0 ] && [ ! -s "$work/err" ] && [ "$(cat "$STORE/backend/vif/7/0/hotplug-status")" = connected ]; }
refused() { # LAST LINE: the same is in the store
	[ "$rc" = 1 ] && [ "$said" = "$1" ] &&
		[ "$(cat "$STORE/backend/vif/7/0/hotplug-status")" = error ] &&
		[ "$(cat "$STORE/backend/vif/7/0/hotplug-error")" = "$1" ]
}
called() { [ "$calls" = "$1" ]; }
has() { case "$calls" in *"$1"*) return 0 ;; esac; return 1; }
lacks() { ! has "$1"; }
holds() { [ "$(cat "$1")" = "$2" ]; }

begin bridge=zbr0 mtu=1400
run vif-bridge online
ok "bridge: online" went_well
ok "bridge: its calls in order" called "ip link set dev vif7.0 mtu 1400 master zbr0 up
store hotplug-status=connected"
run vif-bridge offline
ok "bridge: offline" called "ip link set dev vif7.0 down
ip link set dev vif7.0 nomaster"
rm -rf "$ZL_SYS/class/net/vif7.0"
run vif-bridge offline
ok "bridge: offline again, interface gone" [ "$rc$calls" = 0 ]

begin bridge=zbr0 vifname=web0 isolated=1 link=down
run vif-bridge online
ok "bridge: named, isolated, link down" went_well
ok "bridge: is isolated" holds "$ZL_SYS/class/net/web0/brport/isolated" 1
ok "bridge: stays down" lacks " up"
run vif-bridge offline
ok "bridge: offline by its name" has "ip link set dev web0 nomaster"

# The link changes: the interface has its name already.
printf up >"$STORE/backend/vif/7/0/link"
run vif-bridge online
ok "bridge: link up again, by its name" went_well
ok "bridge: link up again: no new name" lacks " name "
ok "bridge: link up again: is up" has "ip link set dev web0 up"

# A foreign interface with the wanted name is left alone when the attaching has failed.
begin bridge=zbr0 vifname=web0
mkdir "$ZL_SYS/class/net/web0"
run vif-bridge offline
ok "bridge: offline before it was named" lacks web0

begin bridge=nosuch
run vif-bridge online
ok "bridge: not there" refused "there is no bridge nosuch"
ok "bridge: nothing was done" lacks "ip "
begin
run vif-bridge online
ok "bridge: none named" refused "no bridge is named"
begin bridge=zbr0
rmdir "$ZL_SYS/class/net/vif7.0"
run vif-bridge online
ok "no interface" refused "there is no interface vif7.0"
begin bridge=zbr0
FAIL=ip:link
run vif-bridge online
ok "bridge: a failing ip" refused "ip link set dev vif7.0 master zbr0 up: ip says no"
begin bridge=zbr0
run vif-bridge sideways
ok "unknown command" refused 'unknown command "sideways" (online, offline, add, remove)'

begin bridge=zbr0 vlan=42
run vif-bridge online
ok "vlan: the bridge does not know" refused "the bridge zbr0 does not know VLANs (vlan_filtering)"
begin bridge=zbr0 vlan=42
echo 1 >"$ZL_SYS/class/net/zbr0/bridge/vlan_filtering"
run vif-bridge online
ok "vlan: online" went_well
ok "vlan: untagged, and no other" has "bridge vlan del dev vif7.0 vid 1
bridge vlan add dev vif7.0 vid 42 pvid untagged"

begin "ip=10.0.9.2/24 fd00::2/64"
run vif-route online
ok "route: online" went_well
ok "route: addresses and routes" has "ip addr add 10.0.2.15/32 dev vif7.0
ip route add 10.0.9.2/32 dev vif7.0 src 10.0.2.15
ip -6 route add fd00::2/128 dev vif7.0"
ok "route: forwards" holds "$ZL_PROC/sys/net/ipv4/ip_forward" 1
ok "route: answers ARP" holds "$ZL_PROC/sys/net/ipv4/conf/vif7.0/proxy_arp" 1
run vif-route offline
ok "route: offline" has "ip addr flush dev vif7.0"

begin ip=10.0.5.2
have nft
run vif-nat online
ok "nat: online" went_well
ok "nat: gateway, route, rule" has 'ip addr add 10.0.5.1/32 dev vif7.0
ip route add 10.0.5.2/32 dev vif7.0 src 10.0.5.1
nft delete table ip zl_vif7.0
nft add table ip zl_vif7.0
nft add chain ip zl_vif7.0 out { type nat hook postrouting priority 100 ; }
nft add rule ip zl_vif7.0 out ip saddr 10.0.5.2 oifname != "vif*" masquerade'
run vif-nat offline
ok "nat: offline" has "nft delete table ip zl_vif7.0"
begin ip=172.16.33.129/25
have iptables
run vif-nat online
ok "nat: first address is the guest's" has "ip addr add 172.16.33.130/32 dev vif7.0"
ok "nat: by iptables" has "iptables -t nat -A POSTROUTING -s 172.16.33.129 ! -o vif+ -j MASQUERADE"
run vif-nat offline
ok "nat: iptables undone" has "iptables -t nat -D POSTROUTING -s 172.16.33.129 ! -o vif+ -j MASQUERADE"
begin ip=10.0.5.2
run vif-nat online
ok "nat: no tool" refused "vif-nat needs nft (package nftables) or iptables"
begin
run vif-nat online
ok "nat: no address" refused \
	"vif-nat needs the guest's address: <ip address='10.0.5.2' prefix='24'/>"
begin ip=10.0.5.2/31
run vif-nat online
ok "nat: network too small" refused "vif-nat: a network with prefix 31 has no room for a gateway"
ok "nat: nothing was done" lacks "ip addr"
begin ip=10.0.5.2
have nft
FAIL=nft:add
run vif-nat online
ok "nat: a failing nft" refused "nft add table ip zl_vif7.0: nft says no"

begin bridge=ovs0
run vif-openvswitch online
ok "ovs: not installed" refused "ovs-vsctl is not installed (package openvswitch-switch)"
run vif-openvswitch offline
ok "ovs: offline without it" [ "$rc" = 0 ]
begin bridge=ovs0 vlan=9
have ovs-vsctl
run vif-openvswitch online
ok "ovs: online" went_well
ok "ovs: port with tag" has "--if-exists del-port vif7.0 -- add-port ovs0 vif7.0 tag=9"
run vif-openvswitch offline
ok "ovs: offline" has "--if-exists del-port vif7.0"

echo "1..$count"
exit $((failed != 0))
