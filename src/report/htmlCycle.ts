/** One cycle of the HTML report in full: reasons, proof, anomalies by class, samples, what recovery met. */
import { STORAGE_AREAS } from '../base/areas.js';
import { SAMPLES_MAX } from '../judge/classify/tally.js';
import { aimSentence, cutPlace } from './aimText.js';
import { dirtyOrigin, findingText, unlistedTexts } from './findingText.js';
import { markup, type Markup } from './markup.js';
import type { CycleRecord } from './runRecord.js';

/** Of the samples that the judge keeps, so many are shown; all are in cycles.jsonl. */
const SAMPLES_SHOWN = 20;
const REASONS_SHOWN = 20;
const FINDINGS_SHOWN = 20;
const LOST_SHOWN = 40;

function reasonList(cycle: CycleRecord): Markup {
  const shown = cycle.reasons
    .slice(0, REASONS_SHOWN)
    .map((r) => markup`<li><strong>${r.code}</strong> (${r.rule}): ${r.text}</li>`);
  const more = cycle.reasons.length - shown.length;
  return markup`<ul>${shown}${more > 0 ? markup`<li>… and ${more} more in cycles.jsonl</li>` : ''}</ul>`;
}

type Area = 'primary' | 'secondary';

/** `current` is everything that is as it should be: no anomaly. */
function anomalies(cycle: CycleRecord): Markup {
  if (cycle.judge === null) return markup``;
  const { areas } = cycle.judge;
  const rows = STORAGE_AREAS.flatMap((area: Area) => [
    ...Object.entries(areas[area].faults).map(
      ([name, n]) => markup`<tr><td>${area}</td><td>${name}</td><td>fault</td><td class="n">${n}</td></tr>`,
    ),
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
    .map(
      (s) =>
        markup`<tr><td>${s.area}</td><td class="n">${s.lba}</td><td>${s.class}</td><td>${s.expected}</td><td>${s.found}</td></tr>`,
    );
  const kept = all.length >= SAMPLES_MAX ? `, which keeps the first ${SAMPLES_MAX}` : '';
  const more =
    all.length > SAMPLES_SHOWN
      ? markup`<p class="dim">${all.length - SAMPLES_SHOWN} more in cycles.jsonl${kept}</p>`
      : markup``;
  return markup`<div class="wide"><table><tr><th>area</th><th class="n">LBA</th><th>class</th><th>expected</th><th>found</th></tr>${rows}</table></div>${more}`;
}

function findings(cycle: CycleRecord): Markup {
  const { recovery } = cycle;
  if (recovery === null) return markup``;
  const shown = recovery.findings.slice(0, FINDINGS_SHOWN).map(findingText);
  const more = recovery.findings.length - shown.length;
  const texts = [
    ...(recovery.everythingDirty ? [dirtyOrigin(recovery)] : []),
    ...shown,
    ...(more > 0 ? [`… and ${more} more in cycles.jsonl`] : []),
    ...unlistedTexts(recovery),
  ];
  return markup`${texts.map((text) => markup`<p>Recovery: ${text}</p>`)}`;
}

/** The judge keeps the first 100 and counts them all. */
function lostIndicators({ judge }: CycleRecord): Markup {
  if (judge === null || judge.lostIndicatorRegions.length === 0) return markup``;
  const shown = judge.lostIndicatorRegions.slice(0, LOST_SHOWN);
  const more = judge.lostIndicators - shown.length;
  return markup`<p>Lost indicators, regions: ${shown.join(', ')}${more > 0 ? ` … and ${more} more` : ''}</p>`;
}

function standstills(cycle: CycleRecord): Markup {
  const said = (cycle.standstills ?? []).map(
    ({ atMs, ms }) => `${(ms / 1000).toFixed(1)} s, ${(atMs / 1000).toFixed(1)} s after its beginning`,
  );
  const repeats =
    cycle.repeats === undefined
      ? markup``
      : markup`<p>Repeated: the bench stood still in ${cycle.repeats} earlier attempts, which do not count (events.jsonl holds them).</p>`;
  return said.length === 0
    ? repeats
    : markup`${repeats}<p>The bench stood still for ${said.join('; ')}. No deadline counts that time.</p>`;
}

export function cycleDetails(cycle: CycleRecord, open: boolean): Markup {
  return markup`<details ${open ? 'open' : ''}><summary>Cycle ${cycle.index}:
<span class="verdict ${cycle.verdict}">${cycle.verdict}</span>, ${cycle.rails.join(' + ')} cut ${cycle.aim?.point === undefined ? 'during' : 'at'} ${cutPlace(cycle)}</summary>
${reasonList(cycle)}${standstills(cycle)}<p class="dim">Proof of cut: ${cycle.proofOfCut.kind}; ${cycle.proofOfCut.detail}. ${aimSentence(cycle)} Seed ${cycle.seed}.</p>
${lostIndicators(cycle)}${anomalies(cycle)}${samples(cycle)}${findings(cycle)}</details>`;
}
