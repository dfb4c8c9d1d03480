/** `serve` exports the dirty regions of the journal and the state of the rails, and changes neither. */
import { readdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { scrape } from '../metrics/samples.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const wishes = { cuts: ['{ rails: [P], during: load, after: 50ms }'] };
const file = join(state.dir, 'rig.yaml');
writeFileSync(file, rigText('serve', wishes));
afterAll(() => state.clean('serve', 'serve-mute'));

async function served(): Promise<{ text: string; stderr: string }> {
  let page: Promise<string> | null = null;
  const { code, stderr } = await cli(['serve', file, '--listen', '0'], {
    env,
    onOutput(stdout, child) {
      const url = /metrics: (http\S+)\n/.exec(stdout)?.[1];
      if (url !== undefined) page ??= scrape(url).finally(() => child.kill('SIGTERM'));
    },
  });
  expect(code, stderr).toBe(0);
  return { text: await page!, stderr };
}

describe('serve', () => {
  it('exports the regions and rails of the rig, and ends at SIGTERM with exit 0', async () => {
    await labUp('serve', labRig('serve', wishes).lab!);
    await cli(['run', file, '--out', join(state.dir, 'out')], { env });
    const { text } = await served();
    expect(text).toMatch(/plugpull_regions\{rig="serve"\} 512/);
    expect(text).toMatch(/plugpull_dirty_regions\{rig="serve"\} 0/);
    for (const rail of ['P', 'S', 'J']) expect(text).toContain(`plugpull_rail_state{rail="${rail}",rig="serve"} 1\n`);
  });

  it('reports a rail that its board reads as off, and switches none', async () => {
    await labUp('serve', labRig('serve', wishes).lab!);
    expect((await cli(['relay', 'off', file, 'S'], { env })).code).toBe(0);
    const page = await served();
    expect(page.text).toContain('plugpull_rail_state{rail="P",rig="serve"} 1\n');
    expect(page.text).toContain('plugpull_rail_state{rail="S",rig="serve"} 0\n');
    const after = JSON.parse((await cli(['relay', 'state', file, '--json'], { env })).stdout) as {
      rail: string;
      state: string;
    }[];
    expect(after.map(({ state }) => state)).toEqual(['on', 'off', 'on']);
    expect((await cli(['relay', 'on', file, 'S'], { env })).code).toBe(0);
  });

  it('reports the rails as unknown, and why, while a command holds the rig', async () => {
    await labUp('serve', labRig('serve', wishes).lab!);
    const lock = lockRig('serve', 'a test');
    try {
      const page = await served();
      for (const rail of ['P', 'S', 'J'])
        expect(page.text).toContain(`plugpull_rail_state{rail="${rail}",rig="serve"} -1\n`);
      expect(page.stderr).toMatch(/rails unknown: process \d+ \(a test\) holds the rig/);
    } finally {
      lock.release();
    }
  });

  it('ends in order at a signal that comes while it asks a board for the first time', async () => {
    const name = 'serve-mute';
    const profile = join(state.dir, 'mute.yaml');
    const mute = { ...wishes, boardOptions: '{ mute: true }' };
    writeFileSync(profile, rigText(name, mute));
    const { boards } = await labUp(name, labRig(name, mute).lab!);
    const tty = realpathSync(boards['relay0']!.tty);
    const opens = (pid: number): boolean => {
      const folder = `/proc/${pid}/fd`;
      try {
        return readdirSync(folder).some((fd) => readlinkSync(join(folder, fd)) === tty);
      } catch {
        return false;
      }
    };
    const { code, signal, stdout } = await cli(['serve', profile, '--listen', '0'], {
      env,
      onStart(child) {
        const look = setInterval(() => {
          if (child.exitCode === null && !opens(child.pid!)) return;
          clearInterval(look);
          child.kill('SIGINT');
        }, 5);
      },
    });
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout).toMatch(/^metrics: http/);
  });

  it('reports once that the lab is not running, although journal and rails both need it', async () => {
    await labDown('serve');
    const { stderr } = await served();
    expect(stderr.match(/not running/g)).toHaveLength(1);
  });
});
