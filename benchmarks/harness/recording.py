"""What an always-on recording costs grpc-server: CPU per message of the same process with and without."""

from harness.fanout import burst, ratio, settings
from harness.processes import Ours, scratch
from harness.programs import ROOT, tell
from harness.report import Report, medians, spread

WITHOUT, WITH = "no recording", "control-plane.jfc"


def measure(options):
    chosen = settings(options)
    if not options.quick:
        # A per cent is to be seen, and CPU counts in steps of 10 ms.
        chosen["burst"] = options.burst or 100
    chosen["runs"] = options.runs or (2 if options.quick else 15)
    with scratch() as home, Ours(home, "upload-server", "grpc-server", jvm=options.jvm.split()) as ours:
        for _ in range(1 if options.quick else 8):
            burst(ours, chosen)
        found = {WITHOUT: [], WITH: []}
        for run in range(chosen["runs"]):
            for way in (WITHOUT, WITH) if run % 2 == 0 else (WITH, WITHOUT):
                if way == WITH:
                    ours.pushing.jcmd("JFR.start", "name=bench", f"settings={ROOT}/jfr-configs/control-plane.jfc")
                found[way].append(burst(ours, chosen))
                if way == WITH:
                    ours.pushing.jcmd("JFR.stop", "name=bench")
                tell(f"run {run + 1}, {way}: {found[way][-1]['server_us_per_message']:.2f} us/message")
    spreads = {way: medians(some) for way, some in found.items()}
    # Of each two bursts, one after the other: what changes slowly is in both.
    pairs = spread([
        there["server_us_per_message"] / here["server_us_per_message"] for here, there in zip(found[WITHOUT], found[WITH])])
    return Report(
        name="recording",
        title="Cost of the always-on recording",
        columns=["grpc-server with", "CPU µs/message", "messages/s", "p99 of the burst ms"],
        rows=[[way, *(of[key] for key in ("server_us_per_message", "messages_per_second", "p99_ms"))] for way, of in spreads.items()],
        data={**spreads, "pairs": pairs},
        ratios={"CPU/message with to without": ratio(spreads, "server_us_per_message", WITH, WITHOUT),
                "the same, median of the pairs": pairs["median"]},
        settings=chosen)
