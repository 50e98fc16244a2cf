"""From the start of a server's process to its ready line, and its memory when nothing happens."""

import time

from harness.fanout import rotated
from harness.processes import Server, free_ports, said, scratch, script
from harness.programs import jar, jdk, tell
from harness.report import Report, medians

SERVERS = ["upload-server", "consumer-server", "grpc-server"]
IDLE_SECONDS = 3


def measure(options):
    runs = options.runs or (1 if options.quick else 7)
    ways = {"java -jar": lambda server: [jdk() / "bin/java", "-jar", jar(server)], "bin/": lambda server: [script(server)]}
    found = {(server, way): [] for server in SERVERS for way in ways}
    with scratch() as home:
        for run in range(-1, runs):  # the first fills the page cache
            for server in SERVERS:
                for way in rotated(list(ways), max(run, 0)):
                    figures = one(server, ways[way](server), home / f"{server}-{way.strip('/').replace(' ', '')}-{run}")
                    if run >= 0:
                        found[server, way].append(figures)
            tell("; ".join(f"{server}, {way}: {some[-1]['ready_ms']:.0f} ms" for (server, way), some in found.items() if some))
    spreads = {key: medians(some) for key, some in found.items()}
    return Report(
        name="start",
        title="Start of a server, and its memory when idle",
        columns=["server", "started by", "ready after ms", "CPU ms until then", f"RSS MiB, idle for {IDLE_SECONDS} s"],
        rows=[[server, way, *(of[key] for key in ("ready_ms", "cpu_ms", "idle_rss_mib"))] for (server, way), of in spreads.items()],
        data={f"{server}, {way}": of for (server, way), of in spreads.items()},
        ratios={
            f"bin/ to java -jar, {server}": spreads[server, "bin/"]["ready_ms"]["median"] / spreads[server, "java -jar"]["ready_ms"]["median"]
            for server in SERVERS},
        settings={"runs": runs})


def one(server, command, home):
    ports = free_ports(4)
    settings = dict(
        zip(("UPLOAD_PORT", "CONSUMER_PORT", "GRPC_PORT", "HTTP_PORT"), map(str, ports)), STORAGE_PATH=str(home / "data"))
    with Server(server, command, home, said("event=ready"), settings) as process:
        cpu = process.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        return {"ready_ms": process.seconds_to_ready * 1000, "cpu_ms": cpu * 1000, "idle_rss_mib": process.rss() / 2**20}
