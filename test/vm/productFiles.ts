/**
 * The product as npm installs it for a user: the compiled program, the native library and the packages that are no
 * development dependency. It includes only the files that Node reads.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveFile } from './cpio.js';

const READ_BY_NODE = /\.(js|cjs|mjs|json|node|so)$/;

interface Lock {
  packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
}

/** `folder`: where the guest has them. */
export function productFiles(project: string, folder: string): ArchiveFile[] {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as Lock;
  const installed = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path);
  const paths = ['dist', 'native/build', ...installed].flatMap((path) => filesIn(project, path));
  return ['package.json', ...new Set(paths)].map((path) => ({
    path: `${folder}/${path}`,
    bytes: readFileSync(join(project, path)),
  }));
}

/** Empty for an optional package that npm did not install, such as one for another processor. */
function filesIn(project: string, path: string): string[] {
  try {
    return readdirSync(join(project, path), { recursive: true, encoding: 'utf8' })
      .filter((name) => READ_BY_NODE.test(name))
      .map((name) => join(path, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
