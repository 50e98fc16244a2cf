"""The programs that take part: ours built by Maven, peers and the load client by Go, others from Debian."""

import functools
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
OUTPUT = ROOT / "target" / "bench"

# Debian's names.
PACKAGES = {"nginx": "nginx-light", "wrk": "wrk", "h2load": "nghttp2-client"}


def tell(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


@functools.cache
def jdk():
    return pathlib.Path(subprocess.check_output([ROOT / "bin/find-jdk"], text=True).strip())


def jar(server):
    return ROOT / "modules" / server / "target" / f"{server}.jar"


JARS = [jar("upload-server"), jar("consumer-server"), jar("grpc-server"), jar("client"), BENCHMARKS / "target/benchmarks.jar"]


def build_jars():
    """Builds unless every jar is there and no source is newer than the last build."""
    stamp = OUTPUT / "built"
    if all(path.exists() for path in JARS) and stamp.exists() and not newer_source(stamp.stat().st_mtime):
        return
    tell("building the jars ...")
    subprocess.run(["mvn", "-B", "-q", "-ntp", "package", "-DskipTests"], cwd=ROOT, check=True, stdout=sys.stderr)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    stamp.touch()


def newer_source(built):
    for top in ("pom.xml", "proto", "modules", "benchmarks"):
        top = ROOT / top
        for directory, names, files in os.walk(top) if top.is_dir() else [(ROOT, [], [top.name])]:
            names[:] = [n for n in names if n not in ("target", "test", "harness", "load", "peers")]
            if any((pathlib.Path(directory) / file).stat().st_mtime > built for file in files):
                return True
    return False


@functools.cache
def go_program(directory):
    """The program in a directory of benchmarks/; Go itself builds no more than changed."""
    program = ROOT / ".tools" / "bench" / pathlib.Path(directory).name
    program.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["go", "build", "-o", program, "."], cwd=BENCHMARKS / directory, check=True,
        env=dict(os.environ, GOFLAGS="-mod=readonly"))
    return program


def need(*programs):
    """Installs Debian's packages of programs that are missing; who may not is told the line to type."""
    path = os.environ["PATH"] + ":/usr/sbin"
    missing = [PACKAGES[name] for name in programs if not shutil.which(name, path=path)]
    if missing:
        line = "apt-get update && apt-get install -y --no-install-recommends " + " ".join(missing)
        if os.geteuid() != 0:
            sys.exit(f"bench: programs are missing. Type this, then ./bench again:\n  sudo sh -c '{line}'")
        tell(line)
        # The run level says that nothing is to be started: nginx would take port 80.
        environment = dict(os.environ, RUNLEVEL="1", DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["sh", "-c", line], check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [shutil.which(name, path=path) for name in programs]
