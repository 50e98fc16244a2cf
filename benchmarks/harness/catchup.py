"""What streams that are far behind cost those that are up to date, and how fast they catch up.

The live streams are sent twenty updates a second by one control plane. Others resume at random places of its log, first nowhere, then
at the same grpc-server, then at that of a second control plane with the same log on the same cores. The third shows what the clients'
and a server's share of the cores costs; so the ratio of the second to the third is what the server itself adds.
"""

import contextlib
import shutil
import threading
import time

from harness import load
from harness.processes import Ours, scratch
from harness.programs import tell
from harness.report import Report, medians

NOBODY, HERE, ELSEWHERE = "no others", "others here", "others elsewhere"
PLACES = (NOBODY, HERE, ELSEWHERE)
INTERVAL = "50ms"
HEAP_MIB = 512
RSS_BUDGET_MIB = 768
AIM_RATIO, AIM_MESSAGES = 1.2, 250_000


def settings(options):
    quick = options.quick
    return {
        "streams": options.streams or (200 if quick else 5000),
        "connections": options.connections or (4 if quick else 50),
        "resumers": options.resumers or (100 if quick else 2000),
        "updates": options.updates or (2000 if quick else 100_000),
        "size": options.size or 256,
        "runs": options.runs or 1,
        "patience": options.patience or (120 if quick else 1200),
    }


