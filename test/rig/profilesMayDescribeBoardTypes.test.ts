import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, problemsOf } from './minimal.js';

const own = (set: string): string =>
  `${MINIMAL.replace('type: lcus', 'type: mine').replace('relay0: {}', 'relay0: { protocol: lcus }')}boardTypes:
  mine:
    channels: { min: 1, max: 4 }
    set:
      on: ${set}
      off: 'A0 {channel} 00 {sum8}'
`;

it('a board may have a type that the profile describes', () => {
  const rig = parseRig(own("'A0 {channel} 01 {sum8}'"), 'b');
  expect(rig.boards[0].type).toBe('mine');
  expect(rig.lab!.boards[0].protocol).toBe('lcus');
  // The loader keeps the description as written, because src/power/ parses it.
  expect(rig.boardTypes).toEqual({
    mine: { channels: { min: 1, max: 4 }, set: { on: 'A0 {channel} 01 {sum8}', off: 'A0 {channel} 00 {sum8}' } },
  });
});

it('a mistake in a frame of the description is reported at its line', () => {
  const problems = problemsOf(own("'A0 {chanel} 01 {sum8}'"));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^bench\.yaml:23:11: boardTypes\.mine\.set\.on\.send: name "chanel" is not known here/);
});

it('a mistake in a nested field of the description is reported at its line', () => {
  const problems = problemsOf(own("{ send: 'A0', expects: echo }"));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^bench\.yaml:23:25: boardTypes\.mine\.set\.on\.expects: the field does not exist/);
});

it('the channels of the board are checked against the description', () => {
  expect(problemsOf(own("'A0 {channel} 01 {sum8}'").replace('max: 4', 'max: 2'))[0]).toContain(
    'boards.relay0.channels: 4: a board of type mine has 1 to 2',
  );
});
