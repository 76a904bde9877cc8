#!/usr/bin/env python3
"""Training speed of this project's trainer beside the naive PyTorch script.

Both run the half network at batch 64 on random windows, in turns, so that what
else the machine does falls on both. Prints each round, then the medians and
their ratio. Needs Debian's python3-torch.

  bench/train_speed.py build/bin/train_speed --threads 2
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'naive_train'))
import naive_train  # noqa: E402
import torch  # noqa: E402

BATCH = 64


def naive_stepper():
    torch.manual_seed(1)
    windows = torch.rand(BATCH, 540, 20)
    poses = torch.rand(BATCH, 15, 2)
    network = naive_train.HalfNetwork().train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4,
                                  weight_decay=5e-5)

    def step():
        loss = naive_train.loss_of(network(windows), poses)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def naive_ms(step, steps):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return 1000 * (time.perf_counter() - start) / (steps * BATCH)


def our_ms(program, threads, steps):
    output = subprocess.run(
        [program, 'half', str(BATCH), str(threads), str(steps)], check=True,
        capture_output=True, text=True).stdout
    return json.loads(output)['ms_per_window_step']


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('program', help='the built train_speed')
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--steps', type=int, default=10)
    parser.add_argument('--rounds', type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    step = naive_stepper()
    step()
    rounds = []
    for _ in range(args.rounds):
        rounds.append((naive_ms(step, args.steps),
                       our_ms(args.program, args.threads, args.steps)))
        print('naive {:.2f}, ours {:.2f} ms per window and step'.format(
            *rounds[-1]), flush=True)
    naive, ours = (statistics.median(side) for side in zip(*rounds))
    print(f'median: naive {naive:.2f}, ours {ours:.2f}, '
          f'{naive / ours:.1f} times faster, {args.threads} threads')


if __name__ == '__main__':
    main()
