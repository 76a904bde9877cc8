"""Names the observers of a prepared WiflowNetwork as the project names grids.

prepare_fx numbers its observers; what each one decides follows from the node it
watches. A name is that of the node that writes the tensor in the project's
graph (src/nets/wiflow.cc), with ".cut", ".q", ".k" or ".v" behind it where one
tensor is rounded more than once (src/study/fx/fx_placement.h).
"""

import operator

import torch




def _short(path):
    return path.replace('.activation', '.silu_sum')


class _Namer:

    def __init__(self, prepared):
        self.prepared = prepared
        self.attention = None  # path of the axis that is being walked
        self.block = None      # path of the block whose sum comes next
        self.seen = {}         # what was counted, by kind and path

    def count(self, kind, path):
        self.seen[kind, path] = self.seen.get((kind, path), -1) + 1
        return self.seen[kind, path]

    def name(self, node):
        """None for views, whose observer is that of what they show."""
        if node.op == 'placeholder':
            return 'input'
        if node.op == 'call_module':
            return self._name_module(str(node.target))
        if node.target is operator.getitem:
            return self._name_item(node)
        if node.target is operator.add:
            return self.block + '.sum'
        if node.target is torch.nn.functional.silu:
            return self.block + '.silu_sum'
        if node.target is torch.einsum:
            return self.attention + ['.scores', '.mix'][
                self.count('einsum', self.attention)]
        return None

    def _name_module(self, path):
        if path == 'avg_pool':
            return None
        for end in ('.qkv_transform', '.bn_output'):
            if path.endswith(end):
                self.attention = path[:-len(end)]
        for part in ('.block.', '.downsample.', '.conv', '.silu', '.dropout'):
            if part in path:
                self.block = path[:path.index(part)]
        self.conv = path
        return _short(path)

    def _name_item(self, node):
        index = node.args[1]
        if node.args[0].target is getattr:  # of a shape
            return None
        if isinstance(index, int):  # q, k or v
            return f"{self.attention}.qkv_transform.{'qkv'[index]}"
        return self.conv + '.cut'


def grids_of(prepared):
    """(name, observer) in the order in which observers are met."""
    namer = _Namer(prepared)
    names, grids, done = {}, [], set()
    for node in prepared.graph.nodes:
        watched = node.op == 'call_module' and str(node.target).startswith(
            'activation_post_process')
        if not watched:
            name = namer.name(node)
            source = node.args[0] if node.args and isinstance(
                node.args[0], torch.fx.Node) else None
            names[node] = name or names.get(source)
            continue
        names[node] = names[node.args[0]]
        observer = prepared.get_submodule(str(node.target))
        if id(observer) not in done:
            done.add(id(observer))
            grids.append((names[node], observer))
    return grids
