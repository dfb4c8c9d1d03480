/**
 * The metrics of a run's last cycle are delivered: the end of the run waits, up to a limit, until they are scraped, and
 * Ctrl-C ends the wait without a change of the verdict; the shipped alert fires for a run of one failed cycle; textfile
 * and Pushgateway get them. None of this changes the exit code.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { parse, scrape } from '../metrics/samples.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'last-cycle';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean(NAME));

const cut = '{ rails: [P, S], during: load, after: 100ms }';
const faultless = join(state.dir, 'faultless.yaml');
writeFileSync(faultless, tinyRigText(NAME, { cycles: 1, cuts: [cut] }));
const lying = join(state.dir, 'lying.yaml');
// A primary that acknowledges flushes and performs none: it loses acknowledged writes, however far the load came.
writeFileSync(
  lying,
  tinyRigText(NAME, {
    cycles: 1,
    cuts: ['{ rails: [P, S], during: load, after: 400ms }'],
    disks: { p: 'killModel: drop, faults: [{ class: lying-flush }]', s: 'killModel: keep' },
  }),
);

const out = (name: string): string => join(state.dir, name);
const PASSED = /^plugpull_cycles_total\{verdict="pass",rig="last-cycle"\} 1$/m;
const WAITING = 'waiting up to';

it('the end of a run waits for one scrape of the final values, and no longer', async () => {
  let scraped: Promise<string> | null = null;
  const run = await cli(['run', faultless, '--out', out('scraped'), '--metrics', '0', '--metrics-linger', '10min'], {
    env,
    onOutput(stdout) {
      if (scraped !== null || !stdout.includes(WAITING)) return;
      // The rig is released before the wait.
      expect(existsSync(join(state.dir, `rig-${NAME}.lock`))).toBe(false);
      scraped = scrape(/http:\S+\/metrics/.exec(stdout)![0]);
    },
  });
  expect(run.code, run.stderr).toBe(0);
  expect(await scraped).toMatch(PASSED);
});

it('Ctrl-C ends the wait and does not change the verdict', async () => {
  let isSent = false;
  const run = await cli(
    ['run', faultless, '--out', out('interrupted'), '--metrics', '0', '--metrics-linger', '10min'],
    {
      env,
      onOutput: (stdout, child) => {
        if (isSent || !stdout.includes(WAITING)) return;
        isSent = true;
        child.kill('SIGINT');
      },
    },
  );
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toContain('the final values were not scraped');
  expect(JSON.parse(readFileSync(join(out('interrupted'), 'run.json'), 'utf8'))).toMatchObject({
    verdict: 'PASS',
    interrupted: false,
  });
});

it('the textfile has the final values; a Pushgateway that fails is reported and changes no verdict', async () => {
  const file = join(state.dir, 'plugpull.prom');
  const run = await cli(
    [
      'run',
      faultless,
      '--out',
      out('sent'),
      '--json',
      '--metrics-textfile',
      file,
      '--metrics-push',
      'http://127.0.0.1:1',
    ],
    { env },
  );
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/metrics: Pushgateway http:\/\/127\.0\.0\.1:1\/: connect ECONNREFUSED/);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(PASSED);
  // Each counted write is in the histograms too, also for the journal.
  const v = parse(text);
  for (const area of ['primary', 'secondary', 'journal']) {
    const writes = v.get(`plugpull_writes_total{area="${area}",rig="${NAME}"}`);
    expect(writes).toBeGreaterThan(0);
    expect([area, v.get(`plugpull_write_duration_seconds_count{area="${area}",rig="${NAME}"}`)]).toEqual([
      area,
      writes,
    ]);
  }
});

const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it.skipIf(!hasPrometheus)(
  `the shipped alert fires for one failed cycle${hasPrometheus ? '' : ' (skipped: `apt-get install prometheus`)'}`,
  async () => {
    const [bench, web] = [await freePort(), await freePort()];
    const dir = join(state.dir, 'prometheus');
    mkdirSync(dir);
    execFileSync('cp', ['grafana/prometheus/alerts.yaml', dir]);
    const config = readFileSync('grafana/prometheus/prometheus.yaml', 'utf8');
    expect(config).toContain('127.0.0.1:9464');
    writeFileSync(join(dir, 'prometheus.yaml'), config.replace('127.0.0.1:9464', `127.0.0.1:${bench}`));
    const args = [
      `--config.file=${join(dir, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${web}`,
    ];
    const prometheus = spawn('prometheus', args, { stdio: 'ignore', timeout: 280_000, killSignal: 'SIGKILL' });
    const closed = new Promise((resolve) => prometheus.once('close', resolve));
    try {
      const alerts = async (): Promise<string> => {
        try {
          return await scrape(`http://127.0.0.1:${web}/api/v1/alerts`);
        } catch {
          return 'not up yet';
        }
      };
      await expect.poll(alerts, { timeout: 60_000 }).toContain('success');
      const run = await cli(['run', lying, '--out', out('failed'), '--metrics', String(bench)], { env });
      expect(run.code, run.stdout + run.stderr).toBe(1);
      await expect.poll(alerts, { timeout: 60_000, interval: 500 }).toMatch(/PlugpullCycleFailed.*firing/);
    } finally {
      prometheus.kill();
      await closed;
    }
  },
);
