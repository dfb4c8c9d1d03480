/** The loader refuses an invisible character everywhere but in comments, and reports its code point and its place. */
import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, problemsOf } from './minimal.js';

/** A bench with real devices and ttys: it contains each kind of name. */
const REAL = `schemaVersion: 1
name: real
primary: { device: /dev/disk/by-id/wwn-0x5000c500a1b2c3d4, wwn: "0x5000c500a1b2c3d4" }
secondary: { device: /dev/disk/by-id/ata-DISK_1, serial: "ZC1A0B2C" }
journal: { device: /dev/loop7, backingFile: /srv/journal.img }
boards:
  relay0: { type: lcus, tty: /dev/serial/by-path/usb-2, channels: 4 }
  pdu: { type: exec, channels: 1, options: { on: ["pdu", "on"], off: ["pdu", "off"] } }
rails:
  P: { board: relay0, channels: [1], powers: [primary] }
`;

const CHARACTERS: [character: string, name: string][] = [
  ['\u00a0', 'U+00A0 (no-break space)'],
  ['\u200b', 'U+200B (zero width space)'],
  ['\u200d', 'U+200D (zero width joiner)'],
  ['\u2060', 'U+2060 (word joiner)'],
  ['\ufeff', 'U+FEFF (zero width no-break space)'],
  ['\u00ad', 'U+00AD (soft hyphen)'],
  ['\u202f', 'U+202F (narrow no-break space)'],
  ['\u3000', 'U+3000 (ideographic space)'],
  ['\u200f', 'U+200F (right-to-left mark)'],
  ['\u3164', 'U+3164'],
  ['\u2800', 'U+2800'],
  ['\u{e0041}', 'U+E0041'],
];

/** Values that may contain an invisible character. */
const PLACES: [what: string, value: string][] = [
  ['device', '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'],
  ['wwn', '"0x5000c500a1b2c3d4"'],
  ['serial', '"ZC1A0B2C"'],
  ['backingFile', '/srv/journal.img'],
  ['tty', '/dev/serial/by-path/usb-2'],
  ['an argument of a command', '"pdu", "on"'],
];

it('the profile is valid without invisible characters', () => {
  expect(problemsOf(REAL)).toEqual([]);
});

it.each(CHARACTERS)('%j in a value of any kind is reported as %s at its line and column', (character, name) => {
  for (const [what, value] of PLACES) {
    const at = REAL.indexOf(value) + 4;
    const lines = REAL.slice(0, at).split('\n');
    const problems = problemsOf(REAL.slice(0, at) + character + REAL.slice(at));
    expect(problems[0], what).toBe(
      `bench.yaml:${lines.length}:${lines.at(-1)!.length + 1}: ${name}: invisible characters are not allowed in a profile; ${/\p{Zs}/u.test(character) ? 'write a plain space, or delete it' : 'delete it'}`,
    );
    expect(problems, what).toHaveLength(1);
  }
});

it.each(CHARACTERS)('%j written as an escape is reported as %s at its value', (character, name) => {
  const code = character.codePointAt(0)!.toString(16);
  const escape = code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  for (const [what, value] of PLACES) {
    const plain = value.replaceAll('"', '').split(',')[0];
    const quoted = value.startsWith('"') ? `"${plain}"` : plain;
    const problems = problemsOf(REAL.replace(quoted, () => `"${plain.slice(0, 2)}${escape}${plain.slice(2)}"`));
    expect(problems[0], what).toMatch(/^bench\.yaml:\d+:\d+: /);
    expect(problems[0], what).toContain(
      `: ${name}, character 3 of the value: invisible characters are not allowed in a value`,
    );
    expect(problems, what).toHaveLength(1);
  }
});

it('an invisible character in a section name or in the indentation is reported', () => {
  expect(problemsOf(MINIMAL.replace('name: tiny', 'na\u200bme: tiny'))[0]).toMatch(
    /^bench\.yaml:2:3: U\+200B \(zero width space\)/,
  );
  expect(problemsOf(MINIMAL.replace('  relay0: { type', '\u00a0\u00a0relay0: { type')).join('\n')).toMatch(
    /bench\.yaml:7:1: U\+00A0 \(no-break space\): .*write a plain space/,
  );
  expect(problemsOf(MINIMAL.replace('name: tiny', 'name:\u00a0tiny')).join('\n')).toMatch(/bench\.yaml:2:6: U\+00A0/);
});

it('an invisible character that makes the YAML invalid is reported together with the YAML error', () => {
  const problems = problemsOf('schemaVersion: 1\nlab: {\u00a0disks:\n - [\n');
  expect(problems.join('\n')).toMatch(/bench\.yaml:2:7: U\+00A0/);
  expect(problems.length).toBeGreaterThan(1);
});

it('invisible characters in a comment are accepted, except direction marks', () => {
  expect(
    parseRig(`# a\u00a0title \u26a0\ufe0f\n${MINIMAL.replace('name: tiny', 'name: tiny # h\u00e9\u00a0h\u00e9')}`, 'b')
      .name,
  ).toBe('tiny');
  expect(problemsOf(`# \u202e\n${MINIMAL}`)[0]).toMatch(
    /^bench\.yaml:1:3: U\+202E \(right-to-left override\): control and direction/,
  );
  // A # within quotes does not begin a comment.
  expect(problemsOf(MINIMAL.replace('name: tiny', 'name: "# ti\u00a0ny"'))[0]).toMatch(/^bench\.yaml:2:12: U\+00A0/);
});

it('a byte order mark is accepted only at the beginning of the file', () => {
  expect(parseRig(`\ufeff${MINIMAL}`, 'b').name).toBe('tiny');
  expect(problemsOf(MINIMAL.replace('name: tiny', '\ufeffname: tiny')).join('\n')).toContain('U+FEFF');
});

it('a blank at the end of a path is reported', () => {
  expect(problemsOf(REAL.replace('/dev/serial/by-path/usb-2', '"/dev/serial/by-path/usb-2 "'))).toEqual([
    'bench.yaml:7:30: boards.relay0.tty: /dev/serial/by-path/usb-2 : must contain no blank; character 26 is one; delete it',
  ]);
});

it.each(['ttyUSB0', './relay', 'serial/by-id/x', '', '~'])(
  'for a tty that is not a path under /dev (%j), the message says which names are valid',
  (tty) => {
    const [problem] = problemsOf(REAL.replace('/dev/serial/by-path/usb-2', tty === '~' ? '~' : JSON.stringify(tty)));
    expect(problem).toMatch(
      /^bench\.yaml:7:\d+: boards\.relay0\.tty: .*must be a path under \/dev or lab:NAME; write \/dev\/serial\/by-id\/… or by-path\/… \(plugpull relay list\), or lab:NAME/,
    );
  },
);

it('for a board without a tty, the message says which names are valid', () => {
  expect(problemsOf(REAL.replace('tty: /dev/serial/by-path/usb-2, ', ''))[0]).toMatch(
    /boards\.relay0: a board needs tty \(only exec has none\); add tty: \/dev\/serial\/by-id/,
  );
});
