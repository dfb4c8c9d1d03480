import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const wishes = { cuts: ['{ rails: [P], during: load, after: 50ms }'] };
const file = join(state.dir, 'rig.yaml');
writeFileSync(file, rigText('serve', wishes));
afterAll(() => state.clean('serve'));

async function pageOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function served(): Promise<{ text: string; stderr: string }> {
  let page: Promise<string> | null = null;
  const { code, stderr } = await cli(['serve', file, '--listen', '0'], {
    env,
    onOutput(stdout, child) {
      const url = /metrics: (http\S+)\n/.exec(stdout)?.[1];
      if (url !== undefined) page ??= pageOf(url).finally(() => child.kill('SIGTERM'));
    },
  });
  expect(code, stderr).toBe(0);
  return { text: await page!, stderr };
}

describe('serve', () => {
  it("answers with the rig's regions, and ends at a signal with 0", async () => {
    await labUp('serve', labRig('serve', wishes).lab!);
    await cli(['run', file, '--out', join(state.dir, 'out')], { env });
    let page: Promise<string> | null = null;
    const ended = await cli(['serve', file, '--listen', '0'], {
      env,
      onOutput(stdout, child) {
        const url = /metrics: (http\S+)\n/.exec(stdout)?.[1];
        if (url === undefined || page !== null) return;
        page = pageOf(url).finally(() => child.kill('SIGTERM'));
      },
    });
    expect(ended.code, ended.stderr).toBe(0);
    expect(await page).toMatch(/plugpull_regions\{rig="serve"\} 512/);
    expect(await page).toMatch(/plugpull_dirty_regions\{rig="serve"\} 0/);
    for (const rail of ['P', 'S', 'J'])
      expect(await page).toContain(`plugpull_rail_state{rail="${rail}",rig="serve"} 1\n`);
  });

  it('shows a rail that is off, as its board says, and switches none', async () => {
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

  it('says unknown, and why, while a command holds the rig', async () => {
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

  it('says once what both its looks meet: a lab that is not running', async () => {
    await labDown('serve');
    const { stderr } = await served();
    expect(stderr.match(/not running/g)).toHaveLength(1);
  });
});
