/**
 * Promises: the gate is asked before a relay moves; a start that fails leaves each rail as it was found; a profile with
 * the wrong contact costs no disk its power for good, is refused within seconds, and is told where to look.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { deviceAnswers } from '../../src/campaign/session/deviceReads.js';
import { systemClock } from '../../src/base/systemClock.js';
import { type Host, type RailFound, realHost } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { Session } from '../../src/campaign/session/session.js';
import { labDown } from '../../src/lab/lab.js';
import { openPower } from '../../src/power/openPower.js';
import { parseRig } from '../../src/rig/load.js';
import { placedBoards } from '../../src/campaign/session/places.js';
import { ALL_POWERED, boardRigText, canRunLab, runBoardRig, why } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const LCUS = { type: 'lcus', channels: 4 };
const MODBUS = { type: 'modbus-rtu', channels: 8 };
const NC = ', contact: NC';
const WIRED_NO = ', contact: NO';
/** Far longer than such a refusal takes: waited for only by a start that does not see what is wrong. */
const SLOW_RETURN = '{ cut: 15s, return: 5min, recover: 60s, judge: 60s, resync: 60s }';

describe.skipIf(!canRunLab).concurrent('a wrong contact in the profile', () => {
  it.each([
    [
      'each rail, a board that can be asked',
      boardRigText({ name: 'nc-asked', ...MODBUS, rail: NC, disk: WIRED_NO, deadlines: SLOW_RETURN }),
      /no relay was switched.*rails\.P\.contact \(it says NC/,
    ],
    [
      'each rail, a board that can not be asked',
      boardRigText({
        name: 'nc-mute',
        ...LCUS,
        boardOptions: '{ readBack: none }',
        rail: NC,
        disk: WIRED_NO,
        deadlines: SLOW_RETURN,
      }),
      /answered until.*answer again\. Check rails\.P\.contact.*rails\.S\.contact.*rails\.J\.contact/s,
    ],
    // The wrong contact on the wrong channel: S's relay is P's.
    [
      'one rail, of another device',
      boardRigText({
        name: 'nc-crossed',
        ...LCUS,
        boardOptions: '{ readBack: none }',
        disk: WIRED_NO,
        deadlines: '{ cut: 15s, return: 2s, recover: 60s, judge: 60s, resync: 60s }',
      })
        .replace('channels: [1], powers: [primary]', 'channels: [2], powers: [primary]')
        .replace(
          'channels: [2], powers: [secondary], settle: 20ms',
          'channels: [1], powers: [secondary], settle: 20ms, contact: NC',
        ),
      /primary answered until rail S .*put back, and primary answers again\. Check rails\.S\.contact/,
    ],
  ])('%s', async (_what, text, said) => {
    const ended = await runBoardRig(text);
    expect(ended.refused, why(ended)).toMatchObject({
      code: 'HARDWARE_FAILED',
      text: expect.stringMatching(said) as string,
    });
    expect(ended.powered, why(ended)).toEqual(ALL_POWERED);
  });

  it('each rail, hidden by the hold-up of the supply: the power comes back at the end', async () => {
    const text = boardRigText({
      name: 'nc-late',
      ...LCUS,
      boardOptions: '{ readBack: none }',
      disk: `${WIRED_NO}, holdUp: 2s`,
      rail: NC,
      cuts: ['{ rails: [P], during: load, after: 20s }'],
    });
    const ended = await runBoardRig(text);
    expect(ended.result?.troubles.join(), why(ended)).toMatch(/answered until.*answer again\. Check rails\.P\.contact/);
    expect(ended.verdicts).not.toContain('PASS');
    expect(ended.powered, why(ended)).toEqual(ALL_POWERED);
  });
});

/** Every rail as the boards read it; the disks of those that are off have lost their power by then. */
async function rails(text: string, switchOff: string[] = []): Promise<Record<string, RailFound>> {
  const rig = parseRig(text, 'board.yaml');
  const lab = (await realHost.labView(rig.name))!;
  const boards = placedBoards(rig, lab);
  const power = await openPower(
    { boards, boardTypes: rig.boardTypes, rails: rig.rails },
    { rigName: rig.name, runtimeDir: state.dir },
  );
  try {
    if (switchOff.length > 0) await power.switchRails(switchOff, 'off');
    const found = Object.fromEntries(
      await Promise.all(rig.rails.map(async ({ name }) => [name, (await power.readRail(name)).state])),
    );
    // A contact takes its time, and so may the lab on a busy machine.
    const dark = rig.rails
      .filter(({ name }) => found[name] === 'off')
      .map(({ name }) => lab.disks[name.toLowerCase()].node);
    for (const node of dark) await expect.poll(() => deviceAnswers(node), { timeout: 60_000 }).toBe(false);
    return found;
  } finally {
    await power.close();
  }
}

/** A start on a rig that runs; what was switched, and the error. */
async function start(text: string, gatePasses: (asked: number) => boolean): Promise<{ log: string[]; error: string }> {
  const rig = parseRig(text, 'board.yaml');
  const log: string[] = [];
  let asked = 0;
  const host: Host = {
    ...realHost,
    async checkGate(questions, file, circumstances) {
      log.push(`gate, dark: ${circumstances?.unpowered?.join(', ') || 'none'}`);
      const answer = await realHost.checkGate(questions, file, circumstances);
      return gatePasses(asked++) ? answer : { passed: false, text: 'refused by the test', busy: false };
    },
    async openPower(spec) {
      const port = await realHost.openPower(spec);
      return {
        ...port,
        switchRails: (names, to) => {
          log.push(`${to} ${names.join(', ')}`);
          return port.switchRails(names, to);
        },
        allOn: () => {
          log.push('all on');
          return port.allOn();
        },
        setEach: (states) => {
          log.push(`back: ${[...states].map(([rail, to]) => `${rail} ${to}`).join(', ')}`);
          return port.setEach(states);
        },
      };
    },
  };
  const notes: string[] = [];
  const options = {
    rig,
    ffi: 'koffi' as const,
    lab: 'require' as const,
    keepLab: true,
    lock: lockRig(rig.name, 'test'),
    runId: 1,
    historyDir: null,
    onNote: (note: string) => notes.push(note),
  };
  const error = await Session.open(options, host, systemClock).then(
    async (session) => {
      await session.end();
      // A second Ctrl-C may come when the boards are closed already.
      notes.push(await session.leave());
      return 'none';
    },
    (e: unknown) => (e as Error).message,
  );
  return { log: [...log, ...notes], error };
}

describe.skipIf(!canRunLab)('a start that fails', () => {
  const text = boardRigText({ name: 'refused-start', ...MODBUS });
  const rig = parseRig(text, 'board.yaml');
  afterAll(() => labDown(rig.name));

  it('at the first gate: no relay has moved, no board was opened', async () => {
    await realHost.labUp(rig.name, rig.lab!);
    expect(await start(text, () => false)).toEqual({ log: ['gate, dark: none'], error: 'refused by the test' });
  });

  it('at the gate that a disk without power is asked: its rail alone went on, and goes off again', async () => {
    expect(await rails(text, ['S'])).toEqual({ P: 'on', S: 'off', J: 'on' });
    const { log, error } = await start(text, (asked) => asked === 0);
    expect(error).toBe('refused by the test');
    expect(log).toEqual([
      'gate, dark: secondary',
      'on S',
      'gate, dark: none',
      'back: S off',
      expect.stringMatching(/^secondary does not answer: switching rail S .* on and waiting up to 20 s$/),
    ]);
    expect(await rails(text)).toEqual({ P: 'on', S: 'off', J: 'on' });
  });

  it('and one that does not fail switches every rail on, the dark one first', async () => {
    const { log, error } = await start(text, () => true);
    expect(error).toBe('none');
    expect(log.slice(0, 4)).toEqual(['gate, dark: secondary', 'on S', 'gate, dark: none', 'all on']);
    expect(log.at(-1)).toBe('every rail is as it was found, or on');
  });
});
