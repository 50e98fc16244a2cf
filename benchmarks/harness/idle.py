"""Memory of a subscription to which nothing is sent, everything counted: the server's growth by the number of streams."""

import time

from harness import load
from harness.processes import GrpcGo, Ours, scratch
from harness.programs import tell
from harness.report import Curve, Report, medians

STREAMS_ON_A_CONNECTION = 100

# Ours gives back what it does not need when it has been quiet for a second or two, Go's runtime bit by bit.
SETTLE_SECONDS = 6


def measure(options):
    quick = options.quick
    steps = [100, 300] if quick else [1000, 5000, 15000]
    runs = options.runs or (1 if quick else 3)
    names = []
    found = {}
    with scratch() as home:
        for run in range(runs):
            for streams in steps:
                for make in (ours(options), GrpcGo):
                    # A fresh one for each figure: memory that was taken once is not given back.
                    with make(home / f"{make.__name__}-{run}-{streams}") as side:
                        if side.name not in names:
                            names.append(side.name)
                        figures = one(side, streams, quick)
                    found.setdefault((side.name, streams), []).append(figures)
                    tell(f"{side.name}, {streams} streams: heap {figures['heap_kib']:.1f} KiB, RSS {figures['rss_kib']:.1f} KiB each")
    spreads = {key: medians(values) for key, values in found.items()}
    rows = [
        [name, streams, spreads[name, streams]["heap_kib"], spreads[name, streams]["rss_kib"],
         spreads[name, streams]["rss_after_gc_kib"], spreads[name, streams]["rss_mib"]]
        for name in names for streams in steps]
    mine, peer = names
    return Report(
        name="idle",
        title="Memory of an idle subscription",
        columns=["server", "streams", "heap KiB each", "RSS KiB each", "RSS KiB each after a collection", "RSS MiB in all"],
        rows=rows,
        data={name: {str(streams): spreads[name, streams] for streams in steps} for name in names},
        curves=[
            Curve(key.replace("_", "-"), "Memory of an idle subscription", "streams", label,
                  {name: [(streams, spreads[name, streams][key]) for streams in steps] for name in names})
            for key, label in (("heap_kib", "heap, KiB each"), ("rss_kib", "RSS, KiB each"))],
        ratios={
            f"RSS each to grpc-go at {streams:,}":
                spreads[mine, streams]["rss_kib"]["median"] / spreads[peer, streams]["rss_kib"]["median"] for streams in steps},
        settings={"streams": steps, "on a connection": STREAMS_ON_A_CONNECTION, "runs": runs})


def ours(options):
    def make(home):
        return Ours(home, "upload-server", "grpc-server", jvm=options.jvm.split())

    make.__name__ = "ours"
    return make


def one(side, streams, quick):
    # Loads what a subscription needs once.
    with load.subscribed(side.target, 50, 5):
        pass
    time.sleep(0.5 if quick else SETTLE_SECONDS)
    # In this order: a count of live objects begins with a collection.
    rss, heap = side.pushing.rss(), side.heap()
    with load.subscribed(side.target, streams, max(1, streams // STREAMS_ON_A_CONNECTION)):
        time.sleep(0.5 if quick else SETTLE_SECONDS)
        rss_with = side.pushing.rss()
        heap_with = side.heap()
        rss_after = side.pushing.rss()
    each = 1024 * streams
    return {
        "heap_kib": (heap_with - heap) / each, "rss_kib": (rss_with - rss) / each, "rss_after_gc_kib": (rss_after - rss) / each,
        "rss_mib": rss_with / 2**20, "heap_mib": heap_with / 2**20}
