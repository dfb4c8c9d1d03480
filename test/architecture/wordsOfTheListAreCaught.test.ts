/** Each listed word is caught in a comment, a message and an identifier. Names that stand as code pass. */
import { describe, expect, it } from 'vitest';
import { LISTED, offences } from './words.mjs';

/** An example of each pattern, in the order of the list; the first is one that an identifier can contain. */
const EXAMPLES: readonly (readonly string[])[] = [
  ['rotten', 'rot'],
  ['whole', 'wholly'],
  ['of before'],
  ['silent', 'silently', 'silence', 'silenced'],
  ['dark', 'darkness', 'darkened'],
  ['felt'],
  ['tell', 'tells', 'told', 'telling'],
  ['fetch', 'fetched'],
  ['stand', 'stood', 'standing', 'standstill'],
  ['nobody', 'somebody', 'whoever', 'the one who'],
  ['anew'],
  ['beside the ring'],
  ['settle', 'settled', 'unsettled'],
  ['claimed', 'claims it', 'claim that meets'],
  ['known to differ'],
  ['behaviour', 'colour', 'labelled', 'whilst', 'recognise'],
];
const PATH = 'src/campaign/example.ts';
const examples = EXAMPLES.flatMap((words, i) => words.map((word) => ({ word, i })));

/** `of before` as `ofBefore`. */
function camel(word: string): string {
  return word.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

function caught(text: string): string[] {
  return offences(PATH, text).map(({ word }) => word);
}

it('there is an example of each listed word', () => {
  expect(EXAMPLES.map((words) => words.length > 0)).toEqual(LISTED.map(() => true));
});

describe.each(examples)('"$word"', ({ word, i }) => {
  const expected = [LISTED[i].pattern.exec(word)?.[0]];

  it('belongs to its pattern', () => {
    expect(LISTED[i].pattern.test(word)).toBe(true);
  });

  it('is caught in comments', () => {
    expect(caught(`// The disk, ${word} here.`)).toEqual(expected);
    expect(caught(`/** The disk, ${word} here. */`)).toEqual(expected);
    expect(caught(`  * ${word[0].toUpperCase()}${word.slice(1)} at the start.`)).toEqual(expected);
  });

  it('is caught in messages and titles of tests', () => {
    expect(caught(`throw new RigError('the disk is ${word} now');`)).toEqual(expected);
    expect(caught(`it("a disk that is ${word} passes", () => {`)).toEqual(expected);
    expect(caught(`  const text = \`disk \${name} ${word} again\`;`)).toEqual(expected);
  });

  it('is caught in identifiers of one word and of several', () => {
    const name = camel(word);
    expect(caught(`const ${name} = 1;`)).toEqual(expected);
    expect(caught(`function disk${name[0].toUpperCase()}${name.slice(1)}Now(): void {`)).toEqual(expected);
    expect(caught(`const DISK_${word.toUpperCase().replaceAll(' ', '_')} = 1;`)).toEqual(expected);
  });
});

describe('a field of a profile or a record, or an error code', () => {
  it.each([
    "const phase = 'dark';",
    'const phase = "silence-ended";',
    'return profile.campaign.dark;',
    'const ms = rig.deadlines?.settle;',
    '  dark: 500,',
    'const rail = { settle: 50, silent: null };',
    'run with --dark 3s',
    '/** The field `silence` of a record. */',
    '  DEVICE_NOT_LABELLED: EXIT.refused,',
    "fail('DEVICE_NOT_LABELLED', path);",
  ])('passes as code: %s', (line) => {
    expect(caught(line)).toEqual([]);
  });

  it('is no excuse for the words beside it', () => {
    expect(caught("const phase = 'dark'; // nobody waits")).toEqual(['nobody']);
    expect(caught("fail('the disk went dark');")).toEqual(['dark']);
    expect(caught('  DEVICE_NOT_LABELLED: EXIT.refused, // nobody waits')).toEqual(['nobody']);
  });

  it('in capitals passes only as a key or in quotation marks, and only with an underscore', () => {
    expect(caught('// The error DEVICE_NOT_LABELLED is raised.')).toEqual(['labelled']);
    expect(caught('  WHOLE: 1,')).toEqual(['whole']);
  });
});

it('a word is named with its path, its line, and what to write instead', () => {
  expect(offences(PATH, 'const a = 1;\n// nobody waits\n')).toEqual([
    { path: PATH, line: 2, word: 'nobody', instead: 'caller, owner, kernel, device, operator' },
  ]);
});

it('a word that means something else in some files passes there', () => {
  expect(offences('src/power/rails.ts', '// the rail settles')).toEqual([]);
  expect(offences(PATH, '// the rail settles')).toHaveLength(1);
});
