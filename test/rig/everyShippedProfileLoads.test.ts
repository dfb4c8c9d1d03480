import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadRig } from '../../src/rig/load.js';

const profiles = readdirSync('rigs').filter((f) => f.endsWith('.yaml'));

it('rigs/ contains a profile for every kind of bench', () => {
  expect(profiles.sort()).toEqual([
    'array-journal-partition.yaml',
    'cut-points.yaml',
    'example-sas-pair.yaml',
    'exec-ipmi.yaml',
    'loop-ci.yaml',
    'nvme-scpi.yaml',
    'usb-lcus.yaml',
    'virtual-mirror.yaml',
    'virtual-quick.yaml',
  ]);
});

it.each(profiles)('%s loads and names its schema for editors', (file) => {
  const rig = loadRig(`rigs/${file}`);
  expect(rig.campaign.cuts.length).toBeGreaterThan(0);
  expect(readFileSync(`rigs/${file}`, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=schema.json');
  // A journal in the host may keep its power. Any other warning is a mistake in the profile.
  expect(rig.warnings.filter((w) => w.field !== 'journal')).toEqual([]);
});

it('the virtual profiles cut every area, also during a resync or a recovery', () => {
  for (const file of ['rigs/virtual-mirror.yaml', 'rigs/loop-ci.yaml']) {
    const { campaign, rails, lab, warnings } = loadRig(file);
    const cut = new Set(campaign.cuts.flatMap((c) => c.rails).flatMap((r) => rails.find((x) => x.name === r)!.powers));
    expect([...cut].sort()).toEqual(['journal', 'primary', 'secondary']);
    expect(campaign.cuts.some((c) => c.during !== 'load')).toBe(true);
    expect(campaign.cycles).toBeGreaterThanOrEqual(campaign.cuts.length);
    expect(lab!.disks.every((d) => ['keep-drop', 'mixed'].includes(d.killModel) && d.tearProbability > 0)).toBe(true);
    expect(warnings).toEqual([]);
  }
});

it('the commented example names every field of the format', () => {
  const text = readFileSync('rigs/example-sas-pair.yaml', 'utf8');
  const schema = JSON.parse(readFileSync('rigs/schema.json', 'utf8')) as {
    properties: Record<string, { properties?: object }>;
  };
  for (const [section, { properties }] of Object.entries(schema.properties)) {
    if (section === 'lab') continue; // The example describes a real bench, which has no lab.
    for (const field of [section, ...Object.keys(properties ?? {})]) {
      if (field !== 'backingFile') expect(text, `${section}: ${field}`).toMatch(new RegExp(`\\b${field}:`));
    }
  }
});