class Bench:
    def __init__(self, here, elsewhere, live, tokens, chosen, quick):
        self.here, self.elsewhere, self.live = here, elsewhere, live
        self.tokens, self.chosen = tokens, chosen
        self.least_seconds = 3 if quick else 20
        self.seed = 0

    def resume(self, place, streams=None):
        self.seed += 1
        target = (self.here if place == HERE else self.elsewhere).target
        streams = streams or self.chosen["resumers"]
        return load.resume(
            target, streams, max(1, min(20, streams // 50)), self.tokens, self.seed, self.chosen["patience"])

    def resume_for_long(self, place):
        """Resumes again and again until there are enough live updates meanwhile; the figures of all together."""
        done = [self.resume(place)]
        while sum(one["seconds"] for one in done) < self.least_seconds:
            done.append(self.resume(place))
        together = {key: sum(one[key] for one in done) for key in ("streams", "messages", "seconds", "incomplete")}
        return {
            **together, "messages_per_second": together["messages"] / together["seconds"],
            **{key: max(one[key] for one in done) for key in ("longest_silence_seconds", "stood_still", "median_end_seconds")},
            "least_part": min(one["least_part"] for one in done)}

    def measure(self, place):
        """The figures of the live streams while others resume, and of those."""
        window, caught_up, rss = {}, None, Highest(self.here.pushing)
        with rss, self.live.window(window):
            if place == NOBODY:
                time.sleep(self.least_seconds)
            else:
                caught_up = self.resume_for_long(place)
        return self.figures(window, caught_up, rss)

    def figures(self, window, caught_up, rss):
        return {
            "p50_ms": window["times"]["p50_ms"], "p99_ms": window["times"]["p99_ms"], "max_ms": window["times"]["max_ms"],
            "missing": window["missing"], "rss_mib": rss.bytes / 2**20, "heap_mib": self.here.heap() / 2**20,
            **({f"caught_up_{key}": value for key, value in caught_up.items() if key != "event"} if caught_up else {})}

    def restart(self, place):
        """The same, after kill -9: all live streams come back at once, and the others resume as soon as the server is there."""
        for side in (self.here, self.elsewhere):
            side.pushing.kill()
        for side in (self.elsewhere, self.here):
            side.pushing.start()
        caught_up = []
        resuming = threading.Thread(target=lambda: caught_up.append(self.resume(place)))
        if place != NOBODY:
            resuming.start()
        rss, window = Highest(self.here.pushing), {}
        with rss:
            back = self.live.await_return()
            with self.live.window(window):
                if place == NOBODY:
                    time.sleep(self.least_seconds)
                else:
                    resuming.join()
        if place != NOBODY and not caught_up:
            raise SystemExit("the streams that resumed failed")
        return {
            "back_seconds": back["seconds"], "not_back": back["missing"],
            **self.figures(window, caught_up[0] if caught_up else None, rss)}


class Highest:
    """The highest RSS of a server inside."""

    def __init__(self, server):
        self.server, self.bytes, self.over = server, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while True:
            with contextlib.suppress(OSError, ValueError):
                self.bytes = max(self.bytes, self.server.rss())
            if self.over.wait(0.5):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def measure(options):
    chosen = settings(options)
    jvm = options.jvm.split() or [f"-Xmx{HEAP_MIB}m"]
    # The log keeps all of it.
    kept = {"LOG_RETENTION_COUNT": "0", "LOG_RETENTION_AGE": "PT0S"}
    with scratch() as home, contextlib.ExitStack() as stack:
        tokens = home / "tokens"
        with Ours(home / "here", "upload-server", "grpc-server", environment=kept) as first:
            filled = load.fill(first, chosen["updates"], chosen["size"], tokens)
            tell(f"{filled['updates']:,} updates in {filled['seconds']:.0f} s")
        shutil.copytree(home / "here/data", home / "elsewhere/data")
        elsewhere = stack.enter_context(Ours(home / "elsewhere", "grpc-server", jvm=jvm, environment=kept))
        here = stack.enter_context(Ours(home / "here", "upload-server", "grpc-server", jvm=jvm, environment=kept))
        live = stack.enter_context(load.Live(
            here, streams=chosen["streams"], connections=chosen["connections"], size=chosen["size"], interval=INTERVAL,
            patience=120))
        bench = Bench(here, elsewhere, live, tokens, chosen, options.quick)
        time.sleep(3 if options.quick else 15)
        for place in (HERE, ELSEWHERE):
            bench.resume(place, max(10, chosen["resumers"] // 20))
        running = {place: [] for place in PLACES}
        restarted = {place: [] for place in PLACES}
        for run in range(chosen["runs"]):
            for found, how, what in ((running, bench.measure, "running"), (restarted, bench.restart, "after kill -9")):
                for place in PLACES:
                    found[place].append(how(place))
                    tell(f"run {run + 1}, {what}, {place}: {line(found[place][-1])}")
    return report(chosen, jvm, running, restarted)


def line(figures):
    text = f"live p50 {figures['p50_ms']:.1f}, p99 {figures['p99_ms']:.1f} ms, RSS {figures['rss_mib']:.0f} MiB"
    if "back_seconds" in figures:
        text = f"all back in {figures['back_seconds']:.1f} s, " + text
    if "caught_up_messages" in figures:
        text += (f", caught up {figures['caught_up_messages']:,} in {figures['caught_up_seconds']:.1f} s, "
                 f"{figures['caught_up_messages_per_second']:,.0f}/s, longest silence {figures['caught_up_longest_silence_seconds']:.1f} s, "
                 f"incomplete {figures['caught_up_incomplete']}")
    return text


def report(chosen, jvm, running, restarted):
    rows, spreads = [], {}
    for when, found in (("running", running), ("after kill -9", restarted)):
        for place in PLACES:
            of = spreads[when, place] = medians(found[place])
            rows.append([
                when, place, of["p50_ms"], of["p99_ms"], of["max_ms"], of.get("back_seconds", "–"),
                *(of.get(f"caught_up_{key}", "–") for key in (
                    "messages_per_second", "seconds", "longest_silence_seconds", "incomplete")),
                of["rss_mib"], of["heap_mib"]])

    def ratio(when):
        return spreads[when, HERE]["p99_ms"]["median"] / spreads[when, ELSEWHERE]["p99_ms"]["median"]

    rate = spreads["running", HERE]["caught_up_messages_per_second"]["median"]
    rss = max(of["rss_mib"]["max"] for of in spreads.values())
    faults = []
    for (when, place), of in spreads.items():
        for key, what in (("missing", "live messages did not come"), ("not_back", "live streams did not come back"),
                          ("caught_up_incomplete", "streams did not catch up")):
            if key in of and of[key]["max"] > 0:
                faults.append(f"{when}, {place}: {of[key]['max']:,} {what}")
    for what, reached, aim in (
            ("p99 of live streams, others here to others elsewhere", ratio("running") <= AIM_RATIO, f"{ratio('running'):.2f}, aim {AIM_RATIO}"),
            ("the same after kill -9", ratio("after kill -9") <= AIM_RATIO, f"{ratio('after kill -9'):.2f}, aim {AIM_RATIO}"),
            ("messages/s caught up", rate >= AIM_MESSAGES, f"{rate:,.0f}, aim {AIM_MESSAGES:,}"),
            ("highest RSS", rss <= RSS_BUDGET_MIB, f"{rss:.0f} MiB, budget {RSS_BUDGET_MIB} MiB"),
            ("every stream advances and ends complete", not faults, "; ".join(faults) or "all did")):
        tell(f"{'reached' if reached else 'MISSED '}: {what}: {aim}")
    return Report(
        name="catchup",
        title=f"{chosen['streams']:,} live streams, {INTERVAL} an update, while {chosen['resumers']:,} resume up to {chosen['updates']:,} updates back",
        columns=["grpc-server", "resuming", "live p50 ms", "p99 ms", "max ms", "all live streams back, s", "messages/s caught up",
                 "in s", "longest silence of a stream, s", "incomplete", "highest RSS MiB", "heap MiB after"],
        rows=rows,
        data={f"{when}, {place}": of for (when, place), of in spreads.items()},
        ratios={
            "live p99, others here to others elsewhere": ratio("running"),
            "the same after kill -9": ratio("after kill -9"),
            "live p99, others here to no others":
                spreads["running", HERE]["p99_ms"]["median"] / spreads["running", NOBODY]["p99_ms"]["median"]},
        settings={**chosen, "one update every": INTERVAL, "JVM": " ".join(jvm)},
        faults=faults)
