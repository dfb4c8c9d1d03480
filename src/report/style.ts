/** The report's style: system fonts, light and dark, readable on a phone; wide tables scroll on their own. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--dim:#5d6878;--paper:#fff;--line:#d9dee6;--pass:#1a7f4b;--fail:#c22f2f;--invalid:#9a6700;--a:#2f6fc2;--b:#e0a12b}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--dim:#9aa5b5;--paper:#12161d;--line:#2c3440;--pass:#4cc38a;--fail:#ff7a75;--invalid:#e3b341;--a:#6aa5f5;--b:#e0a12b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
.dim,figcaption,.label{color:var(--dim)}
.PASS{color:var(--pass)}.FAIL{color:var(--fail)}.INVALID{color:var(--invalid)}.verdict{font-weight:700}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
.wide th,.wide td,th[scope]{white-space:nowrap}.wide .cycles th{white-space:normal;vertical-align:bottom;overflow-wrap:normal}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{font-weight:600;color:var(--dim)}td.n,th.n{text-align:right}
figure{margin:1rem 0;max-width:44rem}svg{width:100%;height:auto;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--dim)}.grid{stroke:var(--line)}
.dot,.differing{fill:var(--a)}.excess{fill:var(--b)}.dot{fill-opacity:.75}
.key::before{content:"";display:inline-block;width:.8em;height:.8em;margin-right:.35em;background:var(--a)}.key.other::before{background:var(--b)}.key{margin-right:1em}
details{border:1px solid var(--line);border-radius:.4rem;padding:.4rem .8rem;margin:.5rem 0}summary{cursor:pointer}
code{font:.9em ui-monospace,monospace}
/* On a phone the drawing is half as large, its words need not be; what the axes are is in the caption. */
@media(max-width:40rem){svg text{font-size:20px}svg .upright{display:none}th,td{padding:.3rem .4rem}body{padding:.75rem}}
`;
