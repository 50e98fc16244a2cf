"""Profiles of very many parked virtual threads: the harness in benchmarks.jar, which runs Go's beside it."""

import re
import subprocess

from harness.programs import BENCHMARKS, go_program, jdk, tell
from harness.report import Curve, Report, medians

LATENCIES = ["ours idle p99", "ours busy p99", "Go idle p99", "Go busy p99"]
FORMS = ["debug=0", "debug=1", "debug=2", "debug=3"]


def measure(options):
    quick = options.quick
    steps = [1000] if quick else [1000, 10_000, 100_000, 1_000_000]
    runs = options.runs or 1
    found = {}
    for threads in steps:
        for run in range(runs):
            found.setdefault(threads, []).append(once(threads))
        tell(f"{threads} threads: " + ", ".join(f"{key} {value:.1f}" for key, value in found[threads][-1].items()))
    spreads = {threads: medians(some) for threads, some in found.items()}
    rows = [
        [threads, *(of[f"{who} {form}"] for form in FORMS for who in ("ours", "Go") if f"{who} {form}" in of),
         of["ours new"], of["runtime.Stack"], of["dump"], *(of[key] for key in LATENCIES)]
        for threads, of in spreads.items()]
    columns = [f"{form}: {who} ms" for form in FORMS for who in ("ours", "Go") if f"{who} {form}" in spreads[steps[0]]]
    return Report(
        name="goroutines",
        title="Goroutine profiles of parked threads",
        columns=["threads", *columns, "debug=0, every thread new: ours ms", "one runtime.Stack ms", "the JDK's JSON dump ms", "p99 of requests: ours ms", "during profiles ms",
                 "Go ms", "during profiles ms"],
        rows=rows,
        data={str(threads): of for threads, of in spreads.items()},
        curves=[
            Curve(form.replace("=", ""), f"Goroutine profile, {form}", "threads", "ms", log_y=True,
                  lines={who: [(threads, of[f"{who} {form}"]) for threads, of in spreads.items()]
                         for who in ("ours", "Go") if f"{who} {form}" in spreads[steps[0]]}
                  | ({"the JDK's dump": [(threads, of["dump"]) for threads, of in spreads.items()]} if form == "debug=0" else {}))
            for form in FORMS],
        ratios={
            f"{form} to Go at {steps[-1]:,}": spreads[steps[-1]][f"ours {form}"]["median"] / spreads[steps[-1]][f"Go {form}"]["median"]
            for form in FORMS if f"Go {form}" in spreads[steps[-1]]}
        | {f"{who}: p99 of requests during profiles to idle at {threads:,}": of[f"{who} busy p99"]["median"] / of[f"{who} idle p99"]["median"]
           for threads, of in spreads.items() for who in ("ours", "Go")},
        settings={"threads": steps, "runs": runs, "in each": "medians of five"})


def once(threads):
    done = subprocess.run(
        [jdk() / "bin/java", *(["-Xmx8g"] if threads > 500_000 else []), "-jar", BENCHMARKS / "target/benchmarks.jar",
         "goroutines", str(threads), go_program("peers/goroutines")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, timeout=3600)
    text = done.stdout
    figures = {}
    for form, mine, _, peer in re.findall(r"^(debug=\d) ([\d.]+) ms(, Go ([\d.]+) ms)?", text, re.MULTILINE):
        figures[f"ours {form}"] = float(mine)
        if peer:
            figures[f"Go {form}"] = float(peer)
    figures["ours new"] = float(re.search(r"every thread new ([\d.]+) ms", text)[1])
    figures["runtime.Stack"] = float(re.search(r"^runtime.Stack once ([\d.]+) ms", text, re.MULTILINE)[1])
    figures["dump"] = float(re.search(r"own dump ([\d.]+) ms", text)[1])
    for who, line in (("ours", "requests"), ("Go", "Go, requests")):
        idle, busy = re.search(rf"^{line}: idle p50 \S+ p99 (\S+) busy p50 \S+ p99 (\S+)", text, re.MULTILINE).groups()
        figures |= {f"{who} idle p99": float(idle), f"{who} busy p99": float(busy)}
    return figures
