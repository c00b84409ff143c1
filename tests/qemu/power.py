# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk with a cache that forgets when the power goes.

QEMU reaches it by the NBD protocol over a Unix socket.  A write is answered at once and stays in
the cache; a flush makes all that was answered before it durable.  What a power cut leaves after
entry N of the log is therefore: everything before the last flush, and of the later writes any
sectors at all.  One client at a time, one request after the other, so that the log has an order.
"""
import os
import socket
import struct
import threading

SECTOR = 512
OPTION_MAGIC = 0x49484156454F5054
REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC, ANSWER_MAGIC = 0x25609513, 0x67446698
OPT_GO, REP_ACK, REP_INFO, REP_UNSUPPORTED = 7, 1, 3, 0x80000001
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
HAS_FLAGS, SEND_FLUSH = 1, 4
READ, WRITE, DISCONNECT, FLUSH = range(4)
EINVAL = 22
FLUSHED = None			# an entry of the log; the others are (offset, data)


class Disk:
    """The image at BASE, served at the socket PATH until close(); BASE itself is left as it is."""

    def __init__(self, base, path):
        with open(base, "rb") as f:
            self.base = f.read()
        self.now = bytearray(self.base)
        self.log = []
        self.path = path
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen(1)
        threading.Thread(target=self._serve, daemon=True).start()

    def options(self, name):
        """QEMU's words for a virtio disk with this serial."""
        return ("-drive", f"file=nbd+unix:///?socket={self.path},format=raw,if=none,id={name},"
                "cache=writeback", "-device", f"virtio-blk-device,drive={name},serial={name}")

    def close(self):
        self._server.close()
        os.unlink(self.path)

    def after_cut(self, at, rng):
        """The disk after a power cut behind the first AT entries; RNG says what was in time."""
        entries = self.log[:at]
        flushed = max((i for i, e in enumerate(entries) if e is FLUSHED), default=0)
        image = bytearray(self.base)
        for i, entry in enumerate(entries):
            if entry is FLUSHED:
                continue
            offset, data = entry
            if i < flushed:
                image[offset:offset + len(data)] = data
                continue
            share = rng.choice((0, 0.5, 1))
            for s in range(0, len(data), SECTOR):
                if rng.random() < share:
                    image[offset + s:offset + s + SECTOR] = data[s:s + SECTOR]
        return image

    # -- the protocol -----------------------------------------------------------------------

    def _serve(self):
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            with client, client.makefile("rb") as f:
                try:
                    self._options(client, f)
                    self._requests(client, f)
                except (OSError, EOFError, struct.error):
                    pass		# the power went

    def _options(self, client, f):
        client.sendall(b"NBDMAGIC" + struct.pack(">QH", OPTION_MAGIC, FIXED_NEWSTYLE | NO_ZEROES))
        f.read(4)
        while True:
            _, option, size = struct.unpack(">QII", f.read(16))
            f.read(size)

            def reply(kind, data=b""):
                client.sendall(struct.pack(">QIII", REPLY_MAGIC, option, kind, len(data)) + data)
            if option == OPT_GO:
                reply(REP_INFO, struct.pack(">HQH", 0, len(self.now), HAS_FLAGS | SEND_FLUSH))
                reply(REP_ACK)
                return
            reply(REP_UNSUPPORTED)

    def _requests(self, client, f):
        while True:
            magic, _, kind, handle, offset, size = struct.unpack(">IHHQQI", f.read(28))
            if magic != REQUEST_MAGIC or kind == DISCONNECT:
                return
            data, error = b"", 0
            if kind == READ:
                data = bytes(self.now[offset:offset + size])
            elif kind == WRITE:
                written = f.read(size)
                self.now[offset:offset + size] = written
                self.log.append((offset, written))
            elif kind == FLUSH:
                self.log.append(FLUSHED)
            else:
                error = EINVAL
            client.sendall(struct.pack(">IIQ", ANSWER_MAGIC, error, handle) + data)
