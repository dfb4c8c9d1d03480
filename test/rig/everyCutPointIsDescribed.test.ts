import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { POINT_TRIGGERS } from '../../src/replication/cutpoint/pointTriggers.js';
import { CUT_POINT_NAMES, CUT_POINTS } from '../../src/rig/cutPoints.js';

it('the schema for editors describes every cut point in a line', () => {
  const schema = readFileSync('rigs/schema.json', 'utf8');
  for (const name of CUT_POINT_NAMES)
    expect(schema).toContain(`\\n${name}: (${CUT_POINTS[name].during}; ${CUT_POINTS[name].rules}) `);
});

it('the replication engine has a trigger for every cut point, and a point at an I/O describes it as submitted', () => {
  expect(Object.keys(POINT_TRIGGERS).sort()).toEqual([...CUT_POINT_NAMES].sort());
  for (const name of CUT_POINT_NAMES) {
    expect(POINT_TRIGGERS[name].held, name).toBe(CUT_POINTS[name].held);
    // "no flush is submitted" describes a state, in which no I/O of that kind is submitted.
    const clauses = CUT_POINTS[name].about.split(/[,:] /);
    const asSubmitted = clauses.some((clause) => / is submitted$/.test(clause) && !/^(no|none)\b/.test(clause));
    expect(asSubmitted, name).toBe(!CUT_POINTS[name].held);
  }
});
