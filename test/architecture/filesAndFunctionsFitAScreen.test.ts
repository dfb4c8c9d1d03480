/** Size limits of source files and functions. ratchet.json holds the present sizes, which only fall. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parseSource, sourceFiles, SRC } from './sources.js';

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 80;
/** Half of the files are shorter. */
const MEDIAN_LINES_MAX = 130;

const lineCounts = new Map(
  sourceFiles().map((file) => [file, readFileSync(join(SRC, file), 'utf8').split('\n').length - 1]),
);

describe('sources', () => {
  it(`have no file over ${FILE_LINES_MAX} lines`, () => {
    expect([...lineCounts].filter(([, lines]) => lines > FILE_LINES_MAX)).toEqual([]);
  });

  it(`have half of their files under ${MEDIAN_LINES_MAX} lines`, () => {
    const sorted = [...lineCounts.values()].sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(MEDIAN_LINES_MAX);
  });

  it(`have no function over ${FUNCTION_LINES_MAX} lines`, () => {
    expect(sourceFiles().flatMap(longFunctions)).toEqual([]);
  });

  it('begin with a comment on their purpose when they have more than 40 lines', () => {
    const unexplained = [...lineCounts]
      .filter(([, lines]) => lines > 40)
      .map(([file]) => file)
      .filter((file) => !/^(#!.*\n)?\s*\/\*\*/.test(readFileSync(join(SRC, file), 'utf8')));
    expect(unexplained).toEqual([]);
  });
});

function longFunctions(file: string): string[] {
  const source = parseSource(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const from = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const to = source.getLineAndCharacterOfPosition(node.end).line;
      if (to - from + 1 > FUNCTION_LINES_MAX) found.push(`${file}:${from + 1}: ${to - from + 1} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
