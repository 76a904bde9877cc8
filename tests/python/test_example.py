"""The example runs as it stands."""

import subprocess
import sys
import unittest

from python_support import SOURCE


class Example(unittest.TestCase):
    def test_runs(self):
        done = subprocess.run(
            [sys.executable, SOURCE / "examples" / "quantize_in_python.py"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("C sources: ", done.stdout)
        self.assertIn("golden vectors", done.stdout)


if __name__ == "__main__":
    unittest.main()
