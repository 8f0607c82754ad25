# SPDX-License-Identifier: Apache-2.0
"""wire - ZMTP connections and leat frames written by hand, right or wrong, for hostile tests.

Standard library only, and nothing of leat's own code: what this says, a stranger could say.
"""
import os
import random
import socket
import struct

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MAGIC = 0x5441454C
CONTROL, DATA_FIRST = 1, 16


def crc32c_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc32c_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """One protobuf field: int = varint, bytes = length-delimited."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def fixed32(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", value)


def fixed64(number, value):
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def header(payload=b"", magic=MAGIC, version=1, crc=None, length=None, **fields):
    """A header frame, with the right checksum unless `crc` says otherwise."""
    f = dict(kind=CONTROL, job=0, generation=0, edge=0, source=0, target=0, sequence=0, value=0,
             time_us=0, flags=0)
    f.update(fields)
    length = len(payload) if length is None else length
    words = struct.pack("<8Q", f["kind"] << 32 | f["job"], f["generation"], f["edge"] << 32 | f["flags"],
                        f["source"] << 32 | f["target"], f["sequence"], f["value"],
                        f["time_us"] & 0xFFFFFFFFFFFFFFFF, length)
    crc = crc32c(words, crc32c(payload)) if crc is None else crc
    zigzag = (f["time_us"] << 1 ^ f["time_us"] >> 63) & 0xFFFFFFFFFFFFFFFF
    return (fixed32(1, magic) + field(2, version) + field(3, f["kind"]) + field(4, f["job"])
            + field(5, f["generation"]) + field(6, f["edge"]) + field(7, f["source"]) + field(8, f["target"])
            + field(9, f["sequence"]) + field(10, f["value"]) + field(11, zigzag) + field(12, f["flags"])
            + field(13, length) + fixed32(14, crc))


def control(kind, session=0, seq=0, job=0, slot=0, generation=0, **numbers):
    """The payload of a control message; further fields by number: f7=epoch and so on."""
    out = b"".join(field(number, value) for number, value in
                   enumerate((kind, session, seq, job, slot, generation), start=1))
    for name, value in numbers.items():
        out += value if name == "raw" else field(int(name[1:]), value)
    return out


class Zmtp:
    """A connection of a DEALER. Whatever the other side does to it is fine: sends say False then."""

    def __init__(self, address, greeting=GREETING, ready=True):
        host, port = address.replace("tcp://", "").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=5)
        self.send_raw(greeting)
        if ready:
            self.receive(64)
            self.command(b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER")
            self.receive(self.receive(2)[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError(f"closed after {data!r}")
            data += more
        return data

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def command(self, body):
        return self.send_raw(b"\x04" + bytes([len(body)]) + body)

    def frames(self, *parts):
        out = b""
        for i, part in enumerate(parts):
            flags = (1 if i + 1 < len(parts) else 0) | (2 if len(part) > 255 else 0)
            size = struct.pack(">Q", len(part)) if len(part) > 255 else bytes([len(part)])
            out += bytes([flags]) + size + part
        return self.send_raw(out)

    def message(self, payload=b"", **fields):
        return self.frames(header(payload, **fields), payload)


def noise(dice, size):
    return bytes(dice.getrandbits(8) for _ in range(size))


def fresh_dice():
    return random.Random(int(os.environ.get("LEAT_TEST_SEED", "1")))
