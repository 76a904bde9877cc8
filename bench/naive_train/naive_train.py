#!/usr/bin/env python3
"""The half network written plainly in PyTorch, and a plain training loop.

This is the speed baseline the project's trainer is compared with, and the
program that first measured how hard the synthetic set is. It reads a
preprocessed_csi_data folder (npy mode) with NumPy alone and shares no code with
the rest. Needs Debian's python3-torch (1.13) and python3-numpy.

  OMP_NUM_THREADS=2 naive_train.py --data SET --epochs 8 --schedule onecycle \
      --lr 2e-3
"""

import argparse
import json
import math
import random
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = [270, 220, 170, 120]
CHANNELS = [4, 8, 16, 32]
HEADS = 4
JOINTS = 15
BONES = [(0, 1), (1, 8), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7),
         (8, 9), (8, 12), (9, 10), (10, 11), (12, 13), (13, 14)]


class TemporalBlock(nn.Module):
    """Two causal grouped convolutions, each followed by a pointwise one."""

    def __init__(self, inputs, outputs, dilation):
        super().__init__()

        def group(channels):
            return nn.Conv1d(channels, channels, 3, padding=2 * dilation,
                             dilation=dilation, groups=math.gcd(channels, 20),
                             bias=False)

        self.cut = 2 * dilation
        self.conv1_group = group(inputs)
        self.bn1_group = nn.BatchNorm1d(inputs)
        self.conv1_pw = nn.Conv1d(inputs, outputs, 1, bias=False)
        self.bn1_pw = nn.BatchNorm1d(outputs)
        self.conv2_group = group(outputs)
        self.bn2_group = nn.BatchNorm1d(outputs)
        self.conv2_pw = nn.Conv1d(outputs, outputs, 1, bias=False)
        self.bn2_pw = nn.BatchNorm1d(outputs)
        self.dropout = nn.Dropout(0.5)
        self.downsample = nn.Sequential(
            nn.Conv1d(inputs, outputs, 1, bias=False),
            nn.BatchNorm1d(outputs)) if inputs != outputs else nn.Identity()

    def forward(self, x):
        y = F.silu(self.bn1_group(self.conv1_group(x)[..., :-self.cut]))
        y = self.dropout(F.silu(self.bn1_pw(self.conv1_pw(y))))
        y = F.silu(self.bn2_group(self.conv2_group(y)[..., :-self.cut]))
        y = self.dropout(F.silu(self.bn2_pw(self.conv2_pw(y))))
        return F.silu(y + self.downsample(x))


class Temporal(nn.Module):

    def __init__(self):
        super().__init__()
        ends = [540] + WIDTHS
        self.network = nn.Sequential(*[
            TemporalBlock(ends[i], ends[i + 1], 2**i)
            for i in range(len(WIDTHS))])

    def forward(self, x):
        return self.network(x)


class ResidualBlock(nn.Module):

    def __init__(self, inputs, outputs, stride):
        super().__init__()

        def conv(channels, step):
            return nn.Conv2d(channels, outputs, (1, 3), stride=(1, step),
                             padding=(0, 1))

        self.block = nn.Sequential(
            conv(inputs, stride), nn.BatchNorm2d(outputs), nn.SiLU(),
            nn.Dropout(0.3), conv(outputs, 1), nn.BatchNorm2d(outputs),
            nn.SiLU(), nn.Dropout(0.3), conv(outputs, 1),
            nn.BatchNorm2d(outputs))
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=(1, stride), bias=False),
            nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.silu(self.block(x) + self.downsample(x))


class AxialAttention(nn.Module):
    """Attention along the last axis of [n, channels, other axis, length]."""

    def __init__(self, channels):
        super().__init__()
        self.qkv_transform = nn.Conv1d(channels, 3 * channels, 1, bias=False)
        self.bn_qkv = nn.BatchNorm1d(3 * channels)
        self.bn_similarity = nn.BatchNorm2d(HEADS)
        self.bn_output = nn.BatchNorm1d(channels)

    def forward(self, x):
        n, channels, rows, length = x.shape
        x = x.transpose(1, 2).reshape(n * rows, channels, length)
        qkv = self.bn_qkv(self.qkv_transform(x))
        size = channels // HEADS
        query, key, value = (part.reshape(n * rows, HEADS, size, length)
                             for part in qkv.chunk(3, dim=1))
        logits = torch.einsum('bgci,bgcj->bgij', query, key)
        weights = self.bn_similarity(logits).softmax(-1)
        y = torch.einsum('bgij,bgcj->bgci', weights, value)
        y = self.bn_output(y.reshape(n * rows, channels, length))
        return y.reshape(n, rows, channels, length).transpose(1, 2)


class DualAttention(nn.Module):

    def __init__(self, channels):
        super().__init__()
        self.width_axis = AxialAttention(channels)
        self.height_axis = AxialAttention(channels)

    def forward(self, x):
        x = self.width_axis(x)
        return self.height_axis(x.transpose(2, 3)).transpose(2, 3)


