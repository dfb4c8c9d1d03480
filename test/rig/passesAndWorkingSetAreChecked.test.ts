/** The fields of partial passes: their words, their defaults, and what does not go together. */
import { describe, expect, it } from 'vitest';
import { effectiveRig } from '../../src/cli/options.js';
import { dumpRig } from '../../src/rig/dump.js';
import { parseRig } from '../../src/rig/load.js';
import { MINIMAL, problemsOf } from './minimal.js';

const rigOf = (campaign: string, more = '') => parseRig(`${MINIMAL}campaign: { ${campaign} }\n${more}`, 'x.yaml');
const passes = (campaign: string, more = '') => {
  const { judge, verify, scrubPercent } = rigOf(campaign, more).campaign;
  return [judge.fullEvery, verify.fullEvery, scrubPercent];
};
const WITHIN = 'workload: { addresses: { within: 8MiB } }\n';

describe('judge, verify and scrub', () => {
  it('are full, and then there is no scrub', () => {
    expect(passes('')).toEqual([1, 1, 0]);
    expect(passes('verify: touched')).toEqual([1, null, 0]);
  });

  it('scrub one percent as soon as the judge does not read everything', () => {
    expect(passes('judge: touched')).toEqual([null, 1, 1]);
    expect(passes('judge: { fullEvery: 12 }, verify: { fullEvery: 3 }')).toEqual([12, 3, 1]);
    expect(passes('judge: touched, scrub: 0.25')).toEqual([null, 1, 0.25]);
    expect(passes('prepare: touched, judge: touched, verify: touched', WITHIN)).toEqual([null, null, 0]);
  });

  it.each([
    'sometimes',
    '{ fullEvery: 1 }',
    '{ fullEvery: 2.5 }',
    '{ every: 3 }',
    '{ fullEvery: 3, x: 1 }',
    '[full]',
    'null',
  ])('refuse %s', (word) => {
    const [first] = problemsOf(`${MINIMAL}campaign: { judge: ${word} }\n`).filter((line) => line.includes('judge'));
    expect(first).toMatch(/must be full, touched, or fullEvery/);
  });
});

describe('prepare: touched', () => {
  it('needs a working set', () => {
    const problems = problemsOf(`${MINIMAL}campaign: { prepare: touched, judge: touched, verify: touched }\n`);
    expect(problems.join('\n')).toMatch(/touched needs a workload that writes a limited part.*within/);
  });

  it.each([
    'verify: touched',
    'judge: touched',
    'judge: touched, verify: { fullEvery: 4 }',
    'judge: touched, verify: touched, scrub: 1',
  ])('is refused with %s: a pass that reads the rest would blame a device for it', (more) => {
    const problems = problemsOf(`${MINIMAL}campaign: { prepare: touched, ${more} }\n${WITHIN}`);
    expect(problems.join('\n')).toMatch(/with prepare: touched: what was never written may differ/);
  });
});

it('the places of a working set follow the seed of the campaign, also one of the command line', () => {
  const rig = rigOf('seed: 5', WITHIN);
  expect(rig.workload.addresses.within).toEqual({ bytes: 8 * 2 ** 20, seed: 5 });
  expect(effectiveRig(rig, { seed: 6 }).workload.addresses.within).toEqual({ bytes: 8 * 2 ** 20, seed: 6 });
});

it('a working set is not larger than the area', () => {
  expect(problemsOf(`${MINIMAL}workload: { addresses: { within: 65MiB } }\n`).join('\n')).toMatch(/must fit into/);
});

it.each(['judge: touched, verify: { fullEvery: 7 }, scrub: 2', 'prepare: touched, judge: touched, verify: touched'])(
  'a dump of %s loads the same',
  (campaign) => {
    const rig = rigOf(campaign, WITHIN);
    expect({ ...parseRig(dumpRig(rig), 'x.yaml'), file: rig.file }).toEqual(rig);
  },
);
