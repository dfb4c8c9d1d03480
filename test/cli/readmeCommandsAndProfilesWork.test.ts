/**
 * Every command in README.md is executed on the virtual lab, and the output that it shows is what the program prints.
 * Every command and option that README.md and the pages for users name exists, and every YAML example there is loaded.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseRig } from '../../src/rig/load.js';
import { canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli, type CliOptions } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const page = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = page('README.md');
/** README and the pages that it sends users to. */
const guide = ['HARDWARE', 'PROFILE', 'BOARDS', 'METRICS', 'RECORDS'].reduce(
  (text, name) => `${text}\n${page(`docs/${name}.md`)}`,
  readme,
);
const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  scripts: Record<string, string>;
};
const FENCED = /```(\w*)\n([\s\S]*?)```/g;
const fenced = [...guide.matchAll(FENCED)].map(([, language, text]) => ({ language, text }));
/** Lines of the indented code blocks: commands. */
const commandLines = [...guide.replaceAll(FENCED, '').matchAll(/^ {4}(\S.*)$/gm)].map(([, line]) => line);

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

describe('the table of commands', () => {
  const RIG = join(state.dir, 'readme.yaml');
  const DIR = join(state.dir, 'run');
  const run = [
    '--cycles',
    '1',
    '--seed',
    '5',
    '--out',
    DIR,
    '--metrics',
    '127.0.0.1:0',
    '--metrics-linger',
    '0',
    '--json',
  ];
  const endAtOnce: CliOptions = { onOutput: (text, child) => text.includes('metrics: http') && child.kill('SIGTERM') };

  const SHORT = ['--seconds', '1', '--rounds', '1'];
  /** Each command of the table, in an order in which all of them succeed, with what it needs here to be short. */
  const EXECUTED: Record<string, { args: string[]; options?: CliOptions }> = {
    'lab up': { args: [RIG] },
    plan: { args: [RIG] },
    doctor: { args: [RIG] },
    enrol: { args: [RIG] },
    'relay boards': { args: [] },
    'relay list': { args: [] },
    'relay test': { args: [RIG] },
    'relay off': { args: [RIG, 'P'] },
    'relay on': { args: [RIG] },
    'relay state': { args: [RIG] },
    'relay pulse': { args: [RIG, 'P', '--ms', '5'] },
    'relay calibrate': { args: [RIG, '--cuts', '1', '--out', join(state.dir, 'calibration')] },
    run: { args: [RIG, ...run] },
    resync: { args: [RIG] },
    verify: { args: [RIG] },
    inspect: { args: [RIG] },
    report: { args: [DIR] },
    replay: { args: [DIR, '--out', join(state.dir, 'replayed')] },
    serve: { args: [RIG, '--listen', '0'], options: endAtOnce },
    'lab down': { args: [RIG] },
    explore: { args: ['--seconds', '1', '--threads', '1'] },
    'bench core': { args: [...SHORT, '--regions', '4096', '--in-flight', '512'] },
    'bench io': { args: [...SHORT, '--size', '16', '--ffi', 'koffi'] },
    'bench mirror': { args: [...SHORT, '--size', '16', '--depth', '4', '--set', 'hot'] },
    'bench resync': { args: [...SHORT, '--size', '16'] },
    'bench verify': { args: ['--rounds', '1', '--size', '16'] },
    'bench scan': { args: ['--rounds', '1', '--size', '16'] },
    'bench regions': { args: [...SHORT, '--size', '16'] },
    'bench scale': { args: ['--rounds', '1', '--largest', '1'] },
  };

  /** `relay …  a | b` and `lab up|down` are several commands. */
  const listed = commandLines
    .filter((line) => line.startsWith('plugpull '))
    .flatMap((line) => {
      const [, usage, meaning] = /^plugpull (.+?) {2,}(.*)$/.exec(line)!;
      const [word, rest] = usage.split(' ');
      if (rest === '…') return meaning.split(' | ').map((sub) => `${word} ${sub}`);
      return rest?.includes('|') ? rest.split('|').map((sub) => `${word} ${sub}`) : [word];
    });

  it('has a case here for each command', () => {
    expect(listed.toSorted()).toEqual(Object.keys(EXECUTED).toSorted());
  });

  it.skipIf(!canRunLab)('each command succeeds on the virtual lab', async () => {
    const cuts = ['{ rails: [P], during: load, after: 100ms }'];
    writeFileSync(RIG, tinyRigText('readme', { cycles: 2, cuts }));
    for (const [command, { args, options }] of Object.entries(EXECUTED)) {
      const result = await cli([...command.split(' '), ...args], { env, ...options });
      expect(result.code, `${command}: ${result.stdout.slice(-2000)}${result.stderr}`).toBe(0);
    }
  });
});

