/**
 * A run as one HTML page: nothing is loaded from anywhere, no script, and what devices and profiles say of themselves
 * is escaped. Built from run.json and cycles.jsonl alone, so that it can be made again at any time.
 */
import { cutPlace, offAim } from './aimText.js';
import { cycleFigures } from './cycleFigures.js';
import { barChart, scatterChart, type Bar, type Point } from './charts.js';
import { cycleDetails } from './htmlCycle.js';
import { pointTable } from './htmlPoints.js';
import { formatBytes, formatCount, formatMs, formatPercent, formatRate, MISSING } from './format.js';
import { markup, Markup } from './markup.js';
import type { CycleRecord, Run, RunRecord } from './runRecord.js';
import { REPORT_STYLE } from './style.js';

function heading(run: RunRecord): Markup {
  const { counts } = run;
  const ending = [
    ...(run.interrupted ? ['The run was interrupted; the cycles before that are below.'] : []),
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
    ...(run.history === undefined ? [] : [['Records of writes', historyText(run.history)] satisfies [string, string]]),
  ];
  return markup`<h2>Run</h2><table>${rows.map(([k, v]) => markup`<tr><th scope="row">${k}</th><td>${v}</td></tr>`)}
<tr><th scope="row">Again</th><td><code>${run.replay}</code></td></tr></table>`;
}

function historyText({ keep, files, removedCycles, removedBytes }: NonNullable<RunRecord['history']>): string {
  if (keep === 'none') return 'none kept (campaign.keepHistory: none)';
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const kept = `${formatBytes(bytes)} in ${files.map((file) => `history/${file.name}`).join(', ')}`;
  return removedCycles === 0
    ? `${kept}: all cycles`
    : `${kept}; of ${removedCycles} cycles that passed ${formatBytes(removedBytes)} were removed`;
}

function devices(run: RunRecord): Markup {
  const row = (d: RunRecord['devices'][number]): Markup => markup`<tr><td>${d.area}</td><td><code>${d.path}</code></td>
<td>${[d.model, d.serial, d.wwn, d.backingFile].filter((x) => x !== null).join(', ') || MISSING}</td>
<td class="n">${formatBytes(d.sizeBytes)}</td><td class="n">${formatBytes(d.logicalBlockBytes)}</td><td>${d.writeCache}</td></tr>`;
  return markup`<h2>Devices</h2><div class="wide"><table><tr><th>area</th><th>device</th><th>identity</th>
<th class="n">size</th><th class="n">block</th><th>cache</th></tr>${run.devices.map(row)}</table></div>`;
}

function cycleTable(cycles: readonly CycleRecord[]): Markup {
  const row = (c: CycleRecord): Markup => {
    const f = cycleFigures(c);
    return markup`<tr><td class="n">${c.index}</td><td class="verdict ${c.verdict}">${c.verdict}</td><td>${c.rails.join(' + ')}</td><td>${cutPlace(c)}</td><td>${c.proofOfCut.kind}</td>
<td class="n">${formatMs(f.cutLatencyMs)}</td><td class="n">${offAim(c)}</td><td class="n">${formatCount(f.dirtyRegions)}</td><td class="n">${formatCount(f.lostIndicators)}</td>
<td class="n">${formatMs(f.recoveryMs)}</td><td class="n">${formatMs(f.resyncMs)}</td><td class="n">${formatBytes(f.resyncBytes)}</td>
<td class="n">${formatRate(f.resyncBytesPerSecond)}</td></tr>`;
  };
  return markup`<h2>Cycles</h2><div class="wide"><table class="cycles"><tr><th class="n">cycle</th><th>verdict</th><th>rails cut</th><th>during</th><th>proof</th>
<th class="n">cut latency</th><th class="n">off its aim</th><th class="n">dirty regions</th><th class="n">lost indicators</th><th class="n">recovery</th>
<th class="n">resync</th><th class="n">bytes</th><th class="n">rate</th></tr>${cycles.map(row)}</table></div>`;
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
  const none = markup`<p class="dim">No cycle came as far as this.</p>`;
  return markup`<h2>Resynchronization</h2>${points.length > 0 ? resyncChart : none}
<h2>Dirty regions</h2>${bars.length > 0 ? markup`${dirtyChart}<p class="dim"><span class="key">differ</span><span class="key other">equal, and marked all the same (cost, no error)</span></p>` : none}`;
}

/** Cycles shown unfolded: with more, the table of all cycles would be far away. */
const OPEN_DETAILS_MAX = 3;

/** A whole page. Cycles that did not pass are shown in detail; those that did, in the table. */
export function writeReportHtml({ run, cycles }: Run): string {
  const notable = cycles.filter(
    (c) => c.verdict !== 'PASS' || c.reasons.length > 0 || (c.recovery?.findings.length ?? 0) > 0,
  );
  const details =
    notable.length === 0
      ? []
      : [
          markup`<h2>What was found</h2>`,
          ...notable.map((c, i) => cycleDetails(c, c.verdict === 'FAIL' && i < OPEN_DETAILS_MAX)),
        ];
  const page = markup`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${run.verdict}: ${run.rig.name}, plugpull</title><style>${new Markup(REPORT_STYLE)}</style></head>
<body>${heading(run)}${details}${cycleTable(cycles)}${pointTable(cycles)}${charts(cycles)}${devices(run)}${facts(run)}</body></html>
`;
  return page.text;
}
