/** A YAML text as data, and where in it each thing stands. */
import { LineCounter, isMap, isNode, isScalar, parseDocument, type Document } from 'yaml';

export type YamlPath = readonly (string | number)[];

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlText {
  /** Null where the text is no YAML: `faults` say why. */
  readonly value: unknown;
  readonly faults: readonly { readonly place: Place; readonly message: string }[];
  /** Where the value of a path stands; of one that is not there, what it is missing in. */
  placeOf(path: YamlPath): Place;
  /** Where the name of a field stands. */
  placeOfName(path: YamlPath): Place;
}

/** Reads a text. Never throws: all that is wrong with it as YAML is in `faults`. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const placeOf = (path: YamlPath): Place => {
    const node = nodeAt(document, path);
    if (isNode(node) && node.range) return placeAt(node.range[0]);
    return path.length === 0 ? placeAt(0) : placeOf(path.slice(0, -1));
  };
  const placeOfName = (path: YamlPath): Place => {
    const parent = nodeAt(document, path.slice(0, -1));
    const pairs = isMap(parent) ? parent.items : [];
    const name = pairs
      .map(({ key }) => key)
      .find((key) => isScalar(key) && key.value === path.at(-1));
    return isScalar(name) && name.range ? placeAt(name.range[0]) : placeOf(path);
  };
  const wrong = [...document.errors, ...document.warnings].map(
    ({ pos: [start], code, message }) => ({
      place: placeAt(start),
      message: code === 'MULTIPLE_DOCS' ? 'a second document begins here: one is all' : message,
    }),
  );
  const read = wrong.length > 0 ? { value: null, faults: wrong } : plainOf(document, placeAt(0));
  return { ...read, placeOf, placeOfName };
}

/** The line at a place with a caret under it, as what is wrong with a condition is shown. */
export function excerptAt(text: string, { line, column }: Place): string {
  const head = `>${String(line).padStart(5)} | `;
  const shown = text.split(/\r?\n/)[line - 1] ?? '';
  return `${head}${shown}\n${' '.repeat(head.length + column - 1)}^`;
}

const nodeAt = (document: Document, path: YamlPath): unknown =>
  path.length === 0 ? document.contents : document.getIn(path, true);

/** Names that stand for each other without end are refused where they are written out. */
function plainOf(document: Document, place: Place): Pick<YamlText, 'value' | 'faults'> {
  try {
    return { value: document.toJS() as unknown, faults: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'is no YAML';
    return { value: null, faults: [{ place, message }] };
  }
}
