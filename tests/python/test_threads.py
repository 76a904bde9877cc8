"""Threads may call one model at once, and others run meanwhile."""

import threading
import unittest

import edge_int8
import numpy as np
from python_support import NETWORK, quantized, windows


def in_threads(count, body):
    failures = []

    def run(index):
        try:
            body(index)
        except BaseException as error:  # noqa: to be raised where it is seen
            failures.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Threads(unittest.TestCase):
    def check(self, model, x, rounds):
        right = model(x)

        def body(index):
            for n in range(rounds):
                i = (index * 7 + n) % len(x)
                np.testing.assert_array_equal(model(x[i]), right[i])
                if n % 10 == 0:
                    np.testing.assert_array_equal(model(x), right)

        in_threads(4, body)

    def test_share_an_integer_model(self):
        self.check(quantized(), windows()[:16], 100)

    def test_share_a_float_model(self):
        self.check(edge_int8.load(NETWORK), windows()[:8], 11)

    def test_may_be_more_than_when_it_was_loaded(self):
        x = np.concatenate([windows()] * 6)
        try:
            edge_int8.set_threads(1)
            for model in (edge_int8.load(NETWORK), quantized()):
                edge_int8.set_threads(1)
                right = model(x)
                edge_int8.set_threads(4)
                np.testing.assert_array_equal(model(x), right)
        finally:
            edge_int8.set_threads(0)

    def test_may_be_set_while_models_run(self):
        float_model, x = edge_int8.load(NETWORK), windows()
        right = {m: m(x) for m in (float_model, quantized())}
        done = threading.Event()

        def body(index):
            if index == 0:
                while not done.wait(0.0005):
                    for count in (1, 5, 2, 0):
                        edge_int8.set_threads(count)
                return
            model = (float_model, quantized())[index - 1]
            try:
                for _ in range(20):
                    np.testing.assert_array_equal(model(x), right[model])
            finally:
                done.set()

        try:
            in_threads(3, body)
        finally:
            edge_int8.set_threads(0)

    def test_run_while_a_model_does(self):
        done = threading.Event()
        ticks = 0
        x = np.concatenate([windows()] * 8)

        def work(_):
            for _ in range(3):
                quantized()(x)
            done.set()

        thread = threading.Thread(target=work, args=(0,))
        thread.start()
        while not done.is_set():
            done.wait(0.0005)
            ticks += 1
        thread.join()
        self.assertGreater(ticks, 3)

    def test_quantize_at_once(self):
        made = {}

        def body(index):
            made[index] = edge_int8.quantize(
                NETWORK, windows(), recipe="minmax"
            ).to_bytes()

        in_threads(2, body)
        self.assertEqual(set(made.values()), {quantized().to_bytes()})


if __name__ == "__main__":
    unittest.main()
