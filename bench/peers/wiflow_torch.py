"""The WiFlow-STD networks written plainly in PyTorch.

Parameters have upstream's names, so a checkpoint loads with strict=True. The
modules stand where upstream has them, because FX places roundings by module:
a convolution whose tail is cut before its batch norm does not fuse with it,
nn.Dropout is quantized and nn.Dropout2d is not, F.softmax is not and nn.Softmax
is. Tested through fx_fbgemm.py and tests/golden/fx/make_fx.py.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    """The numbers that make a variant."""
    tcn: tuple
    conv: tuple
    heads: int
    depthwise: bool = False
    first_groups: int = 1
    inputs: int = 540
    joints: int = 15


VARIANTS = {
    'full': Shape((540, 440, 340, 240), (8, 16, 32, 64), 8),
    'half': Shape((270, 220, 170, 120), (4, 8, 16, 32), 4),
    'quarter': Shape((135, 110, 85, 60), (2, 4, 8, 16), 2),
    'tiny': Shape((68, 56, 44, 32), (2, 4, 8, 16), 2, True, 4),
}


class Cut(nn.Module):
    """Drops the last steps: a padded convolution becomes causal."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        return x[:, :, :-self.steps].contiguous()


class TemporalBlock(nn.Module):

    def __init__(self, inputs, outputs, dilation, shape, first):
        super().__init__()
        groups = shape.first_groups if first else 1

        def causal(channels):
            return nn.Conv1d(
                channels, channels, 3, padding=2 * dilation, dilation=dilation,
                groups=channels if shape.depthwise else math.gcd(channels, 20),
                bias=False)

        self.conv1_group = causal(inputs)
        self.cut1 = Cut(2 * dilation)
        self.bn1_group = nn.BatchNorm1d(inputs)
        self.silu1_group = nn.SiLU(inplace=True)
        self.conv1_pw = nn.Conv1d(inputs, outputs, 1, groups=groups, bias=False)
        self.bn1_pw = nn.BatchNorm1d(outputs)
        self.silu1_pw = nn.SiLU(inplace=True)
        self.dropout1 = nn.Dropout(0.5)
        self.conv2_group = causal(outputs)
        self.cut2 = Cut(2 * dilation)
        self.bn2_group = nn.BatchNorm1d(outputs)
        self.silu2_group = nn.SiLU(inplace=True)
        self.conv2_pw = nn.Conv1d(outputs, outputs, 1, bias=False)
        self.bn2_pw = nn.BatchNorm1d(outputs)
        self.silu2_pw = nn.SiLU(inplace=True)
        self.dropout2 = nn.Dropout(0.5)
        self.downsample = nn.Identity() if inputs == outputs else nn.Sequential(
            nn.Conv1d(inputs, outputs, 1, groups=groups, bias=False),
            nn.BatchNorm1d(outputs))

    def forward(self, x):
        skip = self.downsample(x)
        y = self.silu1_group(self.bn1_group(self.cut1(self.conv1_group(x))))
        y = self.dropout1(self.silu1_pw(self.bn1_pw(self.conv1_pw(y))))
        y = self.silu2_group(self.bn2_group(self.cut2(self.conv2_group(y))))
        y = self.dropout2(self.silu2_pw(self.bn2_pw(self.conv2_pw(y))))
        return F.silu(y + skip)


class Temporal(nn.Module):

    def __init__(self, shape):
        super().__init__()
        ends = (shape.inputs,) + tuple(shape.tcn)
        self.network = nn.Sequential(*[
            TemporalBlock(ends[i], ends[i + 1], 2**i, shape, i == 0)
            for i in range(len(shape.tcn))])

    def forward(self, x):
        return self.network(x)


class ResidualBlock(nn.Module):

    def __init__(self, inputs, outputs, stride):
        super().__init__()

        def conv(channels, step):
            return nn.Conv2d(channels, outputs, (1, 3), stride=(1, step),
                             padding=(0, 1))

        self.block = nn.Sequential(
            conv(inputs, stride), nn.BatchNorm2d(outputs),
            nn.SiLU(inplace=True), nn.Dropout2d(0.3),
            conv(outputs, 1), nn.BatchNorm2d(outputs),
            nn.SiLU(inplace=True), nn.Dropout2d(0.3),
            conv(outputs, 1), nn.BatchNorm2d(outputs))
        self.downsample = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=(1, stride), bias=False),
            nn.BatchNorm2d(outputs))
        self.activation = nn.SiLU(inplace=True)

    def forward(self, x):
        return self.activation(self.block(x) + self.downsample(x))


