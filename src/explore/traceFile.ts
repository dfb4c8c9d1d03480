/**
 * Traces as files, and as tables for people. A trace is checked when it is read, because people edit traces by hand.
 */
import { readFileSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { ExploreError } from './errors.js';
import { stepText, type Trace } from './steps.js';
import { type CrashJudge, CrashJudge as JudgeClass, regionsText, versionsText, type Violation } from './invariants.js';
import { completeAllIo, stageFor } from './replay.js';
import { World, type WorldParts } from './world.js';

const TRACE_BYTES_MAX = 2 ** 26;

/** @throws ExploreError BAD_TRACE */
export function parseTrace(text: string, name: string): Trace {
  const bad = (why: string): ExploreError =>
    new ExploreError('BAD_TRACE', `${name}: ${why}; name a trace that \`plugpull explore\` wrote after a violation`, {
      name,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(`not JSON (${(error as Error).message})`);
  }
  const trace = value as Partial<Trace>;
  if (typeof trace !== 'object' || trace === null || !Array.isArray(trace.steps)) throw bad('no list of steps');
  if (typeof trace.scene !== 'object' || typeof trace.scene.regions !== 'number') throw bad('no scene');
  if (trace.steps.some((s) => typeof (s as { do?: unknown }).do !== 'string')) throw bad('a step without `do`');
  return trace as Trace;
}

export function readTrace(path: string): Trace {
  return parseTrace(readText(path), path);
}

/** Checks kind and size first: a trace has a few kilobytes, and reading a device such as /dev/zero never ends. */
function readText(path: string): string {
  const bad = (why: string): ExploreError =>
    new ExploreError('BAD_TRACE', `${path}: ${why}; name a trace that \`plugpull explore\` wrote`, { path });
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() && found.size <= TRACE_BYTES_MAX) return readFileSync(path, 'utf8');
  } catch (error) {
    throw bad((error as Error).message);
  }
  if (found === undefined) throw bad('there is no such file');
  throw bad(found.isFile() ? `has ${found.size} bytes` : 'is not a regular file');
}

export function writeTrace(path: string, trace: Trace): void {
  writeFileSync(path, `${JSON.stringify(trace, null, 1)}\n`);
}

export function traceTable(trace: Trace, violation: Violation, parts: WorldParts): string {
  const rows: string[][] = [['#', 'step', 'P', 'S', 'in flight', 'D']];
  const judge = new JudgeClass('sector');
  const world = new World(stageFor(trace, parts));
  const skipPump = new Set(trace.unpumped ?? []);
  try {
    completeAllIo(world);
    rows.push(['', `${trace.scene.name}: ${trace.scene.regions} clean regions`, ...stateCells(world, judge)]);
    trace.steps.forEach((step, i) => {
      const note = skipPump.has(i) ? ' (the core runs after the next step)' : '';
      world.take(step, !skipPump.has(i));
      rows.push([String(i + 1), stepText(step) + note, ...stateCells(world, judge)]);
    });
  } catch {
    // The engine throws here: the last row is the step before, and the violation names the error.
  }
  return `${layOut(rows)}\n\n${violation.rule} is broken: ${violation.detail}`;
}

function stateCells(world: World, judge: CrashJudge): string[] {
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

/** The versions that a sector may hold; `-`: old. */
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
