/**
 * Setup of each test file: after the file, the environment is as before. A process runs many files, and a variable that
 * one of them sets must not reach the next one.
 */
import { afterAll } from 'vitest';

const before = { ...process.env };
// A setup file's hook is registered first and runs last: the file's own hooks still have its variables.
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
});
