"""Writes the seeds of fuzz_verbs from those of fuzz_ei8; of fuzz_report,
fuzz_state, fuzz_journal and fuzz_pairs from what the program wrote:
make_run_seeds.py FOLDER, which holds
  run/            of `edge-int8 bench`
  explain.json    of `edge-int8 explain --json`
  front.json      of `edge-int8 search --front`
  state           OUT.state of `edge-int8 train`
  journal         OUT.search of a search that was stopped
Long lists are cut, so that a mutation often meets something that matters."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = sys.argv[1]


def write(target, name, data):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(data if isinstance(data, bytes) else data.encode())


def load(name):
    with open(os.path.join(FOLDER, name)) as file:
        return json.load(file)


def compact(value):
    return json.dumps(value, separators=(',', ':'))


def report(name, value):
    write('fuzz_report', name, compact(value))


# Nothing of the machine either, and two of a point's tensors.
def no_paths(value):
    if isinstance(value, dict):
        items = list(value.items())
        if len(items) > 20 and all(isinstance(v, int) for _, v in items):
            items = items[:2]
        return {k: {'name': 'here'} if k == 'host' else
                'x' if k in ('path', 'command', 'artifact', 'sha256')
                and isinstance(v, str) else no_paths(v) for k, v in items}
    return [no_paths(v) for v in value] if isinstance(value, list) else value


results = no_paths(load('run/results.json'))
results['int8'] = dict(list(results['int8'].items())[:2])
report('results.json', results)

errors = load('run/errors.json')
errors['models'] = errors['models'][:2]
for model in errors['models']:
    model['joints'] = model['joints'][:15]
report('errors.json', errors)

explain = no_paths(load('explain.json'))
explain['tensors'] = explain['tensors'][:3]
report('explain.json', explain)

front = no_paths(load('front.json'))
for name, value in front.items():
    if isinstance(value, list):
        front[name] = value[:6]
report('search.json', front)

report('latency.json', no_paths(load('run/latency.json')))
player = load('run/player.json')
player['files'] = player['files'][:1]
report('player.json', player)
bar = {'p50_ms': 0.5, 'p90_ms': 0.6, 'p99_ms': 0.75, 'windows_per_s': 2000}
report('peers.json', {
    'peers': [{'model': 'peer', 'batch': 1, 'isa': 'avx2', 'threads': 1, **bar}],
    'rows': [{'runtime': 'edge-int8', 'name': 'half', 'settings': 'one thread',
              'time': {'1': bar}}]})

with open(os.path.join(FOLDER, 'state'), 'rb') as file:
    head = json.loads(file.read().split(b'\n', 3)[2])
head['tensors'] = {'parameters': 2, 'statistics': 1}
write('fuzz_state', 'body', compact(head).encode() + b'\n' +
      b'\0\0\x80\x3f\0\0\0\x40\0\0\0\0')

with open(os.path.join(FOLDER, 'journal')) as file:
    lines = file.read().split('\n')
write('fuzz_journal', 'two_plans', '\n' + '\n'.join(
    lines[1].replace(json.loads(lines[1])['plan'], plan)
    for plan in ('mixed 48', 'repaired 48')) + '\n')
write('fuzz_journal', 'refused',
      '\n{"plan":"mixed 48","refused":"why","sum":""}\n')
write('fuzz_journal', 'other_head', lines[0][:400] + '\n')

pairs = {'layout': 'pairs/1', 'kind': 'real', 'x': 'x.npy', 'y': 'y.npy',
         'groups': 'groups.npy',
         'group_names': ['s%d/a' % i for i in range(10)], 'unit': 'm',
         'x_scale': 1, 'joints': ['a', 'b', 'c'], 'skeleton': [[0, 1]],
         'metric': {'id': 'pair-pck/1', 'pair': [0, 1], 'floor': 0.05}}
write('fuzz_pairs', 'poses.json', compact(pairs))
write('fuzz_pairs', 'classes.json', compact(
    {'layout': 'pairs/1', 'x': 'b.npy', 'y': 'c.npy', 'x_scale': 0.5,
     'classes': ['a', 'b', 'c']}))

for name in os.listdir(os.path.join(HERE, 'fuzz_ei8')):
    if name.startswith('content_'):
        with open(os.path.join(HERE, 'fuzz_ei8', name), 'rb') as file:
            content = file.read()
        for version in (1, 2):
            write('fuzz_verbs', '%s_%d' % (name, version),
                  bytes([version - 1]) + content)
# Random graphs of a few choices.
for n in range(4):
    write('fuzz_verbs', 'graph_%d' % n,
          bytes([2]) + bytes((i * 37 + n * 11) % 251 for i in range(64)))
