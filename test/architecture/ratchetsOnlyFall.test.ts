/** The numbers in ratchet.json are the present ones: none has risen, and one that has fallen is written down. */
import { describe, expect, it } from 'vitest';
import { compare, measure, readTable, update } from './ratchet.mjs';

it('the table has the present numbers', () => {
  expect(compare(readTable(), measure())).toEqual([]);
}, 120_000);

describe('a number', () => {
  const present = { files: { value: 5, places: ['src/a.ts:1'] } };

  it('that has risen fails, and names the places', () => {
    expect(compare({ files: 4 }, present)).toEqual([
      'files: 5, and the table has 4: a number here may only fall\n    src/a.ts:1',
    ]);
  });

  it('that has fallen fails until the table is updated', () => {
    expect(compare({ files: 6 }, present)).toEqual([
      'files: 5, and the table has 6; run: node test/architecture/ratchet.mjs --update',
    ]);
  });

  it('that is not in the table, or no longer measured, fails', () => {
    expect(compare({}, present)).toHaveLength(1);
    expect(compare({ files: 5, gone: 1 }, present)).toHaveLength(1);
    expect(compare({ files: 5 }, present)).toEqual([]);
  });

  it('that has risen is written only on request', () => {
    const written: unknown[] = [];
    const write = (table: unknown): number => written.push(table);
    expect(update(present, { files: 4 }, false, write)).toContain('files would rise');
    expect(written).toEqual([]);
    expect(update(present, { files: 4 }, true, write)).toBeNull();
    expect(update(present, { files: 6 }, false, write)).toBeNull();
    expect(written).toEqual([{ files: 5 }, { files: 5 }]);
  });
});

describe('the measurement', () => {
  const of = (files: Record<string, string>) => measure(new Map(Object.entries(files)));

  it('counts source files, and the lines of the longest file and function', () => {
    const numbers = of({
      'src/a.ts': 'export function a() {\n  return 1;\n}\n',
      'src/b.ts': 'const b = {\n  m() {\n    return [\n      1,\n    ];\n  },\n};\nb.m();\n',
      'test/c.test.ts': `${'\n'.repeat(50)}function c() {\n${'\n'.repeat(50)}}\n`,
    });
    expect(numbers['sourceFiles']?.value).toBe(2);
    expect(numbers['longestFileLines']).toEqual({ value: 8, places: ['src/b.ts'] });
    expect(numbers['longestFunctionLines']).toEqual({ value: 5, places: ['src/b.ts:2'] });
  });

  it('counts comment lines over 120 columns, and no code', () => {
    const long = 'x'.repeat(118);
    const numbers = of({
      'src/a.ts': `// ${long}\nconst a = '${long}';\n/**\n * ${long}\n * ${'x'.repeat(117)}\n */\nfoo(a); // ${long}\n`,
      'test/b.test.ts': `const text = \`\n// ${long}\n\`;\n// ${long}\n`,
    });
    expect(numbers['commentLinesOver120Columns']?.places).toEqual([
      'src/a.ts:1',
      'src/a.ts:4',
      'src/a.ts:7',
      'test/b.test.ts:4',
    ]);
  });

  it('counts import lines of a module that was imported from above, types and values alike', () => {
    const numbers = of({
      'src/a.ts': "import { a } from './b.js';\nimport type { B } from './b.js';\nimport { c } from './c.js';\n",
      'src/b.ts': "import { a } from './c.js';\nexport { b } from './c.js';\n",
    });
    expect(numbers['repeatedImportLines']?.places).toEqual(['src/a.ts:2: ./b.js']);
  });

  it('counts exports that tests alone import, by whatever way', () => {
    const numbers = of({
      'src/room/index.ts': "export { passedOn, used as renamed } from './a.js';\nexport * from './star.js';\n",
      'src/room/a.ts': [
        'export const passedOn = 1, used = 2, byTests = 3;',
        'export function byNamespace() {}',
        'export interface ByType { a: number }',
        'export class Nowhere {}',
      ].join('\n'),
      'src/room/star.ts': 'export const star = 1;\nexport const starOfTests = 2;\n',
      'src/room/loaded.ts': 'export const loaded = 1;\n',
      'src/main.ts': [
        "import { renamed, star } from './room/index.js';",
        "import type { ByType } from './room/a.js';",
        "const loaded = import('./room/loaded.js');",
      ].join('\n'),
      'test/a.test.ts': [
        "import { passedOn, starOfTests } from '../src/room/index.js';",
        "import { byTests, used, type ByType } from '../src/room/a.js';",
        "import { loaded } from '../src/room/loaded.js';",
      ].join('\n'),
    });
    expect(numbers['exportsUsedByTestsOnly']?.places).toEqual([
      'src/room/a.ts: byTests',
      'src/room/a.ts: passedOn',
      'src/room/star.ts: starOfTests',
    ]);
  });
});
