/** The thread of the engine loads while the lab starts, and ends with a session that does not come that far. */
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/systemClock.js';
import { realHost, type Host } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { Session } from '../../src/campaign/session/session.js';
import type { ReplicationEngine } from '../../src/replication/replicationEngine.js';
import { idleEngine } from './idleEngine.js';
import { labRig, ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

/** A host on which the lab does not start. `calls`: what the session asked of it, in order. */
function hostWithoutLab(createReplicationEngine: Host['createReplicationEngine']): { host: Host; calls: string[] } {
  const calls: string[] = [];
  const host: Host = {
    ...realHost,
    createReplicationEngine: (events, options) => {
      calls.push('engine');
      return createReplicationEngine(events, options);
    },
    labUp: async () => {
      calls.push('lab');
      throw new Error('no lab today');
    },
  };
  return { host, calls };
}

function open(name: string, host: Host): Promise<Session> {
  const rig = labRig(name, { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  return Session.open(
    { rig, ffi: 'koffi', lab: 'start', keepLab: false, lock: lockRig(name, 'test'), runId: 1, historyDir: '/nowhere' },
    host,
    systemClock,
  );
}

describe('the thread of the engine', () => {
  it('is started before the lab, and ended when the lab does not start', async () => {
    let ended = 0;
    const { host, calls } = hostWithoutLab(async (events) => ({
      ...idleEngine(events),
      terminate: async () => void (ended += 1),
    }));
    await expect(open('thread-a', host)).rejects.toThrow('no lab today');
    expect(calls).toEqual(['engine', 'lab']);
    expect(ended).toBe(1);
    // The lock is free again.
    lockRig('thread-a', 'test').release();
  });

  it('is ended also if it has not started yet', async () => {
    let ended = 0;
    let start: () => void = () => undefined;
    const { host } = hostWithoutLab(
      (events) =>
        new Promise<ReplicationEngine>((resolve) => {
          start = () => resolve({ ...idleEngine(events), terminate: async () => void (ended += 1) });
        }),
    );
    const opening = open('thread-b', host);
    const refused = expect(opening).rejects.toThrow('no lab today');
    setImmediate(() => start());
    await refused;
    expect(ended).toBe(1);
  });

  it('that cannot start leaves the reason of the lab, and no unhandled rejection', async () => {
    const { host } = hostWithoutLab(async () => {
      throw new Error('no thread today');
    });
    await expect(open('thread-c', host)).rejects.toThrow('no lab today');
    lockRig('thread-c', 'test').release();
  });
});
