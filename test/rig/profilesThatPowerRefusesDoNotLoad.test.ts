/**
 * The power layer accepts boards and rails of every profile that loads, so no profile is refused only at the first cut.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkPowerSpec } from '../../src/power/boards/resolveBoard.js';
import { builtInTypes, catalogue } from '../../src/power/catalogue/index.js';
import { RigError } from '../../src/rig/errors.js';
import { parseRig } from '../../src/rig/load.js';
import { problemsOf } from './minimal.js';

const disk = (n: number): string => `{ device: /dev/disk/by-id/d${n}, serial: S${n} }`;

function profile(board: string, channels: readonly number[]): string {
  return `schemaVersion: 1
name: tiny
primary: ${disk(1)}
secondary: ${disk(2)}
journal: ${disk(3)}
boards:
  b: ${board}
rails:
${channels.map((channel, i) => `  R${i}: { board: b, channels: [${channel}], powers: [primary] }`).join('\n')}
`;
}

it('a mistake that only the power layer detects is reported at its line', () => {
  const board = '{ type: exec, channels: 65, options: { on: [a], off: [b] } }';
  expect(problemsOf(profile(board, [1]))).toEqual([
    'bench.yaml:7:3: boards.b: board "b" (exec): channels is 65; a board of type exec has 1 to 64; count the relays and edit boards.b.channels; `plugpull relay boards` lists all types',
  ]);
});

it('a profile with any board is refused with RigError, or the power layer accepts it', () => {
  const option = fc.constantFrom(
    '',
    '',
    '',
    'baud: 9600',
    'baud: 1',
    'attempts: 0',
    'attempts: 2',
    'readBack: state',
    'address: 0',
    'address: 3',
    'gapMs: -1',
    'nonsense: 1',
    'on: [a], off: [b]',
    'on: [], off: [b]',
  );
  const text = fc
    .record({
      type: fc.constantFrom(...catalogue.keys(), ...builtInTypes, 'nonesuch'),
      channels: fc.constantFrom(1, 2, 4, 8, 16, 65, 255),
      tty: fc.constantFrom('', 'tty: /dev/serial/by-id/x, ', 'tty: /dev/serial/by-id/x, '),
      option,
      used: fc.uniqueArray(fc.constantFrom(1, 2, 200), { minLength: 1, maxLength: 2 }),
    })
    .map((b) => profile(`{ type: ${b.type}, ${b.tty}channels: ${b.channels}, options: { ${b.option} } }`, b.used));
  let taken = 0;
  fc.assert(
    fc.property(text, (yaml) => {
      try {
        const rig = parseRig(yaml, 'bench.yaml');
        checkPowerSpec(rig);
        taken++;
      } catch (error) {
        expect(error).toBeInstanceOf(RigError);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
  expect(taken).toBeGreaterThan(20);
});
