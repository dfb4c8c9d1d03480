/** With --json, stdout is one JSON document after an error too; the message for people is on stderr. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cli } from './cli.js';

const dir = mkdtempSync(join(tmpdir(), 'plugpull-json-'));
const env = { PLUGPULL_STATE_DIR: join(dir, 'state') };
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const RIG = 'rigs/virtual-mirror.yaml';
const used = join(dir, 'used');
mkdirSync(join(used, 'x'), { recursive: true });
const tabs = join(dir, 'tabs.yaml');
writeFileSync(tabs, 'name: x\nlab:\n\tdisks: 1\n');

describe('--json', () => {
  it.concurrent.each<[string, string[], number, string]>([
    ['an option out of range', ['run', RIG, '--cycles', '0', '--json'], 2, 'USAGE'],
    ['an unknown option', ['plan', RIG, '--json', '--colour'], 2, 'USAGE'],
    ['a profile that does not exist', ['plan', join(dir, 'none.yaml'), '--json'], 2, 'RIG_FILE'],
    ['a run directory in use', ['run', RIG, '--out', used, '--json'], 2, 'RUN_DIR_NOT_EMPTY'],
    ['a lab that is not running', ['verify', RIG, '--json'], 3, 'LAB_NOT_RUNNING'],
    ['a rail that does not exist', ['relay', 'pulse', RIG, 'Q', '--ms', '3', '--json'], 2, 'USAGE'],
  ])('%s', async (_what, args, exitCode, code) => {
    // Locks of its own: the cases run side by side, and several lock the same rig.
    const own = { PLUGPULL_STATE_DIR: join(dir, `state-${code}-${args[0]}`) };
    const { code: ended, stdout, stderr } = await cli(args, { env: own });
    expect(ended, stderr).toBe(exitCode);
    const { error } = JSON.parse(stdout) as { error: { code: string; exitCode: number; message: string } };
    expect(error).toMatchObject({ code, exitCode });
    expect(error.message).not.toMatch(/^error:/);
    expect(stderr).toMatch(/^plugpull: /);
    expect(stderr).toContain(error.message.split('\n')[0]);
  });

  it('lists each problem of a profile with its place', async () => {
    const { stdout } = await cli(['plan', tabs, '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ error: { problems: [{ file: tabs, line: 3 }] } });
  });

  it('without it, an error prints nothing to stdout', async () => {
    expect((await cli(['run', RIG, '--cycles', '0'], { env })).stdout).toBe('');
  });
});
