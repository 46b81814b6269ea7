"""Draws the results as an SVG bar chart, without any library."""

from xml.sax.saxutils import escape

COLOURS = {"vitc": "#c2410c", "vitc-f32": "#fdba74", "onnxruntime": "#2563eb", "openvino": "#0d9488", "pytorch": "#a1a1aa"}
BAR, GAP, LABEL, PLOT, TOP = 18, 16, 250, 480, 60
# Keeps words readable where they cross the line.
HALO = 'stroke="white" stroke-width="3" paint-order="stroke"'


def draw(title, groups):
    """`groups`: [(label, {peer: milliseconds})]. Bars are relative to the fastest peer other than vitc; shorter is
    better. Returns the text of the SVG."""
    relative = []
    for label, times in groups:
        fastest = min(time for peer, time in times.items() if peer != "vitc" or len(times) == 1)
        relative.append((label, [(peer, time, time / fastest) for peer, time in times.items()]))
    longest = max(ratio for _, bars in relative for _, _, ratio in bars)
    scale = PLOT / max(longest, 1.2)
    height = TOP + sum(len(bars) * BAR + GAP for _, bars in relative) + 30

    def text(x, y, words, attributes=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(words)}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + PLOT + 170}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        text(16, 24, title, 'font-size="15" font-weight="bold"'),
        text(16, 42, "latency relative to the fastest peer; shorter is better", 'fill="#52525b"'),
    ]
    one = LABEL + scale
    parts.append(f'<line x1="{one:.1f}" y1="{TOP - 6}" x2="{one:.1f}" y2="{height - 30}" stroke="#a1a1aa"/>')
    parts.append(text(one - 8, height - 14, "1.0", 'fill="#52525b"'))
    y = TOP
    for label, bars in relative:
        parts.append(text(16, y + BAR * len(bars) / 2 + 4, label, 'font-weight="bold"'))
        for peer, time, ratio in bars:
            width = ratio * scale
            parts.append(
                f'<rect x="{LABEL}" y="{y + 2}" width="{width:.1f}" height="{BAR - 4}" fill="{COLOURS[peer]}"/>'
            )
            words = f"{peer}  {time:.1f} ms  ({ratio:.2f})"
            parts.append(text(LABEL + width + 6, y + BAR - 5, words, HALO))
            y += BAR
        y += GAP
    return "\n".join([*parts, "</svg>"]) + "\n"
