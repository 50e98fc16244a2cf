"""What a benchmark found: JSON for programs, a Markdown table for readers, SVG for eyes."""

import dataclasses
import json
import statistics

from harness.programs import OUTPUT, tell


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": list(values)}


def medians(runs):
    """Runs of one thing, as objects of the same keys, to an object of spreads."""
    return {key: spread([run[key] for run in runs]) for key in runs[0]}


def number(value):
    if isinstance(value, int):
        return f"{value:,}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def cell(value):
    """A spread as its median and, in parentheses, its ends."""
    if isinstance(value, dict) and "median" in value:
        if value["min"] == value["max"]:
            return number(value["median"])
        return f"{number(value['median'])} ({number(value['min'])}–{number(value['max'])})"
    return number(value) if isinstance(value, (int, float)) else str(value)


@dataclasses.dataclass
class Curve:
    """A picture: lines of (x, spread or number) by name."""

    name: str
    title: str
    x: str
    y: str
    lines: dict
    log_x: bool = True
    log_y: bool = False


@dataclasses.dataclass
class Report:
    name: str
    title: str
    columns: list
    rows: list
    data: dict
    curves: list = dataclasses.field(default_factory=list)
    ratios: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    # What went wrong while it was measured: a sentence each. With any, ./bench ends with 1.
    faults: list = dataclasses.field(default_factory=list)

    def markdown(self, machine):
        lines = [f"### {self.title}", ""]
        lines += ["| " + " | ".join(self.columns) + " |", "|" + "--|" * len(self.columns)]
        lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in self.rows]
        if self.ratios:
            lines += ["", "Ratios of medians: " + "; ".join(f"{what}: {number(r)}" for what, r in self.ratios.items()) + "."]
        settings = ", ".join(f"{key} {value}" for key, value in self.settings.items())
        lines += ["", f"`./bench {self.name}`: {settings}. {machine_line(machine)}", ""]
        return "\n".join(lines)

    def write(self, machine):
        OUTPUT.mkdir(parents=True, exist_ok=True)
        content = {
            "name": self.name, "machine": machine, "settings": self.settings, "ratios": self.ratios,
            "table": {"columns": self.columns, "rows": self.rows}, "data": self.data}
        (OUTPUT / f"{self.name}.json").write_text(json.dumps(content, indent=1) + "\n")
        text = self.markdown(machine)
        (OUTPUT / f"{self.name}.md").write_text(text)
        for curve in self.curves:
            draw(curve, OUTPUT / f"{self.name}-{curve.name}.svg")
        print(text, flush=True)
        tell(f"written to {OUTPUT}/{self.name}.*")
        return content


def machine_line(machine):
    return (f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, Linux {machine['kernel']}, "
            f"{machine['jdk']}, {machine['go']}, {machine['date'][:10]}, load {machine['load_average_before']:.1f} before, "
            f"commit {machine['commit']}; client and servers share the cores. Medians, in parentheses least and most.")


def draw(curve, path):
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for name, points in curve.lines.items():
        points = [(x, y if isinstance(y, dict) else spread([y])) for x, y in points]
        xs = [x for x, _ in points]
        middle = [y["median"] for _, y in points]
        below = [y["median"] - y["min"] for _, y in points]
        above = [y["max"] - y["median"] for _, y in points]
        axes.errorbar(xs, middle, yerr=[below, above], marker="o", capsize=3, label=name)
    if curve.log_x:
        axes.set_xscale("log")
        ticks = sorted({x for points in curve.lines.values() for x, _ in points})
        axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
        axes.minorticks_off()
    if curve.log_y:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.set(title=curve.title, xlabel=curve.x, ylabel=curve.y)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
