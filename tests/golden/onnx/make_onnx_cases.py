"""Small networks of ordinary modules, exported by both of PyTorch's exporters,
with PyTorch's answers: NAME_script.onnx, NAME_dynamo.onnx, NAME_input.npy and
NAME_output.npy here. Run with torch 2.15, onnx 1.23 and onnxscript 0.7."""
import os
import sys

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F


class Pools(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(4, 6, 3, padding=1)
        self.m = nn.MaxPool1d(3, 2, padding=1, ceil_mode=True)
        self.a = nn.AvgPool1d(4, 3, padding=1, ceil_mode=True)
        self.b = nn.AvgPool1d(3, 2, padding=1, count_include_pad=False)

    def forward(self, x):
        y = F.relu(self.c(x))
        parts = [self.m(y), self.a(y), self.b(y), F.adaptive_avg_pool1d(y, 7),
                 F.adaptive_max_pool1d(y, 1), y.amax(2, keepdim=True)]
        return torch.cat(parts, 2).mean(1)


class Convs(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 6, (3, 5), stride=(2, 1), padding=(1, 2),
                           dilation=(1, 1), groups=3, bias=False)
        self.n = nn.BatchNorm2d(6)
        self.u = nn.ConvTranspose2d(6, 4, (3, 4), stride=(2, 2),
                                    padding=(1, 1), output_padding=(1, 0))
        self.d = nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2)
        self.v = nn.ConvTranspose1d(4, 2, 5, stride=3, padding=2, groups=2)
        self.n.running_mean.uniform_(-1, 1)
        self.n.running_var.uniform_(0.5, 2)

    def forward(self, x):
        y = F.silu(self.n(self.a(x)))
        y = F.leaky_relu(self.d(self.u(y)), 0.1)
        return self.v(y.mean(2))


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv1d(5, 8, 3, padding=4, dilation=2)
        self.b = nn.Conv1d(8, 8, 3, dilation=4)
        self.p = nn.PReLU(8)

    def forward(self, x):
        y = self.p(self.a(x)[..., :-4])
        y = y + torch.tanh(self.b(F.pad(y, (8, 0))))
        return y[:, :, -1]


