"""Writes pair_metric.json: random poses in 2-D and 3-D with pair-pck/1, MPJPE
and pa-mpjpe/1 as NumPy finds them, the last by singular value decomposition
(Umeyama 1991, with the sign that forbids reflections). Run with NumPy:
python3 make_pair_metric.py"""
import json
import os

import numpy as np


def aligned(pred, truth):
    p, t = pred - pred.mean(0), truth - truth.mean(0)
    u, s, vt = np.linalg.svd(p.T @ t)
    sign = np.ones(len(s))
    sign[-1] = np.sign(np.linalg.det(u @ vt))
    rotation = u @ np.diag(sign) @ vt
    scale = (s * sign).sum() / (p ** 2).sum()
    return np.linalg.norm(scale * p @ rotation - t, axis=1)


def case(rng, joints, dims, pair, floor, mirrored=False):
    truth = rng.normal(size=(12, joints, dims)).astype(np.float32)
    pred = (truth + 0.3 * rng.normal(size=truth.shape)).astype(np.float32)
    if mirrored:
        pred[..., 0] *= -1
    truth[0, pair[1]] = truth[0, pair[0]]
    p, t = pred.astype(np.float64), truth.astype(np.float64)
    errors = np.linalg.norm(p - t, axis=2)
    scale = np.maximum(np.linalg.norm(t[:, pair[0]] - t[:, pair[1]], axis=1),
                       floor)
    return {'joints': joints, 'dims': dims, 'pair': pair, 'floor': floor,
            'pred': pred.ravel().tolist(), 'truth': truth.ravel().tolist(),
            'pck': [float((errors <= k / 100 * scale[:, None]).mean())
                    for k in (10, 20, 30, 40, 50)],
            'mpjpe': float(errors.mean()),
            'pa_mpjpe': float(np.mean([aligned(a, b) for a, b in zip(p, t)]))}


rng = np.random.default_rng(7)
cases = [case(rng, 17, 3, [5, 12], 0.5), case(rng, 15, 2, [2, 12], 0.01),
         case(rng, 2, 2, [0, 1], 0.1), case(rng, 4, 3, [3, 0], 0.2, True),
         case(rng, 6, 2, [1, 4], 0.3, True)]
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, 'pair_metric.json'), 'w') as out:
    json.dump(cases, out)
