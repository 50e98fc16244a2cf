"""./bench NAME … : see --help."""

import argparse
import importlib
import json
import signal
import sys

from harness import machine
from harness.programs import OUTPUT, build_jars, tell

NAMES = {
    "fanout": "one update to thousands of streams: ours, grpc-go, grpc-java's Netty",
    "idle": "memory of a subscription to which nothing is sent: ours, grpc-go",
    "latency": "from an upload to its subscribers: ours, grpc-go",
    "downloads": "files over HTTP/1.1 and HTTP/2: consumer-server, nginx",
    "uploads": "large files against sha256sum + cp + sync, and many small ones: upload-server, grpc-go's process",
    "goroutines": "profiles of very many threads: ours, Go's, the JDK's dump",
    "streams": "goroutine profiles of a server with 15,000 streams: ours, grpc-go",
    "contention": "waits of known length in the profiles block and mutex, and what measuring them costs",
    "start": "time until a server is ready, and its memory when idle: java -jar, bin/",
    "cli": "a command of cpctl from its start to its end: bin/cpctl, java -jar, curl, kubectl",
    "jvm": "grpc-server under different collectors and object headers",
    "catchup": "what streams that are far behind cost those that are up to date: the same server, another one",
    "cold": "10,000 consumers that fetch every worker at once: memory of grpc-server in a small heap",
    "recording": "what jfr-configs/control-plane.jfc costs",
    "profiles": "what profile and allocs cost a program that allocates as fast as it can",
}
# Not part of "all".
OPT_IN = {"soak": "everything at once against the three servers, for --minutes: does anything grow? Ends with 1 if so"}


def parser():
    names = "\n".join(f"  {name:<11} {what}" for name, what in (NAMES | OPT_IN).items())
    p = argparse.ArgumentParser(
        prog="./bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures the servers beside their peers and writes target/bench/NAME.json, NAME.md and NAME-*.svg.",
        epilog=f"{names}\n  all         all of these but soak\n\nCode by itself: java -jar benchmarks/target/benchmarks.jar -l")
    p.add_argument("names", nargs="+", choices=[*NAMES, *OPT_IN, "all"], metavar="NAME")
    p.add_argument("--quick", action="store_true", help="small and short: shows that it works, says nothing of speed")
    p.add_argument("--runs", type=int, help="how often each figure is taken")
    p.add_argument("--streams", type=int, help="fanout, recording, catchup, cold, streams: streams in all (5000; cold: 10000; streams: 15000)")
    p.add_argument("--connections", type=int, help="fanout, recording, catchup: connections that carry them (50)")
    p.add_argument("--size", type=int, help="fanout, recording, catchup, cold: bytes of an update's code (1024; catchup: 256; cold: 65536)")
    p.add_argument("--burst", type=int, help="fanout, recording: updates sent at once (60)")
    p.add_argument("--resumers", type=int, help="catchup: streams that resume at random places (2000)")
    p.add_argument("--updates", type=int, help="catchup: updates of the log that they read (100000)")
    p.add_argument("--patience", type=int, help="catchup, cold: seconds that resuming may take (1200), that fetching goes on (90)")
    p.add_argument("--minutes", type=float, help="soak: how long (30)")
    p.add_argument("--no-sweep", action="store_true", help="fanout: only the one combination, no curves")
    p.add_argument("--jvm", default="", help="fanout, idle, latency, streams, jvm, recording, catchup: options for our servers' JVMs, such as -XX:+UseSerialGC")
    return p


def main():
    options = parser().parse_args()
    names = list(NAMES) if "all" in options.names else options.names
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build_jars()
    contents, faults = [], []
    for name in names:
        found = machine.describe()
        tell(f"{name}: {(NAMES | OPT_IN)[name]}")
        report = importlib.import_module(f"harness.{name}").measure(options)
        contents.append(report.write(found))
        faults += [f"{name}: {fault}" for fault in report.faults]
    if "all" in options.names:
        (OUTPUT / "all.json").write_text(json.dumps(contents, indent=1) + "\n")
        (OUTPUT / "all.md").write_text("\n".join((OUTPUT / f"{name}.md").read_text() for name in names))
    if faults:
        sys.exit("\n".join(f"bench: {fault}" for fault in faults))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
