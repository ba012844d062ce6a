"""What the benchmarks write: sections of README.md and pictures beside this file."""

import math
import os
import re
from xml.sax.saxutils import escape

from corpus import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
README = os.path.join(ROOT, "README.md")
WIDTH, LEFT, RIGHT = 720, 140, 90  # of a picture: all of it, what is left of the bars, and right
LINE = 26
STYLE = ("text{font:13px sans-serif;fill:#57606a}.bar{fill:#8c959f}.own{fill:#2f81f7}.line{fill:none;stroke:#2f81f7;"
         "stroke-width:2}.grid{stroke:#8c959f;stroke-opacity:.3}")


def write_section(name, text):
    """Replaces what stands between the two comments of that name."""
    with open(README, encoding="utf-8") as file:
        old = file.read()
    pattern = re.compile(r"(<!-- %s -->\n).*?(<!-- end of %s -->)" % (name, name), re.DOTALL)
    new, n = pattern.subn(lambda match: match[1] + "\n" + text + "\n\n" + match[2], old)
    if n != 1:
        raise SystemExit("README.md has no place for %s" % name)
    with open(README, "w", encoding="utf-8") as file:
        file.write(new)


def write_svg(name, height, parts):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" role="img">\n'
                   "<style>%s</style>\n%s\n</svg>\n" % (WIDTH, height, WIDTH, STYLE, "\n".join(parts)))


def text(x, y, what, anchor="start"):
    return '<text x="%.0f" y="%.0f" text-anchor="%s">%s</text>' % (x, y, anchor, escape(what))


def draw_speed(rows):
    """A bar a tool, on a logarithmic scale: times the cost of parsing alone."""
    low = min(0.1, *(row["ratio"] for row in rows)) / 1.3
    high = max(row["ratio"] for row in rows)
    scale = (WIDTH - LEFT - RIGHT) / math.log(high / low)
    parts = [text(LEFT, 18, "Processor time of a cold run, × parsing alone (logarithmic)")]
    for i, row in enumerate(sorted(rows, key=lambda row: row["ratio"])):
        y, length = 30 + i * LINE, scale * math.log(row["ratio"] / low)
        parts.append(text(LEFT - 8, y + 15, row["name"], "end"))
        parts.append('<rect class="bar%s" x="%d" y="%d" width="%.1f" height="18"/>' % (
            " own" if row["name"].startswith("cyclint") else "", LEFT, y, length))
        parts.append(text(LEFT + length + 6, y + 15, "%.2f ×" % row["ratio"]))
    write_svg("speed.svg", 36 + len(rows) * LINE, parts)


def draw_scale(points):
    """Time and memory a line of code, against size: flat when both grow as the code does.

    `points` are (times the corpus, seconds a million lines, bytes a line)."""
    height, bottom = 220, 180
    parts = [text(LEFT, 18, "Cost of a line against size, 1 = that of the smallest (blue: time, grey: memory)")]
    step = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    top = 1.1 * max(max(p[1] / points[0][1], p[2] / points[0][2]) for p in points)
    for value in (0, 0.5, 1, 1.5, 2, 3, 4):
        if value <= top:
            y = bottom - 140 * value / top
            parts.append('<path class="grid" d="M%d %.1fH%d"/>' % (LEFT, y, WIDTH - RIGHT))
            parts.append(text(LEFT - 8, y + 4, "%g" % value, "end"))
    for column, style in ((1, "line"), (2, "line memory")):
        place = ["%.1f %.1f" % (LEFT + i * step, bottom - 140 * p[column] / points[0][column] / top)
                 for i, p in enumerate(points)]
        colour = ' style="stroke:#8c959f"' if column == 2 else ""
        parts.append('<path class="%s"%s d="M%s"/>' % (style.split()[0], colour, "L".join(place)))
    for i, point in enumerate(points):
        parts.append(text(LEFT + i * step, bottom + 20, "%d×" % point[0], "middle"))
    write_svg("scale.svg", height, parts)
