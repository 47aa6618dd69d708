/** Text from outside, as Postgres can hold it. */

/** Replaces what Postgres refuses in text and jsonb: NUL, and halves of surrogate pairs. */
export const storableText = (text: string): string =>
  text.replaceAll('\0', '\uFFFD').replaceAll(loneSurrogate, '\uFFFD');

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** JSON text of a value whose every string is storable. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'string' ? storableText(each) : each,
  );
