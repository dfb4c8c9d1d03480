/** Where a value sits in a profile. */
export type FieldPath = readonly (string | number)[];

/** `['campaign', 'cuts', 1, 'rails']` → `campaign.cuts[1].rails` */
export function formatFieldPath(path: FieldPath): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');
}
