"""One update to thousands of streams: a burst for throughput and CPU, then paced updates for latency."""

import contextlib
import itertools

from harness import load
from harness.processes import GrpcGo, Netty, Ours, scratch
from harness.programs import tell
from harness.report import Curve, Report, medians


def settings(options):
    quick = options.quick
    return {
        "streams": options.streams or (200 if quick else 5000),
        "connections": options.connections or (4 if quick else 50),
        "size": options.size or 1024,
        "burst": options.burst or (20 if quick else 60),
        "runs": options.runs or (2 if quick else 5),
    }


def rotated(sides, run):
    """Another one first in every run."""
    start = run % len(sides)
    return sides[start:] + sides[:start]


def burst(side, chosen):
    return load.fanout(
        side, streams=chosen["streams"], connections=chosen["connections"], size=chosen["size"],
        warmup=max(chosen["burst"] // 3, 10), updates=chosen["burst"])


def paced(side, chosen, seconds, every):
    return load.fanout(
        side, streams=chosen["streams"], connections=chosen["connections"], size=chosen["size"], warmup=3,
        updates=max(2, int(seconds / every)), interval=f"{int(every * 1000)}ms")


def measure(options):
    chosen = settings(options)
    warm = 1 if options.quick else 12
    seconds, every = (1, 0.25) if options.quick else (10, 1)
    with scratch() as home, contextlib.ExitStack() as stack:
        sides = [
            stack.enter_context(Ours(home / "ours", "upload-server", "grpc-server", jvm=options.jvm.split())),
            stack.enter_context(GrpcGo(home / "grpcgo")),
            stack.enter_context(Netty(home / "netty"))]
        for side in itertools.chain(*[sides] * warm):
            burst(side, chosen)
        bursts, paces = {side.name: [] for side in sides}, {side.name: [] for side in sides}
        for run in range(chosen["runs"]):
            for side in rotated(sides, run):
                bursts[side.name].append(burst(side, chosen))
                paces[side.name].append(paced(side, chosen, seconds, every))
                tell(f"run {run + 1}, {side.name}: {bursts[side.name][-1]['server_us_per_message']:.1f} us/message, "
                     f"{bursts[side.name][-1]['messages_per_second']:,.0f} messages/s, "
                     f"p99 {paces[side.name][-1]['p99_ms']:.1f} ms")
        heaps = {side.name: side.heap() / 2**20 for side in sides}
        curves, sweeps = ([], {}) if options.no_sweep else sweep(sides, chosen, options.quick)
    burst_of = {name: medians(runs) for name, runs in bursts.items()}
    pace_of = {name: medians(runs) for name, runs in paces.items()}
    rows = [
        [name, burst_of[name]["server_us_per_message"], burst_of[name]["messages_per_second"], pace_of[name]["p50_ms"],
         pace_of[name]["p99_ms"], pace_of[name]["max_ms"], pace_of[name]["server_us_per_message"], burst_of[name]["rss_mib"],
         heaps[name]]
        for name in burst_of]
    ours, go, netty = (side.name for side in sides)
    return Report(
        name="fanout",
        title=f"Fan-out: {chosen['streams']:,} streams on {chosen['connections']} connections, {chosen['size']:,} bytes",
        columns=["server", "CPU µs/message, burst", "messages/s, burst", "p50 ms, paced", "p99 ms", "max ms",
                 "CPU µs/message, paced", "RSS MiB", "heap MiB after"],
        rows=rows,
        data={"burst": burst_of, "paced": pace_of, "heap_mib": heaps, "sweep": sweeps},
        curves=curves,
        ratios={
            "CPU/message to grpc-go": ratio(burst_of, "server_us_per_message", ours, go),
            "messages/s to grpc-go": ratio(burst_of, "messages_per_second", ours, go),
            "messages/s to Netty": ratio(burst_of, "messages_per_second", ours, netty),
            "p99 to grpc-go": ratio(pace_of, "p99_ms", ours, go)},
        settings={**chosen, "paced": f"one update every {every} s"})


def ratio(of, key, ours, peer):
    return of[ours][key]["median"] / of[peer][key]["median"]


def sweep(sides, chosen, quick):
    """How the figures change with one of streams, connections, size and burst, the others as chosen."""
    steps = {
        "streams": [50, 200] if quick else [1000, 5000, 10000],
        "size": [256, 4096] if quick else [256, 1024, 8192],
        "connections": [2, 8] if quick else [10, 50, 250],
        "burst": [5, 20] if quick else [1, 10, 60, 200]}
    figures = {
        "server_us_per_message": "server CPU, µs per message", "messages_per_second": "messages/s", "p99_ms": "p99 of the burst, ms"}
    curves, data = [], {}
    for what, values in steps.items():
        lines = {key: {side.name: [] for side in sides} for key in figures}
        for value in values:
            one = {**chosen, what: value}
            one["connections"] = min(one["connections"], one["streams"])
            runs = {side.name: [] for side in sides}
            for run in range(1 if quick else 2):
                for side in rotated(sides, run):
                    runs[side.name].append(burst(side, one))
            for name, some in runs.items():
                for key in figures:
                    lines[key][name].append((value, medians(some)[key]))
        tell(f"by {what} done")
        data[what] = lines
        curves += [
            Curve(f"{key.replace('_', '-')}-by-{what}", f"Fan-out by {what}", what, label, lines[key])
            for key, label in figures.items()]
    return curves, data
