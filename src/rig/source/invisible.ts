/**
 * Characters that an eye does not see, and a comparison does: blanks that are not the space bar's, marks of width zero, soft
 * hyphens, direction marks. They come along when a line is copied from a web page or a chat, and make `/dev/sdX` another path.
 */

/** Unicode's spaces, format characters, surrogates and everything that it lets a font leave out; a blank Braille cell. */
const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]`;

/** In a file: but for the blanks and line ends that YAML is laid out with. */
const IN_TEXT = new RegExp(`(?![ \\t\\n\\r])${INVISIBLE}`, 'gu');
/** In a value, where a tab or a line break is a mistake as well: none is free text. */
const IN_VALUE = new RegExp(`(?! )${INVISIBLE}`, 'gu');

export interface Invisible {
  /** In UTF-16 units, as offsets of strings are. */
  at: number;
  character: string;
  /** `U+00A0 (no-break space)` */
  name: string;
}

export function invisibleInText(text: string): Invisible[] {
  return Array.from(text.matchAll(IN_TEXT), named);
}

export function invisibleInValue(text: string): Invisible[] {
  return Array.from(text.matchAll(IN_VALUE), named);
}

export function withoutInvisible(text: string): string {
  return text.replace(IN_VALUE, '?');
}

/** Controls and direction characters: harmful even in a comment, for they write to a terminal and turn what is read. */
export function isDeceptive(character: string): boolean {
  return /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(character);
}

function named(match: RegExpMatchArray): Invisible {
  const [character] = match;
  return { at: match.index!, character, name: nameOf(character) };
}

function nameOf(character: string): string {
  const code = character.codePointAt(0)!;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = NAMES[code];
  return name === undefined ? point : `${point} (${name})`;
}

/** Those that are met; Unicode's own names. */
const NAMES: Record<number, string | undefined> = {
  0x09: 'tab',
  0x0a: 'line feed',
  0x0d: 'carriage return',
  0xa0: 'no-break space',
  0xad: 'soft hyphen',
  0x2002: 'en space',
  0x2003: 'em space',
  0x2007: 'figure space',
  0x2009: 'thin space',
  0x200b: 'zero width space',
  0x200c: 'zero width non-joiner',
  0x200d: 'zero width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x2028: 'line separator',
  0x202a: 'left-to-right embedding',
  0x202c: 'pop directional formatting',
  0x202e: 'right-to-left override',
  0x202f: 'narrow no-break space',
  0x2060: 'word joiner',
  0x3000: 'ideographic space',
  0xfe0f: 'variation selector-16',
  0xfeff: 'zero width no-break space',
};
