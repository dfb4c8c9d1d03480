/** Cuts that were aimed at a point of the protocol: what it stopped over, how near they came, what was on its way. */
import { aimedPoint } from './aimText.js';
import { markup, type Markup } from './markup.js';
import type { CycleRecord } from './runRecord.js';

/** Cycles shown; the table of all cycles has how near each came. */
const SHOWN_MAX = 200;

/** Nothing where no cut was. */
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
  return markup`<h2>Cut points</h2><div class="wide"><table><tr><th class="n">cycle</th><th>aimed at</th><th>stopped over</th>
<th>how near</th><th>on its way at the first failed I/O</th></tr>${rows}</table></div>${more}`;
}
