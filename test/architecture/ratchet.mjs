/**
 * Numbers that may only fall. Each is measured here and kept in ratchet.json; ratchetsOnlyFall.test.ts compares the
 * two, and fails also when a number has fallen and the table has the old one.
 *
 *   node test/architecture/ratchet.mjs [--places]        prints the present values, and where they come from
 *   node test/architecture/ratchet.mjs --update          writes them to the table; refuses a number that has risen
 *   node test/architecture/ratchet.mjs --update --raise  writes a number that has risen too: a decision for a review
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const TABLE_FILE = fileURLToPath(new URL('ratchet.json', import.meta.url));
export const COMMENT_COLUMNS_MAX = 120;

/** Sources by path relative to `root`, below the folders. */
export function readSources(root = ROOT, folders = ['src', 'test', 'grafana']) {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .map((path) => `${folder}/${path}`),
  );
  return new Map(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** The numbers of these sources, each with the places that make it. */
export function measure(sources = readSources()) {
  const parsed = new Map(
    [...sources].map(([path, text]) => [path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)]),
  );
  const product = [...parsed].filter(([path]) => path.startsWith('src/'));
  const lines = product.map(([path, file]) => ({ at: path, size: file.text.split('\n').length - 1 }));
  const functions = product.flatMap(([path, file]) => functionLines(path, file));
  const all = [...parsed];
  const comments = all.flatMap(([path, file]) => longCommentLines(path, file));
  const imports = all.flatMap(([path, file]) => repeatedImports(path, file));
  const testOnly = exportsForTestsOnly(parsed);
  return {
    sourceFiles: { value: product.length, places: [] },
    longestFileLines: longest(lines),
    longestFunctionLines: longest(functions),
    commentLinesOver120Columns: { value: comments.length, places: comments },
    repeatedImportLines: { value: imports.length, places: imports },
    exportsUsedByTestsOnly: { value: testOnly.length, places: testOnly },
  };
}

/** What is wrong between the table and the present values, a sentence each. */
export function compare(table, present) {
  const names = [...new Set([...Object.keys(table), ...Object.keys(present)])];
  return names.flatMap((name) => {
    const [kept, now] = [table[name], present[name]?.value];
    if (kept === now) return [];
    const change = `${name}: ${now}, and the table has ${kept}`;
    if (kept === undefined || now === undefined || now < kept)
      return [`${change}; run: node test/architecture/ratchet.mjs --update`];
    const places = present[name].places.slice(0, 20).map((place) => `\n    ${place}`);
    return [`${change}: a number here may only fall${places.join('')}`];
  });
}

function longest(sized) {
  const most = sized.reduce((a, b) => (b.size > a.size ? b : a), { at: '', size: 0 });
  return { value: most.size, places: most.size === 0 ? [] : [most.at] };
}

function lineOf(file, position) {
  return file.getLineAndCharacterOfPosition(position).line;
}

