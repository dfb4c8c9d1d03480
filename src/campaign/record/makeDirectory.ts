/**
 * Makes a directory and what is missing above it. Node's own recursive mkdir never returns where a file system has no
 * place for new directories (/proc), so it is done step by step.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../errors.js';

/** Modes apply to what is made. @throws the system's error: EACCES, ENOENT, ENOTDIR, … */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let at = path; statSync(at, { throwIfNoEntry: false }) === undefined; at = dirname(at)) missing.unshift(at);
  for (const at of missing) {
    try {
      mkdirSync(at, { mode });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}
