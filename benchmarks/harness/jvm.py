"""grpc-server under different collectors and object headers: what each costs in CPU, latency and memory."""

from harness import idle
from harness.fanout import burst, paced, rotated, settings
from harness.processes import Ours, scratch
from harness.programs import tell
from harness.report import Report, medians

COMPACT = "-XX:+UseCompactObjectHeaders"
WAYS = {
    "G1, the default": [],
    "G1, compact headers": [COMPACT],
    "Serial": ["-XX:+UseSerialGC"],
    "Serial, compact headers": ["-XX:+UseSerialGC", COMPACT],
    "Parallel": ["-XX:+UseParallelGC"],
    "Shenandoah, generational": ["-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=generational"],
    "ZGC": ["-XX:+UseZGC"],
}


def measure(options):
    chosen = settings(options)
    chosen["runs"] = options.runs or (1 if options.quick else 3)
    warm = 1 if options.quick else 6
    streams, seconds = (200, 1) if options.quick else (5000, 10)
    found = {way: [] for way in WAYS}
    with scratch() as home:
        for run in range(chosen["runs"]):
            for number, way in enumerate(rotated(list(WAYS), run)):
                found[way].append(one(home / f"{run}-{number}", WAYS[way] + options.jvm.split(), chosen, warm, streams, seconds, options.quick))
                tell(f"run {run + 1}, {way}: " + ", ".join(f"{key} {value:.1f}" for key, value in found[way][-1].items()))
    spreads = {way: medians(some) for way, some in found.items()}
    keys = ["server_us_per_message", "messages_per_second", "p99_ms", "max_ms", "burst_rss_mib", "heap_kib", "rss_kib", "rss_after_gc_kib"]
    return Report(
        name="jvm",
        title="grpc-server by collector and object headers",
        columns=["JVM", "CPU µs/message, burst", "messages/s, burst", "p99 ms, paced", "max ms", "RSS MiB after the bursts",
                 "heap KiB an idle subscription", "RSS KiB each", "RSS KiB each after a collection"],
        rows=[[way, *(of[key] for key in keys)] for way, of in spreads.items()],
        data=spreads,
        ratios={f"CPU/message, {way} to the default": of["server_us_per_message"]["median"] / spreads["G1, the default"]["server_us_per_message"]["median"]
                for way, of in spreads.items() if WAYS[way]},
        settings={**chosen, "idle streams": streams})


def one(home, jvm, chosen, warm, streams, seconds, quick):
    with Ours(home / "fanout", "upload-server", "grpc-server", jvm=jvm) as side:
        for _ in range(warm):
            burst(side, chosen)
        bursts = medians([burst(side, chosen) for _ in range(3)])
        pace = paced(side, chosen, seconds, 1)
    with Ours(home / "idle", "upload-server", "grpc-server", jvm=jvm) as side:
        memory = idle.one(side, streams, quick)
    return {
        "server_us_per_message": bursts["server_us_per_message"]["median"],
        "messages_per_second": bursts["messages_per_second"]["median"],
        "burst_rss_mib": bursts["rss_mib"]["max"],
        "p99_ms": pace["p99_ms"], "max_ms": pace["max_ms"],
        **{key: memory[key] for key in ("heap_kib", "rss_kib", "rss_after_gc_kib")}}
