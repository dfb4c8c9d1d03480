import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { RigError } from '../../src/rig/errors.js';
import { problemsOf } from './minimal.js';

const BAD = `schemaVersion: 1
name: Tiny_Rig
regionSze: 64KiB
mode: synch
primary: { device: "lab:q" }
secondary: { device: /dev/sdb }
journal: { device: "lab:j", logSize: 5GB }
rails:
  P: { board: relay0, channels: [9], powers: [primry] }
campaign:
  dark: 5
  cuts:
    - { rails: [P], after: [5s, 1s] }
lab:
  disks:
    j: { size: 16MiB, fedBy: "relay0:3" }
`;

it('one error lists all problems in the order of the file, each with place, field, value, rule and next step', () => {
  expect(problemsOf(BAD)).toEqual([
    'bench.yaml:2:7: name: Tiny_Rig: must be 1 to 32 of a-z, 0-9 and -, not beginning with -; write another name',
    "bench.yaml:3:1: regionSze: the field does not exist; did you mean 'regionSize'?",
    "bench.yaml:4:7: mode: synch: must be one of sync, async; did you mean 'sync'?",
    `bench.yaml:5:20: primary.device: lab:q: lab.disks has no disk "q"; did you mean 'j'?`,
    'bench.yaml:6:1: secondary: a disk needs serial or wwn; add one from `lsblk -o NAME,SERIAL,WWN`',
    'bench.yaml:6:22: secondary.device: /dev/sdb: must be /dev/disk/by-id/… or /dev/disk/by-path/… (for a partition also by-partuuid/…, for a multipath device /dev/mapper/…): other names may change at a power cut; copy the name from `ls -l /dev/disk/by-id`',
    'bench.yaml:7:38: journal.logSize: 5GB: must be a multiple of 8KiB from 64KiB to 1GiB; units are B, KiB, MiB, GiB, TiB: write 5GiB',
    "bench.yaml:9:47: rails.P.powers[0]: primry: must be one of primary, secondary, journal; did you mean 'primary'?",
    'bench.yaml:11:9: campaign.dark: 5: must be a time from 0s to 1h; add the unit: 5ms or 5s',
    'bench.yaml:13:28: campaign.cuts[0].after: ["5s","1s"]: must be a time from 0s to 1h, lowest first; swap the two values',
    'bench.yaml:16:30: lab.disks.j.fedBy: relay0:3: lab.boards has no board "relay0"; the profile defines none: add one',
  ]);
});

it('a missing field is reported at its parent', () => {
  expect(problemsOf('schemaVersion: 1\nprimary: { serial: abc }\n')).toEqual([
    'bench.yaml:1:1: name: is required: must be 1 to 32 of a-z, 0-9 and -, not beginning with -; add it',
    'bench.yaml:1:1: secondary: is required; add it',
    'bench.yaml:1:1: journal: is required; add it',
    'bench.yaml:2:10: primary.device: is required: must be a path under /dev or lab:NAME; add it',
  ]);
});

it('the error has the same problems as objects for programs', () => {
  let error: unknown;
  try {
    parseRig(BAD, 'bench.yaml');
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(RigError);
  expect((error as RigError).code).toBe('RIG_INVALID');
  expect((error as RigError).problems[2]).toEqual({
    file: 'bench.yaml',
    line: 4,
    column: 7,
    field: 'mode',
    value: 'synch',
    rule: 'must be one of sync, async',
    next: "did you mean 'sync'?",
  });
});
