"""The look of a report: one style sheet, light and dark, on screens from 360 pixels on and on paper."""

from __future__ import annotations

LIGHT = {
    "ink": "#1c2430",
    "soft": "#4f5a6a",
    "line": "#c9d1db",
    "paper": "#ffffff",
    "made": "#2a5d9f",
    "own": "#a3620f",
    "good": "#e7f3ea",
    "good-line": "#23693a",
    "mild": "#fdf3dc",
    "mild-line": "#8a5a00",
    "stop": "#fdeceb",
    "stop-line": "#b3261e",
}
"""Colours on white: text, its softer kind, lines, ground, synthetic, real, and three verdicts."""

DARK = {
    "ink": "#e7ecf3",
    "soft": "#a9b4c2",
    "line": "#3b4654",
    "paper": "#12171e",
    "made": "#7fb0ea",
    "own": "#e0ad4e",
    "good": "#16281c",
    "good-line": "#6cc48a",
    "mild": "#2b2413",
    "mild-line": "#e0b45c",
    "stop": "#2d1917",
    "stop-line": "#f58a82",
}
"""The same on a dark ground."""


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


_RULES = """
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:66rem;margin:0 auto;padding:1.5rem 1rem}
a{color:var(--made)}
:focus-visible{outline:3px solid var(--own);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{position:static}
h1{font-size:1.7rem;line-height:1.25;margin:.4rem 0 .2rem}
h2{font-size:1.25rem;margin:2.4rem 0 .6rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1.02rem;margin:1rem 0 .3rem}
h1,h2,h3,p,li,figcaption,summary,.name{overflow-wrap:break-word}
p,ul{margin:.4rem 0}li{margin:.15rem 0}
.soft,caption,figcaption{color:var(--soft)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;list-style:none;margin:.8rem 0}
.answers{display:grid;gap:.8rem}
.answer{border-left:6px solid var(--line);padding:.5rem 1rem .7rem}.answer h3{margin-top:.2rem}
.good{background:var(--good);border-color:var(--good-line)}
.mild{background:var(--mild);border-color:var(--mild-line)}
.stop{background:var(--stop);border-color:var(--stop-line)}
table{border-collapse:collapse;width:100%;margin:.6rem 0}caption{text-align:left;padding-bottom:.3rem}
caption span{display:inline-block;max-width:calc(100vw - 2.5rem);position:sticky;left:0}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th[scope=row]{font-weight:600;min-width:8rem}th small{font-weight:400;display:block}
.name{display:inline-block;max-width:20rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{min-width:10rem;width:26%}
.wide{overflow-x:auto;background:
linear-gradient(to left,var(--paper) 1rem,transparent) right/2.5rem 100% no-repeat local,
linear-gradient(to left,var(--line),transparent) right/.7rem 100% no-repeat scroll}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 2.5rem}
.two>*{min-width:0}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:.8rem 2rem}
.plots>*{min-width:0;break-inside:avoid}
figure{margin:.4rem 0}figcaption{font-size:.9rem}
summary{cursor:pointer;font-size:.9rem;color:var(--made)}
code{overflow-wrap:anywhere;font-size:.92em}
svg{display:block;max-width:100%;height:auto}svg.stretch{width:100%;height:1.1rem}
svg text{font-size:12px;fill:var(--ink)}
.hidden,.hollow{fill:none;stroke:var(--own);stroke-width:1.5}.band{fill:var(--line);fill-opacity:.6}
.made{fill:var(--made)}.own{fill:var(--own)}.own.hollow{fill:none}
.line,.guess,.axis{fill:none;stroke:var(--made);stroke-width:2}.dashed{stroke:var(--own);stroke-dasharray:5 3}
.grid{stroke:var(--line)}
.guess{stroke:var(--soft);stroke-dasharray:4 4;stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.limit{stroke:var(--ink);stroke-width:2;fill:none}
.holds{stroke:var(--good-line);fill:var(--good-line);stroke-width:3}
.fails{stroke:var(--stop-line);fill:var(--stop-line);stroke-width:3}
.key{display:inline-flex;align-items:center;gap:.4em;margin-right:1.4em}
.key svg{width:1em;height:1em;display:inline-block}.key.broad svg{width:5em}
@page{size:A4;margin:14mm}
@media print{body{max-width:none;padding:0;font-size:10.5pt}nav,.skip,details{display:none}
h2,h3{break-after:avoid}figure,tr,.answer,section.together{break-inside:avoid}
.answer,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}.wide{overflow:visible}
.plots{grid-template-columns:1fr 1fr}}
"""

STYLE = (
    f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}{_RULES}"
)
"""The sheet; on paper the colours are always the light ones."""
