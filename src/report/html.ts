/**
 * A run as one HTML page. The page loads nothing and has no script; text from devices and profiles is escaped. It is
 * made from run.json and cycles.jsonl alone, so it can be made again at any time.
 */
import { coverageText } from '../judge/verdict/coverage.js';
import { cutPlace, offAim } from './aimText.js';
import { cycleFigures, formatBytes, formatCount, formatMs, formatPercent, formatRate, MISSING } from './figures.js';
import { barChart, scatterChart, type Bar, type Point } from './charts.js';
import { cycleDetails, pointTable } from './htmlCycle.js';
import { markup, Markup } from './markup.js';
import type { CycleRecord, Run, RunRecord } from './runRecord.js';
import type { RunTimes } from './runTimes.js';
import { TIMES_COLUMNS, timesRows, timesSentence, type TimesRow } from './timesTable.js';

function heading(run: RunRecord): Markup {
  const { counts } = run;
  const ending = [
    ...(run.interrupted ? ['The run was interrupted; the page shows the cycles before that.'] : []),
    ...run.troubles,
  ];
  return markup`<h1><span class="verdict ${run.verdict}">${run.verdict}</span> ${run.rig.name}</h1>
<p>${counts.PASS} passed, ${counts.FAIL} failed, ${counts.INVALID} invalid of ${run.cyclesPlanned} planned cycles.
Failure rate below <strong>${formatPercent(run.failureRateUpperBound)}</strong> with 95 % confidence.</p>
${ending.map((text) => markup`<p class="FAIL">${text}</p>`)}`;
}

function facts(run: RunRecord): Markup {
  const rows: [string, string][] = [
    ['Profile', run.rig.file],
    ['Seed', String(run.seed)],
    ['Run', `${run.startedAt} – ${run.endedAt ?? MISSING}`],
    [
      'Host',
      `Linux ${run.host.kernel}, Node ${run.host.node}, ${run.host.cpus} CPUs, ${formatBytes(run.host.memoryBytes)}`,
    ],
    ['I/O', `${run.host.io ?? MISSING} through ${run.host.ffi}`],
    ['plugpull', run.plugpull],
    ...(run.history === undefined
      ? []
      : [['Records of writes', historyFilesText(run.history)] satisfies [string, string]]),
  ];
  return markup`<h2>Run</h2><table>${rows.map(([k, v]) => markup`<tr><th scope="row">${k}</th><td>${v}</td></tr>`)}
<tr><th scope="row">Again</th><td><code>${run.replay}</code></td></tr></table>`;
}

function historyFilesText({ keep, files, removedCycles, removedBytes }: NonNullable<RunRecord['history']>): string {
  if (keep === 'none') return 'none kept (campaign.keepHistory: none)';
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const kept = `${formatBytes(bytes)} in ${files.map((file) => `history/${file.name}`).join(', ')}`;
  return removedCycles === 0
    ? `${kept}: all cycles`
    : `${kept}; ${formatBytes(removedBytes)} of ${removedCycles} cycles that passed were removed`;
}

function devices(run: RunRecord): Markup {
  const row = (d: RunRecord['devices'][number]): Markup => markup`<tr><td>${d.area}</td><td><code>${d.path}</code></td>
<td>${[d.model, d.serial, d.wwn, d.backingFile].filter((x) => x !== null).join(', ') || MISSING}</td>
<td class="n">${formatBytes(d.sizeBytes)}</td><td class="n">${formatBytes(d.logicalBlockBytes)}</td><td>${d.writeCache}</td></tr>`;
  return markup`<h2>Devices</h2><div class="wide"><table><tr><th>area</th><th>device</th><th>identity</th>
<th class="n">size</th><th class="n">block</th><th>cache</th></tr>${run.devices.map(row)}</table></div>`;
}

function cycleTable(cycles: readonly CycleRecord[]): Markup {
  const isPartial = cycles.some((c) => coverageText(c.judge?.coverage) !== null);
  const judged = (c: CycleRecord): Markup | string =>
    isPartial ? markup`<td>${c.judge === null ? '–' : (coverageText(c.judge.coverage) ?? 'every region')}</td>` : '';
  const row = (c: CycleRecord): Markup => {
    const f = cycleFigures(c);
    return markup`<tr><td class="n">${c.index}</td><td class="verdict ${c.verdict}">${c.verdict}</td><td>${c.rails.join(' + ')}</td><td>${cutPlace(c)}</td><td>${c.proofOfCut.kind}</td>
<td class="n">${formatMs(f.cutLatencyMs)}</td><td class="n">${offAim(c)}</td><td class="n">${formatCount(f.dirtyRegions)}</td><td class="n">${formatCount(f.lostIndicators)}</td>
<td class="n">${formatMs(f.recoveryMs)}</td><td class="n">${formatMs(f.resyncMs)}</td><td class="n">${formatBytes(f.resyncBytes)}</td>
<td class="n">${formatRate(f.resyncBytesPerSecond)}</td>${judged(c)}</tr>`;
  };
  return markup`<h2>Cycles</h2><div class="wide"><table class="cycles"><tr><th class="n">cycle</th><th>verdict</th><th>rails cut</th><th>during</th><th>proof</th>
<th class="n">cut latency</th><th class="n">off its aim</th><th class="n">dirty regions</th><th class="n">lost indicators</th><th class="n">recovery</th>
<th class="n">resync</th><th class="n">bytes</th><th class="n">rate</th>${isPartial ? markup`<th>judged</th>` : ''}</tr>${cycles.map(row)}</table></div>`;
}

