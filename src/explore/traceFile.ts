/** Traces as files: checked when read, for they are written by hand now and then. */
import { readFileSync, statSync, writeFileSync, type Stats } from 'node:fs';
import { ExploreError } from './errors.js';
import type { Trace } from './steps.js';

const TRACE_BYTES_MAX = 2 ** 26;

/** @throws ExploreError BAD_TRACE */
export function parseTrace(text: string, name: string): Trace {
  const bad = (why: string): ExploreError =>
    new ExploreError(
      'BAD_TRACE',
      `${name}: ${why}; a trace is what \`plugpull explore\` has written after a violation`,
      { name },
    );
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

/** Traces are a few kilobytes; a device without an end would be read for ever. */
function readText(path: string): string {
  const bad = (why: string): ExploreError =>
    new ExploreError('BAD_TRACE', `${path}: ${why}; name a trace that \`plugpull explore\` has written`, { path });
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