class AxialAttention(nn.Module):
    """Along the last axis for each row, or along the rows for each column."""

    def __init__(self, channels, heads, along_width):
        super().__init__()
        self.channels, self.heads = channels, heads
        self.along_width = along_width
        self.qkv_transform = nn.Conv1d(channels, 3 * channels, 1, bias=False)
        self.bn_qkv = nn.BatchNorm1d(3 * channels)
        self.bn_similarity = nn.BatchNorm2d(heads)
        self.bn_output = nn.BatchNorm1d(channels)

    def forward(self, x):
        order = (0, 2, 1, 3) if self.along_width else (0, 3, 1, 2)
        x = x.permute(*order)
        n, lines, channels, length = x.shape
        x = x.contiguous().view(n * lines, channels, length)
        qkv = self.bn_qkv(self.qkv_transform(x))
        qkv = qkv.reshape(n * lines, 3, self.channels, length)
        qkv = qkv.permute(1, 0, 2, 3)
        heads = (n * lines, self.heads, self.channels // self.heads, length)
        query = qkv[0].reshape(*heads)
        key = qkv[1].reshape(*heads)
        value = qkv[2].reshape(*heads)
        logits = torch.einsum('bgci,bgcj->bgij', query, key)
        weights = F.softmax(self.bn_similarity(logits), dim=-1)
        y = torch.einsum('bgij,bgcj->bgci', weights, value)
        y = self.bn_output(y.reshape(n * lines, self.channels, length))
        y = y.view(n, lines, self.channels, length)
        return y.permute(0, 2, 1, 3) if self.along_width else y.permute(
            0, 2, 3, 1)


class DualAttention(nn.Module):

    def __init__(self, channels, heads):
        super().__init__()
        self.width_axis = AxialAttention(channels, heads, True)
        self.height_axis = AxialAttention(channels, heads, False)

    def forward(self, x):
        return self.height_axis(self.width_axis(x))


class WiflowNetwork(nn.Module):
    """[n, inputs, 20] to [n, joints, 2]."""

    def __init__(self, shape):
        super().__init__()
        self.tcn = Temporal(shape)
        self.up = ResidualBlock(1, shape.conv[0], 1)
        blocks = []
        width, inputs = shape.tcn[-1], shape.conv[0]
        for outputs in shape.conv:
            stride = 2 if (width + 1) // 2 >= shape.joints else 1
            blocks.append(ResidualBlock(inputs, outputs, stride))
            width, inputs = -(-width // stride), outputs
        self.residual_blocks = nn.ModuleList(blocks)
        self.attention = DualAttention(inputs, shape.heads)
        middle = max(inputs // 2, 4)
        self.decoder = nn.Sequential(
            nn.Conv2d(inputs, middle, 3, padding=1), nn.BatchNorm2d(middle),
            nn.SiLU(inplace=True), nn.Conv2d(middle, 2, 1), nn.BatchNorm2d(2),
            nn.SiLU(inplace=True))
        self.avg_pool = nn.AdaptiveAvgPool2d((shape.joints, 1))

    def forward(self, x):
        x = self.tcn(x).transpose(1, 2).unsqueeze(1)
        x = self.up(x)
        for block in self.residual_blocks:
            x = block(x)
        x = self.attention(x.permute(0, 1, 3, 2))
        x = self.avg_pool(self.decoder(x)).squeeze(-1)
        return x.transpose(1, 2)


def load_network(checkpoint):
    """The variant whose parameters fit, with the checkpoint's values."""
    state = torch.load(checkpoint, map_location='cpu', weights_only=True)
    state = {name.replace('att.', 'attention.', 1).replace(
        'final_conv.', 'decoder.', 1) if name.startswith(
            ('att.', 'final_conv.')) else name: tensor
             for name, tensor in state.items()}
    for variant, shape in VARIANTS.items():
        network = WiflowNetwork(shape)
        own = network.state_dict()
        if all(name in state and state[name].shape == own[name].shape
               for name in own if not name.endswith('num_batches_tracked')):
            network.load_state_dict(state, strict=True)
            return variant, network.eval()
    raise SystemExit(f'{checkpoint}: fits no variant of the network')
