export function sayOnStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}
