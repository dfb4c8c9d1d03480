/**
 * `relay test` prints a board's name and answers; `relay boards --show` prints YAML; plan and doctor warn of a tty
 * name.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { closeAll, startVirtualBoard, temporaryDir } from '../power/virtualBoard.js';
import { cli } from './cli.js';

const dir = temporaryDir();
const env = { PLUGPULL_STATE_DIR: dir };
afterEach(closeAll);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;

/** One board, and disks that do not exist. */
function profile(board: string): string {
  const file = join(dir, `rig${files++}.yaml`);
  writeFileSync(
    file,
    `schemaVersion: 1
name: boards-only
primary: { device: /dev/disk/by-id/none-p, serial: "P" }
secondary: { device: /dev/disk/by-id/none-s, serial: "S" }
journal: { device: /dev/disk/by-id/none-j, serial: "J" }
boards: { b0: ${board} }
rails: { P: { board: b0, channels: [1], powers: [primary] } }
`,
  );
  return file;
}

it('relay test RIG: names the board, prints its answers, and tries the frame for all relays', async () => {
  const shell = startVirtualBoard('numato', 2);
  const fine = await cli(['relay', 'test', profile(`{ type: numato, tty: ${shell.tty}, channels: 2 }`)], { env });
  expect(fine.code, fine.stderr).toBe(0);
  expect(fine.stdout).toMatch(/ok {5}identify +ver\\n\\r00000008\\n\\r> \(/);
  const copy = startVirtualBoard('modbus-rtu', 4, { allAtOnce: 'refuses' });
  const refusing = await cli(['relay', 'test', profile(`{ type: modbus-rtu, tty: ${copy.tty}, channels: 4 }`)], {
    env,
  });
  expect(refusing.code, refusing.stderr).toBe(0);
  expect(refusing.stdout).toMatch(
    /ok {5}switch all switched off and on one after the other: .*board "b0" refused "01 0F 00 00 00 04 01 00 /,
  );
  const dead = startVirtualBoard('scpi', 1, { dead: true });
  const mute = await cli(
    [
      'relay',
      'test',
      profile(`{ type: scpi, tty: ${dead.tty}, channels: 1, options: { replyTimeoutMs: 30, attempts: 1 } }`),
    ],
    { env },
  );
  expect(mute.code).toBe(3);
  expect(mute.stdout).toContain('board "b0" did not answer "*IDN?\\n" within 30 ms');
});

it('relay boards --show TYPE prints a description in YAML or JSON, or refuses the type', async () => {
  const show = (...args: string[]): ReturnType<typeof cli> => cli(['relay', 'boards', '--show', ...args], { env });
  const [shown, json, wrong, exec] = await Promise.all([
    show('modbus-rtu'),
    show('lcus', '--json'),
    show('lcsu'),
    show('exec'),
  ]);
  expect(shown.code, shown.stderr).toBe(0);
  expect(parse(shown.stdout)).toMatchObject({
    boardTypes: {
      'my-modbus-rtu': { channels: { min: 1, max: 32 }, title: expect.stringContaining('parity: even') as string },
    },
  });
  expect(JSON.parse(json.stdout)).toMatchObject({ 'my-lcus': { baud: 9600 } });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean 'lcus'?") as string });
  expect(exec).toMatchObject({ code: 2, stderr: expect.stringContaining('rigs/exec-ipmi.yaml') as string });
});

it('plan and doctor warn of a tty name that depends on the order of the adapters', async () => {
  const file = profile('{ type: lcus, tty: /dev/ttyUSB7, channels: 1 }');
  for (const command of ['plan', 'doctor']) {
    const { stdout } = await cli([command, file], { env });
    expect(stdout, command).toMatch(/boards\.b0\.tty.*\/dev\/ttyUSB7 is numbered in the order of discovery/);
  }
});
