/** Checks arguments against JSON Schema, draft 2020-12: what the model sent, or a person edited. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../contracts/agent.js';

/** The most problems that one check reports. */
const problemsShown = 20;
const compiled = new WeakMap<JsonSchema, ValidateFunction | null>();

/**
 * Lists what is wrong with arguments, each with the path to it; empty when they may be used.
 * Nothing is coerced or filled in. A schema that cannot be used lets nothing through.
 */
export function checkArguments(schema: JsonSchema, args: unknown): string[] {
  const validate = validatorOf(schema);
  if (validate === null) return ['arguments: the schema of this tool cannot be used'];
  if (validate(args)) return [];
  return [...new Set((validate.errors ?? []).map(problemOf))].slice(0, problemsShown);
}

/** What keeps a JSON Schema from being used, at the keys and places that lead to it. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Lists what is wrong with a schema that somebody wrote; empty when {@link checkArguments} can use
 * it. A keyword that JSON Schema does not have is wrong too: it would hold nothing.
 */
export function schemaProblems(schema: JsonSchema): SchemaProblem[] {
  const ajv = new Ajv2020({ ...settings, strictSchema: true });
  const seen = new Map<string, SchemaProblem>();
  if (ajv.validateSchema(schema) !== true) {
    for (const error of ajv.errors ?? []) {
      const { instancePath } = error;
      // What is none of several things is told once.
      if (!seen.has(instancePath))
        seen.set(instancePath, { path: keysOf(instancePath), message: wordProblem(error) });
    }
    return [...seen.values()].slice(0, problemsShown);
  }
  try {
    ajv.compile(schema);
    return [];
  } catch (error) {
    return [{ path: [], message: error instanceof Error ? error.message : 'cannot be used' }];
  }
}

/** The keys of a JSON pointer. */
const keysOf = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));

function validatorOf(schema: JsonSchema): ValidateFunction | null {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = compile(schema);
  compiled.set(schema, made);
  return made;
}

const settings = {
  strict: false,
  allErrors: true,
  coerceTypes: false,
  validateFormats: false,
  ownProperties: true,
  logger: false,
} as const;

/** One Ajv for each schema: a shared one would keep them all, and confuse two with one `$id`. */
function compile(schema: JsonSchema): ValidateFunction | null {
  const ajv = new Ajv2020(settings);
  try {
    return ajv.compile(schema);
  } catch {
    return null;
  }
}

function problemOf(error: ErrorObject): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.');
  const at = path === '' ? 'arguments' : path;
  const extra: unknown = error.params['additionalProperty'] ?? error.params['unevaluatedProperty'];
  if (typeof extra === 'string') return `${at}: unknown key ${JSON.stringify(extra)}`;
  return `${at}: ${wordProblem(error)}`;
}

function wordProblem(error: ErrorObject): string {
  const allowed: unknown = error.params['allowedValues'];
  const among = Array.isArray(allowed) ? ` (${allowed.map(String).join(', ')})` : '';
  return `${error.message ?? 'is not valid'}${among}`;
}
