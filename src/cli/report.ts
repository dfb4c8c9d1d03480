/** `plugpull report DIR`: report.html and junit.xml once more, from run.json and cycles.jsonl alone. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { codeOf, textOf } from '../campaign/errors.js';
import { writeReportHtml } from '../report/html.js';
import { writeJunit } from '../report/junit.js';
import { parseRun } from '../report/parseRun.js';
import { summaryTable } from '../report/summaryTable.js';
import { UsageError } from './exitCodes.js';
import { print, printJson } from './options.js';

export function addReport(program: Command): void {
  program
    .command('report <dir>')
    .description('rebuild report.html and junit.xml of a run')
    .option('--json', 'the run as JSON on stdout')
    .action((dir: string, options: { json?: boolean }) => {
      const run = parseRun(readText(dir, 'run.json'), readText(dir, 'cycles.jsonl'));
      replace(join(dir, 'report.html'), writeReportHtml(run));
      replace(join(dir, 'junit.xml'), writeJunit(run));
      if (options.json) printJson(run);
      else print(summaryTable(run));
    });
}

function readText(dir: string, name: string): string {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'is not there; is that a run directory whose run has ended?' : textOf(error);
    throw new UsageError(`${join(dir, name)} ${why}`);
  }
}

function replace(file: string, text: string): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}
