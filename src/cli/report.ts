/**
 * `plugpull report DIR`: writes report.html and junit.xml again, from run.json and cycles.jsonl. The report of a run
 * that has not ended shows its complete cycles and the missing files; the exit code follows its verdict, which is never
 * PASS.
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
    .description('write report.html and junit.xml of a run again, from its records')
    .option('--json', 'print the run as JSON')
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
      `${file}: write failed (${textOf(error)}); free space or correct permissions, or use a copy of the directory`,
    );
  }
}
