"""What the Flight Recorder's profiles cost a program: the harness in benchmarks.jar, in one process by turns."""

import re
import statistics
import subprocess

from harness.programs import BENCHMARKS, jdk, tell
from harness.report import Report, spread

WAYS = {
    "none": "nothing",
    "allocs": "allocs, recording all the time",
    "profile": "profile, by samples",
    "cpu-time": "profile, by CPU time",
}


def measure(options):
    rounds, seconds = (2, 0.5) if options.quick else (options.runs or 20, 3)
    done = subprocess.run(
        [jdk() / "bin/java", "-jar", BENCHMARKS / "target/benchmarks.jar", "profiles", str(rounds), str(seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, timeout=3600)
    found = {way: [float(ns) for ns in re.findall(rf"^{way} ([\d.]+) ns$", done.stdout, re.MULTILINE)] for way in WAYS}
    idle = dict(re.findall(r"^idle (\S+) ([\d.]+) ms/s$", done.stdout, re.MULTILINE))
    requests = dict(re.findall(r"^request (\S+) (-?[\d.]+) ms$", done.stdout, re.MULTILINE))
    added = {}
    for way in list(WAYS)[1:]:
        pairs = [there / here for here, there in zip(found["none"], found[way])]
        added[way] = {
            "per cent": 100 * (statistics.median(pairs) - 1),
            "standard error": 100 * statistics.stdev(pairs) / len(pairs) ** 0.5}
        tell(f"{way}: adds {added[way]['per cent']:.1f} % ± {added[way]['standard error']:.1f}")
    return Report(
        name="profiles",
        title="Cost of the Flight Recorder's profiles",
        columns=["recording", "CPU ns for a piece of work", "adds per cent", "standard error", "CPU ms/s of an idle process"],
        rows=[[name, spread(found[way]), added[way]["per cent"] if way in added else 0, added[way]["standard error"] if way in added else 0,
               float(idle[way]) if way in idle else ""] for way, name in WAYS.items()],
        data={**{way: spread(some) for way, some in found.items()}, "idle": {way: float(ms) for way, ms in idle.items()},
              "requests, ms": {name: float(ms) for name, ms in requests.items()}},
        ratios={f"{WAYS[way]} adds, per cent": of["per cent"] for way, of in added.items()}
        | {f"a request for {name}, ms": float(ms) for name, ms in requests.items()},
        settings={"rounds": rounds, "seconds a window": seconds})
