/** What a second Ctrl-C does, said once it would do it. */
import { sayOnStderr } from './sayOnStderr.js';

export function sayHurry(what: string): () => void {
  return () => sayOnStderr(hurryText(what));
}

export function hurryText(what: string): string {
  return `plugpull: interrupted, ending in order; another Ctrl-C from now on ${what}`;
}
