/**
 * Shortens a failing trace by delta debugging: it removes smaller and smaller pieces while the trace still breaks the
 * same rule, then single writes with the steps that refer to them, and then makes numbers smaller.
 */
import type { Tearing } from './crashImages.js';
import { replay, type Replay, stageFor } from './replay.js';
import type { Trace, TraceStep } from './steps.js';
import type { WorldParts } from './world.js';

export interface Shrunk {
  trace: Trace;
  replay: Replay;
  tries: number;
}

export function shrink(trace: Trace, parts: WorldParts, tearing: Tearing = 'sector', triesMax = 4000): Shrunk {
  const stage = stageFor(trace, parts);
  let best = replay(trace, parts, tearing, stage);
  if (best.violation === null) return { trace, replay: best, tries: 1 };
  const { rule } = best.violation;
  let tries = 1;
  const attempt = (steps: TraceStep[], unpumped: number[]): boolean => {
    if (tries >= triesMax) return false;
    tries++;
    const r = replay({ scene: trace.scene, steps, unpumped }, parts, tearing, stage);
    if (r.violation?.rule !== rule || size(r) >= size(best)) return false;
    best = r;
    return true;
  };
  const without = (from: number, count: number): boolean => {
    const keep = (i: number): boolean => i < from || i >= from + count;
    const unpumped = best.unpumped.filter(keep).map((i) => (i < from ? i : i - count));
    return attempt(
      best.steps.filter((_, i) => keep(i)),
      unpumped,
    );
  };
  for (let again = true; again;) {
    again = false;
    for (let piece = best.steps.length >> 1; piece >= 1; piece >>= 1) {
      for (let from = best.steps.length - piece; from >= 0; from--) {
        if (from + piece <= best.steps.length && without(from, piece)) again = true;
      }
    }
    if (leaveOutWrites(() => best, attempt)) again = true;
    for (const i of [...best.unpumped])
      if (
        attempt(
          best.steps,
          best.unpumped.filter((x) => x !== i),
        )
      )
        again = true;
    if (makeSmaller(() => best, attempt)) again = true;
  }
  return {
    trace: { scene: trace.scene, steps: best.steps, ...(best.unpumped.length > 0 ? { unpumped: best.unpumped } : {}) },
    replay: best,
    tries,
  };
}

type Attempt = (steps: TraceStep[], unpumped: number[]) => boolean;

/** The number of steps counts most, then unusual properties of steps. */
function size(r: Replay): number {
  let n = r.steps.length * 1000 + r.unpumped.length * 100;
  for (const s of r.steps) {
    if (s.do === 'write') n += s.sectors + s.sector + s.transaction;
    else if (s.do === 'tick') n += s.ms;
    else if (s.do === 'crash') n += 50 + (s.primary === 'kept' ? 1 : 0);
  }
  return n;
}

/** Removes a write and the steps that refer to its version, and renumbers later versions. */
function leaveOutWrites(best: () => Replay, attempt: Attempt): boolean {
  let any = false;
  for (let from = best().steps.length - 1; from >= 0; from--) {
    const { steps, unpumped } = best();
    if (steps[from]?.do !== 'write') continue;
    let start = from;
    while (start > 0 && steps[start].do !== 'crash') start--;
    const crashed = steps[start].do === 'crash';
    const version = steps.slice(start, from).filter((s) => s.do === 'write').length + (crashed ? 2 : 1);
    const kept: TraceStep[] = [];
    let over = false;
    steps.forEach((s, i) => {
      if (i === from) return;
      if (i > from && s.do === 'crash') over = true;
      if (i < from || over || (s.do !== 'end' && s.do !== 'read') || s.version > 30 || s.version < version)
        kept.push(s);
      else if (s.version > version) kept.push({ ...s, version: s.version - 1 });
    });
    if (unpumped.length === 0 && attempt(kept, [])) any = true;
  }
  return any;
}

function makeSmaller(best: () => Replay, attempt: Attempt): boolean {
  let any = false;
  for (let i = 0; i < best().steps.length; i++) {
    const { steps, unpumped } = best();
    const s = steps[i];
    const tries: TraceStep[] = [];
    if (s.do === 'write') {
      tries.push({ ...s, sectors: 1 }, { ...s, sector: 0 }, { ...s, transaction: 0 });
    } else if (s.do === 'tick' && s.ms > 1) tries.push({ ...s, ms: s.ms - 1 });
    else if (s.do === 'crash' && s.primary === 'kept') tries.push({ ...s, primary: 'lost' });
    for (const t of tries)
      if (
        attempt(
          steps.map((x, k) => (k === i ? t : x)),
          unpumped,
        )
      )
        any = true;
  }
  return any;
}
