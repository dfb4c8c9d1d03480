/** A trace as a table that a person can follow: each step, and what P, S, the journal and D are after it. */
import { regionsText, versionsText } from './invariants.js';
import type { Judge, Violation } from './invariants.js';
import { Judge as JudgeClass } from './invariants.js';
import { stageFor } from './replay.js';
import { open } from './settle.js';
import { stepText } from './steps.js';
import type { Trace } from './steps.js';
import type { WorldParts } from './world.js';
import { World } from './world.js';

export function traceTable(trace: Trace, violation: Violation, parts: WorldParts): string {
  const rows: string[][] = [['#', 'step', 'P', 'S', 'in flight', 'D']];
  const judge = new JudgeClass('sector');
  const world = new World(stageFor(trace, parts));
  const skipPump = new Set(trace.unpumped ?? []);
  try {
    open(world);
    rows.push(['', `${trace.scene.name}: ${trace.scene.regions} clean regions`, ...stateCells(world, judge)]);
    trace.steps.forEach((step, i) => {
      const note = skipPump.has(i) ? ' (and at once:)' : '';
      world.take(step, !skipPump.has(i));
      rows.push([String(i + 1), stepText(step) + note, ...stateCells(world, judge)]);
    });
  } catch {
    // The engine breaks down here: the last row is what broke it, and the violation says how.
  }
  return `${layOut(rows)}\n\n${violation.rule} is broken: ${violation.detail}`;
}

function stateCells(world: World, judge: Judge): string[] {
  const area = (index: 0 | 1): string =>
    world.areas[index].durable.map((_, k) => shortSet(world.areas[index].possible(k))).join(' ');
  const flying = [
    ...world.areas[0].flying.map((w) => `u${w.version}→P`),
    ...world.areas[1].flying.map((w) => `${w.copy ? 'copy ' : ''}u${w.version}→S`),
    ...world.journal.flying.map((w) => `${w.ordinal}: ${w.note}`),
  ];
  const ds = [...new Set(judge.view(world).distinct.map((o) => regionsText(o.recovered.dirtyMask)))];
  return [area(0), area(1), flying.join('; '), ds.join(' or ')];
}

/** `-`: old; what may be there, one by one. */
function shortSet(set: number): string {
  return versionsText(set).replaceAll(' or ', '/').replaceAll('old', '-').replaceAll('u', '');
}

function layOut(rows: string[][]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((r) => (r[c] ?? '').length)));
  return rows
    .map((r) =>
      r
        .map((cell, c) => cell.padEnd(widths[c]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
