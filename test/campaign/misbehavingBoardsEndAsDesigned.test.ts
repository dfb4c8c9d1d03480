/**
 * Promise: the kind of fault of a board decides how its campaign ends. Every area has power afterwards, with one
 * exception: a board that is dead can not restore its rail, and the campaign names that rail.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { ALL_POWERED, boardRigText, canRunLab, runBoardRig, why, type BoardWishes } from './boardRig.js';
import type { AreaName } from '../../src/base/areas.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** Two cycles; the first cut is of all rails, the second of S. */
type Outcome =
  | { verdicts: string[] }
  /** The session does not start, and nothing is cut. The command exits with 3, as for every PowerError. */
  | { refused: RegExp }
  /** The bench latches the failed rails and never cuts them again: this cycle is INVALID, and no later cycle runs. */
  | { latched: string[]; cause: RegExp; unpowered?: AreaName };

const PASS = { verdicts: ['PASS', 'PASS'] };
const MODBUS = { type: 'modbus-rtu', channels: 8 };
/** One attempt keeps the test short. The long timeout leaves room for the answers of a busy host. */
const PATIENT = { ...MODBUS, boardOptions: '{ attempts: 1, replyTimeoutMs: 2500 }' };
const IMPATIENT = { ...MODBUS, boardOptions: '{ attempts: 1, replyTimeoutMs: 100 }' };
const LCUS = { type: 'lcus', channels: 4 };
const SHORT = '{ cut: 3s, return: 20s, recover: 60s, judge: 60s, resync: 60s }';

const CASES: [string, Omit<BoardWishes, 'name'>, Outcome][] = [
  ['a board that sends noise before each answer', { ...MODBUS, peerOptions: '{ garbageBefore: 7 }' }, PASS],
  [
    'a board that answers in pieces, late and after noise',
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
  ['a board that garbles its answers', { ...PATIENT, peerOptions: '{ wrongReply: garbled }' }, { refused: /expected/ }],
  [
    'a board that reports the opposite state',
    { ...MODBUS, peerOptions: '{ wrongReply: opposite }' },
    { refused: /P .*reads? off, and primary answers all the same; no relay was switched/ },
  ],
  [
    'a board that answers after the timeout',
    { ...IMPATIENT, peerOptions: '{ delayMs: 60000 }' },
    { refused: /did not answer/ },
  ],
  [
    'a board that reports a welded relay as off',
    { ...MODBUS, peerOptions: '{ welded: [2] }', deadlines: SHORT },
    { verdicts: ['INVALID', 'INVALID'] },
  ],
  [
    'a board that measures the voltage of a welded output',
    { type: 'scpi-siglent', channels: 3, boardOptions: '{ onAtLeastV: 11 }', peerOptions: '{ welded: [2] }' },
    { latched: ['INVALID'], cause: /reads neither|but reads/ },
  ],
  // The first cut moves three relays.
  [
    'a board that dies in the first cut',
    { ...PATIENT, peerOptions: '{ dead: true, afterMoves: 1 }' },
    { latched: ['INVALID'], cause: /did not answer.*WITHOUT POWER: P/, unpowered: 'primary' },
  ],
  [
    'a board that becomes mute during the first power-off time',
    { ...PATIENT, peerOptions: '{ mute: true, afterMoves: 3 }' },
    { latched: ['INVALID'], cause: /did not answer/ },
  ],
  [
    'a board that becomes mute in the second cut',
    { ...PATIENT, peerOptions: '{ mute: true, afterMoves: 7 }' },
    { latched: ['PASS', 'INVALID'], cause: /did not answer/ },
  ],
];

describe.skipIf(!canRunLab).concurrent('a campaign ends as designed over', () => {
  it.each(CASES)('%s', async (what, wishes, outcome) => {
    const name = `wrong-${CASES.findIndex(([w]) => w === what)}`;
    let lastMessage = '';
    const ended = await runBoardRig(boardRigText({ name, cycles: 2, ...wishes }), [
      { stepEnded: (step, _ms, message) => (lastMessage = step === 'end' ? (message ?? '') : lastMessage) },
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
    // The last message says that the power is on only when every area has power.
    if (ended.powered.length < ALL_POWERED.length) expect(lastMessage).not.toMatch(/^power on/);
    else if (ended.result !== null && ended.result.troubles.length === 0)
      expect(lastMessage).toMatch(/^(power on|rails switched on, .* not answering yet), devices released$/);
    const unpowered = 'unpowered' in outcome ? outcome.unpowered : undefined;
    expect(ended.powered, why(ended)).toEqual(ALL_POWERED.filter((area) => area !== unpowered));
  });
});
