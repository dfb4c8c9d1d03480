/** Links, files, and numbers of rules and invariants that the documentation or the code cites exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FAULT_CLASSES } from '../../src/lab/faults/spec.js';
import { CLAIMS } from '../tracker/claims/table.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const pages = tracked.filter((file) => file.endsWith('.md'));

/** Targets of `[text](target)`, without those of other sites. */
function linksOf(page: string): string[] {
  return [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** As GitHub makes anchors of headings, and the page's own. */
function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replace(/ /g, '-'),
  );
  return [...headings, ...[...textOf(page).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id)];
}

describe('the documentation', () => {
  it.each(pages)('%s links to what is there', (page) => {
    const broken = linksOf(page).filter((link) => {
      const [path, anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      return !existsSync(join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  it('names files of the repository that exist', () => {
    const missing = pages.flatMap((page) =>
      [
        ...textOf(page).matchAll(
          /`((?:src|test|native|rigs|grafana|docs)\/[\w./-]*\w\.(?:ts|mjs|yaml|md|c|h|sh|json))`/g,
        ),
      ]
        .filter(([, file]) => !existsSync(join(ROOT, file)))
        .map(([, file]) => `${page}: ${file}`),
    );
    expect(missing).toEqual([]);
  });
});

it('the drawings of docs/ARCHITECTURE.md name files that exist', () => {
  const drawings = [...textOf('docs/ARCHITECTURE.md').matchAll(/```\n([\s\S]*?)```/g)]
    .map(([, text]) => text)
    .join('\n');
  const named = [...drawings.matchAll(/(?<![\w/])((?:\w+\/)+\w+\.ts)/g)].map(([, file]) => file);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !existsSync(join(ROOT, 'src', file)))).toEqual([]);
});

describe('rules and invariants', () => {
  const defined = new Set([...textOf('docs/PROTOCOL.md').matchAll(/<a id="([RI]\d+)">/g)].map(([, id]) => id));

  it('are numbered without a gap', () => {
    const numbered = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
    expect([...defined].sort()).toEqual([...numbered('R', 13), ...numbered('I', 5)].sort());
  });

  it('that code, tests and pages cite are defined in docs/PROTOCOL.md', () => {
    const cited = tracked
      .filter((file) => /^(src|test|docs|rigs|README|CONTRIBUTING)/.test(file) && /\.(ts|md|yaml)$/.test(file))
      .flatMap((file) => [...textOf(file).matchAll(/(?<![\w.])([RI][1-9]\d?)(?!\w)/g)].map(([, id]) => ({ file, id })));
    expect(cited.filter(({ id }) => !defined.has(id))).toEqual([]);
    expect(cited.length).toBeGreaterThan(100);
  });

  it('say in docs/PROTOCOL.md which claims they come from, as the tests of the claims do', () => {
    const rows = [...textOf('docs/PROTOCOL.md').matchAll(/<a id="(R\d+)">.*\| ([\d, ]*)\|$/gm)];
    expect(rows).toHaveLength(13);
    for (const [, rule, said] of rows) {
      const claims = CLAIMS.filter(({ rules }) => rules.includes(rule)).map(({ claim }) => claim);
      expect(said.split(',').map(Number).filter(Boolean), rule).toEqual(claims);
    }
  });
});

it('the fault catalogue has a row for each fault that a profile can give a virtual disk', () => {
  const rows = new Set([...textOf('docs/FAULTS.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name));
  expect(FAULT_CLASSES.filter((name) => !rows.has(name))).toEqual([]);
});
