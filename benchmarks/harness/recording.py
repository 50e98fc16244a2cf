"""What an always-on recording costs grpc-server: CPU under a steady load, with and without in turns, in one process."""

import statistics
import time

from harness import load
from harness.fanout import settings
from harness.processes import Ours, scratch
from harness.programs import ROOT, tell
from harness.report import Report, spread

WITHOUT, WITH = "no recording", "control-plane.jfc"
UPDATES_A_SECOND = 20


def measure(options):
    quick = options.quick
    chosen = settings(options)
    del chosen["burst"]
    chosen["runs"] = options.runs or (2 if quick else 30)
    # Starting and stopping costs too, code that is compiled anew among it, but not while it goes on.
    warm, settle, window = (2, 0.2, 1) if quick else (45, 3, 4)
    seconds = warm + chosen["runs"] * 2 * (settle + window + 2)
    found = {WITHOUT: [], WITH: []}
    with scratch() as home, Ours(home, "upload-server", "grpc-server", jvm=options.jvm.split()) as ours:
        with load.flowing(ours, chosen, UPDATES_A_SECOND, seconds):
            record(ours)
            time.sleep(warm)
            stop(ours)
            for run in range(chosen["runs"]):
                for way in (WITHOUT, WITH) if run % 2 == 0 else (WITH, WITHOUT):
                    if way == WITH:
                        record(ours)
                    time.sleep(settle)
                    found[way].append(cpu(ours, window))
                    if way == WITH:
                        stop(ours)
                tell(f"run {run + 1}: " + ", ".join(f"{way} {some[-1]:.3f} s/s" for way, some in found.items()))
    pairs = [there / here for here, there in zip(found[WITHOUT], found[WITH])]
    added = 100 * (statistics.mean(pairs) - 1)
    error = 100 * statistics.stdev(pairs) / len(pairs) ** 0.5
    messages = UPDATES_A_SECOND * chosen["streams"]
    return Report(
        name="recording",
        title="Cost of the always-on recording",
        columns=["grpc-server with", "CPU seconds a second", "CPU µs/message"],
        rows=[[way, spread(some), spread([1e6 * one / messages for one in some])] for way, some in found.items()],
        data={**{way: spread(some) for way, some in found.items()}, "pairs": spread(pairs), "added_per_cent": added, "standard_error": error},
        ratios={
            "CPU with to without, median of the pairs": statistics.median(pairs),
            "per cent that it adds, mean of the pairs": added, "standard error of that": error},
        settings={**chosen, "updates a second": UPDATES_A_SECOND, "seconds a window": window})


def record(ours):
    ours.pushing.jcmd("JFR.start", "name=bench", f"settings={ROOT}/jfr-configs/control-plane.jfc")


def stop(ours):
    ours.pushing.jcmd("JFR.stop", "name=bench")


def cpu(ours, window):
    """Seconds of CPU a second."""
    used, start = ours.pushing.cpu_seconds(), time.perf_counter()
    time.sleep(window)
    return (ours.pushing.cpu_seconds() - used) / (time.perf_counter() - start)
