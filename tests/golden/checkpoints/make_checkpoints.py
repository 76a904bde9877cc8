"""Writes the checkpoints that checkpoint_files_test.cc reads: one small network
of the family inside what trainers save, and networks of the family that are
none of the published ones. PyTorch 2.11 or newer, NumPy 2, safetensors:
python3 make_checkpoints.py"""
import argparse
import collections
import copy
import enum
import os
import pathlib

import numpy as np
import safetensors.torch
import torch
from torch import nn

from wiflow_torch import WiFlow, randomized

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = [[4, 2, 2, 1, 1]]


class Stage(enum.Enum):
    WARM = 1


class Meter:
    """A class of the user's own."""

    def __init__(self):
        self.values = collections.deque([0.5, 0.25], maxlen=8)


def path(name):
    return os.path.join(HERE, name)


def mini(seed):
    return randomized(WiFlow(4, 5, 3, [4], [2], 1, GROUPS), seed)


def prefixed(prefix, state):
    return collections.OrderedDict((prefix + k, v) for k, v in state.items())


def outputs(name, net, x):
    with torch.no_grad():
        np.save(path(name + '_output.npy'), net(torch.from_numpy(x)).numpy())


x = np.random.default_rng(1).random((2, 4, 5), dtype=np.float32)
np.save(path('mini_input.npy'), x)
raw, ema = mini(1), mini(2)
outputs('raw', raw, x)
outputs('ema', ema, x)
state, averaged = raw.state_dict(), ema.state_dict()
optimizer = torch.optim.AdamW(raw.parameters())
raw(torch.from_numpy(x)).sum().backward()
optimizer.step()
raw.load_state_dict(mini(1).state_dict())
state = raw.state_dict()

# Lightning's layout: the names' prefix is the attribute's, tensors of callbacks
# and of other modules lie around.
lightning = prefixed('model.', state)
lightning['loss.weights'] = torch.ones(3)
torch.save({
    'epoch': 3,
    'pytorch-lightning_version': '2.5.0',
    'state_dict': lightning,
    'loops': {'fit_loop': {'state_dict': {}}},
    'callbacks': {'ModelCheckpoint': {'best': torch.tensor(0.25)}},
    'optimizer_states': [optimizer.state_dict()],
    'hyper_parameters': argparse.Namespace(lr=1e-3, out=pathlib.Path('a/b')),
}, path('lightning.ckpt'))

# A script's own dict: objects of many kinds, two sets of weights.
torch.save({
    'args': argparse.Namespace(out=pathlib.PosixPath('/runs/a')),
    'stage': Stage.WARM,
    'meter': Meter(),
    'best': np.float64(0.5),
    'curve': np.arange(6.0).reshape(2, 3).T,
    'names': {'a', 'b'},
    'rng': torch.get_rng_state(),
    'seed': 2**70,
    'complex': 1j,
    'device': torch.device('cpu'),
    'size': torch.Size([2, 3]),
    'ema': {'decay': 0.99, 'module': averaged},
    'net': prefixed('_orig_mod.module.', state),
    'optimizer': optimizer.state_dict(),
}, path('script.pth'))

# torch.optim.swa_utils: a prefix for all, and a counter beside.
swa = torch.optim.swa_utils.AveragedModel(raw)
torch.save(swa.state_dict(), path('averaged.pth'))

# Half precision, three dicts deep, in the order of names, in bfloat16 where a
# float16 would not do.
half = collections.OrderedDict()
for name in sorted(state):
    value = state[name]
    if value.is_floating_point():
        value = value.to(torch.bfloat16 if 'running' in name else torch.half)
    half[name] = value
torch.save([1, {'best': {'inner': (half, 0.5)}}], path('nested_half.pth'))

# Two networks in one module: the prefixes tell them apart.
both = prefixed('teacher.backbone.', averaged)
both.update(prefixed('student.backbone.', state))
both['criterion.temperature'] = torch.tensor(0.1)
torch.save({'module': both}, path('distilled.pt'))

# Before PyTorch 1.6; a view and a skipped quantized storage among the rest.
legacy = collections.OrderedDict(state)
weight = state['up.block.4.weight']
legacy['up.block.4.weight'] = torch.cat([weight, weight])[:2]
torch.save({
    'zero': torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    'meter': Meter(),
    'model_state': legacy,
    'averages': averaged,
}, path('legacy_script.pth'), _use_new_zipfile_serialization=False)
torch.save({'model': raw}, path('legacy_module.pth'),
           _use_new_zipfile_serialization=False)

# PyTorch's own quantization, eager: packed parameters of a linear layer.
dynamic = torch.ao.quantization.quantize_dynamic(nn.Sequential(
    nn.Linear(2, 2)), {nn.Linear})
torch.save(dynamic.state_dict(), path('dynamic_int8.pth'))

# Arrays instead of tensors, as scripts that leave PyTorch behind save them.
torch.save({'model': {'weight': np.ones((2, 2), np.float32)}, 'epoch': 1},
           path('arrays.pth'))

# An archive of torch.export, which holds another archive.
torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),)),
                  path('exported.pt2'))

safetensors.torch.save_file(state, path('small.safetensors'))
mixed = {
    name: value.to(torch.float64) if 'bias' in name else value
    for name, value in state.items()
}
safetensors.torch.save_file(prefixed('model.', mixed),
                            path('mixed.safetensors'), {'format': 'pt'})

# Networks of the family that are none of the published ones.
fork = randomized(
    WiFlow(12, 7, 4, [10, 6, 6], [3, 4], 2,
           [[12, 2, 10, 1, 2], [5, 1, 2, 3, 1], [1, 2, 6, 1, 1]], taps=5,
           up=2, hidden=3), 5)
x = np.random.default_rng(2).random((3, 12, 7), dtype=np.float32)
np.save(path('fork_input.npy'), x)
outputs('fork', fork, x)
torch.save(fork.state_dict(), path('fork.pth'))
