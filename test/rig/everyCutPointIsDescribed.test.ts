import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { POINT_TRIGGERS } from '../../src/replication/cutpoint/pointTriggers.js';
import { CUT_POINT_NAMES, CUT_POINTS } from '../../src/rig/cutPoints.js';

it('editors offer every point with a line that says what it is', () => {
  const schema = readFileSync('rigs/schema.json', 'utf8');
  for (const name of CUT_POINT_NAMES)
    expect(schema).toContain(`\\n${name}: (${CUT_POINTS[name].during}; ${CUT_POINTS[name].rules}) `);
});

it('the engine knows where each of them is, and the points that name an I/O describe it as submitted', () => {
  expect(Object.keys(POINT_TRIGGERS).sort()).toEqual([...CUT_POINT_NAMES].sort());
  for (const name of CUT_POINT_NAMES) {
    expect(POINT_TRIGGERS[name].held, name).toBe(CUT_POINTS[name].held);
    expect(/ is submitted(:|,|$)/.test(CUT_POINTS[name].about), name).toBe(!CUT_POINTS[name].held);
  }
});
