import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../src/explore/mutants/index.js';
import { findBoardType } from '../../src/power/catalogue/index.js';
import { parseRig } from '../../src/rig/load.js';
import { cli } from './cli.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);

describe('README', () => {
  it('names only commands that exist', async () => {
    const named = new Set([...readme.matchAll(/^ {4}plugpull ([a-z]+)/gm)].map((m) => m[1]!));
    const help = (await cli(['--help'])).stdout;
    expect(named.size).toBeGreaterThan(8);
    for (const command of named) expect(help, `plugpull ${command}`).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });

  it('links only to files that exist', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]!).filter((l) => !l.startsWith('http'));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect(existsSync(new URL(`../../${link}`, import.meta.url)), link).toBe(true);
  });

  it('shows a profile that is valid', () => {
    const profile = blocks.find((b) => b.startsWith('schemaVersion'))!;
    expect(parseRig(profile, 'README.md')).toMatchObject({ name: 'two-arrays', campaign: { cycles: 200 } });
  });

  it('shows a board that can be used as described', () => {
    const { boardTypes } = parse(blocks.find((b) => b.startsWith('boardTypes'))!) as {
      boardTypes: Record<string, unknown>;
    };
    expect(() => findBoardType('shed-controller', boardTypes)).not.toThrow();
  });

  it('counts the broken engines that there are', () => {
    expect(readme).toContain(`notices: ${MUTANTS.length} engines`);
  });

  it('has no placeholder left', () => {
    expect(readme).not.toMatch(/@@/);
  });
});
