"""Speed and accuracy of other runtimes beside this project's, in one run.

run.sh prepares and starts this; docs/performance.md has a table it printed, and
bench/peers/README.md says what peers.json holds.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys

import litert_peer
import numpy as np
import onnxruntime_peer
import openvino_peer
import ours
import windows
from contender import Runner

ENGINE = 'edge-int8 int8'
REFERENCE = 'edge-int8 fp32'
ALLOWED_LOSS = 0.01  # of PCK@20, against fp32, on the validation split


def say(text):
    print(f'peers: {text}', file=sys.stderr, flush=True)


def runner(contender, batch):
    made = contender.session(batch)
    return made if hasattr(made, 'poses') else Runner(contender, batch)


def score(args, poses, split):
    path = os.path.join(args.work, 'poses.npy')
    np.save(path, poses)
    text = subprocess.run(
        [args.program, 'evaluate', '--predictions', path, '--data', args.data,
         '--split', split, '--subset', 'clean', '--json'], check=True,
        capture_output=True, text=True).stdout
    os.remove(path)
    return json.loads(text)


def score_all(args, contenders):
    """Scores by name; a model that was scored before isn't again."""
    path = os.path.join(args.work, 'scores.json')
    scores = json.load(open(path)) if os.path.exists(path) else {}
    for contender in contenders:
        if contender.session is None:
            continue
        with open(contender.path, 'rb') as model:
            found = {'sha256': hashlib.sha256(model.read()).hexdigest()}
        known = scores.get(contender.name, {})
        if known.get('sha256') == found['sha256']:
            continue
        say(f'scoring {contender.name}')
        for split in ('val', 'test'):
            x = np.load(os.path.join(args.work, split + '.npy'), mmap_mode='r')
            found[split] = score(args, runner(contender, 64).poses(x), split)
        scores[contender.name] = found
        json.dump(scores, open(path, 'w'))
    return scores


def time_all(args, contenders, batch):
    """Milliseconds per window by name, one for each round; in turns."""
    runners = {c.name: runner(c, batch) for c in contenders if c.session}
    for some in runners.values():
        some.milliseconds_per_window(args.seconds / 4)  # warm
    found = {name: [] for name in runners}
    for number in range(args.rounds):
        say(f'batch {batch}: round {number + 1} of {args.rounds}')
        for name, some in runners.items():
            found[name].append(some.milliseconds_per_window(args.seconds))
    return found, runners


def timing(found, name):
    """Ratio: how many times the engine's time, the median over rounds."""
    rounds = [r['p50'] for r in found[name]]
    return {**{f'{p}_ms': statistics.median(r[p] for r in found[name])
               for p in ('p50', 'p90', 'p99')},
            'rounds_p50_ms': rounds,
            'times_engine': statistics.median(
                mine / engine['p50']
                for mine, engine in zip(rounds, found[ENGINE]))}


def rows_of(contenders, scores, times):
    rows = []
    for c in contenders:
        row = {'name': c.name, 'runtime': c.runtime, 'version': c.version,
               'precision': c.precision, 'settings': c.settings,
               'available': c.session is not None, 'reason': c.reason}
        if c.session is not None:
            row['model_bytes'] = os.path.getsize(c.path)
            row['score'] = scores[c.name]['test']['score']
            row['val_pck@20'] = scores[c.name]['val']['score']['pck@20']
            row['time'] = {str(batch): timing(found, c.name)
                           for batch, found in times.items()}
        rows.append(row)
    mark_best(rows, scores, str(min(times)))
    return rows


def mark_best(rows, scores, batch):
    """The fastest setting of each runtime and precision that counts."""
    floor = scores[REFERENCE]['val']['score']['pck@20'] - ALLOWED_LOSS
    best = {}
    for row in rows:
        row['best'] = False
        row['counts'] = row['available'] and row['val_pck@20'] >= floor
        if not row['counts']:
            continue
        key = (row['runtime'], row['precision'])
        ms = row['time'][batch]['p50_ms']
        if key not in best or ms < best[key]['time'][batch]['p50_ms']:
            best[key] = row
    for row in best.values():
        row['best'] = True


