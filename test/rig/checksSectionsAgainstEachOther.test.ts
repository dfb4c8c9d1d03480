import { expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, problemsOf, spoiled } from './minimal.js';

const refused: [string, string, string][] = [
  [
    'a lab disk that does not exist',
    spoiled('lab:s', 'lab:sx'),
    `secondary.device: lab:sx: lab.disks has no disk "sx"; did you mean 's'?`,
  ],
  [
    'a device of two areas',
    spoiled('lab:s', 'lab:p'),
    'secondary.device: lab:p: is already the device of primary; name another device: every area needs its own',
  ],
  [
    'an identity for a lab disk',
    spoiled('"lab:p" }', '"lab:p", serial: abc }'),
    'primary.serial: abc: a lab disk has no serial; delete serial',
  ],
  ['a loop device without its file', spoiled('"lab:p"', '/dev/loop7'), 'primary: a loop device needs backingFile'],
  [
    'a disk under a name that may change',
    spoiled('"lab:p"', '/dev/sdb, serial: abc'),
    'primary.device: /dev/sdb: must be /dev/disk/by-id/… or /dev/disk/by-path/…',
  ],
  ['a disk without identity', spoiled('"lab:p"', '/dev/disk/by-id/wwn-0x1'), 'primary: a disk needs serial or wwn'],
  [
    'a path with ..',
    spoiled('"lab:p"', '/dev/disk/by-id/../../sda, serial: a'),
    'primary.device: /dev/disk/by-id/../../sda: must be a path',
  ],
  [
    'a serial that YAML reads as a number',
    spoiled('"lab:p"', '/dev/disk/by-id/wwn-1, serial: 0042'),
    'primary.serial: 42: must be 1 to 128 printable ASCII characters; put it in quotes',
  ],
  [
    'a region larger than the area',
    `${MINIMAL}regionSize: 128MiB\n`,
    'regionSize: 128MiB: must fit into the smaller area, which has 64MiB',
  ],
  [
    'a region size that is not a power of two',
    `${MINIMAL}regionSize: 96KiB\n`,
    'regionSize: 96KiB: must be a power of two from 4KiB to 1GiB; write 64KiB',
  ],
  [
    'a write that is not a multiple of 4 KiB',
    `${MINIMAL}workload: { writeSize: 6KiB }\n`,
    'workload.writeSize: 6KiB: must be a multiple of 4KiB from 4KiB to 16MiB; write 4KiB',
  ],
  [
    'a write larger than a shortened area',
    spoiled('"lab:p" }', '"lab:p", size: 32KiB }') + 'regionSize: 4KiB\n',
    'workload.writeSize: must fit into the smaller area, which has 32KiB',
  ],
  [
    'more bytes in flight than the memory limit',
    `${MINIMAL}workload: { queueDepth: 1024, writeSize: 16MiB }\n`,
    'workload.queueDepth: 1024: queueDepth times the largest writeSize is 16GiB of memory; the limit is 1GiB',
  ],
  [
    'a queue too deep',
    `${MINIMAL}workload: { queueDepth: 1025 }\n`,
    'workload.queueDepth: 1025: must be an integer from 1 to 1024; write at most 1024',
  ],
  [
    'a log that fills the journal',
    spoiled('"lab:j" }', '"lab:j", logSize: 16MiB }'),
    'journal.logSize: 16MiB: log, superblocks and the indicators of 64 regions take 16400KiB; the journal has 16MiB',
  ],
  [
    'indicators that do not fit on the journal',
    `${MINIMAL.replaceAll('size: 64MiB', 'size: 4TiB')}regionSize: 64KiB\n`,
    'the indicators of 67108864 regions take 22504KiB; the journal has 16MiB; write a smaller logSize, regionSize: 128KiB, or',
  ],
  [
    'an area larger than its disk',
    spoiled('"lab:p" }', '"lab:p", size: 65MiB }'),
    'primary.size: 65MiB: the lab disk has only 64MiB; write at most 64MiB',
  ],
  [
    'a disk that is not a multiple of its sectors',
    spoiled('size: 64MiB, fedBy: "relay0:1"', 'size: 67109376, fedBy: "relay0:1"'),
    'lab.disks.p.size: 67109376: must be a multiple of 4KiB',
  ],
  [
    'a flush interval that is not shorter than the acknowledgement timeout',
    `${MINIMAL}tracking: { ackTimeout: 100ms, flushInterval: 100ms }\n`,
    'tracking.flushInterval: 100ms: must be shorter than tracking.ackTimeout, 100ms',
  ],
  [
    'a channel that the board does not have',
    spoiled('channels: [3]', 'channels: [5]'),
    'rails.J.channels[0]: 5: channel 5 does not exist on board "relay0" (lcus with 4); write 1 to 4',
  ],
  [
    'a channel used twice',
    spoiled('channels: [3]', 'channels: [2]'),
    'rails.J.channels[0]: 2: relay0:2 already belongs to rail "S"',
  ],
  [
    'a board that does not exist',
    spoiled('P: { board: relay0', 'P: { board: relay1'),
    `rails.P.board: relay1: board "relay1" does not exist; did you mean 'relay0'?`,
  ],
  ['a board without tty', spoiled('tty: "lab:relay0", ', ''), 'boards.relay0: a board needs tty'],
  [
    'a lab board that does not exist',
    spoiled('tty: "lab:relay0"', 'tty: "lab:relay9"'),
    'boards.relay0.tty: lab:relay9: lab.boards has no board "relay9"',
  ],
  [
    'a cut of a rail that does not exist',
    `${MINIMAL}campaign: { cuts: [{ rails: [PP] }] }\n`,
    `campaign.cuts[0].rails[0]: PP: rail "PP" does not exist; did you mean 'P'?`,
  ],
  [
    'a rail twice in a cut',
    `${MINIMAL}campaign: { cuts: [{ rails: [P, S, P] }] }\n`,
    'campaign.cuts[0].rails[2]: P: is twice in this cut',
  ],
  [
    'a cut point of another phase',
    `${MINIMAL}campaign: { cuts: [{ rails: [P], at: copy-read, during: load }] }\n`,
    'campaign.cuts[0].during: load: must be resync, the phase of copy-read; write resync, or delete during',
  ],
  [
    'a cut point that does not exist',
    `${MINIMAL}campaign: { cuts: [{ rails: [P], at: both-complete }] }\n`,
    "did you mean 'both-completed'?",
  ],
  [
    'a cut at a flush of a disk that is never flushed',
    spoiled('"lab:p" }', '"lab:p", durability: fua }') + 'campaign: { cuts: [{ rails: [P, J], at: flush }] }\n',
    'campaign.cuts[0].at: flush: the protocol never flushes primary, because durability is fua; write both-completed',
  ],
  [
    'a lab board of another protocol',
    spoiled('relay0: {}', 'relay0: { protocol: numato }'),
    'lab.boards.relay0.protocol: numato: differs from boards.relay0, which is a lcus; write lcus, or delete protocol',
  ],
  [
    'a lab board with another number of channels',
    spoiled('relay0: {}', 'relay0: { channels: 8 }'),
    'lab.boards.relay0.channels: 8: differs from boards.relay0, which has 4; write 4, or delete channels',
  ],
  [
    'a lab disk fed by a channel that does not exist',
    spoiled('fedBy: "relay0:3"', 'fedBy: "relay0:5"'),
    'lab.disks.j.fedBy: relay0:5: channel 5 does not exist on board "relay0" (it has 4); write 1 to 4',
  ],
  [
    'more regions than 2^32',
    spoiled('"lab:p"', '/dev/disk/by-id/wwn-1, wwn: a, size: 32TiB')
      .replace('"lab:s"', '/dev/disk/by-id/wwn-2, wwn: b, size: 32TiB')
      .replace('16MiB', '4GiB') + 'regionSize: 4KiB\n',
    'regionSize: 4KiB: an area of 32TiB would have more than 2^32 regions; write at least 8KiB',
  ],
  [
    'a board type that does not exist',
    spoiled('type: lcus', 'type: lcuss'),
    `boards.relay0.type: lcuss: board type "lcuss" does not exist; did you mean 'lcus'?`,
  ],
  [
    'more channels than the board type has',
    spoiled('channels: 4 }', 'channels: 12 }'),
    'boards.relay0.channels: 12: a board of type lcus has 1 to 8 channels; count the relays on the board',
  ],
  [
    'a fault that does not exist',
    spoiled('fedBy: "relay0:1"', 'fedBy: "relay0:1", faults: [{ class: lost-writes }]'),
    'lab.disks.p.faults[0]: {"class":"lost-writes"}: disk p, faults[0]: class "lost-writes" can\'t be injected',
  ],
  [
    'a fault with an option that it does not have',
    spoiled('fedBy: "relay0:1"', 'fedBy: "relay0:1", faults: [{ class: lying-flush, every: 3 }]'),
    'lab.disks.p.faults[0]',
  ],
  [
    'a lab board with an unknown quirk',
    spoiled('relay0: {}', 'relay0: { options: { mutee: true } }'),
    'lab.boards.relay0: options of lcus',
  ],
  [
    'an exec board without its commands',
    spoiled('type: lcus, tty: "lab:relay0", channels: 4', 'type: exec, channels: 4, options: { on: [on] }').replace(
      'relay0: {}',
      'relay0: { protocol: lcus, channels: 4 }',
    ),
    'boards.relay0.options.off: ',
  ],
  [
    'a campaign without cycles',
    `${MINIMAL}campaign: { cycles: 0 }\n`,
    'campaign.cycles: 0: must be an integer from 1 to 1000000; write at least 1',
  ],
];

