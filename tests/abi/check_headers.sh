#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Three checks that need a compiler at test time: each public header compiles by itself, hosted and
# freestanding; the arm64 compiler agrees with the ABI tables about our headers and Debian's; and the
# asserts that every build of the hypervisor compiles hold. Without an arm64 compiler its part is left out,
# and said so.

set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
top=$(cd "$here/../.." && pwd) || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT INT TERM
passed=0
failed=0

# check NAME COMMAND...
check() {
	name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - $name"
		sed 's/^/# /' "$tmp/out" | head -n 12
	fi
}

python=/usr/bin/python3
command -v "$python" >/dev/null 2>&1 || python=python3
flags="-std=gnu11 -Wall -Wextra -Wshadow -Wvla -Werror -fsyntax-only"

mkdir -p "$tmp/inc/tests/abi" "$tmp/xen"
check "rows are made" "$python" "$here/gen_abi_test.py" --rows
cp "$tmp/out" "$tmp/inc/tests/abi/abi_rows.inc"
check "abi_check.c is made" "$python" "$here/gen_abi_test.py" --abi-check
cp "$tmp/out" "$tmp/abi_check.c"

compilers=cc
if command -v aarch64-linux-gnu-gcc >/dev/null 2>&1; then
	compilers="cc aarch64-linux-gnu-gcc"
else
	echo "# no aarch64-linux-gnu-gcc: arm64 part left out"
fi

# Debian's headers in a directory of their own: the host's /usr/include is not for arm64.
[ -d /usr/include/xen ] && ln -s /usr/include/xen "$tmp/xen/xen"

for cc in $compilers; do
	for h in $(cd "$top/xen/include" && find public -name '*.h' | sort); do
		echo "#include <$h>" >"$tmp/one.c"
		check "$h alone, $cc" $cc $flags -I"$top/xen/include" "$tmp/one.c"
		check "$h alone, $cc, freestanding" $cc $flags -ffreestanding -Wconversion \
			-I"$top/xen/include" "$tmp/one.c"
	done
	check "our headers against the tables, $cc" $cc $flags -I"$tmp/inc" -I"$top" \
		-I"$top/xen/include" "$here/abi_ours.c"
	check "abi_check.c, $cc" $cc $flags -ffreestanding -I"$top/xen/include" \
		"$tmp/abi_check.c"
	[ -d "$tmp/xen/xen" ] && check "Debian's headers against the tables, $cc" \
		$cc $flags -DABI_ASSERT -I"$tmp/inc" -I"$top" -I"$tmp/xen" "$here/abi_theirs.c"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
