"""Run the `glasses` command with `python -m producer`."""

import os
import sys

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if __name__ == "__main__" and not sys.flags.safe_path and sys.path[0] != _ROOT:
    del sys.path[0]  # the working directory may be an untrusted folder of photos

from producer.main import main  # noqa: E402

if __name__ == "__main__":
    main()
