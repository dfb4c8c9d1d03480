/** What commands print: answers on stdout, all else on stderr. */

let answered = false;

/** Something was printed with `printJson`: stdout holds its one document. */
export function jsonPrinted(): boolean {
  return answered;
}

/** One JSON value, for programs. */
export function printJson(value: unknown): void {
  answered = true;
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What a second Ctrl-C does, said once it would do it. */

export function printHurry(what: string): () => void {
  return () => printError(hurryText(what));
}

export function hurryText(what: string): string {
  return `plugpull: interrupted, ending in order; another Ctrl-C from now on ${what}`;
}
