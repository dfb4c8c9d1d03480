/** A board type of the catalogue as YAML that a profile takes: the start of a description of one's own. */

import { stringify } from 'yaml';
import { catalogueInputs } from './catalogue/index.js';

/** The description as written, with a name that the catalogue does not have; null: no such type, or none of frames. */
export function ownBoardType(type: string): { name: string; description: object } | null {
  if (!Object.hasOwn(catalogueInputs, type)) return null;
  const description = { ...catalogueInputs[type] };
  // How sure the catalogue is of a type says nothing of one that is made from it.
  delete description.sure;
  return { name: `my-${type}`, description };
}

/** To be pasted into a profile; null as above. */
export function boardTypeYaml(type: string): string | null {
  const own = ownBoardType(type);
  if (own === null) return null;
  const header = [
    `# ${type} as plugpull knows it, under a name of your own: paste it into a profile, change it there, and name it in`,
    '# boards: { …: { type: … } }. Its fields are explained in src/power/boardType.ts, its frames in',
    '# src/power/language/template.ts and reply.ts.',
    '',
  ].join('\n');
  // A profile takes no aliases.
  return (
    header + stringify({ boardTypes: { [own.name]: own.description } }, { aliasDuplicateObjects: false, lineWidth: 0 })
  );
}
