# Keeps whatever arguments and environment any process has, those of other mount namespaces (containers) excepted. One that is new is
# looked at often, since a process may become another program; one that stays is looked at now and then.
import os
import sys
import time

out = open(sys.argv[1], "ab", buffering=0)
rounds = sys.argv[1] + ".rounds"
own = os.readlink("/proc/self/ns/mnt")
seen, looks, n = set(), {}, 0
while True:
    there = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    looks = {pid: looks.get(pid, 0) for pid in there}
    for pid in there:
        looks[pid] += 1
        if looks[pid] > 20 and (n + int(pid)) % 50:
            continue
        try:
            if os.readlink("/proc/%s/ns/mnt" % pid) != own:
                continue
            comm, *parts = [open("/proc/%s/%s" % (pid, name), "rb").read() for name in ("comm", "cmdline", "environ")]
        except OSError:
            continue
        for part in parts:
            if part and part not in seen:
                seen.add(part)
                out.write(comm.strip() + b": " + part.replace(b"\n", b" ").replace(b"\0", b" ") + b"\n")
    n += 1
    # By a rename, so that nobody ever reads it empty.
    with open(rounds + ".new", "w") as file:
        file.write(str(n))
    os.replace(rounds + ".new", rounds)
    time.sleep(0.005)
