/** Parts of the HTML report: the details of one cycle, and the table of all cuts that were aimed at a cut point. */
import { STORAGE_AREAS } from '../base/areas.js';
import { SAMPLES_MAX } from '../judge/classify/tally.js';
import { aimSentence, aimedPoint, cutPlace } from './aimText.js';
import { dirtyOrigin, findingText, unlistedTexts } from './findingText.js';
import { markup, type Markup } from './markup.js';
import type { CycleRecord } from './runRecord.js';

/** Samples shown; cycles.jsonl has all that the judge keeps. */
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

/** Counts by class, without `current`: those sectors hold what they should. */
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

/** The judge lists the first 100 and counts all. */
function lostIndicators({ judge }: CycleRecord): Markup {
  if (judge === null || judge.lostIndicatorRegions.length === 0) return markup``;
  const shown = judge.lostIndicatorRegions.slice(0, LOST_SHOWN);
  const more = judge.lostIndicators - shown.length;
  return markup`<p>Lost indicators, regions: ${shown.join(', ')}${more > 0 ? ` … and ${more} more` : ''}</p>`;
}

function pauses(cycle: CycleRecord): Markup {
  const texts = (cycle.standstills ?? []).map(
    ({ atMs, ms }) => `for ${(ms / 1000).toFixed(1)} s, ${(atMs / 1000).toFixed(1)} s after the start of the cycle`,
  );
  const repeats =
    cycle.repeats === undefined
      ? markup``
      : markup`<p>Repeated: the bench was paused in ${cycle.repeats} earlier attempts; they do not count (see events.jsonl).</p>`;
  return texts.length === 0
    ? repeats
    : markup`${repeats}<p>The bench was paused ${texts.join('; ')}. No deadline counts that time.</p>`;
}

export function cycleDetails(cycle: CycleRecord, open: boolean): Markup {
  return markup`<details ${open ? 'open' : ''}><summary>Cycle ${cycle.index}:
<span class="verdict ${cycle.verdict}">${cycle.verdict}</span>, ${cycle.rails.join(' + ')} cut ${cycle.aim?.point === undefined ? 'during' : 'at'} ${cutPlace(cycle)}</summary>
${reasonList(cycle)}${pauses(cycle)}<p class="dim">Proof of cut: ${cycle.proofOfCut.kind}; ${cycle.proofOfCut.detail}. ${aimSentence(cycle)} Seed ${cycle.seed}.</p>
${lostIndicators(cycle)}${anomalies(cycle)}${samples(cycle)}${findings(cycle)}</details>`;
}

/** Rows of the table of cut points; the table of all cycles shows how near each cut came. */
const SHOWN_MAX = 200;

/** Empty if no cut was aimed at a cut point. */
export function pointTable(cycles: readonly CycleRecord[]): Markup {
  const aimed = cycles.flatMap((c) => aimedPoint(c) ?? []);
  if (aimed.length === 0) return markup``;
  const rows = aimed
    .slice(0, SHOWN_MAX)
    .map(
      (a) =>
        markup`<tr><td class="n">${a.cycle}</td><td>${a.name}</td><td>${a.subject}</td><td>${a.near}</td><td>${a.inFlight}</td></tr>`,
    );
  const more =
    aimed.length > SHOWN_MAX ? markup`<p class="dim">${aimed.length - SHOWN_MAX} more in cycles.jsonl</p>` : markup``;
  return markup`<h2>Cut points</h2><div class="wide"><table><tr><th class="n">cycle</th><th>aimed at</th><th>halted at</th>
<th>how near</th><th>in flight at the first failed I/O</th></tr>${rows}</table></div>${more}`;
}
