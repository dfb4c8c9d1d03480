/**
 * Invisible characters: blanks other than the space, characters of zero width, soft hyphens, direction marks. A line
 * that is copied from a web page or a chat may contain them, and they make `/dev/sdX` another path.
 */

/**
 * Unicode's spaces, controls, format characters, surrogates, default ignorable characters, and the blank Braille cell.
 */
const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]`;

/** In a file, where the blanks and line ends of YAML's layout are allowed. */
const IN_TEXT = new RegExp(`(?![ \\t\\n\\r])${INVISIBLE}`, 'gu');
/** In a value, where tabs and line breaks are not allowed either: no value is free text. */
const IN_VALUE = new RegExp(`(?! )${INVISIBLE}`, 'gu');

export interface Invisible {
  /** Offset in UTF-16 units. */
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

/** Control and direction characters. They harm even in a comment: they control a terminal or reverse the text shown. */
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

/** Unicode names of the common ones. */
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
