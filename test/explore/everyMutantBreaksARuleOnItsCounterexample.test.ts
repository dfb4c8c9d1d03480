/**
 * Each mutant fails on the shortest history that the explorer has found for it; the real engine passes there.
 *
 * A history names each step of the devices, so after a change of the engine's timing it may no longer fit. Then find
 * new ones: `plugpull explore --mutants --keep test/explore/counterexamples` (no mutant may survive).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EQUIVALENT, mutantNamed, MUTANTS } from '../../src/explore/mutants/index.js';
import { replay } from '../../src/explore/replay.js';
import { parseTrace } from '../../src/explore/traceFile.js';
import { REAL_PARTS } from '../../src/explore/world.js';

const FOLDER = new URL('./counterexamples/', import.meta.url);
const names = readdirSync(FOLDER).map((f) => f.replace(/\.json$/, ''));

it('every mutant has a counterexample, and every counterexample has a mutant', () => {
  expect(names.sort()).toEqual(MUTANTS.map((m) => m.name).sort());
  expect(MUTANTS.length).toBeGreaterThanOrEqual(24);
  expect(MUTANTS.some((m) => EQUIVALENT.some((e) => e.name === m.name))).toBe(false);
});

it('every rule from R1 to R13 is broken by some mutant', () => {
  const rules = new Set(MUTANTS.map((m) => m.rule));
  for (let n = 1; n <= 13; n++) expect(rules, `R${n}`).toContain(`R${n}`);
});

describe.each(names)('%s', (name) => {
  const trace = parseTrace(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'), name);

  it('fails on its counterexample', () => {
    expect(
      replay(trace, mutantNamed(name).parts).violation,
      'find a new one: see the head of this file',
    ).not.toBeNull();
  });

  it('passes on the real engine', () => {
    expect(replay(trace, REAL_PARTS).violation).toBeNull();
  });
});
