/** Output of commands: results on stdout, everything else on stderr. */

let hasPrintedJson = false;

/** `printJson` was called. A second JSON document on stdout would break the reader. */
export function jsonPrinted(): boolean {
  return hasPrintedJson;
}

/** Prints one JSON value. */
export function printJson(value: unknown): void {
  hasPrintedJson = true;
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** For after the first Ctrl-C: prints what a second one does. */
export function printHurry(what: string): () => void {
  return () => printError(hurryText(what));
}

export function hurryText(what: string): string {
  return `plugpull: interrupted, ending in order; another Ctrl-C from now on ${what}`;
}
