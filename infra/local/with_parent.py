"""Become another program that the kernel kills when the parent dies. Linux; no imports of ours.

`python -I -S with_parent.py PARENT_PID PROGRAM [ARGUMENT…]`
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() == int(sys.argv[1]):  # else it died before we asked
        os.execv(sys.argv[2], sys.argv[2:])
