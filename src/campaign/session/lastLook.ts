/** Which devices have no power, once a session is over. */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import { delay, type Clock } from '../../base/clock.js';
import type { RailSpec } from '../../power/spec.js';
import type { AreaProbe } from './areaProbe.js';

/** How long a device may take to answer: contacts take their time. */
const ANSWER_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 50;

/** Those that a rail feeds and that answer no read. */
export async function areasNotAnswering(
  rails: readonly RailSpec[],
  prober: AreaProbe | null,
  clock: Clock,
): Promise<AreaName[]> {
  let left = AREA_NAMES.filter((area) => rails.some(({ powers }) => powers.includes(area)));
  for (const untilMs = clock.nowMs() + ANSWER_WITHIN_MS; ; await delay(clock, PROBE_EVERY_MS)) {
    const signs = await Promise.all(left.map((area) => prober?.probe(area, ANSWER_WITHIN_MS) ?? null));
    left = left.filter((_, i) => signs[i] !== null);
    if (left.length === 0 || clock.nowMs() >= untilMs) return left;
  }
}
