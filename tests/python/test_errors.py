"""What goes wrong is raised with the program's message."""

import unittest
from unittest import mock

import edge_int8
import numpy as np
from python_support import FOLDER, NETWORK, quantized, windows


class Errors(unittest.TestCase):
    def test_kinds_are_classes(self):
        for kind, code, usual in (
            (edge_int8.UsageError, 2, ValueError),
            (edge_int8.InputError, 3, ValueError),
            (edge_int8.InternalError, 4, RuntimeError),
        ):
            self.assertTrue(issubclass(kind, edge_int8.Error))
            self.assertTrue(issubclass(kind, usual))
            self.assertEqual(kind.exit_code, code)

    def test_damaged_files_are_bad_input(self):
        broken = FOLDER / "broken.ei8"
        content = bytearray(quantized().to_bytes())
        content[len(content) // 2] ^= 1
        broken.write_bytes(content)
        with self.assertRaisesRegex(edge_int8.InputError, "broken.ei8"):
            edge_int8.load(broken)
        with self.assertRaisesRegex(edge_int8.InputError, "bytes"):
            edge_int8.IntegerModel.from_bytes(bytes(content))
        for missing in (FOLDER / "none.ei8", FOLDER / "none.pth"):
            with self.assertRaisesRegex(edge_int8.InputError, "none"):
                edge_int8.load(missing)

    def test_calibration_of_other_extents_names_both(self):
        with self.assertRaises(edge_int8.InputError) as caught:
            edge_int8.quantize(NETWORK, np.zeros((4, 30, 20), np.float32))
        message = str(caught.exception)
        for part in ("calibration.npy", "30", "540"):
            self.assertIn(part, message)
        self.assertNotIn("/tmp", message)

    def test_combinations_that_make_no_sense(self):
        x = windows()
        for arguments, message in (
            ({}, "exactly one of --data, --calibration and --plan"),
            ({"calibration": x, "data": "d"}, "exactly one"),
            ({"calibration": x, "recipe": "best"}, "best"),
            ({"calibration": x, "repair": "magic"}, "magic"),
            ({"calibration": x, "weight_bits": 5}, "weight_bits"),
            ({"calibration": x, "calib_batches": 0}, "1 to 1000000"),
            ({"calibration": x, "joints": 1025}, "joints is not in 1 to 1024"),
            ({"calibration": x, "method": "qat"}, "edge-int8 quantize"),
            ({"calibration": x, "variant": "huge"}, "huge"),
        ):
            with self.assertRaisesRegex(edge_int8.UsageError, message):
                edge_int8.quantize(NETWORK, **arguments)
        with self.assertRaisesRegex(edge_int8.UsageError, "split"):
            edge_int8.evaluate(quantized(), "d", split="exam")
        with self.assertRaisesRegex(edge_int8.UsageError, "normalization"):
            edge_int8.evaluate(quantized(), "d", normalization="inches")
        with self.assertRaisesRegex(edge_int8.UsageError, "exactly one"):
            edge_int8.evaluate(data="d")

    def test_combinations_are_refused_before_anything_is_written(self):
        export = "edge_int8.torch_export"
        with (
            mock.patch(f"{export}.is_module", return_value=True),
            mock.patch(f"{export}.export_module") as exported,
            mock.patch("tempfile.TemporaryDirectory") as folder,
        ):
            for arguments in ({"data": "d"}, {"recipe": "best"}, {"plan": {}}):
                with self.assertRaises(edge_int8.UsageError):
                    edge_int8.quantize(object(), windows(), **arguments)
        exported.assert_not_called()
        folder.assert_not_called()

    def test_wrong_types_are_type_errors(self):
        with self.assertRaisesRegex(TypeError, "seed"):
            edge_int8.quantize(NETWORK, windows(), seed="now")
        with self.assertRaisesRegex(TypeError, "expected a torch.nn.Module"):
            edge_int8.quantize(42, windows())
        with self.assertRaises(TypeError):
            edge_int8.load(42)

    def test_threads_are_counted(self):
        with self.assertRaises(ValueError):
            edge_int8.set_threads(-1)
        with self.assertRaisesRegex(ValueError, "threads must be 0 to 1024"):
            edge_int8.set_threads(1025)
        with self.assertRaisesRegex(ValueError, "mebibytes must be 1 to 167"):
            edge_int8.set_max_arena(0)
        edge_int8.set_threads(1)
        one = quantized()(windows())
        edge_int8.set_threads(0)
        np.testing.assert_array_equal(quantized()(windows()), one)


if __name__ == "__main__":
    unittest.main()
