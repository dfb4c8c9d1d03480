/** One cycle of the HTML report in full: reasons, proof, anomalies by class, samples, what recovery met. */
import { aimSentence, cutPlace } from './aimText.js';
import { markup, type Markup } from './markup.js';
import type { CycleRecord } from './runRecord.js';
import { blocksText } from '../judge/reports.js';

/** Of the samples that the judge keeps, so many are shown; all are in cycles.jsonl. */
const SAMPLES_SHOWN = 20;

function reasonList(cycle: CycleRecord): Markup {
  return markup`<ul>${cycle.reasons.map((r) => markup`<li><strong>${r.code}</strong> (${r.rule}): ${r.text}</li>`)}</ul>`;
}

type Area = 'primary' | 'secondary';

/** `current` is everything that is as it should be: no anomaly. */
function anomalies(cycle: CycleRecord): Markup {
  if (cycle.judge === null) return markup``;
  const { areas } = cycle.judge;
  const rows = (['primary', 'secondary'] as const).flatMap((area: Area) => [
    ...Object.entries(areas[area].faults).map(([name, n]) => markup`<tr><td>${area}</td><td>${name}</td><td>fault</td><td class="n">${n}</td></tr>`),
    ...Object.entries(areas[area].legal)
      .filter(([name]) => name !== 'current')
      .map(([name, n]) => markup`<tr><td>${area}</td><td>${name}</td><td>legal</td><td class="n">${n}</td></tr>`),
  ]);
  if (rows.length === 0) return markup``;
  return markup`<div class="wide"><table><tr><th>area</th><th>class</th><th></th><th class="n">sectors</th></tr>${rows}</table></div>`;
}

function samples(cycle: CycleRecord): Markup {
  const all = cycle.judge?.samples ?? [];
  if (all.length === 0) return markup``;
  const rows = all
    .slice(0, SAMPLES_SHOWN)
    .map((s) => markup`<tr><td>${s.area}</td><td class="n">${s.lba}</td><td>${s.class}</td><td>${s.expected}</td><td>${s.found}</td></tr>`);
  const more = all.length > SAMPLES_SHOWN ? markup`<p class="dim">${all.length - SAMPLES_SHOWN} more in cycles.jsonl</p>` : markup``;
  return markup`<div class="wide"><table><tr><th>area</th><th class="n">LBA</th><th>class</th><th>expected</th><th>found</th></tr>${rows}</table></div>${more}`;
}

function findings(cycle: CycleRecord): Markup {
  const list = cycle.recovery?.findings ?? [];
  return markup`${list.map((f) => markup`<p>Recovery: ${f.where}, ${blocksText(f)}: ${f.problem} (${f.effect})</p>`)}`;
}

export function cycleDetails(cycle: CycleRecord, open: boolean): Markup {
  const lost = cycle.judge?.lostIndicatorRegions ?? [];
  return markup`<details ${open ? 'open' : ''}><summary>Cycle ${cycle.index}:
<span class="verdict ${cycle.verdict}">${cycle.verdict}</span>, ${cycle.rails.join(' + ')} cut ${cycle.aim?.point === undefined ? 'during' : 'at'} ${cutPlace(cycle)}</summary>
${reasonList(cycle)}<p class="dim">Proof of cut: ${cycle.proofOfCut.kind}; ${cycle.proofOfCut.detail}. ${aimSentence(cycle)} Seed ${cycle.seed}.</p>
${lost.length > 0 ? markup`<p>Lost indicators, regions: ${lost.join(', ')}</p>` : ''}${anomalies(cycle)}${samples(cycle)}${findings(cycle)}</details>`;
}
