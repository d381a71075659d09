"""Runs a command and writes to descriptor 3 what it took: seconds, CPU seconds, peak memory in kB, exit status.

wait4 tells it of exactly this process and what it waited for, to the microsecond; /usr/bin/time rounds to hundredths.
Arguments: how many seconds it may take, the command.
"""

import os
import signal
import sys
import time


def end(*_):
    os.kill(child, signal.SIGKILL)


limit, *command = sys.argv[1:]
os.set_inheritable(3, False)
started = time.monotonic()
# Python ignores these two, and so would all that it starts.
child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, end)
signal.alarm(int(limit))
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - started
code = os.waitstatus_to_exitcode(status)
os.write(3, f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss} {code}".encode())
