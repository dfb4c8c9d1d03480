import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dumpRig } from '../../src/rig/dump.js';
import { loadRig, parseRig } from '../../src/rig/load.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/rig/units.js';
import { MINIMAL } from './minimal.js';

function again(rig: ResolvedRig): ResolvedRig {
  return { ...parseRig(dumpRig(rig), 'rig.yaml'), file: rig.file };
}

it.each(readdirSync('rigs').filter((f) => f.endsWith('.yaml')))('a dump of %s loads the same', (file) => {
  const rig = loadRig(`rigs/${file}`);
  expect(again(rig)).toEqual(rig);
});

it('a dump with names that YAML would read as numbers loads the same', () => {
  const odd = parseRig(
    MINIMAL.replace('name: tiny', 'name: "0"').replace(/\bP: \{/, '"1e3": {'),
    'odd\n# name: x.yaml',
  );
  expect(odd.rails.map((r) => r.name)).toContain('1e3');
  expect(again(odd)).toEqual(odd);
});

it('a dump of a profile without rails loads the same', () => {
  const rig = parseRig(MINIMAL.replace(/ {2}[PSJ]: .*\n/g, '').replace('rails:\n', ''), 'x');
  expect(rig.campaign.cuts).toEqual([]);
  expect(again(rig)).toEqual(rig);
});

it('any formatted size or time parses to the same value', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(formatSize(bytes))).toEqual({ ok: true, value: bytes });
    }),
  );
  fc.assert(
    fc.property(fc.nat(), (us) => {
      expect(parseDuration(formatDuration(us / 1000))).toEqual({ ok: true, value: us / 1000 });
    }),
  );
});

it('a fraction of a millisecond keeps its value in binary arithmetic', () => {
  expect(parseDuration('1.001ms')).toEqual({ ok: true, value: 1.001 });
  expect(parseDuration('0.29ms')).toEqual({ ok: true, value: 0.29 });
});

it('an object that occurs twice is written twice, without an alias', () => {
  const rig = parseRig(MINIMAL, 'x');
  const [cut] = rig.campaign.cuts;
  const twice = { ...rig, campaign: { ...rig.campaign, cuts: [cut, { ...cut }] } };
  expect(again(twice)).toEqual(twice);
});
