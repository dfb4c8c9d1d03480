/**
 * Promises: the gate checks the disks before any relay moves. A start that fails leaves each rail as it was found. The
 * bench refuses a profile with a wrong contact within seconds, names the fields to check, and restores the power of
 * every disk.
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
/** Much longer than the refusal takes. Only a start that misses the wrong contact waits for this deadline. */
const SLOW_RETURN = '{ cut: 15s, return: 5min, recover: 60s, judge: 60s, resync: 60s }';

describe.skipIf(!canRunLab).concurrent('a wrong contact in the profile is reported', () => {
  it.each([
    [
      'on each rail of a board that reports its relays',
      boardRigText({ name: 'nc-read-back', ...MODBUS, rail: NC, disk: WIRED_NO, deadlines: SLOW_RETURN }),
      /no relay was switched.*rails\.P\.contact \(it says NC/,
    ],
    [
      'on each rail of a board that does not report its relays',
      boardRigText({
        name: 'nc-no-read-back',
        ...LCUS,
        boardOptions: '{ readBack: none }',
        rail: NC,
        disk: WIRED_NO,
        deadlines: SLOW_RETURN,
      }),
      /answered until.*answer again\. Check rails\.P\.contact.*rails\.S\.contact.*rails\.J\.contact/s,
    ],
    // Rails P and S have each other's channel, and S has the wrong contact besides.
    [
      'on one rail that feeds another device than the profile says',
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
  ])('%s', async (_what, text, message) => {
    const ended = await runBoardRig(text);
    expect(ended.refused, why(ended)).toMatchObject({
      code: 'HARDWARE_FAILED',
      text: expect.stringMatching(message) as string,
    });
    expect(ended.powered, why(ended)).toEqual(ALL_POWERED);
  });

  it("at the end of the campaign when the supply's hold-up hides it at the start, and the power returns", async () => {
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

/** Reads every rail from the boards. Returns only when each disk whose rail is off has stopped answering. */
async function readRails(text: string, switchOff: string[] = []): Promise<Record<string, RailFound>> {
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
    // A virtual contact opens after its delay, and a busy host delays the lab further.
    const poweredOff = rig.rails
      .filter(({ name }) => found[name] === 'off')
      .map(({ name }) => lab.disks[name.toLowerCase()].node);
    for (const node of poweredOff) await expect.poll(() => deviceAnswers(node), { timeout: 60_000 }).toBe(false);
    return found;
  } finally {
    await power.close();
  }
}

/** Starts a session on a lab that runs. Returns the commands to gate and boards, the notes, and the error. */
async function start(
  text: string,
  gatePasses: (earlierChecks: number) => boolean,
): Promise<{ log: string[]; error: string }> {
  const rig = parseRig(text, 'board.yaml');
  const log: string[] = [];
  let checks = 0;
  const host: Host = {
    ...realHost,
    async checkGate(questions, file, circumstances) {
      log.push(`gate, without power: ${circumstances?.unpowered?.join(', ') || 'none'}`);
      const answer = await realHost.checkGate(questions, file, circumstances);
      return gatePasses(checks++) ? answer : { passed: false, text: 'refused by the test', busy: false };
    },
    async openPower(spec) {
      const power = await realHost.openPower(spec);
      return {
        ...power,
        switchRails: (names, to) => {
          log.push(`${to} ${names.join(', ')}`);
          return power.switchRails(names, to);
        },
        allOn: () => {
          log.push('all on');
          return power.allOn();
        },
        setEach: (states) => {
          log.push(`restore: ${[...states].map(([rail, to]) => `${rail} ${to}`).join(', ')}`);
          return power.setEach(states);
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
      // A second Ctrl-C calls `leave`, possibly after the boards are closed.
      notes.push(await session.leave());
      return 'none';
    },
    (e: unknown) => (e as Error).message,
  );
  return { log: [...log, ...notes], error };
}

describe.skipIf(!canRunLab)('a start', () => {
  const text = boardRigText({ name: 'refused-start', ...MODBUS });
  const rig = parseRig(text, 'board.yaml');
  afterAll(() => labDown(rig.name));

  it('that the gate refuses at its first check moves no relay and opens no board', async () => {
    await realHost.labUp(rig.name, rig.lab!);
    expect(await start(text, () => false)).toEqual({
      log: ['gate, without power: none'],
      error: 'refused by the test',
    });
  });

  it('that the gate refuses because of an unpowered disk switches only its rail, on and off again', async () => {
    expect(await readRails(text, ['S'])).toEqual({ P: 'on', S: 'off', J: 'on' });
    const { log, error } = await start(text, (earlierChecks) => earlierChecks === 0);
    expect(error).toBe('refused by the test');
    expect(log).toEqual([
      'gate, without power: secondary',
      'on S',
      'gate, without power: none',
      'restore: S off',
      expect.stringMatching(/^secondary does not answer: switching rail S .* on and waiting up to 20 s$/),
    ]);
    expect(await readRails(text)).toEqual({ P: 'on', S: 'off', J: 'on' });
  });

  it('that passes switches every rail on, and first the rail that was off', async () => {
    const { log, error } = await start(text, () => true);
    expect(error).toBe('none');
    expect(log.slice(0, 4)).toEqual(['gate, without power: secondary', 'on S', 'gate, without power: none', 'all on']);
    expect(log.at(-1)).toBe('every rail is as it was found, or on');
  });
});
