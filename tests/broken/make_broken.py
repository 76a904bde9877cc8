"""Writes files/: small files that each have one thing wrong. broken_test.cc
says what. Run with NumPy 1 and PyTorch 1.13 (Debian 12):
/usr/bin/python3 make_broken.py"""
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    os.makedirs(os.path.join(HERE, 'files'), exist_ok=True)
    return os.path.join(HERE, 'files', name)


def write(name, data):
    with open(path(name), 'wb') as file:
        file.write(data)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


class Malicious:
    """Unpickling this with Python's own pickle would run a command."""

    def __reduce__(self):
        return os.system, ('echo owned > owned.txt',)


class Eval:
    def __reduce__(self):
        return eval, ('1 + 1',)


# --- npy ---
floats = npy(np.arange(4, dtype='<f4'))
write('truncated.npy', floats[:-1])
write('oversized.npy', floats + b'\0')
write('complex.npy', npy(np.ones(2, '<c8')))
write('structured.npy', npy(np.zeros(2, [('a', '<f4'), ('b', '<i4')])))
write('claims_2_60.npy', floats.replace(b'(4,), }' + b' ' * 18,
                                        b'(1152921504606846976,), }'))
write('overflows.npy', floats.replace(b'(4,), }' + b' ' * 27,
                                      b'(4294967296, 4294967296, 4), }    '))
write('version_9.npy', floats[:6] + b'\x09' + floats[7:])
write('bad_magic.npy', b'\x92' + floats[1:])
write('os_system.npy', npy(np.array([Malicious()], dtype=object)))

# --- pickle ---
for protocol in range(6):
    write(f'os_system_{protocol}.pkl', pickle.dumps(Malicious(), protocol))
write('eval.pkl', pickle.dumps({'a': [Eval()]}, 4))
write('set.pkl', pickle.dumps({1, 2}, 4))
write('object.pkl', pickle.dumps(torch.device('cpu'), 2))
write('huge_string.pkl', b'\x80\x04\x8d' + struct.pack('<Q', 2**62) + b'x.')
write('huge_int.pkl', pickle.dumps(2**100, 4))

# --- zip ---


def archive(members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', method) as out:
        for name, data in members:
            out.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


write('absolute.npz', archive([('/tmp/a.npy', floats)]))
write('parent.npz', archive([('../a.npy', floats)]))
write('not_npy.npz', archive([('a.txt', b'hello')]))
write('lzma.npz', archive([('a.npy', floats)], zipfile.ZIP_LZMA))
good = archive([('a.npy', floats)])
entry = good.index(b'PK\x01\x02')


def patched(data, at, value):
    return data[:at] + value + data[at + len(value):]


write('declares_4_gb.npz',
      patched(patched(good, entry + 20, struct.pack('<II', 0xfffffffe,
                                                    0xfffffffe)),
              18, struct.pack('<II', 0xfffffffe, 0xfffffffe)))
write('bad_crc.npz', good.replace(floats, floats[:-1] + b'\x41'))
deflated = archive([('a.npy', floats + bytes(1000))], zipfile.ZIP_DEFLATED)
at = deflated.index(b'PK\x01\x02')
write('inflates_to_more.npz',
      patched(deflated, at + 24, struct.pack('<I', len(floats))))
write('truncated.npz', good[:-10])
write('encrypted.npz', patched(patched(good, entry + 8, b'\x01\x00'), 6,
                               b'\x01\x00'))

# --- pth ---


def checkpoint(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


write('os_system.pth', checkpoint({'a': Malicious()}))
write('module.pth', checkpoint(torch.nn.Linear(1, 1)))
tensor = checkpoint({'w': torch.arange(4, dtype=torch.float32)})
write('truncated.pth', tensor[:-30])
write('flipped.pth', tensor.replace(struct.pack('<f', 3.0),
                                    struct.pack('<f', -3.0)))
write('complex.pth', checkpoint({'w': torch.zeros(2, dtype=torch.complex64)}))
scripted = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), scripted)
write('torchscript.pth', scripted.getvalue())