function functionLines(path, file) {
  const found = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      const from = lineOf(file, node.getStart(file));
      found.push({ at: `${path}:${from + 1}`, size: lineOf(file, node.end) - from + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Prettier breaks code at the same column, but no comment. */
function longCommentLines(path, file) {
  const text = file.text.split('\n');
  if (text.every((line) => line.length <= COMMENT_COLUMNS_MAX)) return [];
  const commented = new Set();
  const note = ({ pos, end }) => {
    for (let line = lineOf(file, pos); line <= lineOf(file, end); line++) commented.add(line);
  };
  const visit = (node) => {
    for (const range of ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? []) note(range);
    for (const range of ts.getTrailingCommentRanges(file.text, node.end) ?? []) note(range);
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  return [...commented]
    .filter((line) => text[line].length > COMMENT_COLUMNS_MAX)
    .sort((a, b) => a - b)
    .map((line) => `${path}:${line + 1}`);
}

/** Each import declaration of a module that a declaration above it imports from as well. */
function repeatedImports(path, file) {
  const seen = new Set();
  return file.statements.filter(ts.isImportDeclaration).flatMap((statement) => {
    const module = statement.moduleSpecifier.text;
    if (seen.has(module)) return [`${path}:${lineOf(file, statement.getStart(file)) + 1}: ${module}`];
    seen.add(module);
    return [];
  });
}

function isExported(statement) {
  return (
    ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)
  );
}

function targetOf(path, specifier) {
  return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts') : null;
}

/** Names that the file declares, and where the names come from that it passes on. */
function exportsOf(path, file) {
  const own = new Set();
  const passedOn = new Map();
  const stars = [];
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      const target = statement.moduleSpecifier === undefined ? null : targetOf(path, statement.moduleSpecifier.text);
      if (statement.exportClause === undefined) {
        if (target !== null) stars.push(target);
      } else if (ts.isNamedExports(statement.exportClause)) {
        for (const { name, propertyName } of statement.exportClause.elements) {
          if (target === null) own.add(name.text);
          else passedOn.set(name.text, { target, name: (propertyName ?? name).text });
        }
      }
    } else if (ts.isVariableStatement(statement) && isExported(statement)) {
      for (const { name } of statement.declarationList.declarations) if (ts.isIdentifier(name)) own.add(name.text);
    } else if (isExported(statement) && statement.name !== undefined) own.add(statement.name.text);
  }
  return { own, passedOn, stars };
}

/** Calls `use(target, name)` for each name that the file imports; `name` null: every export of the target. */
function eachImport(path, file, use) {
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const target = targetOf(path, node.moduleSpecifier.text);
      const bindings = node.importClause?.namedBindings;
      if (target !== null && bindings !== undefined) {
        if (ts.isNamespaceImport(bindings)) use(target, null);
        else for (const { name, propertyName } of bindings.elements) use(target, (propertyName ?? name).text);
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      const target = ts.isStringLiteral(specifier) ? targetOf(path, specifier.text) : null;
      if (target !== null) use(target, null);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const target = targetOf(path, node.argument.literal.text);
      if (target !== null)
        use(target, node.qualifier === undefined ? null : node.qualifier.getText(file).split('.')[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function exportsForTestsOnly(parsed) {
  const exported = new Map([...parsed].map(([path, file]) => [path, exportsOf(path, file)]));
  const used = { product: new Set(), tests: new Set() };
  const mark = (set, path, name, seen = new Set()) => {
    const file = exported.get(path);
    if (file === undefined || seen.has(path)) return;
    seen.add(path);
    const names = name === null ? [...file.own, ...file.passedOn.keys()] : [name];
    for (const each of names) {
      const origin = file.passedOn.get(each);
      if (origin !== undefined) mark(set, origin.target, origin.name, new Set());
      else if (file.own.has(each)) set.add(`${path}: ${each}`);
      else for (const star of file.stars) mark(set, star, each, seen);
    }
    if (name === null) for (const star of file.stars) mark(set, star, null, seen);
  };
  for (const [path, file] of parsed) {
    const set = path.startsWith('test/') ? used.tests : used.product;
    eachImport(path, file, (target, name) => mark(set, target, name));
  }
  return [...used.tests].filter((place) => place.startsWith('src/') && !used.product.has(place)).sort();
}

export function readTable() {
  return JSON.parse(readFileSync(TABLE_FILE, 'utf8'));
}

/** Null, and the table is written; or what has risen. */
export function update(present, table, mayRise, write) {
  const risen = Object.keys(present).filter((name) => present[name].value > (table[name] ?? Infinity));
  if (risen.length > 0 && !mayRise) return `${risen.join(', ')} would rise; --raise writes it all the same`;
  write(Object.fromEntries(Object.entries(present).map(([name, { value }]) => [name, value])));
  return null;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const present = measure();
  for (const [name, { value, places }] of Object.entries(present)) {
    stdout.write(`${name}: ${value}\n`);
    if (argv.includes('--places')) for (const place of places) stdout.write(`    ${place}\n`);
  }
  if (argv.includes('--update')) {
    const write = (table) => writeFileSync(TABLE_FILE, `${JSON.stringify(table, null, 2)}\n`);
    const refusal = update(present, readTable(), argv.includes('--raise'), write);
    if (refusal !== null) stdout.write(`ratchet.json is unchanged: ${refusal}\n`);
    exit(refusal === null ? 0 : 1);
  }
}
