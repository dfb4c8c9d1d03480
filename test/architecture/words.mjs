/**
 * The words that this project does not write, each with what it writes instead (docs/GLOSSARY.md has the reasons).
 * `npm run lint` reads every tracked text file by it: comments, messages, names of tests and identifiers alike. An
 * identifier of several words is read word by word. Fields of the profile keep their names where they stand as code:
 * in quotation marks or backticks, as a member or as a key. So do error codes (CAPITALS_WITH_UNDERSCORES).
 *
 *   node test/architecture/words.mjs [PATH...]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { argv, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

/** Pattern of a listed word, what to write instead, and files where the word means something else. */
export const LISTED = [
  { pattern: /\brotten\b|\brots?\b/, instead: 'corrupt' },
  { pattern: /\bwhole\b|\bwholly\b/, instead: 'valid, intact; entire, all of' },
  { pattern: /\bof before\b/, instead: 'stale, earlier' },
  { pattern: /\bsilent(ly)?\b|\bsilence[ds]?\b/, instead: 'unresponsive, hung; quiet; without notice' },
  { pattern: /\bdark(en|ens|ened|ness)?\b/, instead: 'powered off, power-off time' },
  { pattern: /\bfelt\b/, instead: 'detected' },
  { pattern: /\b(tell|tells|told|telling)\b/, instead: 'notify, report, say; distinguish' },
  { pattern: /\bfetch(es|ed|ing)?\b/, instead: 'prefetch, read', except: /fetch-kernel|^\.ci\/run$|^test\/metrics\// },
  { pattern: /\bstand(s|ing)?\b|\bstood\b|\bstandstills?\b/, instead: 'halt, halted, paused, pause' },
  {
    pattern: /\b(nobody|somebody|anybody|whoever|whomever)\b|\bthe one who\b/,
    instead: 'caller, owner, kernel, device, operator',
  },
  { pattern: /\banew\b/, instead: 'again, from the beginning' },
  { pattern: /\bbeside the ring\b/, instead: 'latency from submission to completion' },
  {
    pattern: /\b(un)?settl(e|es|ed|ing)\b/,
    instead: 'acknowledge, conclude, decide (settle is electrical)',
    except: /^(src|test)\/power\/|^rigs\/|^src\/rig\/schema\/power|^docs\/BOARDS/,
  },
  {
    pattern: /\b(claimed|claiming|claims? (it|them|the (device|disk|area)s?)|claim that meets)\b/,
    instead: 'exclusive open (O_EXCL)',
  },
  { pattern: /\bknown to differ\b/, instead: 'marked dirty' },
  {
    pattern:
      /\b(behaviour|colour|neighbour|favour|honour|labelled|labelling|cancelled|cancelling|modelled|modelling|judgement|grey|centre|whilst|recognis|initialis|synchronis|serialis|normalis|organis|emphasis(e|es|ed)\b)/,
    instead: 'American spelling',
  },
];

const TEXT = /\.(ts|mjs|js|c|h|md|yaml|yml|sh|json)$|^\.ci\/run$|^bin\//;
const NOT_OURS =
  /^package-lock\.json$|^grafana\/generated\/|^test\/architecture\/words|wordsOfTheList|^docs\/GLOSSARY\.md$|^test\/schedule\/durations\.json$/;

/** What stands as code: `word`, 'word', "a.word", .word, word:, --word, word=. */
const CODE = [
  /`[^`\s]*`/g,
  /(?<![\w])'[\w.-]+'/g,
  /(?<![\w])"[\w.-]+"/g,
  /[\w\])](?:\??\.[a-z]\w*)+/g,
  /--[a-z-]+/g,
  /(?<=[{(,|]\s*|^\s*)(?:[a-z]\w*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\??:/g,
];

/** Words of a line, identifiers taken apart at their humps; code is blanked. */
function prose(line) {
  let rest = line;
  for (const code of CODE)
    rest = rest.replace(code, (text) => (/^[\w\])]/.test(text) && text.includes('.') ? text[0] + ' ' : ' '));
  return rest
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
}

/** @returns what the list has against this text of the file `path` */
export function offences(path, text) {
  const found = [];
  text.split('\n').forEach((line, i) => {
    const words = prose(line);
    for (const { pattern, instead, except } of LISTED) {
      if (except?.test(path)) continue;
      const hit = pattern.exec(words);
      if (hit) found.push({ path, line: i + 1, word: hit[0], instead });
    }
  });
  return found;
}

/** Every tracked or new text file under `paths`, and its own name. */
export function offencesUnder(paths) {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...paths], { encoding: 'utf8' });
  return files
    .split('\n')
    .filter((path) => TEXT.test(path) && !NOT_OURS.test(path))
    .flatMap((path) => {
      const named = offences(path, path.replace(/[/.]/g, ' ')).map((o) => ({ ...o, line: 0 }));
      return [...named, ...offences(path, readFileSync(path, 'utf8'))];
    });
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const found = offencesUnder(argv.slice(2));
  for (const { path, line, word, instead } of found) {
    stdout.write(`${path}:${line}  "${word}": write ${instead}\n`);
  }
  if (found.length > 0) stdout.write(`${found.length} listed words; docs/GLOSSARY.md says what to write instead\n`);
  exit(found.length > 0 ? 1 : 0);
}
