/** `plugpull report DIR`: report.html and junit.xml once more, from run.json and cycles.jsonl alone. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeReportHtml } from '../report/html.js';
import { writeJunit } from '../report/junit.js';
import { parseRun } from '../report/parseRun.js';
import { summaryTable } from '../report/summaryTable.js';
import { print, printJson } from './options.js';
import { readRunFile } from './runFile.js';

export function addReport(program: Command): void {
  program
    .command('report <dir>')
    .description('rebuild report.html and junit.xml of a run')
    .option('--json', 'the run as JSON on stdout')
    .action((dir: string, options: { json?: boolean }) => {
      const run = parseRun(readRunFile(dir, 'run.json'), readRunFile(dir, 'cycles.jsonl'));
      replace(join(dir, 'report.html'), writeReportHtml(run));
      replace(join(dir, 'junit.xml'), writeJunit(run));
      if (options.json) printJson(run);
      else print(summaryTable(run, process.stdout.columns));
    });
}

function replace(file: string, text: string): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}
