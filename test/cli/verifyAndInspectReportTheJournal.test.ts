/**
 * `verify` reports regions that the journal holds dirty although the copies are equal; `inspect` names who uses the
 * rig.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { createReplicationEngine } from '../../src/replication/worker/client.js';
import { parseRig } from '../../src/rig/load.js';
import { rigUuid } from '../../src/rig/resolved.js';
import { ownStateDir } from '../campaign/labRig.js';
import { useLoops } from '../blockdev/loop.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const loops = useLoops();
const MIB = 2 ** 20;
afterAll(() => state.clean());

describe.skipIf(process.getuid?.() !== 0)('the journal', () => {
  it('verify reports what the journal holds dirty; resync reports that damage made it dirty', async () => {
    const [p, s, j] = [4, 4, 1].map((mib) => loops.loop({ sizeBytes: mib * MIB }));
    const area = ({ path, file }: { path: string; file: string }): string => `device: ${path}, backingFile: ${file}`;
    const text = `schemaVersion: 1\nname: known\nregionSize: 64KiB\nprimary: { ${area(p)} }\nsecondary: { ${area(s)} }\njournal: { ${area(j)}, logSize: 128KiB }\n`;
    const file = join(state.dir, 'known.yaml');
    writeFileSync(file, text);
    expect((await cli(['verify', file], { env })).stdout).toMatch(/^P and S are equal\nthis rig has no journal yet/m);

    const resync = await cli(['resync', file], { env });
    expect(resync.code, resync.stderr).toBe(0);
    expect(resync.stdout).toMatch(
      /64 of 64 regions dirty \(damage: everything dirty; readable: 0 from indicators, 0 from the log\)/,
    );
    expect((await cli(['verify', file], { env })).stdout).toMatch(/^the journal has no dirty region$/m);

    const rig = parseRig(text, file);
    const engine = await createReplicationEngine(
      {
        onFailure: () => undefined,
        onSnapshot: () => undefined,
        onLoadBegan: () => undefined,
        onPoint: () => undefined,
      },
      { ffi: 'koffi' },
    );
    const { primary, secondary, journal, tracking } = rig;
    await engine.open({
      rigUuid: rigUuid(rig),
      primary,
      secondary,
      journal,
      tracking,
      ffi: 'koffi',
      runId: 1,
      historyDir: null,
    });
    await engine.format('dirty');
    await engine.close();
    await engine.terminate();
    const dirty = await cli(['verify', file], { env });
    expect(dirty.code, dirty.stderr).toBe(0);
    expect(dirty.stdout).toContain(
      `P and S are equal\nthe journal has 64 of 64 regions marked dirty; plugpull resync ${file} copies and clears them`,
    );
    expect(JSON.parse((await cli(['verify', file, '--json'], { env })).stdout)).toMatchObject({
      equal: true,
      journal: { dirtyRegions: 64, regionCount: 64 },
    });
  });

  it('inspect reports that the rig is in use, also when it cannot read the journal', async () => {
    const file = join(state.dir, 'used.yaml');
    writeFileSync(file, tinyRigText('used', { cycles: 1, cuts: ['{ rails: [J], during: load, after: 50ms }'] }));
    expect((await cli(['lab', 'up', file], { env })).code).toBe(0);
    expect((await cli(['inspect', file], { env })).stdout).not.toContain('in use');
    expect((await cli(['relay', 'off', file, 'J'], { env })).code).toBe(0);
    expect((await cli(['inspect', file], { env })).stderr).not.toContain('in use');
    const lock = lockRig('used', 'plugpull run');
    try {
      const unreadable = await cli(['inspect', file], { env });
      expect(unreadable.code).toBe(3);
      expect(unreadable.stderr).toMatch(
        new RegExp(
          `can't be read .*in use by process ${process.pid} \\(plugpull run\\) since .*run inspect again after its end`,
        ),
      );
      lock.release();
      expect((await cli(['relay', 'on', file, 'J'], { env })).code).toBe(0);
      const again = lockRig('used', 'plugpull run');
      const readable = await cli(['inspect', file], { env });
      again.release();
      expect(readable.stdout).toMatch(
        /^The rig is in use by process \d+ \(plugpull run\) since .*: the output may be out of date$/m,
      );
    } finally {
      lock.release();
    }
  });
});
