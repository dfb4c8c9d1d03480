import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
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

describe('serve', () => {
  it('answers with the rig\'s regions, and ends at a signal with 0', async () => {
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
  });
});
