/** The table that the README links: all 31 claims, each performed by a test file that is there. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CLAIMS } from './table.js';

it('claims 1 to 31 stand in the table once each, with a test that exists', () => {
  expect(CLAIMS.map((c) => c.claim)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
  for (const { test: name } of CLAIMS)
    expect(existsSync(new URL(`./${name}.test.ts`, import.meta.url)), name).toBe(true);
});
