#!/usr/bin/env python3
"""Writes the ESP32 captures beside it, and what an import must make of them.

Written from the formats' public descriptions with NumPy alone; shares nothing
with the reader. Run in this folder: make_esp32.py
"""
import json

import numpy as np

rng = np.random.default_rng(18)
HEADER = ("type,id,mac,rssi,rate,sig_mode,mcs,bandwidth,smoothing,"
          "not_sounding,aggregation,stbc,fec_coding,sgi,noise_floor,ampdu_cnt,"
          "channel,secondary_channel,local_timestamp,ant,sig_len,rx_state,len,"
          "first_word,data")
MACS = ["02:00:00:00:00:0a", "02:00:00:00:00:0b"]
PACKETS, RATE, FRAMES, STRIDE = 50, 50, 10, 5
START = 2**32 - 500_000  # microseconds: the 32-bit clock wraps in the middle


def line(i, mac, time_us, iq, first_word=0):
    data = ",".join(str(v) for v in iq)
    return (f"CSI_DATA,{i},{mac},-43,11,1,5,0,1,1,0,1,0,0,-95,0,11,0,"
            f"{time_us % 2**32},0,83,0,{len(iq)},{first_word},\"[{data}]\"")


# --- serial lines: two senders in turn, 64 subcarriers with guards
iq = rng.integers(-40, 41, size=(2, PACKETS, 128))
iq[:, :, 60:80] = 0  # guards: subcarriers 30 to 39
lines = [HEADER]
for p in range(PACKETS):
    time_us = START + p * 1_000_000 // RATE
    for link, mac in enumerate(MACS):
        values = iq[link, p].copy()
        values[:4] = [83, -80, 4, 0]  # what first_word = 1 says is garbage
        text = line(2 * p + link, mac, time_us, values, first_word=1)
        if p == 7 and link == 0:
            # A cut line, its end lost: the next one begins on it.
            text = line(900, mac, time_us - 100, values)[:200] + text
        if p == 9 and link == 1:
            text = "I (12345) wifi: beacon timeout\n" + text
        if p == 11 and link == 1:
            lines.append(line(901, mac, time_us - 100, values)[:-30])
        if p == 13:
            wide = rng.integers(-40, 41, size=384)
            lines.append(line(902, mac, time_us - 50, wide))
        if p == 15 and link == 0:
            # Values lost in the middle: fewer than it says.
            whole = line(903, mac, time_us - 100, values)
            at = whole.index("[") + 20
            at = whole.index(",", at)
            lines.append(whole[:at] + whole[whole.index(",", at + 30):])
        if p == 17 and link == 0:
            lines.append(line(904, "0a:0b:0c:0d:0e:0f", time_us, values))
        lines.append(text)
open("serial.csv", "w").write("\r\n".join(lines) + "\r\n")
open("serial_no_header.txt", "w").write("\n".join(lines[1:]) + "\n")

iq[:, :, :4] = 0
amplitude = np.hypot(iq[..., 0::2], iq[..., 1::2])  # [2, PACKETS, 64]
rows = np.concatenate([amplitude[0], amplitude[1]], axis=1)  # [PACKETS, 128]
starts = range(0, PACKETS - FRAMES + 1, STRIDE)
x = np.stack([rows[s:s + FRAMES].T for s in starts])
np.save("serial_x.npy", x.astype("<f4"))

# --- poses at 10 Hz from before the capture; joint "b" unsure in rows 5 to 7,
# joint "a" at (0, 0) in row 4.
times = (START + np.arange(-2, 14) * 100_000) / 1e6
true = np.stack([np.stack([100 + 50 * (times - times[0]),
                           200 - 10 * (times - times[0])], axis=1),
                 np.stack([300 + 20 * (times - times[0]),
                           400 + 30 * (times - times[0])], axis=1)], axis=1)
with open("poses.csv", "w") as out:
    out.write("timestamp_us,frame,a_x,a_y,a_confidence,b_x,b_y,b_confidence\n")
    for i, t in enumerate(times):
        a = [0, 0] if i == 4 else true[i, 0]
        b = [7, 7] if 5 <= i <= 7 else true[i, 1]
        sure = 0.1 if 5 <= i <= 7 else 0.9
        out.write(f"{round(t * 1e6)},{i},{a[0]:.4f},{a[1]:.4f},0.9,"
                  f"{b[0]:.4f},{b[1]:.4f},{sure}\n")
# All motion is linear in time, so what is repaired is what was hidden.
middle = START / 1e6 + np.array([(s + (FRAMES - 1) / 2) / RATE for s in starts])
y = np.stack([[np.interp(m, times, true[:, j, d]) for j in (0, 1)
               for d in (0, 1)] for m in middle]).reshape(-1, 2, 2)
np.save("serial_y.npy", y.astype("<f4"))

# --- a decoded table: amplitudes and phases, one row cut, host times
values = rng.normal(size=(30, 16)) + 1j * rng.normal(size=(30, 16))
with open("decoded.csv", "w") as out:
    out.write("host_epoch,t_rel,esp_local_timestamp_us,seq,mac,rssi,"
              "num_subcarriers,amplitude_json,phase_json\n")
    for p in range(30):
        head = f"{1786700000 + p / 20:.6f},{p / 20:.6f},{p * 50000},{p}," \
               f"{MACS[0]},-40,16,"
        amp = json.dumps([round(v, 6) for v in np.abs(values[p]).tolist()])
        arg = json.dumps([round(v, 6) for v in np.angle(values[p]).tolist()])
        row = f'{head}"{amp}","{arg}"\n'
        if p == 12:
            out.write(row[:140] + "\n")
        out.write(row)
product = values[:, 1:] * np.conj(values[:, :-1])
difference = np.angle(product)
np.save("decoded_phase.npy",
        np.stack([difference[s:s + 10].T for s in (0, 10, 20)]).astype("<f4"))
np.save("decoded_amplitude.npy",
        np.stack([np.abs(values[s:s + 10]).T
                  for s in (0, 10, 20)]).astype("<f4"))
with open("decoded_poses.csv", "w") as out:
    out.write("host_epoch,n_x,n_y,n_z\n")
    for i in range(40):
        out.write(f"{1786700000 + i / 25:.6f},{i},{2 * i},{3 * i}\n")
