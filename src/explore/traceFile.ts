/** Traces as files: checked when read, for they are written by hand now and then. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ExploreError } from './errors.js';
import type { Trace } from './steps.js';

/** @throws ExploreError BAD_TRACE */
export function parseTrace(text: string, name: string): Trace {
  const bad = (why: string): ExploreError =>
    new ExploreError('BAD_TRACE', `${name}: ${why}; a trace is what \`plugpull explore\` has written after a violation`, { name });
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
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ExploreError('BAD_TRACE', `${path}: ${(error as Error).message}`, { path });
  }
  return parseTrace(text, path);
}

export function writeTrace(path: string, trace: Trace): void {
  writeFileSync(path, `${JSON.stringify(trace, null, 1)}\n`);
}
