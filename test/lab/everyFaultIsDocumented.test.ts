/** Promise: the command line, the editor's schema and README show every fault class of a virtual disk. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listFaults, FAULT_CLASSES, parseFaults } from '../../src/lab/faults/spec.js';
import { cli } from '../cli/cli.js';

const textOf = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

it('`lab faults` prints every class with options and defaults that the parser accepts', async () => {
  const { code, stdout } = await cli(['lab', 'faults']);
  expect(code).toBe(0);
  expect(FAULT_CLASSES.length).toBeGreaterThan(15);
  for (const name of FAULT_CLASSES) expect(stdout, name).toMatch(new RegExp(`^${name} +\\S.*\\n +default: \\S`, 'm'));
  for (const fault of listFaults()) {
    const given = fault.options
      .filter(({ default: value }) => value !== null)
      .map(({ name, default: value }) => [name, value] as const);
    const required = fault.options.filter((option) => option.required).map(({ name }) => [name, 'q'] as const);
    expect(
      parseFaults('p', [{ class: fault.class, ...Object.fromEntries([...given, ...required]) }]),
      fault.class,
    ).toHaveLength(1);
  }
  expect((await cli(['lab', '--help'])).stdout).toMatch(/^ {2}faults /m);
});

it('the schema names every class, and README the command', () => {
  for (const name of FAULT_CLASSES) expect(textOf('rigs/schema.json'), name).toContain(`${name}`);
  expect(textOf('rigs/schema.json')).toContain('plugpull lab faults');
  expect(textOf('README.md')).toContain('plugpull lab faults');
});

it('the error for an unknown class names the command', () => {
  expect(() => parseFaults('p', [{ class: 'lying-flsh' }])).toThrow(/plugpull lab faults/);
});
