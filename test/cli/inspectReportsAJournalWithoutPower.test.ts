/** A journal without power is reported as unreadable, not as damaged or missing, and no region is shown as dirty. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { scrape } from '../metrics/samples.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const wishes = { cuts: ['{ rails: [P], during: load, after: 50ms }'] };
const file = join(state.dir, 'rig.yaml');
writeFileSync(file, rigText('dark', wishes));
afterAll(() => state.clean('dark'));

it('inspect reports it with exit 3; serve reports it once and goes on', async () => {
  await labUp('dark', labRig('dark', wishes).lab!);
  const blank = await cli(['inspect', file], { env });
  expect(blank.stdout).toMatch(/The device has no journal of this rig yet/);

  expect((await cli(['relay', 'off', file, 'J'], { env })).code).toBe(0);
  const { code, stdout, stderr } = await cli(['inspect', file], { env });
  expect(code, stderr).toBe(3);
  expect(stderr).toMatch(/journal .*disk-j can't be read \(EIO\).*rail/);
  expect(stdout).toBe('');

  let page: Promise<string> | null = null;
  const served = await cli(['serve', file, '--listen', '0'], {
    env,
    onOutput(text, child) {
      const url = /metrics: (http\S+)\n/.exec(text)?.[1];
      if (url !== undefined) page ??= scrape(url).finally(() => child.kill('SIGTERM'));
    },
  });
  expect(served.code, served.stderr).toBe(0);
  expect(served.stderr.match(/can't be read/g)).toHaveLength(1);
  expect(await page).not.toMatch(/plugpull_dirty_regions\{rig="dark"\} [1-9]/);
});
