#!/usr/bin/env python3
"""How far a constant pose and a linear model get on a data set.

The mean of the train split's targets, and ridge regression from the mean and
standard deviation over the 20 packets of each of the 540 channels (the penalty
chosen on the validation split). A set on which these do well says nothing about
a network. Clean windows only. Needs NumPy and, for the split and the metric,
naive_train.py beside it.

  linear_baseline.py --data SET
"""

import argparse

import numpy as np

from naive_train import pck, read_split


def features_of(windows, indices):
    parts = []
    for part in np.array_split(indices, len(indices) // 500 + 1):
        values = windows[part]
        parts.append(np.concatenate([values.mean(2), values.std(2)], axis=1))
    return np.concatenate(parts).astype(np.float64)


def report(name, predicted, truth):
    scores = ', '.join(f'PCK@{k} {100 * pck(predicted, truth, k / 100):.2f}%'
                       for k in (10, 20, 50))
    error = np.linalg.norm(predicted - truth, axis=-1).mean()
    print(f'{name}: {scores}, MPJPE {error:.6f}, {len(truth)} test windows')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True)
    args = parser.parse_args()
    windows, poses, clean = read_split(args.data, 0)
    truth = poses[clean['test']]
    mean = poses[clean['train']].mean(0)
    report('mean pose', np.broadcast_to(mean, truth.shape), truth)

    x = {name: features_of(windows, part) for name, part in clean.items()}
    center, spread = x['train'].mean(0), x['train'].std(0) + 1e-6
    x = {name: (value - center) / spread for name, value in x.items()}
    y = (poses[clean['train']] - mean).reshape(len(x['train']), -1)
    gram, right = x['train'].T @ x['train'], x['train'].T @ y

    def predict(penalty, part):
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), right)
        return (x[part] @ weights).reshape(-1, *mean.shape) + mean

    best = max((1, 10, 100, 1000), key=lambda penalty: pck(
        predict(penalty, 'val'), poses[clean['val']], 0.2))
    report(f'ridge, penalty {best}', predict(best, 'test'), truth)


if __name__ == '__main__':
    main()
