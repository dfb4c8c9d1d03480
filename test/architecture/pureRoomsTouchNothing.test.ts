/** Pure rooms use no module of Node's, no clock, no randomness and no global of the process. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { importsOf, parseSource, roomOf, sourceFiles } from './sources.js';

const PURE = [
  'tracker/core',
  'tracker/journal',
  'workload',
  'judge',
  'judge/history',
  'judge/classify',
  'judge/verdict',
  'campaign/cycle',
];
/** In `base`, which is pure but for these. */
const IMPURE_BASE = ['base/systemClock.ts'];
const FORBIDDEN_GLOBALS = new Set([
  'Date',
  'performance',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'crypto',
  'console',
  'fetch',
]);

/** Pure packages that a pure room may use. */
const ALLOWED_PACKAGES = ['@stdlib/stats-base-dists-beta-quantile'];

const isPure = (file: string): boolean =>
  PURE.includes(roomOf(file)) || (roomOf(file) === 'base' && !IMPURE_BASE.includes(file));
const files = sourceFiles().filter(isPure);

describe('pure rooms', () => {
  it.each(PURE)('%s has files', (folder) => {
    expect(files.some((file) => roomOf(file) === folder)).toBe(true);
  });

  it('import no module from outside but pure packages', () => {
    const outside = files
      .flatMap(importsOf)
      .filter((i) => i.target === null && !ALLOWED_PACKAGES.includes(i.specifier))
      .map((i) => `${i.file} -> ${i.specifier}`);
    expect(outside).toEqual([]);
  });

  it('know others by their types alone, but for pure files', () => {
    const known = files
      .flatMap(importsOf)
      .filter((i) => i.target !== null && !i.typeOnly && !isPure(i.target))
      .map((i) => `${i.file} -> ${i.target}`);
    expect(known).toEqual([]);
  });

  it('use no clock, no randomness and no global of the process', () => {
    expect(files.flatMap(impurities)).toEqual([]);
  });
});

function impurities(file: string): string[] {
  const source = parseSource(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isName = ts.isIdentifier(node) && !isMemberName(node);
    if (isName && FORBIDDEN_GLOBALS.has(node.text)) found.push(`${file}: ${node.text}`);
    if (ts.isPropertyAccessExpression(node) && node.getText(source) === 'Math.random')
      found.push(`${file}: Math.random`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `x.process`, `{ process: 1 }` and a parameter of that name are not globals. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  return 'name' in parent && parent.name === node;
}
