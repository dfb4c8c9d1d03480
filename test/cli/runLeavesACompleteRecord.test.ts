/** One campaign on the virtual lab: what it prints, and what it leaves in the run directory and on the host. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { parseRun } from '../../src/report/parseRun.js';
import { loadRig } from '../../src/rig/load.js';
import { ownStateDir, rigText } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
const out = join(state.dir, 'out');
const cuts = ['{ rails: [P, J], during: load, after: [50ms, 200ms] }', '{ rails: [S], during: resync, after: 1ms }'];
let result: CliResult;

beforeAll(async () => {
  writeFileSync(file, rigText('record', { cuts, cycles: 2 }));
  result = await cli(['run', file, '--out', out, '--seed', '42', '--json'], { env });
});
afterAll(() => state.clean('record'));

const text = (name: string): string => readFileSync(join(out, name), 'utf8');

describe('a run', () => {
  it('passes', () => {
    expect(result.code, result.stderr + result.stdout.slice(-2000)).toBe(0);
  });

  it('with --json gives one JSON value and nothing else on stdout', () => {
    const json = JSON.parse(result.stdout) as { directory: string; run: { verdict: string } };
    expect(json.directory).toBe(out);
    expect(json.run.verdict).toBe('PASS');
  });

  it('writes every file of the run directory, readable only by its owner', () => {
    expect(readdirSync(out).sort()).toEqual([
      'cycles.jsonl',
      'events.jsonl',
      'history',
      'junit.xml',
      'metrics.prom',
      'report.html',
      'rig.yaml',
      'run.json',
    ]);
    for (const name of readdirSync(out)) expect(statSync(join(out, name)).mode & 0o077, name).toBe(0);
    expect(readdirSync(join(out, 'history')).sort()).toEqual(['cycle-000000.bin']);
  });

  it('records each cycle, with proof of cut from the devices', () => {
    const { run, cycles } = parseRun(text('run.json'), text('cycles.jsonl'));
    expect(run).toMatchObject({
      schemaVersion: 1,
      seed: 42,
      verdict: 'PASS',
      interrupted: false,
      troubles: [],
      cyclesPlanned: 2,
    });
    expect(cycles.map((c) => [c.rails.join('+'), c.during, c.proofOfCut.kind])).toEqual([
      ['P+J', 'load', 'device'],
      ['S', 'resync', 'device'],
    ]);
    expect(cycles.every((c) => c.judge?.lostIndicators === 0 && c.verify?.equal === true)).toBe(true);
  });

  it('records the profile as it was run, seeds of the lab included', () => {
    const rig = loadRig(join(out, 'rig.yaml'));
    expect([rig.campaign.seed, rig.lab?.seed, rig.campaign.cycles]).toEqual([42, 42, 2]);
    expect(parseRun(text('run.json'), text('cycles.jsonl')).run.replay).toBe(`plugpull replay ${out}`);
  });

  it('times every phase', () => {
    const events = text('events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; phase?: string; durationMs?: number });
    const phases = new Set(
      events.filter((e) => e.event === 'phase' && typeof e.durationMs === 'number').map((e) => e.phase),
    );
    for (const phase of [
      'preflight',
      'load',
      'arm',
      'cut',
      'dark',
      'restore',
      'identify',
      'recover',
      'judge',
      'resync',
      'verify',
    ])
      expect(phases).toContain(phase);
  });

  it('sums the phases in run.json as events.jsonl has them, with the time between cycles', () => {
    const { times } = parseRun(text('run.json'), text('cycles.jsonl')).run;
    const events = text('events.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; phase?: string; step?: string; durationMs?: number });
    const durations = new Map<string, number[]>();
    for (const { event, phase, step, durationMs } of events) {
      if (event !== 'phase' && event !== 'step') continue;
      const name = phase ?? `step ${step}`;
      durations.set(name, [...(durations.get(name) ?? []), durationMs!]);
    }
    const phases = times!.phases.filter(({ name }) => name !== 'record');
    const timed = [...phases, ...times!.steps.map((step) => ({ ...step, name: `step ${step.name}` }))];
    expect(timed.map(({ name }) => name).sort()).toEqual([...durations.keys()].sort());
    for (const { name, count, medianMs, totalMs } of timed) {
      const sorted = durations.get(name)!.sort((a, b) => a - b);
      expect(count, name).toBe(sorted.length);
      expect(sorted, name).toContain(medianMs);
      expect(sorted.filter((ms) => ms < medianMs).length * 2, name).toBeLessThanOrEqual(sorted.length);
      expect(totalMs, name).toBeCloseTo(
        sorted.reduce((sum, ms) => sum + ms, 0),
        1,
      );
    }
    const cut = phases.find(({ name }) => name === 'cut')!;
    expect(cut).toMatchObject({ count: 3, bound: { by: 'boards' } });
    // The time of the profile counts from the loss of power, a part of which is in the phase before.
    const { bound, medianMs } = phases.find(({ name }) => name === 'dark')!;
    expect(bound).toMatchObject({ by: 'profile' });
    expect(bound!.medianMs).toBeGreaterThan(0);
    expect(bound!.medianMs).toBeLessThanOrEqual(Math.min(medianMs, loadRig(join(out, 'rig.yaml')).campaign.darkMs));
    expect(times!.phases.at(-1)).toMatchObject({ name: 'record', count: 2 });
    expect(times!.cycles).toBe(2);
  });

  it('writes the final metrics to metrics.prom', () => {
    expect(text('metrics.prom')).toMatch(/plugpull_cycles_total\{[^}]*verdict="pass"[^}]*\} 2/);
    expect(text('metrics.prom')).toMatch(/plugpull_power_cuts_total\{[^}]*rail="S"[^}]*\} 2/);
  });

  it('leaves no lab, no lock and no loop device', async () => {
    expect(await labStatus('record')).toBeNull();
    expect(readdirSync(state.dir).filter((name) => name.endsWith('.lock'))).toEqual([]);
    // For a hang only: a program of udev may hold a device that changed open for a moment.
    const loops = (): string =>
      execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], { encoding: 'utf8' });
    await expect.poll(loops, { timeout: 30_000 }).not.toContain(state.dir);
  });

  it('has a report that `report` rebuilds identically', async () => {
    const before = text('report.html');
    writeFileSync(join(out, 'report.html'), 'lost');
    const rebuilt = await cli(['report', out], { env });
    expect(rebuilt.code, rebuilt.stderr).toBe(0);
    expect(rebuilt.stdout).toContain('PASS: 2 passed');
    expect(rebuilt.stdout).toMatch(/^2 cycles in .* an hour; outside the cycles: lab /m);
    expect(text('report.html')).toBe(before);
  });
});
