/**
 * A session sends no command to rails that are on already, at its start and at its end; it sends them wherever one of
 * its two sources, the board and its own commands, says otherwise or nothing.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.js';
import { systemClock } from '../../src/base/systemClock.js';
import { type Host, type RailFound, realHost, type RigPower } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { canRunLab } from './boardRig.js';
import { idleEngine } from './idleEngine.js';
import { inTurn, labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** The calls that switch, and the rail states at the end, of a campaign of one cycle that cuts P. */
async function switching(name: string, change: (power: RigPower) => Partial<RigPower> = () => ({})) {
  const rig = labRig(name, { cuts: ['{ rails: [P], during: load, after: 20ms }'] });
  const calls: string[] = [];
  let railsAtEnd: Record<string, RailFound> = {};
  const openPower: Host['openPower'] = async (spec) => {
    const real = await realHost.openPower(spec);
    const power = { ...real, ...change(real) };
    return {
      ...power,
      switchRails: (rails, to) => {
        calls.push(`${rails.join('+')} ${to}`);
        return power.switchRails(rails, to);
      },
      allOn: () => {
        calls.push('all on');
        return power.allOn();
      },
      close: async () => {
        railsAtEnd = Object.fromEntries(await real.readRails());
        await power.close();
      },
    };
  };
  const rails = new Map<string, string>();
  const result = await inTurn(() =>
    runCampaign(
      { rig, ffi: 'koffi', keepLab: false, runId: 1, historyDir: '/nonexistent', lock: lockRig(rig.name, 'test') },
      {
        host: { ...realHost, openPower, createReplicationEngine: async (events) => idleEngine(events) },
        clock: systemClock,
        interrupts: { requested: false, onFirst: () => undefined, release: () => undefined },
        observers: [{ rail: (rail, to) => void rails.set(rail, to) }],
      },
    ),
  );
  return { result, calls, railsAtEnd, shown: Object.fromEntries(rails) };
}

const ALL_ON = { P: 'on', S: 'on', J: 'on' };

describe.skipIf(!canRunLab).concurrent('rails', () => {
  it('that read on are cut and restored, and switched by nothing else', async () => {
    const { result, calls, railsAtEnd, shown } = await switching('on-both');
    expect(result).toMatchObject({ problem: null, troubles: [], cycles: [{ verdict: 'PASS' }] });
    expect(calls).toEqual(['P off', 'P on']);
    expect(railsAtEnd).toEqual(ALL_ON);
    expect(shown).toEqual(ALL_ON);
  });

  it('of a board that cannot be read are switched on at the start and at the end', async () => {
    const unread = async (): Promise<Map<string, RailFound>> => new Map([['P', 'unknown']]);
    const { calls, railsAtEnd } = await switching('on-unread', () => ({ readRails: unread }));
    expect(calls).toEqual(['all on', 'P off', 'P on', 'all on']);
    expect(railsAtEnd).toEqual(ALL_ON);
  });

  it('of which one was switched off by something else are switched on at the end', async () => {
    const { calls, railsAtEnd } = await switching('on-foreign', (power) => ({
      // Another program holds no lock on the contact: S goes off as P returns.
      switchRails: async (rails, to) => {
        const done = await power.switchRails(rails, to);
        if (to === 'on') await power.setEach(new Map([['S', 'off']]));
        return done;
      },
    }));
    expect(calls.at(-1)).toBe('all on');
    expect(railsAtEnd).toEqual(ALL_ON);
  });

  it('of which this process left one off are switched on at the end, whatever the board reads', async () => {
    const { result, calls, railsAtEnd } = await switching('on-left-off', (power) => ({
      readRails: async () => new Map(Object.entries(ALL_ON) as [string, RailFound][]),
      switchRails: async (rails, to) => {
        if (to === 'on') throw Object.assign(new Error('no answer'), { name: 'PowerError', code: 'BOARD_MUTE' });
        return power.switchRails(rails, to);
      },
    }));
    expect(result.problem).toMatchObject({ kind: 'hardware', code: 'BOARD_MUTE' });
    expect(calls).toEqual(['P off', 'P on', 'all on']);
    expect(railsAtEnd).toEqual(ALL_ON);
  });
});
