/**
 * A check looks across sections, where a schema can't. It is given the sections that are valid by themselves and skips
 * what it would need of the others, so that one mistake does not hide the next.
 */
import type { Profile } from '../schema/profile.js';
import type { FieldPath } from '../source/fieldPath.js';

export interface Finding {
  kind: 'error' | 'warning';
  path: FieldPath;
  /** The field's name is at fault (or has no value): point at it. */
  atKey?: boolean;
  rule: string;
  next: string;
}

export type Check = (profile: Partial<Profile>, report: (finding: Finding) => void) => void;
