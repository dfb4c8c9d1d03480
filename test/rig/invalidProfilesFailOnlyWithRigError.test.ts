import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { RigError } from '../../src/rig/errors.js';
import { dumpRig } from '../../src/rig/dump.js';
import { loadRig, parseRig } from '../../src/rig/load.js';

const full = dumpRig(loadRig('rigs/virtual-mirror.yaml'));

/** The profile loads, or fails with problems that have a place in the file. */
function loadsOrFails(text: string): void {
  try {
    const rig = parseRig(text, 'x.yaml');
    expect({ ...parseRig(dumpRig(rig), 'x.yaml') }).toEqual(rig);
  } catch (e) {
    if (!(e instanceof RigError)) throw e;
    const lines = text.split('\n').length;
    for (const p of e.problems) expect(p.line >= 1 && p.line <= lines && p.column >= 1 && p.rule !== '').toBe(true);
  }
}

it('a profile with any typing mistake loads or fails with RigError', () => {
  const edit = fc.record({
    at: fc.nat(full.length),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('\n', '- ', '[', '{', ': ', '&a ', '*a', '|', '"', '#', '\t', '? ', '!!set '),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      loadsOrFails(edits.reduce((t, e) => t.slice(0, e.at) + e.insert + t.slice(e.at + e.remove), full));
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('a profile with any value replaced loads or fails with RigError', () => {
  const paths: (string | number)[][] = [];
  const walk = (v: unknown, path: (string | number)[]): void => {
    if (path.length > 0) paths.push(path);
    if (Array.isArray(v)) v.forEach((x, i) => walk(x, [...path, i]));
    else if (typeof v === 'object' && v !== null) Object.entries(v).forEach(([k, x]) => walk(x, [...path, k]));
  };
  walk(parse(full), []);
  const odd = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      1e300,
      '',
      ' ',
      '0',
      '64KiB',
      '5s',
      '-1s',
      'none',
      'lab:p',
      'P',
      [],
      {},
      [[]],
      { a: 1 },
    ),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), odd, (path, value) => {
      const tree: unknown = parse(full);
      let at = tree as Record<string | number, unknown>;
      for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
      at[path[path.length - 1]] = value;
      loadsOrFails(stringify(tree));
    }),
    { seed: 1, numRuns: 150 },
  );
});

it('any text loads or fails with RigError', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), loadsOrFails), { seed: 1, numRuns: 150 });
  loadsOrFails(readFileSync('rigs/schema.json', 'utf8'));
});
