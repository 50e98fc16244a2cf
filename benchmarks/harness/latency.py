"""From when an upload should have begun to the subscribers that hold it, fsync included."""

import contextlib

from harness import load
from harness.processes import GrpcGo, Ours, scratch
from harness.programs import tell
from harness.fanout import ratio, rotated
from harness.report import Curve, Report, medians

INTERVAL = "30ms"


def measure(options):
    quick = options.quick
    steps = [1, 50] if quick else [1, 10, 100, 1000]
    runs = options.runs or (2 if quick else 5)
    updates = 20 if quick else 200
    with scratch() as home, contextlib.ExitStack() as stack:
        sides = [
            stack.enter_context(Ours(home / "ours", "upload-server", "grpc-server", jvm=options.jvm.split())),
            stack.enter_context(GrpcGo(home / "grpcgo"))]

        def paced(side, streams, count):
            return load.fanout(
                side, streams=streams, connections=min(10, streams), size=1024, warmup=5 if quick else 20, updates=count,
                interval=INTERVAL)

        for _ in range(1 if quick else 3):
            for side in sides:
                paced(side, steps[-1], updates)
        found = {side.name: {streams: [] for streams in steps} for side in sides}
        for run in range(runs):
            for streams in steps:
                for side in rotated(sides, run):
                    found[side.name][streams].append(paced(side, streams, updates))
                    last = found[side.name][streams][-1]
                    tell(f"run {run + 1}, {side.name}, {streams} subscribers: p50 {last['p50_ms']:.1f} p99 {last['p99_ms']:.1f} ms")
    spreads = {name: {streams: medians(some) for streams, some in of.items()} for name, of in found.items()}
    keys = ["p50_ms", "p99_ms", "max_ms", "last_p50_ms", "last_p99_ms", "acknowledged_p50_ms", "acknowledged_p99_ms"]
    ours, go = spreads
    most = {name: of[steps[-1]] for name, of in spreads.items()}
    return Report(
        name="latency",
        title="From an upload (1 KiB, fsynced) to its subscribers",
        columns=["server", "subscribers", "all messages: p50 ms", "p99 ms", "max ms", "last subscriber: p50 ms", "p99 ms",
                 "upload acknowledged: p50 ms", "p99 ms"],
        rows=[[name, streams, *(spreads[name][streams][key] for key in keys)] for name in spreads for streams in steps],
        data={name: {str(streams): of[streams] for streams in steps} for name, of in spreads.items()},
        curves=[
            Curve(key.replace("_", "-"), "From an upload to its subscribers", "subscribers", label,
                  {name: [(streams, spreads[name][streams][key]) for streams in steps] for name in spreads})
            for key, label in (("p50_ms", "p50 of all messages, ms"), ("p99_ms", "p99 of all messages, ms"))],
        ratios={f"{what} to grpc-go at {steps[-1]:,}": ratio(most, key, ours, go) for what, key in (("p50", "p50_ms"), ("p99", "p99_ms"))},
        settings={"subscribers": steps, "connections": 10, "uploads": updates, "one every": INTERVAL, "runs": runs})
