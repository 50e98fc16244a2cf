"""The profiles block, mutex, deadlock and goroutineleak: how true they are of waits of known length, and what they cost."""

import re
import subprocess

from harness.programs import BENCHMARKS, jdk, tell
from harness.report import Report

ACCURACY = re.compile(
    r"^(virtual|platform) (\S+) hold (\d+) ms: waited ([\d.]+) s in (\d+) waits; block ([\d.]+) of it, ([\d.]+) of the waits;"
    r" mutex ([\d.]+), of that to holders ([\d.]+)$", re.MULTILINE)
COST = re.compile(
    r"^(\d+) threads: CPU of the process without the sampler ([\d.]+) % of a core, with it ([\d.]+) %; interval (\d+) ms$", re.MULTILINE)
DURATION = re.compile(r"^(deadlock|goroutineleak): ([\d.]+) ms, heap in use (\d+) MB$", re.MULTILINE)


def measure(options):
    threads, seconds = (1000, 4) if options.quick else (10_000, 60)
    done = subprocess.run(
        [jdk() / "bin/java", "-jar", BENCHMARKS / "target/benchmarks.jar", "contention", str(threads), str(seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, timeout=3600)
    tell(done.stdout)
    rows = [[f"{kind} threads, {lock}, held {hold} ms", float(waited), int(waits), float(delay), float(count), float(mutex), float(holders)]
            for kind, lock, hold, waited, waits, delay, count, mutex, holders in ACCURACY.findall(done.stdout)]
    _, without, with_it, interval = COST.search(done.stdout).groups()
    durations = {name: (float(ms), int(heap)) for name, ms, heap in DURATION.findall(done.stdout)}
    return Report(
        name="contention",
        title="Waits of known length in the profiles block and mutex",
        columns=["waits for a lock", "waited s", "waits", "block: delay to it", "block: contentions to it", "mutex: delay to it",
                 "of that at the holder"],
        rows=rows,
        data={"accuracy": rows, "cpu without %": float(without), "cpu with %": float(with_it), "interval ms": int(interval),
              "requests": durations},
        ratios={f"CPU of the process with the sampler to without, {threads:,} threads": float(with_it) / max(float(without), 0.01)},
        settings={"threads": threads, "seconds": seconds, "interval ms": int(interval), "CPU without %": without, "with %": with_it}
        | {f"{name} ms": ms for name, (ms, _) in durations.items()} | {"heap MB": durations["goroutineleak"][1]})
