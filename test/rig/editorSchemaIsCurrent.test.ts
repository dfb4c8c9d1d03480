import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rigJsonSchema } from '../../src/rig/schema/profile.js';

it('rigs/schema.json is what the schema in the code gives (else: npm run build && npm run schema)', () => {
  expect(readFileSync('rigs/schema.json', 'utf8')).toBe(rigJsonSchema());
});
