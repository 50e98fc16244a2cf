"""What the figures were taken on."""

import datetime
import os
import platform
import subprocess

from harness.programs import ROOT, jdk


def said(*command):
    """The first line a program prints; what went wrong if it can't be run."""
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
        return (done.stdout.splitlines() or [""])[0].strip()
    except OSError as e:
        return str(e)


def field(path, key):
    with open(path) as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    return "unknown"


def describe():
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20, 1),
        "kernel": platform.release(),
        "jdk": said(str(jdk() / "bin/java"), "-version") + ", " + release("IMPLEMENTOR_VERSION"),
        "go": said("go", "version"),
        "commit": said("git", "describe", "--always", "--dirty"),
        "load_average_before": os.getloadavg()[0],
    }


def release(key):
    for line in (jdk() / "release").read_text().splitlines():
        if line.startswith(key + "="):
            return line.split("=", 1)[1].strip('"')
    return "unknown"
