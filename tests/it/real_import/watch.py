# Keeps whatever arguments and environment any process has, those of other mount namespaces (containers) excepted.
import os
import sys
import time

out = open(sys.argv[1], "ab", buffering=0)
rounds = sys.argv[1] + ".rounds"
own = os.readlink("/proc/self/ns/mnt")
seen, n = set(), 0
while True:
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            if os.readlink("/proc/%s/ns/mnt" % pid) != own:
                continue
            parts = [open("/proc/%s/%s" % (pid, name), "rb").read() for name in ("cmdline", "environ")]
        except OSError:
            continue
        for part in parts:
            if part and part not in seen:
                seen.add(part)
                out.write(part.replace(b"\0", b" ") + b"\n")
    n += 1
    with open(rounds, "w") as file:
        file.write(str(n))
    time.sleep(0.002)
