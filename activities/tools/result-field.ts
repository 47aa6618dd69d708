/** Reading a stored result, which need not be the tool's own: a person's word may stand in its place. */

/** The first of these fields that is a text, or a phrase that says that none is. */
export function fieldOf(result: unknown, ...names: readonly [string, ...string[]]): string {
  const fields = (result ?? {}) as Readonly<Record<string, unknown>>;
  const value = names.map((name) => fields[name]).find((each) => typeof each === 'string');
  return typeof value === 'string' ? value : `(unknown ${names[0]})`;
}
