"""Arrays of other types, orders and strides are converted or refused."""

import unittest

import edge_int8
import numpy as np
from python_support import quantized, windows


class Shapes(unittest.TestCase):
    def test_a_window_and_a_batch(self):
        model, x = quantized(), windows()
        one, many = model(x[0]), model(x[:7])
        self.assertEqual((one.shape, one.dtype), ((15, 2), np.float32))
        self.assertEqual(many.shape, (7, 15, 2))
        np.testing.assert_array_equal(many[0], one)
        self.assertEqual(model(x[:1]).shape, (1, 15, 2))
        self.assertEqual(model(x[:0]).shape, (0, 15, 2))
        # Axes that are merged or of 1 are the same values in the same order.
        flat = model(x[:3].reshape(3, -1))
        np.testing.assert_array_equal(flat, many[:3])
        np.testing.assert_array_equal(model(x[:1].reshape(1, -1)), many[:1])
        np.testing.assert_array_equal(model(x[0].reshape(-1)), one)
        np.testing.assert_array_equal(model(x[:3, :, None]), many[:3])

    def test_wrong_extents_are_named_with_the_right_ones(self):
        for shape in ((540, 21), (20, 540), (3, 20, 540), (), (4,), (2, 3, 4, 5)):
            text = str(shape).replace("(", r"\(").replace(")", r"\)")
            with self.assertRaisesRegex(
                ValueError, text + r".*\(540, 20\).*\(n, 540, 20\)"
            ):
                quantized()(np.zeros(shape, np.float32))


class Layouts(unittest.TestCase):
    def test_any_order_and_stride_gives_the_same(self):
        model, x = quantized(), windows()[:4]
        right = model(x)
        twice = np.repeat(x, 2, axis=2)
        raw = np.zeros(x.nbytes + 1, np.uint8)
        unaligned = raw[1:].view(np.float32).reshape(x.shape)
        unaligned[:] = x
        frozen = x.copy()
        frozen.flags.writeable = False
        for other in (
            np.asfortranarray(x),
            twice[:, :, ::2],
            x.transpose(2, 0, 1).copy().transpose(1, 2, 0),
            x[::-1].copy()[::-1],
            unaligned,
            frozen,
            x.astype(">f4"),
            x.astype(np.float64),
            x.astype(np.longdouble),
            x.tolist(),
        ):
            np.testing.assert_array_equal(model(other), right)

    def test_half_floats_are_converted(self):
        half = windows()[:2].astype(np.float16)
        np.testing.assert_array_equal(
            quantized()(half), quantized()(half.astype(np.float32))
        )

    def test_special_values_are_what_the_engine_says(self):
        x = windows()[0].copy()
        x[0, 0], x[1, 1], x[2, 2] = np.nan, np.inf, -np.inf
        y = x.copy()
        y[0, 0], y[1, 1], y[2, 2] = 0, 1, 0
        np.testing.assert_array_equal(quantized()(x), quantized()(y))


class Types(unittest.TestCase):
    def test_floats_only_where_floats_are_meant(self):
        for wrong, what in (
            (np.zeros((540, 20), np.uint8), "uint8.*run_int"),
            (np.zeros((540, 20), np.int64), "int64.*astype"),
            (np.zeros((540, 20), bool), "bool"),
            (np.zeros((540, 20), complex), "complex"),
            ("window", "U"),
            (None, "NoneType"),
        ):
            with self.assertRaisesRegex(TypeError, what):
                quantized()(wrong)

    def test_bytes_only_where_bytes_are_meant(self):
        model, x = quantized(), windows()[:2]
        bytes_ = model.quantize(x)
        np.testing.assert_array_equal(
            model.run_int(np.asfortranarray(bytes_)), model.run_int(bytes_)
        )
        for wrong in (x, bytes_.astype(np.int64), bytes_.astype(np.int8)):
            with self.assertRaisesRegex(TypeError, "expected uint8"):
                model.run_int(wrong)
        with self.assertRaisesRegex(ValueError, r"\(2, 539, 20\)"):
            model.run_int(bytes_[:, :539])

    def test_calibration_says_what_it_takes(self):
        network = "assets/none.pth"
        with self.assertRaisesRegex(TypeError, "calibration holds int64"):
            edge_int8.quantize(network, calibration=np.zeros((2, 3), int))


if __name__ == "__main__":
    unittest.main()
