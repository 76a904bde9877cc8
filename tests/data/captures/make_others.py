#!/usr/bin/env python3
"""Writes captures of other receivers and arrays of other programs beside it.

scipy.io, h5py and dpkt write the containers; records are packed by struct from
the formats' public descriptions. Run in this folder: make_others.py
"""
import struct

import dpkt
import h5py
import numpy as np
import scipy.io

rng = np.random.default_rng(19)

# --- Intel 5300: 3 receiving antennas, 2 sending ones, 20 packets at 100 Hz
# across the wrap of the 32-bit clock. antenna_sel 0x24: identity; 0x21: the
# receiver's antennas in the order 1, 0, 2.
N, NRX, NTX = 20, 3, 2
csi = rng.integers(-128, 128, size=(N, 30, NRX, NTX, 2))
start = 2**32 - 95_000


def pack_bits(groups):
    """30 groups of 3 bits and NRX * NTX pairs of bytes, low bits first."""
    bits, at = 0, 0
    for group in groups:
        at += 3
        for value in group.reshape(-1):
            bits |= (int(value) & 0xFF) << at
            at += 8
    return bits.to_bytes((at + 7) // 8, "little")


with open("iwl5300.dat", "wb") as out:
    for n in range(N):
        swapped = n % 2 == 1
        order = [1, 0, 2] if swapped else [0, 1, 2]
        # What the receiver writes at place r is of its antenna order[r].
        payload = pack_bits(csi[n][:, order])
        body = struct.pack("<IHHBBBBBbBBHH", (start + n * 10_000) % 2**32, n, 0,
                           NRX, NTX, 40, 41, 42, -92, 30,
                           0x21 if swapped else 0x24, len(payload), 0x100)
        body += payload
        if n == 4:  # another kind of record
            out.write(struct.pack(">HB", 5, 0xC1) + b"abcd")
        if n == 6:  # says another size than it has
            bad = body[:16] + struct.pack("<H", 7) + body[18:]
            out.write(struct.pack(">HB", len(bad) + 1, 0xBB) + bad)
        if n == 8:  # another number of antennas
            one = csi[n][:, :1, :1]
            small = pack_bits(one)
            head = struct.pack("<IHHBBBBBbBBHH", (start + n * 10_000 - 5) %
                               2**32, n, 0, 1, 1, 40, 41, 42, -92, 30, 0,
                               len(small), 0x100)
            out.write(struct.pack(">HB", len(head + small) + 1, 0xBB) + head +
                      small)
        out.write(struct.pack(">HB", len(body) + 1, 0xBB) + body)
    out.write(struct.pack(">HB", 400, 0xBB) + b"cut")
amplitude = np.hypot(csi[..., 0], csi[..., 1])  # [N, 30, NRX, NTX]
rows = amplitude.transpose(0, 2, 3, 1).reshape(N, -1)
np.save("iwl5300_x.npy", np.stack([rows[:10].T, rows[10:].T]).astype("<f4"))


# --- nexmon: one sender, two cores; int16 and float
def frame(payload, port=5500):
    udp = dpkt.udp.UDP(sport=5500, dport=port, data=payload)
    udp.ulen = 8 + len(payload)
    ip = dpkt.ip.IP(src=bytes([10, 10, 10, 10]), dst=bytes([255] * 4), p=17,
                    data=udp)
    return bytes(dpkt.ethernet.Ethernet(src=b"\0" * 6, dst=b"\xff" * 6,
                                        type=0x800, data=ip))


def header(core, chip):
    return struct.pack("<HbB6sHHHH", 0x1111, -50, 8, bytes([2, 0, 0, 0, 0, 9]),
                       77, core, 0xE02A, chip)


def write_pcap(name, payloads):
    with open(name, "wb") as out:
        writer = dpkt.pcap.Writer(out)
        for i, (time, payload) in enumerate(payloads):
            if i == 5:
                writer.writepkt(frame(b"not csi", port=53), ts=time)
                writer.writepkt(frame(payload[:25]), ts=time)
            writer.writepkt(frame(payload), ts=time)


whole = rng.integers(-2000, 2000, size=(20, 2, 64, 2))
write_pcap("nexmon_int16.pcap",
           [(1786700000 + p / 50,
             header(core, 0x65) + whole[p, core].astype("<i2").tobytes())
            for p in range(20) for core in range(2)])
rows = np.hypot(whole[..., 0], whole[..., 1]).reshape(20, 128)
np.save("nexmon_int16_x.npy", np.stack([rows[:10].T, rows[10:].T]).astype("<f4"))

size = rng.integers(0, 2**11, size=(20, 64, 2))
sign = rng.integers(0, 2, size=(20, 64, 2))
exponent = rng.integers(-12, 6, size=(20, 64))
word = (sign[..., 0] << 29 | size[..., 0] << 18 | sign[..., 1] << 17 |
        size[..., 1] << 6 | (exponent & 63))
write_pcap("nexmon_float.pcap",
           [(1786700000 + p / 50,
             header(0, 0x6A) + word[p].astype("<u4").tobytes())
            for p in range(20)])
value = size * np.where(sign, -1, 1) * np.exp2(exponent)[..., None]
rows = np.hypot(value[..., 0], value[..., 1])
np.save("nexmon_float_x.npy", np.stack([rows[:10].T, rows[10:].T]).astype("<f4"))

with open("camera.csv", "w") as out:
    out.write("time,a_x,a_y\n")
    for i in range(40):
        out.write(f"{1786699999 + i / 10:.3f},{i + 1},{2 * i + 1}\n")

# --- arrays: 12 windows of 3 x 5, poses of 4 joints; windows last in MATLAB
x = rng.normal(size=(12, 3, 5))
y = rng.normal(size=(12, 4, 2))
np.save("arrays_x.npy", x.astype("<f4"))
np.save("arrays_y.npy", y.astype("<f4"))
matlab = {"csi": x.transpose(1, 2, 0), "pose": y.transpose(1, 2, 0),
          "subject": np.arange(12)[:, None] // 3,
          "bytes": (np.arange(180).reshape(12, 3, 5)).astype("u1"),
          "complex": x + 1j * x, "text": "hello", "label": np.arange(12) % 3}
scipy.io.savemat("matlab5.mat", matlab)
scipy.io.savemat("matlab5_deflated.mat", matlab, do_compression=True)
with h5py.File("arrays.h5", "w") as out:
    out.create_dataset("run/csi", data=x, chunks=(5, 3, 5), compression="gzip",
                       shuffle=True)
    out.create_dataset("run/pose", data=y.astype(">f8"))
    out.create_dataset("run/complex", data=(x + 1j * x).astype("c8"))
    out.create_dataset("run/bytes", data=matlab["bytes"])
    out.create_dataset("label", data=np.arange(12) % 3)
    out.create_dataset("subject", data=np.arange(12) // 3)
    out.create_dataset("name", data="text")
    out["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/x")
# MATLAB 7.3: HDF5 behind 512 bytes of text, axes the other way around.
with h5py.File("matlab73.mat", "w", userblock_size=512) as out:
    for name in ("csi", "pose"):
        data = out.create_dataset(name, data=matlab[name].T)
        data.attrs["MATLAB_class"] = np.bytes_("double")
with open("matlab73.mat", "r+b") as out:
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + b" " * 8
    out.write(text + struct.pack("<H2s", 0x0200, b"IM"))
