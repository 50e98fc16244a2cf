"""What a command costs from its start to its end: cpctl against running servers, beside clients in C and Go."""

import os
import shutil
import subprocess
import time

from harness.fanout import rotated
from harness.processes import Ours, scratch, script
from harness.programs import ROOT, jar, jdk, tell
from harness.report import Report, medians

WORKERS = 20


def measure(options):
    runs = options.runs or (3 if options.quick else 20)
    with scratch() as home, Ours(home / "ours", "upload-server", "consumer-server", "grpc-server") as ours:
        environment = dict(
            os.environ, CPCTL_UPLOAD_URL=ours.upload_url, CPCTL_CONSUMER_URL=ours.consumer_url, CPCTL_GRPC=ours.target,
            CPCTL_GRPC_HTTP_URL=ours.http_url, LC_ALL="C.UTF-8")
        commands = sides(ours)
        bundle = home / "bundle.js"
        bundle.write_text("export default 1;\n")
        for worker in range(WORKERS):
            run([script("cpctl"), "upload", bundle, "--name", f"worker-{worker}.js", "--version", "1.0.0"], environment)
        found = {side: [] for side in commands}
        for turn in range(-1, runs):  # the first fills the page cache
            for side in rotated(list(commands), max(turn, 0)):
                figures = run(commands[side], environment)
                if turn >= 0:
                    found[side].append(figures)
        spreads = {side: medians(some) for side, some in found.items()}
    slowest = max(of["wall_ms"]["median"] for side, of in spreads.items() if side.startswith("cpctl"))
    tell(f"the slowest command of cpctl took {slowest:.0f} ms")
    return Report(
        name="cli",
        title="A command from its start to its end",
        columns=["command", "wall time ms", "CPU ms"],
        rows=[[side, of["wall_ms"], of["cpu_ms"]] for side, of in spreads.items()],
        data=spreads,
        ratios={f"cpctl list to {side}": spreads["cpctl list"]["wall_ms"]["median"] / of["wall_ms"]["median"]
                for side, of in spreads.items() if not side.startswith("cpctl ")},
        settings={"runs": runs, "workers": WORKERS})


def sides(ours):
    cpctl = script("cpctl")
    commands = {f"cpctl {line}": [cpctl, *line.split()] for line in ("list", "status", "info worker-0.js", "version", "--help", "--version")}
    commands["java -jar client.jar list"] = [jdk() / "bin/java", "-jar", jar("client"), "list"]
    others = {
        "curl /files": ["curl", "-sS", f"{ours.consumer_url}/files"],
        "grpcurl list": [ROOT / ".tools/bin/grpcurl", "-plaintext", ours.target, "list"],
        "kubectl version --client": ["kubectl", "version", "--client"],
        "gh --version": ["gh", "--version"],
    }
    return commands | {side: command for side, command in others.items() if shutil.which(command[0])}


def run(command, environment):
    """One process to its end; its CPU time is its children's too, as far as they were waited for."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(process.args)} ended with {process.returncode}")
    return {"wall_ms": wall * 1000, "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1000}