function charts(cycles: readonly CycleRecord[]): Markup {
  const points = cycles.flatMap((c): Point[] => {
    if (c.resync === null) return [];
    const { bytes, durationMs } = c.resync;
    return [{ x: bytes, y: durationMs, title: `cycle ${c.index}: ${formatBytes(bytes)} in ${formatMs(durationMs)}` }];
  });
  const bars = cycles.flatMap((c): Bar[] => {
    if (c.judge === null) return [];
    const { dirtyRegions, falseDirtyRegions } = c.judge;
    const differing = Math.max(0, dirtyRegions - falseDirtyRegions);
    return [
      {
        label: String(c.index),
        title: `cycle ${c.index}: ${dirtyRegions} dirty, ${differing} of them differ`,
        parts: [
          { value: differing, class: 'differing' },
          { value: falseDirtyRegions, class: 'excess' },
        ],
      },
    ];
  });
  const resyncChart = scatterChart('Resynchronization: time against bytes copied', points, {
    x: { label: 'copied', format: formatBytes, unit: 'binary' },
    y: { label: 'time', format: formatMs, unit: 'decimal' },
  });
  const dirtyChart = barChart('Dirty regions after each cut', bars, {
    x: { label: 'cycle', format: String, unit: 'decimal' },
    y: { label: 'regions', format: String, unit: 'decimal' },
  });
  const none = markup`<p class="dim">No cycle reached this step.</p>`;
  return markup`<h2>Resynchronization</h2>${points.length > 0 ? resyncChart : none}
<h2>Dirty regions</h2>${bars.length > 0 ? markup`${dirtyChart}<p class="dim"><span class="key">differ</span><span class="key other">equal, but marked dirty (costs time, no error)</span></p>` : none}`;
}

function timesTable(times: RunTimes | undefined): Markup {
  if (times === undefined || times.phases.length === 0) return markup``;
  const cell = (tag: 'th' | 'td', align: 'left' | 'right', text: string): Markup =>
    align === 'right'
      ? markup`<${new Markup(tag)} class="n">${text}</${new Markup(tag)}>`
      : markup`<${new Markup(tag)}>${text}</${new Markup(tag)}>`;
  const row = (r: TimesRow): Markup =>
    markup`<tr>${TIMES_COLUMNS.map(({ key, align }) => cell('td', align, r[key]))}</tr>`;
  return markup`<h2>Where the time went</h2><div class="wide"><table><tr>${TIMES_COLUMNS.map(({ title, align }) => cell('th', align, title))}</tr>
${timesRows(times).map(row)}</table></div><p class="dim">${timesSentence(times) ?? ''}</p>`;
}

/** Cycles whose details are open. With more of them, the table of all cycles would be too far down the page. */
const OPEN_DETAILS_MAX = 3;

/** The colors of each color scheme; the reader's system chooses one. */
const COLORS = {
  light:
    '--ink:#1c2430;--dim:#5d6878;--paper:#fff;--line:#d9dee6;--pass:#1a7f4b;--fail:#c22f2f;--invalid:#9a6700;--a:#2f6fc2;--b:#e0a12b',
  dark: '--ink:#e6eaf0;--dim:#9aa5b5;--paper:#12161d;--line:#2c3440;--pass:#4cc38a;--fail:#ff7a75;--invalid:#e3b341;--a:#6aa5f5;--b:#e0a12b',
};

/** System fonts, readable on a phone; a wide table scrolls by itself. */
const REPORT_STYLE = `
:root{color-scheme:${Object.keys(COLORS).join(' ')}}
${Object.entries(COLORS)
  .map(([scheme, colors]) => `@media(prefers-color-scheme:${scheme}){:root{${colors}}}`)
  .join('\n')}
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
/* On a phone the chart is half as large, but its text is not; the caption names the axes. */
@media(max-width:40rem){svg text{font-size:20px}svg .upright{display:none}th,td{padding:.3rem .4rem}body{padding:.75rem}}
`;

/** The page. It shows details of the cycles that did not pass or have findings; the table has all cycles. */
export function writeReportHtml({ run, cycles }: Run): string {
  const notable = cycles.filter(
    (c) => c.verdict !== 'PASS' || c.reasons.length > 0 || (c.recovery?.findings.length ?? 0) > 0,
  );
  const details =
    notable.length === 0
      ? []
      : [
          markup`<h2>Findings</h2>`,
          ...notable.map((c, i) => cycleDetails(c, c.verdict === 'FAIL' && i < OPEN_DETAILS_MAX)),
        ];
  const page = markup`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${run.verdict}: ${run.rig.name}, plugpull</title><style>${new Markup(REPORT_STYLE)}</style></head>
<body>${heading(run)}${details}${cycleTable(cycles)}${pointTable(cycles)}${charts(cycles)}${timesTable(run.times)}${devices(run)}${facts(run)}</body></html>
`;
  return page.text;
}
