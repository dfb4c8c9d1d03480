/** Source files by room, and their imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const SRC = fileURLToPath(new URL('../../src', import.meta.url));

export interface Import {
  /** Relative to src/, as `campaign/cycle.ts`. */
  file: string;
  room: string;
  /** As written: `node:fs`, `zod`, `../rig/resolved.js`. */
  specifier: string;
  /** Relative to src/ with `.ts`; null outside src/. */
  target: string | null;
  targetRoom: string | null;
  typeOnly: boolean;
}

export function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

const parsed = new Map<string, ts.SourceFile>();

export function parseSource(file: string): ts.SourceFile {
  let source = parsed.get(file);
  if (source === undefined) {
    source = ts.createSourceFile(file, readFileSync(join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true);
    parsed.set(file, source);
  }
  return source;
}

/** Divided rooms: each folder in them is a room of its own. */
const DIVIDED = ['tracker', 'judge', 'replication', 'campaign'];

/** `power` of `power/boards/board.ts`; `judge/history` of `judge/history/feed.ts`. */
export function roomOf(file: string): string {
  const [folder, sub, ...rest] = file.split('/');
  return DIVIDED.includes(folder) && rest.length > 0 ? `${folder}/${sub}` : folder;
}

/** Static imports, re-exports and `import()`; `import('…').T` in a type counts as type-only. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const note = (specifier: string, typeOnly: boolean): void => {
    const target = specifier.startsWith('.')
      ? relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.js$/, '.ts')
      : null;
    const inside = target !== null && !target.startsWith('..');
    found.push({
      file,
      room: roomOf(file),
      specifier,
      target: inside ? target : null,
      targetRoom: inside ? roomOf(target) : null,
      typeOnly,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      note(node.moduleSpecifier.text, isTypeOnlyImport(node));
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      note(node.moduleSpecifier.text, isTypeOnlyExport(node));
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      note(node.arguments[0].text, false);
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      note(node.argument.literal.text, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(parseSource(file));
  return found;
}

export function allImports(): Import[] {
  return sourceFiles().flatMap(importsOf);
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((e) => e.isTypeOnly)
  );
}

function isTypeOnlyExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true;
  const clause = node.exportClause;
  return (
    clause !== undefined &&
    ts.isNamedExports(clause) &&
    clause.elements.length > 0 &&
    clause.elements.every((e) => e.isTypeOnly)
  );
}