it.each(refused)('%s is refused', (_what, text, message) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(message);
});

it('two partitions of one disk load with a warning; a disk and its partition are refused', () => {
  const disk = (name: string, part: string): string =>
    `${name}: { device: /dev/disk/by-id/wwn-0x1${part}, wwn: "0x1" }\n`;
  const rest =
    'schemaVersion: 1\nname: tiny\nprimary: { device: "lab:p" }\nlab: { disks: { p: { size: 64MiB, fedBy: "b:1" } }, boards: { b: { protocol: lcus, channels: 1 } } }\n';
  const rig = parseRig(rest + disk('secondary', '-part1') + disk('journal', '-part2'), 'b');
  expect(rig.warnings).toContainEqual({
    field: 'journal.device',
    text: 'shares a disk with secondary: one cut takes power from both',
  });
  expect(problemsOf(rest + disk('secondary', '') + disk('journal', '-part2'))[0]).toContain(
    'overlaps secondary: one is a partition of the other',
  );
});

it('a cut point decides the phase and the earliest time of the cut', () => {
  const cuts = (text: string) => parseRig(`${MINIMAL}campaign: { cuts: [${text}] }\n`, 'b').campaign.cuts;
  const never = { min: 0, max: 0 };
  expect(
    cuts('{ rails: [P], at: flush }, { rails: [P], at: copy-read }, { rails: [P], at: dirty-read, after: 5ms }'),
  ).toEqual([
    { rails: ['P'], at: 'flush', during: 'load', afterMs: { min: 200, max: 2000 } },
    { rails: ['P'], at: 'copy-read', during: 'resync', afterMs: never },
    { rails: ['P'], at: 'dirty-read', during: 'recovery', afterMs: { min: 5, max: 5 } },
  ]);
  expect(cuts('{ rails: [P], during: resync }')).toEqual([
    { rails: ['P'], during: 'resync', afterMs: { min: 200, max: 2000 } },
  ]);
});

it('a valid profile that is probably wrong loads with a warning', () => {
  const warnings = (text: string): string[] => parseRig(text, 'b').warnings.map((w) => `${w.field}: ${w.text}`);
  expect(warnings(MINIMAL.replace(/ {2}J: .*\n/, ''))).toEqual(['journal: no rail powers it: it never loses power']);
  expect(warnings(spoiled('fedBy: "relay0:1"', 'fedBy: "relay0:4"'))).toEqual([
    'rails.P: powers primary, but relay0:4 feeds its lab disk: a cut of this rail proves nothing',
  ]);
  expect(warnings(`${MINIMAL}campaign: { cuts: [] }\n`)).toEqual([
    'campaign.cuts: is empty: nothing is cut, so every cycle would be INVALID',
  ]);
});
