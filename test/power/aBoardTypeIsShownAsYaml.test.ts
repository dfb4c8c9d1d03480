/** `relay boards --show TYPE` prints YAML. A profile can use it under another name, and the same bytes are sent. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardTypeYaml, catalogue } from '../../src/power/catalogue/index.js';
import { boardTypeSchema } from '../../src/power/boardType.js';
import { openPower } from '../../src/power/openPower.js';
import { parseRig } from '../../src/rig/load.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { problemsOf } from '../rig/minimal.js';
import { closeAll, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** Each type, with a number of channels that vendors sell. */
const CHANNELS: Record<string, number> = {
  lcus: 2,
  numato: 4,
  kmtronic: 2,
  devantech: 2,
  icse: 2,
  conrad: 8,
  denkovi16: 16,
  sainsmart16: 16,
  'modbus-rtu': 4,
  'modbus-r421a': 2,
  firmata: 2,
  scpi: 1,
  'scpi-siglent': 2,
};

const profile = (type: string, tty: string, channels: number): string => `schemaVersion: 1
name: shown
primary: { device: "lab:d" }
secondary: { device: "lab:e" }
journal: { device: "lab:j" }
boards:
  board: { type: ${type}, tty: ${tty}, channels: ${channels}, options: { replyTimeoutMs: 20000 } }
rails:
  first: { board: board, channels: [1], powers: [primary], settle: 0s }
  all: { board: board, channels: [${Array.from({ length: Math.max(0, channels - 1) }, (_, i) => i + 2).join(', ')}], powers: [secondary], settle: 0s }
lab:
  disks: { d: { size: 1MiB, fedBy: "x:1" }, e: { size: 1MiB, fedBy: "x:1" }, j: { size: 16MiB, fedBy: "x:1" } }
  boards: { x: { protocol: lcus, channels: 1 } }
`;

function rigOf(type: string, tty: string, channels: number, more = ''): ResolvedRig {
  const text = profile(type, tty, channels);
  return parseRig((channels === 1 ? text.replace(/^ {2}all:.*\n/m, '') : text) + more, 'shown.yaml');
}

/** All bytes that the bench sends when it opens, reads, cuts, pulses and closes a board. */
async function bytesSent(type: string, protocol: string, more: string): Promise<string> {
  const channels = CHANNELS[protocol];
  const board = startVirtualBoard(protocol, channels);
  const power = await openPower(rigOf(type, board.tty, channels, more), { runtimeDir, openWire: board.openWire });
  try {
    const all = power.railNames;
    await power.readRail('first');
    await power.switchRail('first', 'off');
    await power.switchRail('first', 'on');
    await power.switchRails(all, 'off');
    await power.switchRails(all, 'on');
    // The pulse ends before the bench could read it back, so that the number of reads does not vary.
    if (catalogue.get(protocol)!.pulse?.off !== undefined) await power.pulseRail('first', 100);
    await board.allReceived();
    // The speed of the host decides how many zeros resynchronize a Conrad board, and how often a state is read until it
    // is the expected one.
    return board.received
      .join('')
      .replace(/^(00)+/, '')
      .replace(/(.{8,}?)\1+/g, '$1');
  } finally {
    await power.close();
  }
}

it('the table contains every board of the catalogue', () => {
  expect(Object.keys(CHANNELS)).toEqual([...catalogue.keys()]);
});

it.each(Object.keys(CHANNELS))('the printed YAML of %s has the same fields and sends the same bytes', async (type) => {
  const yaml = boardTypeYaml(type)!;
  const rig = rigOf(`my-${type}`, '/dev/ttyS0', CHANNELS[type], yaml);
  expect(boardTypeSchema.parse(rig.boardTypes[`my-${type}`])).toEqual({ ...catalogue.get(type)!, sure: 'user' });
  expect(await bytesSent(`my-${type}`, type, yaml)).toBe(await bytesSent(type, type, ''));
});

it('a type that is not made of frames, or does not exist, has no YAML', () => {
  expect(['exec', 'dtr', 'lcsu', 'toString'].map(boardTypeYaml)).toEqual([null, null, null, null]);
});

const own = (field: string): string[] =>
  problemsOf(
    `${profile('mine', '/dev/ttyS0', 4)}boardTypes:\n  mine:\n    channels: { min: 1, max: 4 }\n    set: { on: '01', off: '00' }\n    ${field}\n`,
  );

it.each([
  [
    `read: { send: '"R" {channel:dec}', expect: '{state}' }`,
    /:18:19: boardTypes\.mine\.read\.send: .*name "channel" is not known here.*add per: channel/,
  ],
  [`read: { send: '"R"', expect: '"K" {channel:dec} {state}' }`, /name "channel" is not known here.*put \( \) around/],
  [`identify: '{mask}'`, /boardTypes\.mine\.identify.*name "mask" is not known here.*set\.mask and setAll/],
  [`identify: '{units}'`, /only the frames of pulse/],
  [`bauds: 9600`, /the field does not exist/],
])('%s is refused with what to write instead', (field, message) => {
  expect(own(field).join('\n')).toMatch(message);
});

it('the message about a wrong description names the command that prints a valid one', () => {
  expect(own(`identify: '{mask}'`)[0]).toMatch(/`plugpull relay boards --show TYPE` prints a description that works$/);
});

it('{channel} in read is accepted with per: channel', () => {
  expect(own(`read: { per: channel, send: '"R" {channel:dec}', expect: '{state}' }`)).toEqual([]);
});

it('the schema for editors contains exactly the fields of a description', () => {
  const schema = JSON.parse(fs.readFileSync('rigs/schema.json', 'utf8')) as {
    properties: { boardTypes: { additionalProperties: { additionalProperties: boolean; properties: object } } };
  };
  const { additionalProperties, properties } = schema.properties.boardTypes.additionalProperties;
  expect(additionalProperties).toBe(false);
  expect(Object.keys(properties)).toEqual(Object.keys(boardTypeSchema.shape));
});
