import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { rigUuid } from '../../src/rig/resolved.js';
import { MINIMAL, spoiled } from './minimal.js';

const uuid = (text: string, file = 'bench.yaml'): string => rigUuid(parseRig(text, file));

it('the UUID of a rig is a version 5 UUID and never changes, because journals on disk contain it', () => {
  expect(uuid(MINIMAL)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid(MINIMAL)).toBe('1c9edaf9-711c-523c-bb9e-0c9e881520e6');
});

it('another name or another device gives another UUID', () => {
  const all = [
    MINIMAL,
    spoiled('name: tiny', 'name: tinier'),
    spoiled('"lab:p" }', '"lab:p", size: 32MiB }'),
    MINIMAL.replace('"lab:p"', '"lab:x"').replace('"lab:s"', '"lab:p"').replace('"lab:x"', '"lab:s"'),
  ];
  expect(new Set(all.map((t) => uuid(t))).size).toBe(all.length);
});

it('other fields and the name of the file do not change the UUID', () => {
  expect(uuid(`${MINIMAL}campaign: { seed: 9 }\nregionSize: 64KiB\n`, 'elsewhere.yaml')).toBe(uuid(MINIMAL));
});
