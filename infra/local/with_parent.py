"""Execute a program that the kernel kills when its parent dies. Linux only; standard library only.

`python -I -S with_parent.py PARENT_PID PROGRAM [ARGUMENT…]`
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() == int(sys.argv[1]):  # otherwise the parent died before the call
        os.execv(sys.argv[2], sys.argv[2:])
