"""Writes the pickles and checkpoints that pickle_test.cc and
state_dict_test.cc read. Run with NumPy 1 and PyTorch 1.13 (Debian 12):
/usr/bin/python3 make_readers.py"""
import collections
import os
import pickle

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def mixed_value():
    shared = [1]
    return {
        'ints': [0, -1, 255, 65535, -(2**31), 2**40, -(2**63)],
        'tuples': ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        'float': -1.5,
        'text': '\u00e9\u6c34',
        'bytes': b'\x00\x7f\x80\xff',
        'constants': [None, True, False],
        'ordered': collections.OrderedDict([('z', 1), ('a', 2)]),
        'shared': [shared, shared],
        'i64': np.int64(-7),
        'f32': np.float32(0.5),
        'flag': np.bool_(True),
        'array': np.arange(6, dtype='<f4').reshape(2, 3),
        'objects': np.array(['p', 'q'], dtype=object),
        'long text': 'x' * 300,
    }


for protocol in (2, 3, 4, 5):
    data = pickle.dumps(mixed_value(), protocol)
    with open(path(f'mixed_{protocol}.pkl'), 'wb') as file:
        file.write(data)
# NumPy 2 renamed the modules; GLOBAL's names end with a newline, so protocol 2
# takes the longer name as it is.
data = pickle.dumps(mixed_value(), 2)
with open(path('mixed_numpy2.pkl'), 'wb') as file:
    file.write(data.replace(b'numpy.core.', b'numpy._core.'))

values = torch.arange(24, dtype=torch.float32)
views = collections.OrderedDict()
views['plain'] = values.reshape(4, 6)
views['transposed'] = values.reshape(4, 6).t()
views['offset'] = values[5:9]
views['every_third'] = values[1::3]
views['expanded'] = values[3:4].expand(5)
views['scalar'] = torch.tensor(2.5)
views['empty'] = torch.zeros(0, 3)
views['half'] = torch.tensor([1.0, -0.5, 65504.0, 6e-8, float('inf')]).half()
views['bfloat16'] = torch.tensor([1.0, -0.5, 3.0e38]).bfloat16()
views['double'] = torch.tensor([0.1], dtype=torch.float64)
views['long'] = torch.tensor([7, -7])
views['int'] = torch.tensor([3], dtype=torch.int32)
views['bool'] = torch.tensor([True, False])
torch.save(views, path('views.pth'))

net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1))
with torch.no_grad():
    net[0].weight.copy_(torch.tensor([[0.25, -4.0]]))
    net[0].bias.copy_(torch.tensor([8.0]))
plain = net.state_dict()  # Carries _metadata.
torch.save(plain, path('plain.pth'))
parallel = torch.nn.DataParallel(net).state_dict()  # "module." names
optimizer = torch.optim.AdamW(net.parameters())
net(torch.ones(2, 2)).sum().backward()
optimizer.step()
with torch.no_grad():
    net[0].weight.copy_(torch.tensor([[0.25, -4.0]]))
    net[0].bias.copy_(torch.tensor([8.0]))
torch.save({'epoch': 3, 'best': np.float64(0.5), 'state_dict': parallel,
            'optimizer': optimizer.state_dict()}, path('wrapped.pth'))
torch.save({'model_state_dict': plain, 'loss': 0.5},
           path('wrapped_model.pth'))
torch.save(dict(net.named_parameters()), path('parameters.pth'))
torch.save(plain, path('legacy.pth'), _use_new_zipfile_serialization=False)
