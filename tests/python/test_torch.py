"""A torch.nn.Module is exported and quantized, and stays as it was."""

import importlib.util
import unittest

import edge_int8
import numpy as np

HAVE_TORCH = importlib.util.find_spec("torch") is not None
if HAVE_TORCH:
    import torch
    from torch import nn

    class Net(nn.Module):
        """Dilated convolutions over time, poses of 5 joints."""

        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv1d(12, 24, 3, padding=2, dilation=2),
                nn.BatchNorm1d(24),
                nn.SiLU(),
                nn.Dropout(0.5),
                nn.Conv1d(24, 16, 3, padding=1),
                nn.ReLU(),
            )
            self.head = nn.Linear(16, 10)

        def forward(self, x):
            return self.head(self.body(x).mean(dim=2)).view(-1, 5, 2)


@unittest.skipUnless(HAVE_TORCH, "torch is not installed")
class Torch(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(3)
        self.net = Net()
        with torch.no_grad():
            for _ in range(20):  # statistics of the batch norm
                self.net(torch.rand(32, 12, 16))
        self.x = np.random.default_rng(5).random((256, 12, 16), np.float32)

    def reference(self):
        self.net.eval()
        with torch.no_grad():
            return self.net(torch.from_numpy(self.x)).numpy()

    def test_module_becomes_integers(self):
        self.net.train()
        model = edge_int8.quantize(self.net, calibration=self.x)
        self.assertTrue(all(part.training for part in self.net.modules()))
        self.assertEqual(model.input_shape, (12, 16))
        self.assertEqual(model.output_shape, (5, 2))
        right = self.reference()
        error = np.abs(model(self.x) - right).max()
        self.assertLess(error, 0.1 * right.std() + 0.02)

    def test_tensors_are_arrays(self):
        x = torch.from_numpy(self.x)
        model = edge_int8.quantize(self.net, calibration=x, recipe="minmax")
        np.testing.assert_array_equal(model(x[:3]), model(self.x[:3]))
        np.testing.assert_array_equal(model(x[:3].double()), model(self.x[:3]))

    def test_what_it_cannot_have_is_refused(self):
        class Odd(nn.Module):
            def forward(self, x):
                return torch.linalg.inv(x @ x.transpose(1, 2))

        with self.assertRaises(edge_int8.InputError) as caught:
            edge_int8.quantize(Odd(), calibration=self.x)
        self.assertIn("Odd", str(caught.exception))
        with self.assertRaisesRegex(edge_int8.UsageError, "data says"):
            edge_int8.quantize(self.net)


if __name__ == "__main__":
    unittest.main()
