"""Writes python_splits.txt: for each number of files n from 1 to 600, a hash
of the split that CPython's random gives. Run: python3 make_python_splits.py"""
import hashlib
import math
import os
import random

lines = []
for n in range(1, 601):
    random.seed(42)
    files = list(range(n))
    random.shuffle(files)
    train, val = math.floor(0.7 * n), math.floor(0.15 * n)
    parts = files[:train], files[train:train + val], files[train + val:]
    text = '|'.join(','.join(map(str, part)) for part in parts)
    lines.append(f'{n} {hashlib.sha256(text.encode()).hexdigest()[:16]}\n')
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, 'python_splits.txt'), 'w') as out:
    out.writelines(lines)