class HalfNetwork(nn.Module):
    """[n, 540, 20] to [n, 15, 2], with upstream's parameter names."""

    def __init__(self):
        super().__init__()
        self.tcn = Temporal()
        self.up = ResidualBlock(1, CHANNELS[0], 1)
        blocks = []
        width, inputs = WIDTHS[-1], CHANNELS[0]
        for outputs in CHANNELS:
            stride = 2 if (width + 1) // 2 >= JOINTS else 1
            blocks.append(ResidualBlock(inputs, outputs, stride))
            width, inputs = -(-width // stride), outputs
        self.residual_blocks = nn.Sequential(*blocks)
        self.attention = DualAttention(inputs)
        middle = max(inputs // 2, 4)
        self.decoder = nn.Sequential(
            nn.Conv2d(inputs, middle, 3, padding=1), nn.BatchNorm2d(middle),
            nn.SiLU(), nn.Conv2d(middle, 2, 1), nn.BatchNorm2d(2), nn.SiLU())

    def forward(self, x):
        x = self.tcn(x).transpose(1, 2).unsqueeze(1)
        x = self.residual_blocks(self.up(x)).transpose(2, 3)
        x = self.decoder(self.attention(x))
        return F.adaptive_avg_pool2d(x, (JOINTS, 1)).squeeze(-1).transpose(1, 2)


def bone_lengths(poses):
    start, end = zip(*BONES)
    gap = poses[:, list(start)] - poses[:, list(end)]
    return ((gap**2).sum(-1) + 1e-8).sqrt()


def loss_of(predicted, truth):
    return (F.smooth_l1_loss(predicted, truth, beta=0.1) +
            0.2 * F.smooth_l1_loss(bone_lengths(predicted),
                                   bone_lengths(truth), beta=0.05))


def read_split(folder, files_limit):
    """Windows (memory-mapped), poses and the clean window indices per split."""
    windows = np.load(f'{folder}/csi_windows.npy', mmap_mode='r')
    poses = np.load(f'{folder}/all_keypoints.npy')
    ranges = np.load(f'{folder}/file_info.npz',
                     allow_pickle=True)['window_ranges']
    order = list(range(len(ranges)))
    random.seed(42)
    random.shuffle(order)
    train, val = int(0.7 * len(order)), int(0.15 * len(order))
    parts = {'train': order[:train], 'val': order[train:train + val],
             'test': order[train + val:]}
    if files_limit:
        parts['train'] = parts['train'][:files_limit]

    def is_clean(window):
        return bool((np.abs(windows[window]) <= 1.5).all())  # False for NaN

    clean = {name: np.array([w for file in files for w in range(*ranges[file])
                             if is_clean(w)])
             for name, files in parts.items()}
    return windows, poses, clean


def pck(predicted, truth, share):
    torso = np.linalg.norm(truth[:, 2] - truth[:, 12], axis=-1).clip(0.01)
    error = np.linalg.norm(predicted - truth, axis=-1)
    return float((error <= share * torso[:, None]).mean())


def score(network, windows, poses, indices):
    network.eval()
    with torch.no_grad():
        predicted = torch.cat([
            network(torch.from_numpy(np.ascontiguousarray(windows[part])))
            for part in np.array_split(indices, len(indices) // 256 + 1)])
    predicted, truth = predicted.numpy(), poses[indices]
    return {'samples': len(indices), 'pck@20': pck(predicted, truth, 0.2),
            'pck@10': pck(predicted, truth, 0.1),
            'pck@50': pck(predicted, truth, 0.5),
            'mpjpe': float(np.linalg.norm(predicted - truth, axis=-1).mean())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True)
    parser.add_argument('--epochs', type=int, default=8)
    parser.add_argument('--lr', type=float, default=1e-4)
    parser.add_argument('--schedule', choices=['plateau', 'onecycle'],
                        default='plateau')
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--files-limit', type=int, default=0,
                        help='train on the first N training files only')
    parser.add_argument('--seed', type=int, default=42)
    parser.add_argument('--out', help='write the state dict here')
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    windows, poses, clean = read_split(args.data, args.files_limit)
    mean_pose = poses[clean['train']].mean(0)
    print(json.dumps({'windows': {k: len(v) for k, v in clean.items()},
                      'mean_pose_test_pck@20':
                          pck(mean_pose[None], poses[clean['test']], 0.2)}),
          flush=True)
    network = HalfNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=args.lr,
                                  betas=(0.9, 0.999), weight_decay=5e-5)
    steps = len(clean['train']) // args.batch
    if args.schedule == 'onecycle':
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, args.lr, total_steps=steps * args.epochs)
    else:
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.5, patience=3)
    rng = np.random.default_rng(args.seed)
    for epoch in range(args.epochs):
        network.train()
        order = rng.permutation(clean['train'])
        total, skipped, start = 0.0, 0, time.perf_counter()
        for step in range(steps):
            chosen = np.sort(order[step * args.batch:(step + 1) * args.batch])
            inputs = torch.from_numpy(np.ascontiguousarray(windows[chosen]))
            loss = loss_of(network(inputs), torch.from_numpy(poses[chosen]))
            if not torch.isfinite(loss):
                skipped += 1
                continue
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            if args.schedule == 'onecycle':
                schedule.step()
            total += loss.item()
        seconds = time.perf_counter() - start
        val = score(network, windows, poses, clean['val'])
        if args.schedule == 'plateau':
            schedule.step(val['mpjpe'])
        print(json.dumps({'epoch': epoch + 1, 'loss': total / max(steps, 1),
                          'skipped': skipped,
                          'ms_per_window_step':
                              1000 * seconds / (steps * args.batch),
                          'val': val}), flush=True)
    print(json.dumps({'test': score(network, windows, poses, clean['test'])}))
    if args.out:
        torch.save(network.state_dict(), args.out)


if __name__ == '__main__':
    main()