class Functions(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(3, 24, 1)
        self.f = [F.relu, F.relu6, F.gelu, lambda v: F.gelu(v, approximate="tanh"),
                  F.silu, F.mish, F.hardswish, F.hardsigmoid, F.elu, F.selu,
                  F.softplus, F.softsign, torch.sigmoid, torch.tanh, torch.abs,
                  lambda v: F.celu(v, 0.7), lambda v: F.hardtanh(v, -0.4, 0.9),
                  lambda v: torch.exp(0.3 * v), lambda v: torch.sqrt(v.abs() + 0.1),
                  lambda v: torch.erf(v), lambda v: torch.sin(v),
                  lambda v: v ** 2, lambda v: 1 / (1 + v * v),
                  lambda v: torch.where(v > 0.2, v, 0.5 * v)]

    def forward(self, x):
        y = self.c(x)
        return torch.cat([f(y[:, i:i + 1]) for i, f in enumerate(self.f)], 1)


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv1d(6, 8, 3, padding=1)
        self.g = nn.GroupNorm(2, 8)
        self.i = nn.InstanceNorm1d(8, affine=True)
        self.l = nn.LayerNorm(8)
        self.w = nn.LayerNorm([8, 12])
        self.r = nn.Parameter(torch.rand(8) + 0.5)
        self.b = nn.BatchNorm1d(8)
        for m in (self.g, self.i, self.l, self.w, self.b):
            m.weight.data.uniform_(0.5, 1.5)
            m.bias.data.uniform_(-0.5, 0.5)

    def forward(self, x):
        y = F.relu(self.g(self.c(x)))
        y = self.i(y) + self.w(y)
        z = self.l(y.transpose(1, 2))
        u = torch.tanh(z)
        u = u * torch.rsqrt(u.pow(2).mean(-1, keepdim=True) + 1e-6) * self.r
        z = u + F.normalize(z, dim=-1)
        return self.b(z.transpose(1, 2)).transpose(1, 2)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Linear(6, 16)
        self.pos = nn.Parameter(torch.randn(1, 10, 16) * 0.3)
        self.m = nn.MultiheadAttention(16, 4, batch_first=True)
        self.t = nn.TransformerEncoderLayer(16, 2, 24, batch_first=True,
                                            norm_first=True, activation="gelu")
        self.q = nn.Linear(16, 48, bias=False)
        self.h = nn.Linear(16, 4)

    def forward(self, x):
        y = self.e(x.transpose(1, 2)) + self.pos
        y = y + self.m(y, y, y, need_weights=False)[0]
        y = self.t(y)
        q, k, v = self.q(y).chunk(3, -1)
        heads = lambda a: a.reshape(-1, 10, 4, 4).transpose(1, 2)
        z = F.scaled_dot_product_attention(heads(q), heads(k), heads(v),
                                           is_causal=True)
        y = y + z.transpose(1, 2).reshape(-1, 10, 16)
        return self.h(y).mean(1)


class EinsumAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Conv2d(4, 8, 1)
        self.k = nn.Conv2d(4, 8, 1)
        self.v = nn.Conv2d(4, 8, 1)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        a = torch.einsum("bchw,bchv->bhwv", q, k) / 8 ** 0.5
        y = torch.einsum("bhwv,bchv->bchw", a.softmax(-1), v)
        g = torch.einsum("bchw,bdhw->bcd", y, q).softmax(1)
        return torch.matmul(g, v.flatten(2)).reshape(v.shape).amax(3)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.LSTM(5, 6, 2, bidirectional=True, batch_first=True)
        self.g = nn.GRU(12, 7, bidirectional=True)
        self.r = nn.RNN(14, 4, batch_first=True)
        self.h = nn.Linear(18, 3)

    def forward(self, x):
        y = self.l(x.transpose(1, 2))[0]
        z, last = self.g(y.transpose(0, 1))
        r = self.r(z.transpose(0, 1))[0]
        return self.h(torch.cat([r[:, -1], last[0], last[1]], 1))


class Shapes(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(2, 8, 3, padding=1, padding_mode="circular")
        self.register_buffer("index", torch.tensor([5, 0, 3, 3, 1]))

    def forward(self, x):
        y = F.pixel_shuffle(self.c(x), 2)
        y = F.pixel_unshuffle(F.pad(y, (1, 1, 2, 2), mode="reflect"), 2)
        y = F.pad(y, (1, 0, 0, 1), mode="replicate")
        y = torch.roll(y, (1, -2), (2, 3)).flip(3)
        a, b = y[:, ::2], y[:, 1::2]
        y = torch.stack([a, b], 2).flatten(1, 2)
        y = torch.index_select(y, 3, self.index).repeat(1, 1, 2, 1)
        n, c, h, w = y.shape
        y = y.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return y.permute(0, 3, 1, 2).repeat_interleave(2, 3)[:, :, 1:, 2:-3:2]


class Resizing(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(2, 4, 3, padding=1, stride=2)
        self.u = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x):
        y = F.relu(self.c(x))
        a = self.u(y)
        b = F.interpolate(y, (12, 16), mode="bilinear", align_corners=False)
        c = F.interpolate(y, (12, 16), mode="bilinear", align_corners=True)
        d = F.interpolate(y, (9, 11), mode="nearest")
        e = F.interpolate(y.flatten(2), 30, mode="linear", align_corners=False)
        return (a + b * c).flatten(2).mean(2) + d.amax((2, 3)) + e.mean(2)


class Gates(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(3, 8, 5, padding=2)
        self.f = nn.Linear(8, 4)
        self.g = nn.Linear(4, 16)
        self.register_buffer("x", torch.linspace(-1, 1, 9))
        self.place = nn.Parameter(torch.rand(1, 8, 7, 9))

    def forward(self, x):
        a, b = F.gelu(self.a(x)), F.silu(self.b(x))
        s = (a + b).mean((2, 3))
        w = self.g(F.relu(self.f(s))).view(-1, 2, 8, 1, 1).softmax(1)
        y = a * w[:, 0] + b * w[:, 1]
        y = torch.maximum(y, self.place * a) - torch.minimum(b, y) / 2
        y = y / (1 + y.abs().sum(1, keepdim=True))
        h = (4 * y).flatten(2).softmax(2).view_as(y)
        u = (h.sum(2) * self.x).sum(2)
        v = h.sum(3) @ torch.linspace(0, 1, 7)
        return torch.stack([u, v], 2)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(20, 16)
        self.n = nn.BatchNorm1d(16)
        self.b = nn.Linear(16, 12)
        self.c = nn.Parameter(torch.randn(5, 4, 3))
        self.n.running_var.uniform_(0.5, 2)

    def forward(self, x):
        y = F.relu(self.n(self.a(x - 0.5)))
        y = F.dropout(self.b(y), 0.3, self.training)
        z = y - y.mean(1, keepdim=True)
        z = z / (z.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        y = torch.cat([y, F.log_softmax(y, 1), z], 1)
        return torch.einsum("ni,kij,nj->nk", y[:, :4], self.c, y[:, 6:9]) + y[:, -5:].clamp(min=-1)


CASES = {
    "pools": (Pools, (4, 21)),
    "convs": (Convs, (3, 9, 12)),
    "causal": (Causal, (5, 17)),
    "functions": (Functions, (3, 9)),
    "norms": (Norms, (6, 12)),
    "attention": (Attention, (6, 10)),
    "einsum_attention": (EinsumAttention, (4, 5, 6)),
    "recurrent": (Recurrent, (5, 11)),
    "shapes": (Shapes, (2, 6, 7)),
    "resizing": (Resizing, (2, 11, 15)),
    "gates": (Gates, (3, 7, 9)),
    "dense": (Dense, (20,)),
}


def strip(path):
    """Traces of where the exporter ran are most of a small file."""
    model = onnx.load(path)
    graphs = [model.graph] + list(model.functions)
    for part in graphs:
        for node in part.node:
            del node.metadata_props[:]
            node.doc_string = ""
        del part.value_info[:]
        del part.metadata_props[:]
    del model.metadata_props[:]
    for value in list(model.graph.input) + list(model.graph.output) + list(
            model.graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    onnx.save(model, path)


def main(folder):
    for name, (module, shape) in CASES.items():
        torch.manual_seed(len(name))
        net = module().eval()
        x = torch.rand((3,) + shape)
        with torch.no_grad():
            y = net(x)
        np.save(f"{folder}/{name}_input.npy", x.numpy())
        np.save(f"{folder}/{name}_output.npy", y.numpy())
        for kind, options in {
                "script": {"dynamo": False, "opset_version": 17,
                           "dynamic_axes": {"x": {0: "n"}}},
                "dynamo": {"dynamo": True, "external_data": False}}.items():
            path = f"{folder}/{name}_{kind}.onnx"
            try:
                torch.onnx.export(net, (x[:1],), path, input_names=["x"],
                                  output_names=["y"], **options)
                strip(path)
            except Exception as e:
                print(name, kind, "not exported:", str(e)[:200])
                if os.path.exists(path):
                    os.remove(path)


main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(__file__))
