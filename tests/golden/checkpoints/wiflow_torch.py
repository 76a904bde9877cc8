"""The WiFlow family in PyTorch, with upstream's tensor names, for the golden
files of this folder. Says itself whether it is right: run with the path of a
fixtures/models folder, it compares tiny with PyTorch outputs made elsewhere."""
import sys

import torch
from torch import nn
from torch.nn import functional as F


class TcnBlock(nn.Module):

    def __init__(self, cin, cout, index, groups, taps):
        super().__init__()
        g1, p1, g2, p2, ds = groups
        self.pad = (taps - 1) * 2**index

        def conv(a, b, k, g, d=1):
            return nn.Conv1d(a, b, k, groups=g, dilation=d, bias=False)

        self.conv1_group = conv(cin, cin, taps, g1, 2**index)
        self.bn1_group = nn.BatchNorm1d(cin)
        self.conv1_pw = conv(cin, cout, 1, p1)
        self.bn1_pw = nn.BatchNorm1d(cout)
        self.conv2_group = conv(cout, cout, taps, g2, 2**index)
        self.bn2_group = nn.BatchNorm1d(cout)
        self.conv2_pw = conv(cout, cout, 1, p2)
        self.bn2_pw = nn.BatchNorm1d(cout)
        self.downsample = nn.Sequential(
            conv(cin, cout, 1, ds),
            nn.BatchNorm1d(cout)) if cin != cout else None

    def forward(self, x):
        y = F.silu(self.bn1_group(self.conv1_group(F.pad(x, (self.pad, 0)))))
        y = F.silu(self.bn1_pw(self.conv1_pw(y)))
        y = F.silu(self.bn2_group(self.conv2_group(F.pad(y, (self.pad, 0)))))
        y = F.silu(self.bn2_pw(self.conv2_pw(y)))
        return F.silu(y + (self.downsample(x) if self.downsample else x))


class Tcn(nn.Module):

    def __init__(self, blocks):
        super().__init__()
        self.network = nn.Sequential(*blocks)

    def forward(self, x):
        return self.network(x)


class Residual(nn.Module):

    def __init__(self, cin, cout, stride):
        super().__init__()

        def conv(a, b, s):
            return nn.Conv2d(a, b, (1, 3), stride=(1, s), padding=(0, 1))

        self.block = nn.Sequential(conv(cin, cout, stride),
                                   nn.BatchNorm2d(cout), nn.SiLU(),
                                   nn.Dropout(0.3), conv(cout, cout, 1),
                                   nn.BatchNorm2d(cout), nn.SiLU(),
                                   nn.Dropout(0.3), conv(cout, cout, 1),
                                   nn.BatchNorm2d(cout))
        self.downsample = nn.Sequential(
            nn.Conv2d(cin, cout, 1, stride=(1, stride), bias=False),
            nn.BatchNorm2d(cout))

    def forward(self, x):
        return F.silu(self.block(x) + self.downsample(x))


class AxisAttention(nn.Module):

    def __init__(self, channels, heads, width):
        super().__init__()
        self.heads, self.width = heads, width
        self.qkv_transform = nn.Conv1d(channels, 3 * channels, 1, bias=False)
        self.bn_qkv = nn.BatchNorm1d(3 * channels)
        self.bn_similarity = nn.BatchNorm2d(heads)
        self.bn_output = nn.BatchNorm1d(channels)

    def forward(self, x):  # [n, c, h, w]
        order = (0, 2, 1, 3) if self.width else (0, 3, 1, 2)
        rows = x.permute(order)
        n, b, c, length = rows.shape
        q, k, v = self.bn_qkv(self.qkv_transform(
            rows.reshape(n * b, c, length))).reshape(
                n * b, 3, self.heads, c // self.heads, length).unbind(1)
        p = torch.einsum('bgci,bgcj->bgij', q, k)
        p = torch.softmax(self.bn_similarity(p), dim=-1)
        y = torch.einsum('bgij,bgcj->bgci', p, v).reshape(n * b, c, length)
        y = self.bn_output(y).reshape(n, b, c, length)
        return y.permute(0, 2, 1, 3) if self.width else y.permute(0, 2, 3, 1)


class Attention(nn.Module):

    def __init__(self, channels, heads):
        super().__init__()
        self.width_axis = AxisAttention(channels, heads, True)
        self.height_axis = AxisAttention(channels, heads, False)

    def forward(self, x):
        return self.height_axis(self.width_axis(x))


class WiFlow(nn.Module):
    """groups: five numbers per TCN block; see TcnBlock."""

    def __init__(self, channels, frames, joints, tcn, conv, heads, groups,
                 taps=3, up=None, hidden=None):
        super().__init__()
        self.frames, self.joints = frames, joints
        widths = [channels, *tcn]
        self.tcn = Tcn([
            TcnBlock(widths[i], widths[i + 1], i, groups[i], taps)
            for i in range(len(tcn))
        ])
        up = up or conv[0]
        self.up = Residual(1, up, 1)
        blocks, width, cin = [], tcn[-1], up
        for cout in conv:
            stride = 2 if (width + 1) // 2 >= joints else 1
            blocks.append(Residual(cin, cout, stride))
            width = (width + stride - 1) // stride
            cin = cout
        self.residual_blocks = nn.Sequential(*blocks)
        self.attention = Attention(cin, heads)
        hidden = hidden or max(cin // 2, 4)
        self.decoder = nn.Sequential(nn.Conv2d(cin, hidden, 3, padding=1),
                                     nn.BatchNorm2d(hidden), nn.SiLU(),
                                     nn.Conv2d(hidden, 2, 1),
                                     nn.BatchNorm2d(2), nn.SiLU())

    def forward(self, x):
        x = self.tcn(x).transpose(1, 2).unsqueeze(1)
        x = self.residual_blocks(self.up(x)).permute(0, 1, 3, 2)
        x = F.adaptive_avg_pool2d(self.decoder(self.attention(x)),
                                  (self.joints, 1))
        return x.squeeze(-1).transpose(1, 2)


def randomized(net, seed):
    """Batch norms that do something, in evaluation mode."""
    rng = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if not value.is_floating_point():
            continue
        if name.endswith('running_var') or value.dim() == 1 and \
                name.endswith('weight'):
            value.copy_(torch.rand(value.shape, generator=rng) + 0.5)
        elif value.dim() == 1:
            value.copy_(torch.randn(value.shape, generator=rng) * 0.1)
        else:
            fan_in = value[0].numel()
            value.copy_(
                torch.randn(value.shape, generator=rng) * (1.4 / fan_in)**0.5)
    return net.eval()


if __name__ == '__main__':
    import numpy as np
    folder = sys.argv[1]
    tiny = WiFlow(540, 20, 15, [68, 56, 44, 32], [2, 4, 8, 16], 2,
                  [[540, 4, 68, 1, 4], [68, 1, 56, 1, 1], [56, 1, 44, 1, 1],
                   [44, 1, 32, 1, 1]])
    tiny.load_state_dict(torch.load(folder + '/tiny_random.pth'))
    with torch.no_grad():
        y = tiny.eval()(torch.from_numpy(np.load(folder + '/tiny_input.npy')))
    print(np.abs(y.numpy() - np.load(folder + '/tiny_output.npy')).max())