def table(results):
    batches = [str(b) for b in results['batches']]
    head = ['', 'MiB', 'PCK@20']
    for batch in batches:
        head += [f'ms, batch {batch}', 'x engine']
    lines = [head]
    for row in results['rows']:
        if not row['available']:
            lines.append([row['name'], '-', '-',
                          'not here: ' + row['reason']])
            continue
        cells = [row['name'] + (' *' if row['best'] else ''),
                 f"{row['model_bytes'] / 2**20:.3f}",
                 f"{100 * row['score']['pck@20']:.2f}%"
                 + ('' if row['counts'] else ' (too low)')]
        for batch in batches:
            time = row['time'][batch]
            cells += [f"{time['p50_ms']:.4f}", f"{time['times_engine']:.2f}"]
        lines.append(cells)
    lines.append(['mean pose', '-',
                  f"{100 * results['baseline_mean_pose']['pck@20']:.2f}%"])
    wide = [max(len(line[i]) for line in lines if len(line) > i and
                len(line) == len(head) or i == 0 and len(line) > i)
            for i in range(len(head))]
    return '\n'.join('  '.join(
        cell.ljust(wide[i]) if i == 0 else cell.rjust(wide[i])
        for i, cell in enumerate(line)).rstrip() for line in lines)


def cpu_name():
    with open('/proc/cpuinfo') as lines:
        for line in lines:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.processor()


def results_of(args, counts, rows, scores, runners):
    test = scores[REFERENCE]['test']
    engine = runners[ENGINE]
    return {
        'date_utc': datetime.datetime.now(datetime.timezone.utc).strftime(
            '%Y-%m-%dT%H:%M:%SZ'),
        'command': args.command, 'commit': args.commit,
        'host': {'cpu': cpu_name(), 'threads': os.cpu_count(),
                 'isa': next(r['settings'] for r in rows
                             if r['name'] == ENGINE)},
        'threads': args.threads, 'batches': args.batches,
        'rounds': args.rounds, 'seconds_per_round': args.seconds,
        'data': {'path': args.data, 'kind': test['kind'],
                 'windows': counts, 'split': 'test', 'subset': 'clean'},
        'metric': {'id': test['metric'],
                   'normalization': test['normalization']},
        'allowed_loss': ALLOWED_LOSS,
        'baseline_mean_pose': test['baseline_mean_pose'],
        'engine': {'arena_bytes': engine.arena_bytes,
                   'peak_macs_per_s': engine.peak,
                   'share_of_peak': engine.share_of_peak},
        'rows': rows,
        'peers': bars(rows, args)}


def bars(rows, args):
    """What `report` draws: the others, at the smallest batch."""
    batch = min(args.batches)
    return [{'name': row['name'], 'threads': args.threads, 'batch': batch,
             **{p: row['time'][str(batch)][p]
                for p in ('p50_ms', 'p90_ms', 'p99_ms')}}
            for row in rows if row['available'] and row['runtime'] != 'edge-int8']


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--program', required=True)
    parser.add_argument('--work', required=True)
    parser.add_argument('--data', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--command', default='')
    parser.add_argument('--commit', default='')
    parser.add_argument('--converter', default='', help='Python with TensorFlow')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--batches', type=int, nargs='+', default=[1, 64])
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--seconds', type=float, default=0.4)
    parser.add_argument('--calibration', type=int, default=512)
    parser.add_argument('--prepare-only', action='store_true')
    return parser.parse_args()


def main():
    args = parse()
    counts = windows.write_all(args.program, args.data, args.work,
                               args.calibration)
    artifact = os.path.join(args.work, 'model.ei8')
    if not os.path.exists(artifact):
        say('quantizing with edge-int8')
        subprocess.run(
            [args.program, 'quantize', '--method', 'ptq', '--checkpoint',
             os.path.join(args.work, 'model.pth'), '--calibration',
             os.path.join(args.work, 'calibration.npy'), '--out', artifact],
            check=True)
    say('preparing the peers')
    contenders = (ours.contenders(args.program, args.work, args.threads)
                  + onnxruntime_peer.contenders(args.work, args.threads)
                  + openvino_peer.contenders(args.work, args.threads)
                  + litert_peer.contenders(args.work, args.threads,
                                           args.converter,
                                           sorted({64, *args.batches})))
    scores = score_all(args, contenders)
    if args.prepare_only:
        return
    times = {}
    for batch in sorted(args.batches, reverse=True):  # batch 1's come last
        times[batch], runners = time_all(args, contenders, batch)
    times = dict(sorted(times.items()))
    rows = rows_of(contenders, scores, times)
    results = results_of(args, counts, rows, scores, runners)
    with open(args.out, 'w') as out:
        json.dump(results, out, indent=1)
    print(f"{results['data']['kind']} data, {counts['test']} test windows, "
          f"{args.threads} thread(s), {results['host']['cpu']}; * the fastest "
          f"setting within 1 pp of fp32 on validation")
    print(table(results))


if __name__ == '__main__':
    main()
