import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rigJsonSchema } from '../../src/rig/schema/profile.js';

it('rigs/schema.json matches the schema in the code (if not: npm run build && npm run schema)', () => {
  expect(readFileSync('rigs/schema.json', 'utf8')).toBe(rigJsonSchema());
});
