# SPDX-License-Identifier: GPL-2.0-or-later
"""Read an ELF core of a guest: banks of memory, registers of each vCPU, notes."""
import struct


class Core:
    def __init__(self, data):
        self.data = data
        ident, kind, machine = struct.unpack_from("<16sHH", data)
        assert ident[:7] == b"\x7fELF\x02\x01\x01" and kind == 4 and machine == 183, ident
        phoff, = struct.unpack_from("<Q", data, 32)
        phentsize, phnum = struct.unpack_from("<HH", data, 54)
        self.banks = []             # (physical address, size, offset in the file)
        self.cpus = []              # {"x": 31 values, "sp", "pc", "pstate"}
        self.notes = {}             # by name, the last one
        for i in range(phnum):
            p_type, _, offset, _, paddr, filesz, _, _ = struct.unpack_from(
                "<IIQQQQQQ", data, phoff + i * phentsize)
            if p_type == 1:
                self.banks.append((paddr, filesz, offset))
            elif p_type == 4:
                self._read_notes(offset, offset + filesz)

    def _read_notes(self, at, end):
        while at < end:
            namesz, descsz, kind = struct.unpack_from("<III", self.data, at)
            name = self.data[at + 12:at + 11 + namesz].decode()
            desc_at = at + 12 + (namesz + 3 & ~3)
            desc = self.data[desc_at:desc_at + descsz]
            at = desc_at + (descsz + 3 & ~3)
            self.notes[name] = desc
            if name == "CORE" and kind == 1:
                regs = struct.unpack_from("<34Q", desc, 112)
                self.cpus.append({"x": regs[:31], "sp": regs[31], "pc": regs[32],
                                  "pstate": regs[33]})

    def read(self, address, size):
        """Bytes at a guest physical address."""
        for base, length, offset in self.banks:
            if base <= address and address + size <= base + length:
                at = offset + address - base
                return self.data[at:at + size]
        raise KeyError(hex(address))