describe('commands', () => {
  it('in indented blocks are those of plugpull, npm, tmux and systemd, and npm finds its scripts', () => {
    expect(commandLines.filter((line) => !/^(plugpull|npm|tmux|systemd-run|journalctl) /.test(line))).toEqual([]);
    const called = commandLines.flatMap((line) => [...line.matchAll(/npm (\w+)/g)].map(([, word]) => word));
    // `ci` installs, `cit` installs and tests: commands of npm itself.
    expect(new Set(called)).toEqual(new Set(['ci', 'start', 'cit']));
    expect(scripts).toMatchObject({ start: expect.any(String) as string, test: expect.any(String) as string });
  });

  it('have the subcommands and options that the text gives them', async () => {
    const inText = [...guide.replaceAll(FENCED, '').matchAll(/`([^`]*)`/g)].map(([, code]) => code);
    const named = [...inText, ...commandLines].flatMap(
      (code) => /\bplugpull ((?:[a-z]+|--|[A-Z]).*)/.exec(code)?.[1] ?? [],
    );
    expect(named.length).toBeGreaterThan(20);
    const withSubcommands = ['relay', 'lab', 'bench'];
    const helps = new Map<string, Promise<string>>();
    for (const usage of named) {
      // What follows two blanks is the meaning of the command.
      const [word, sub = ''] = usage.split(/ {2,}/)[0].split(' ');
      const command = withSubcommands.includes(word) && /^[a-z]+$/.test(sub) ? [word, sub] : [word];
      const key = command.join(' ');
      if (!helps.has(key))
        helps.set(
          key,
          cli([...command, '--help']).then(({ code, stdout }) => (code === 0 ? stdout : '')),
        );
      const help = await helps.get(key)!;
      expect(help, `plugpull ${usage}`).toContain(`Usage: plugpull ${key} `);
      for (const [option] of usage.matchAll(/--[a-z][a-z-]*/g)) expect(help, `plugpull ${usage}`).toContain(option);
    }
  });
});

it.skipIf(!canRunLab)('npm start prints what README shows', async () => {
  const shown = fenced.find(({ text }) => text.includes('0 invalid of'))!.text;
  const [node, main, ...args] = scripts.start.split(' ');
  expect([node, main]).toEqual(['node', 'dist/cli/main.js']);
  const { code, stdout, stderr } = await cli([...args, '--out', join(state.dir, 'started')], { env });
  expect(code, stderr).toBe(0);
  /** Without what differs from run to run: latencies, counts of regions, rates. */
  const outcome = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => /^ +\d+ {2}[PSJ+]+ /.test(line))
      .map((line) => line.trim().split(/ {2,}/))
      .map((cells) => [...cells.slice(0, 4), cells.at(-1)!]);
  const line = (text: string, begin: string): string | undefined => text.split('\n').find((l) => l.startsWith(begin));
  expect(outcome(shown)).toHaveLength(6);
  expect(outcome(stdout)).toEqual(outcome(shown));
  expect(line(stdout, 'PASS: ')).toBe(line(shown, 'PASS: '));
  expect(line(stdout, 'cycle  ')?.split(/\s+/)).toEqual(line(shown, 'cycle  ')?.split(/\s+/));
});

describe('YAML', () => {
  const blocks = fenced.filter(({ language }) => language === 'yaml').map(({ text }) => text);
  const profile = blocks.find((text) => text.startsWith('schemaVersion'))!;

  it('of a profile is accepted', () => {
    expect(parseRig(profile, 'PROFILE.md')).toMatchObject({ name: 'two-arrays', campaign: { cycles: 200 } });
  });

  it('of a part of a profile is accepted in that profile', () => {
    const parts = blocks.filter((text) => text !== profile);
    const opening = parts.map((text) => text.split(/[ \n]/)[0]);
    expect(opening.sort()).toEqual(['boardTypes:', 'resync:', 'workload:']);
    for (const part of parts) {
      if (part.startsWith('resync:')) {
        const { tracking } = parseRig(`${profile}\n${part}`, 'PROFILE.md');
        expect(tracking.resync).toEqual({ maxBytesPerSecond: 200 * 2 ** 20, minShare: 0.25 });
        continue;
      }
      if (part.startsWith('workload:')) {
        // Its campaign fields belong into the campaign of the profile.
        const { campaign } = parseRig(profile.replace('campaign:\n', part), 'PROFILE.md');
        expect([campaign.judge.fullEvery, campaign.verify.fullEvery, campaign.scrubPercent]).toEqual([50, null, 0.5]);
        continue;
      }
      const [type] = /(?<=^ {2})[\w-]+(?=:)/m.exec(part)!;
      const using = profile.replace(/type: [\w-]+/, `type: ${type}`).replace('channels: 8', 'channels: 4');
      expect(parseRig(`${using}${part}`, 'PROFILE.md').boards).toMatchObject([{ name: 'relay0' }]);
    }
  });
});
