/** Reads an `agent.yaml`: its fields with their defaults, or all that is wrong with it at once. */
import type { Tool } from '../activities/tool.js';
import type { JsonSchema } from '../contracts/agent.js';
import { schemaProblems } from '../policy/arguments.js';
import { excerptAt, readYaml, type Place, type YamlText } from '../policy/yaml-text.js';
import { canonicalJson } from '../runtime/digest.js';
import { AgentFileError } from './agent-file-error.js';
import { agentSchema, type AgentFields } from './agent-schema.js';
import { toolProblems } from './check-tool.js';
import { faultsOf, unknownWords, type FieldFault } from './word-issue.js';

export interface AgentFileTerms {
  /** As problems name it. */
  readonly file: string;
  readonly folderName: string;
  /** Every tool that there is. */
  readonly tools: readonly Tool[];
}

/** Throws an {@link AgentFileError}; each problem shows its line with a caret under the place. */
export function readAgentFile(text: string, terms: AgentFileTerms): AgentFields {
  const yaml = readYaml(text);
  const told = (place: Place, field: string, message: string): string => {
    const head = [`${terms.file}:${place.line}:${place.column}`, field, message];
    return `${head.filter((part) => part !== '').join(': ')}\n\n${excerptAt(text, place)}\n`;
  };
  if (yaml.faults.length > 0) {
    throw new AgentFileError(yaml.faults.map(({ place, message }) => told(place, '', message)));
  }
  const result = agentSchema.safeParse(yaml.value);
  const faults = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => faultsOf(issue, yaml.value))),
    ...meaningFaults(yaml.value, terms),
  ];
  if (result.success && faults.length === 0) return result.data;
  throw new AgentFileError(
    faults
      .map((fault) => ({ ...fault, place: placeOf(fault, yaml) }))
      .toSorted(byPlace)
      .map(({ place, path, message }) => told(place, path.join('.'), message)),
  );
}

const placeOf = ({ path, isName }: FieldFault, yaml: YamlText): Place =>
  isName ? yaml.placeOfName(path) : yaml.placeOf(path);

const byPlace = (one: { readonly place: Place }, other: { readonly place: Place }): number =>
  one.place.line - other.place.line || one.place.column - other.place.column;

/** What no type says: looked at also where another field is wrong. */
function meaningFaults(value: unknown, terms: AgentFileTerms): FieldFault[] {
  if (typeof value !== 'object' || value === null) return [];
  const { name, tools, input } = value as Readonly<Record<string, unknown>>;
  return [
    ...(typeof name === 'string' && name !== terms.folderName
      ? [
          faultAt(
            ['name'],
            `${name} is not the name of its folder, ${terms.folderName}: they must be the same, so no two agents have one name`,
          ),
        ]
      : []),
    ...(Array.isArray(tools) ? toolFaults(tools, terms.tools) : []),
    ...(typeof input === 'object' && input !== null && !Array.isArray(input)
      ? inputFaults(input as JsonSchema)
      : []),
  ];
}

function inputFaults(input: JsonSchema): FieldFault[] {
  try {
    canonicalJson(input);
  } catch {
    return [faultAt(['input'], 'holds a value that JSON cannot say, such as .inf or .nan')];
  }
  return schemaProblems(input).map(({ path, message }) =>
    faultAt(['input', ...path], `${message}: it must be JSON Schema, draft 2020-12`),
  );
}

function toolFaults(named: readonly unknown[], known: readonly Tool[]): FieldFault[] {
  const names = known.map((tool) => tool.name);
  return named.flatMap((name, at): FieldFault[] => {
    if (typeof name !== 'string' || name === '') return [];
    const tool = known.find((each) => each.name === name);
    const undo = tool?.undo?.by === 'tool' ? tool.undo.tool : null;
    const messages = [
      ...(tool === undefined ? [unknownWords('is no tool', name, names)] : []),
      ...(named.indexOf(name) < at ? [`${name} is named twice`] : []),
      ...(tool === undefined ? [] : toolProblems(tool, known).map((each) => `${name} ${each}`)),
      ...(undo === null || named.includes(undo)
        ? []
        : [`${name} is undone by ${undo}: name it too`]),
    ];
    return messages.map((message) => faultAt(['tools', at], message));
  });
}

const faultAt = (path: FieldFault['path'], message: string): FieldFault => ({
  path,
  isName: false,
  message,
});
