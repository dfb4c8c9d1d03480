/**
 * `plugpull report DIR`: report.html and junit.xml once more, from run.json and cycles.jsonl alone. A run that did not
 * come to its end is reported with the cycles that it ended, and says what is missing; its exit code is its verdict's,
 * which is never PASS.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeReportHtml } from '../report/html.js';
import { writeJunit } from '../report/junit.js';
import { summaryTable } from '../report/summaryTable.js';
import { isUnfinished } from '../report/parseRun.js';
import { textOf } from '../campaign/errors.js';
import { UsageError } from '../base/plugpullError.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { print, printJson } from './output.js';
import { readRun } from './readRun.js';

export function addReport(program: Command, setExit: SetExit): void {
  program
    .command('report <dir>')
    .description('rebuild report.html and junit.xml of a run')
    .option('--json', 'the run as JSON on stdout')
    .action((dir: string, options: { json?: boolean }) => {
      const run = readRun(dir);
      replace(join(dir, 'report.html'), writeReportHtml(run));
      replace(join(dir, 'junit.xml'), writeJunit(run));
      if (options.json) printJson(run);
      else print(summaryTable(run, process.stdout.columns));
      if (isUnfinished(run.run)) setExit(run.run.verdict === 'FAIL' ? EXIT.fail : EXIT.invalid);
    });
}

function replace(file: string, text: string): void {
  const draft = `${file}.new`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    throw new UsageError(
      `${file} can't be written (${textOf(error)}); make room and permission, or report on a copy of the directory`,
    );
  }
}
