/** What is wrong with a board decides how its campaign ends. Power is back in every case but that of a board that is
 * dead by then: its rail is named. */
import { afterAll, describe, expect, it } from 'vitest';
import { ALL_POWERED, boardRigText, canRunLab, runBoardRig, why, type BoardWishes } from './boardRig.js';
import type { AreaName } from '../../src/base/areas.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** Two cycles; the first cut is of all rails, the second of S. */
type Outcome =
  | { verdicts: string[] }
  /** Nothing was cut: the session did not come up. Exit code 3, as every PowerError. */
  | { refused: RegExp }
  /** The latch: this cycle is INVALID, no later one is run. */
  | { latched: string[]; cause: RegExp; dark?: AreaName };

const PASS = { verdicts: ['PASS', 'PASS'] };
const MODBUS = { type: 'modbus-rtu', channels: 8 };
/** Whoever does not answer is asked again; not for long here. Room for the answers that do come, on a busy machine. */
const PATIENT = { ...MODBUS, boardOptions: '{ attempts: 1, replyTimeoutMs: 1000 }' };
const IMPATIENT = { ...MODBUS, boardOptions: '{ attempts: 1, replyTimeoutMs: 100 }' };
const LCUS = { type: 'lcus', channels: 4 };
const SHORT = '{ cut: 3s, return: 20s, recover: 60s, judge: 60s, resync: 60s }';

const CASES: [string, Omit<BoardWishes, 'name'>, Outcome][] = [
  ['noise before each answer', { ...MODBUS, peerOptions: '{ garbageBefore: 7 }' }, PASS],
  [
    'answers in pieces, late and behind noise',
    { ...MODBUS, peerOptions: '{ splitReads: true, garbageBefore: 3, delayMs: 60 }' },
    PASS,
  ],
  [
    'a board that refuses the frame for all its relays',
    { type: 'modbus-rtu', channels: 3, peerOptions: '{ allAtOnce: refuses }' },
    PASS,
  ],
  ['a mute board whose type may be mute', { ...LCUS, peerOptions: '{ mute: true }' }, PASS],
  ['a mute board that should answer', { ...IMPATIENT, peerOptions: '{ mute: true }' }, { refused: /did not answer/ }],
  ['a dead board that should answer', { ...IMPATIENT, peerOptions: '{ dead: true }' }, { refused: /did not answer/ }],
  [
    'a dead board that need not answer',
    { ...LCUS, peerOptions: '{ dead: true }', deadlines: SHORT },
    { verdicts: ['INVALID', 'INVALID'] },
  ],
  ['garbled answers', { ...PATIENT, peerOptions: '{ wrongReply: garbled }' }, { refused: /expected/ }],
  [
    'a board that tells the opposite',
    { ...MODBUS, peerOptions: '{ wrongReply: opposite }' },
    { refused: /P .*reads? off, and primary answers all the same; no relay was switched/ },
  ],
  [
    'answers later than the board has time for',
    { ...IMPATIENT, peerOptions: '{ delayMs: 60000 }' },
    { refused: /did not answer/ },
  ],
  [
    'a welded relay that says off',
    { ...MODBUS, peerOptions: '{ welded: [2] }', deadlines: SHORT },
    { verdicts: ['INVALID', 'INVALID'] },
  ],
  [
    'a welded output that is measured',
    { type: 'scpi-siglent', channels: 3, boardOptions: '{ onAtLeastV: 11 }', peerOptions: '{ welded: [2] }' },
    { latched: ['INVALID'], cause: /reads neither|but reads/ },
  ],
  // Three moves are the first cut; then it obeys no more, or says nothing more.
  [
    'a board that dies in the first cut',
    { ...PATIENT, peerOptions: '{ dead: true, afterMoves: 1 }' },
    { latched: ['INVALID'], cause: /did not answer.*WITHOUT POWER: P/, dark: 'primary' },
  ],
  [
    'a board that falls mute in the first outage',
    { ...PATIENT, peerOptions: '{ mute: true, afterMoves: 3 }' },
    { latched: ['INVALID'], cause: /did not answer/ },
  ],
  [
    'a board that falls mute in the second cut',
    { ...PATIENT, peerOptions: '{ mute: true, afterMoves: 7 }' },
    { latched: ['PASS', 'INVALID'], cause: /did not answer/ },
  ],
];

describe.skipIf(!canRunLab).concurrent('a campaign over', () => {
  it.each(CASES)('%s', async (what, wishes, outcome) => {
    const name = `wrong-${CASES.findIndex(([w]) => w === what)}`;
    let lastWords = '';
    const ended = await runBoardRig(boardRigText({ name, cycles: 2, ...wishes }), [
      { stepEnded: (step, _ms, said) => (lastWords = step === 'end' ? (said ?? '') : lastWords) },
    ]);
    if ('refused' in outcome) {
      expect(ended.refused?.text, why(ended)).toMatch(outcome.refused);
      expect(ended.verdicts).toEqual([]);
    } else if ('latched' in outcome) {
      expect(ended.verdicts, why(ended)).toEqual(outcome.latched);
      expect(ended.result?.problem, why(ended)).toMatchObject({
        kind: 'hardware',
        code: 'RIG_BROKEN',
        text: expect.stringMatching(outcome.cause),
      });
    } else {
      expect(ended.verdicts, why(ended)).toEqual(outcome.verdicts);
      expect(ended.result?.problem).toBeNull();
    }
    // Said only where it is so.
    if (ended.powered.length < ALL_POWERED.length) expect(lastWords).not.toMatch(/^power on/);
    else if (ended.result !== null && ended.result.troubles.length === 0)
      expect(lastWords).toMatch(/^(power on|rails switched on, .* not answering yet), devices released$/);
    const dark = 'dark' in outcome ? outcome.dark : undefined;
    expect(ended.powered, why(ended)).toEqual(ALL_POWERED.filter((area) => area !== dark));
  });
});
