/**
 * An uncaught error ends the bench with exit code 5, never with the 1 of FAIL, and only after the power is restored.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'crashes';
const state = ownStateDir();
const file = join(state.dir, 'rig.yaml');
// A long power-off time: the rails are off when the error is thrown.
const text = tinyRigText(NAME, { cycles: 5, dark: '3s', cuts: ['{ rails: [P, S], during: load, after: 100ms }'] });
writeFileSync(file, text);
afterAll(() => state.clean(NAME));

function crash(out: string): ReturnType<typeof cli> {
  const env = {
    PLUGPULL_STATE_DIR: state.dir,
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'throwWithPowerOff.mjs')}`,
  };
  return cli(['run', file, '--out', join(state.dir, out)], { env });
}

it('the bench ends the lab that it started', async () => {
  const crashed = await crash('own');
  expect(crashed.code, crashed.stderr).toBe(5);
  expect(crashed.stderr).toMatch(/internal error: Error: thrown by the test\n\s+at /);
  expect(await labStatus(NAME)).toBeNull();
});

it('every rail is on in a lab that was running before', async () => {
  await labUp(NAME, parseRig(text, file).lab!);
  expect((await crash('kept')).code).toBe(5);
  const states = await cli(['relay', 'state', file, '--json'], { env: { PLUGPULL_STATE_DIR: state.dir } });
  expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
});
