/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image: one contiguous file, loaded anywhere on a 4 KiB boundary, run at XEN_VIRT_START. Each
 * group of sections that needs its own permission starts on a page; start-up code and data are
 * together so that they can be given back.
 */
#include <arm64/layout.h>

ENTRY(_start)
OUTPUT_ARCH(aarch64)

SECTIONS
{
	. = XEN_VIRT_START;
	.text : {
		KEEP(*(.head.text))
		KEEP(*(.vectors))
		*(.text .text.*)
		. = ALIGN(4096);
		_etext = .;
	}
	__init_begin = .;
	.init.text : {
		_sinittext = .;
		*(.init.text .init.text.*)
		. = ALIGN(4096);
		_einittext = .;
	}
	.init.data : {
		*(.init.data .init.data.*)
		. = ALIGN(4096);
	}
	__init_end = .;
	.rodata : {
		_srodata = .;
		*(.rodata .rodata.* .srodata*)
		. = ALIGN(4096);
		_erodata = .;
	}
	.data.ro_after_init : {
		_sro_after_init = .;
		*(.data.ro_after_init)
		. = ALIGN(4096);
		_ero_after_init = .;
	}
	.data : {
		*(.data .data.*)
		. = ALIGN(16);
	}
	.bss : {
		. = ALIGN(4096);
		__bss_start = .;
		*(.bss.page_aligned)
		*(.bss .bss.*)
		. = ALIGN(4096);
		__bss_end = .;
	}
	_end = .;
	_image_size = _end - _start;

	/DISCARD/ : { *(.comment) *(.note.*) *(.eh_frame*) *(.interp) *(.dynamic) }
}
ASSERT(_end - _start < 0x400000, "the image does not fit into early_map's tables")
