/** The JSON of an answer's content, made once from what arrived: from then on it is only copied. */

/**
 * The content of an answer as JSON text. A streamed answer never crosses the wire as one text, so
 * this is where its bytes are decided. The inputs of calls stand as the model wrote them: parsed and
 * printed again, `1.0` would become `1`, long numbers others, and keys like `"2"` would move.
 */
export const contentJsonOf = (
  blocks: readonly object[],
  /** The JSON of each input as it came, by the index of its block. */
  inputs: ReadonlyMap<number, string>,
): string => `[${blocks.map((block, index) => blockJson(block, inputs.get(index))).join(',')}]`;

function blockJson(block: object, input: string | undefined): string {
  if (input === undefined || !isJson(input)) return JSON.stringify(block);
  // Through JSON and back: getters and hidden fields of whoever made the block stay behind.
  const plain = JSON.parse(JSON.stringify(block)) as Readonly<Record<string, unknown>>;
  const fields = Object.entries(plain).map(
    ([name, value]) =>
      `${JSON.stringify(name)}:${name === 'input' ? input : JSON.stringify(value)}`,
  );
  return `{${fields.join(',')}}`;
}

/** Says whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
