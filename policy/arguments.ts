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

/** Says whether a JSON Schema can be used by {@link checkArguments}. */
export const isUsableSchema = (schema: JsonSchema): boolean => validatorOf(schema) !== null;

function validatorOf(schema: JsonSchema): ValidateFunction | null {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = compile(schema);
  compiled.set(schema, made);
  return made;
}

/** One Ajv for each schema: a shared one would keep them all, and confuse two with one `$id`. */
function compile(schema: JsonSchema): ValidateFunction | null {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    coerceTypes: false,
    validateFormats: false,
    ownProperties: true,
    logger: false,
  });
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
  const allowed: unknown = error.params['allowedValues'];
  const among = Array.isArray(allowed) ? ` (${allowed.map(String).join(', ')})` : '';
  return `${at}: ${error.message ?? 'is not valid'}${among}`;
}
