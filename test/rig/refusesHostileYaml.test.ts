import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadRig } from '../../src/rig/load.js';
import { RigError } from '../../src/rig/errors.js';
import { MINIMAL, problemsOf, spoiled } from './minimal.js';

const cases: [string, string, RegExp][] = [
  [
    'an alias',
    `${MINIMAL}tracking: &t { linger: 5s }\nworkload: *t\n`,
    /bench\.yaml:20:11: \*t: aliases are not allowed/,
  ],
  [
    'nested aliases that expand exponentially',
    `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n`,
    /aliases are not allowed/,
  ],
  ['a key given twice', `${MINIMAL}name: other\n`, /bench\.yaml:19:1: .*unique.*keep one of them/],
  [
    'a second document',
    `${MINIMAL}---\nname: x\n`,
    /the file has 2 YAML documents; it must have one; delete the others/,
  ],
  ['a tag', spoiled('name: tiny', 'name: !!binary dGlueQ=='), /tags are not allowed|Unresolved tag/],
  ['a merge key', spoiled('relay0: {}', 'relay0: { <<: {} }'), /this key is not allowed/],
  ['__proto__', spoiled('relay0: {}', 'relay0: { options: { __proto__: { a: 1 } } }'), /this key is not allowed/],
  ['a map as a key', spoiled('relay0: {}', '? { a: 1 }\n    : {}'), /a key must be a plain word/],
  ['a number beyond 2^53', `${MINIMAL}campaign: { seed: 9007199254740993 }\n`, /at most 2\^53-1/],
  ['an infinite number', `${MINIMAL}campaign: { seed: .inf }\n`, /must be finite/],
  ['a control character', spoiled('name: tiny', 'name: ti\u001bny'), /bench\.yaml:2:9: U\+001B: control and direction/],
  [
    'a control character written as an escape',
    spoiled('name: tiny', 'name: "ti\\x1bny"'),
    /control characters and line breaks/,
  ],
  ['a direction override', spoiled('name: tiny', '# \u202e\nname: tiny'), /U\+202E/],
  ['half a million open brackets', '['.repeat(500_000), /bench\.yaml:1:/],
  ['a list instead of a map', '- 1\n', /a profile is a map of fields/],
  ['an empty file', '', /is empty|is required|a profile is a map/],
  ['only a comment', '# nothing\n', /is empty|is required|a profile is a map/],
  ['an empty section', `${MINIMAL}tracking:\n`, /tracking: null: must be a map of fields; write a value, or delete/],
];

it.each(cases)('%s is refused', (_what, text, message) => {
  const problems = problemsOf(text);
  expect(problems.join('\n')).toMatch(message);
  // A message must contain only printable text of the file, because it goes to a terminal.
  // eslint-disable-next-line no-control-regex
  expect(problems.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
});

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plugpull-rig-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function refusal(file: string): string {
  try {
    loadRig(file);
  } catch (e) {
    expect(e).toBeInstanceOf(RigError);
    expect((e as RigError).code).toBe('RIG_FILE');
    return (e as RigError).problems[0].rule;
  }
  return 'taken';
}

it('a file that is too large, not UTF-8, not a regular file or missing is refused', () => {
  const large = join(dir, 'large.yaml');
  writeFileSync(large, '#'.repeat(2 ** 20 + 1));
  expect(refusal(large)).toBe('is larger than 1 MiB');
  const latin1 = join(dir, 'latin1.yaml');
  writeFileSync(latin1, Buffer.from('name: caf\xe9\n', 'latin1'));
  expect(refusal(latin1)).toBe('is not UTF-8');
  const fifo = join(dir, 'fifo.yaml');
  execFileSync('mkfifo', [fifo]);
  expect(refusal(fifo)).toBe('is not a regular file');
  expect(refusal('/dev/zero')).toBe('is not a regular file');
  expect(refusal(dir)).toBe('is not a regular file');
  expect(refusal(join(dir, 'none.yaml'))).toBe('the file does not exist');
});

it('a file of exactly 1 MiB is read', () => {
  const file = join(dir, 'full.yaml');
  writeFileSync(file, MINIMAL + '#'.repeat(2 ** 20 - MINIMAL.length));
  expect(loadRig(file).name).toBe('tiny');
});
