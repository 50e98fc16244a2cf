"""A fleet that begins from nothing: memory of grpc-server while all its consumers fetch every worker at once, and what `held` leaves behind.

The heap is small on purpose. Nobody waits for the last byte: 10,000 consumers fetch 640 GB. What counts is that every stream advances,
that nobody is sent away, and the highest RSS meanwhile.
"""

import time

from harness import load
from harness.catchup import Highest
from harness.idle import SETTLE_SECONDS
from harness.processes import Ours, scratch
from harness.programs import tell
from harness.report import Report

HEAP_MIB, RSS_BUDGET_MIB = 512, 1024
AIM_HELD_KIB = 1.0
STREAMS_ON_A_CONNECTION = 100
WORKERS = 1000
CODE_BYTES = 64 << 10


def settings(options):
    quick = options.quick
    return {
        "streams": options.streams or (200 if quick else 10_000),
        "size": options.size or (2048 if quick else CODE_BYTES),
        "patience": options.patience or (5 if quick else 90),
    }


def measure(options):
    chosen = settings(options)
    jvm = options.jvm.split() or [f"-Xmx{HEAP_MIB}m"]
    with scratch() as home:
        fetched = fetch(home / "cold", chosen, jvm)
        held = {told: subscription(home / f"held-{told}", chosen, jvm, told) for told in (False, True)}
    extra = held[True] - held[False]
    faults = []
    if fetched["least_messages"] == 0 and fetched["synced"] < chosen["streams"]:
        faults.append("a stream got nothing")
    if fetched["rss_mib"] > RSS_BUDGET_MIB:
        faults.append(f"the highest RSS is {fetched['rss_mib']:.0f} MiB, more than {RSS_BUDGET_MIB} MiB")
    if extra > AIM_HELD_KIB:
        faults.append(f"a stream that sent what it holds costs {extra:.2f} KiB more, aim {AIM_HELD_KIB}")
    return Report(
        name="cold",
        title=f"{chosen['streams']:,} consumers that begin from nothing, {WORKERS:,} workers",
        columns=["what", "figure"],
        rows=[
            ["messages in all", fetched["messages"]],
            ["MiB/s", fetched["bytes_per_second"] / 2**20],
            ["seconds", fetched["seconds"]],
            ["streams that got the whole snapshot", fetched["synced"]],
            ["fewest workers that a stream got", fetched["least_messages"]],
            ["highest RSS, MiB", fetched["rss_mib"]],
            ["live heap afterwards, MiB", fetched["heap_mib"]],
            ["live heap of a synced subscription, KiB", held[False]],
            [f"the same where it sent {WORKERS:,} workers as held, KiB", held[True]],
        ],
        data={"fetched": fetched, "heap_kib": held[False], "heap_kib_held": held[True]},
        settings={**chosen, "JVM": " ".join(jvm)},
        faults=faults)


def fill(side, size, home):
    load.fill(side, WORKERS, size, home / "tokens")


def fetch(home, chosen, jvm):
    with Ours(home, "upload-server", "grpc-server", jvm=jvm) as side:
        fill(side, chosen["size"], home)
        rss = Highest(side.pushing)
        with rss:
            fetched = load.cold(side.target, chosen["streams"], connections(chosen), chosen["patience"])
        time.sleep(1)
        figures = {**fetched, "rss_mib": rss.bytes / 2**20, "heap_mib": side.heap() / 2**20}
        tell(f"{figures['messages']:,} messages, {figures['synced']:,} streams synced, "
             f"at least {figures['least_messages']} each, RSS {figures['rss_mib']:.0f} MiB")
        return figures


def subscription(home, chosen, jvm, told):
    """Live heap of a synced subscription, in KiB."""
    with Ours(home, "upload-server", "grpc-server", jvm=jvm) as side:
        fill(side, 64, home)
        with load.held(side.target, 100, 2, told):
            pass
        time.sleep(SETTLE_SECONDS)
        before = side.heap()
        with load.held(side.target, chosen["streams"], connections(chosen), told):
            time.sleep(SETTLE_SECONDS)
            each = (side.heap() - before) / 1024 / chosen["streams"]
        tell(f"{'held' if told else 'nothing'} sent: {each:.2f} KiB of heap each")
        return each


def connections(chosen):
    return max(1, chosen["streams"] // STREAMS_ON_A_CONNECTION)
