/** docker-compose.yml as Docker Compose reads it: merged, and with the variables of `.env` put in. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../runtime/project-root.js';

export interface Service {
  readonly image: string;
  readonly user?: string;
  readonly restart?: string;
  readonly privileged?: boolean;
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

export const readProjectFile = (name: string): string =>
  readFileSync(path.join(projectRoot, name), 'utf8');

/** `$$`, or `${NAME}`, `${NAME:-default}` and `${NAME:?message}`: the forms that the file uses. */
const variable = /\$\$|\$\{(?<name>[A-Z_]+)(?::(?<kind>[-?])(?<rest>[^}]*))?\}/g;

/** Each variable that the file asks of `.env`, with what it says after `:-` or `:?`. */
export const askedVariables = (): readonly {
  readonly name: string;
  readonly kind: string | undefined;
  readonly rest: string;
}[] =>
  [...readProjectFile('docker-compose.yml').matchAll(variable)].flatMap(({ groups }) =>
    groups?.['name'] === undefined
      ? []
      : [{ name: groups['name'], kind: groups['kind'], rest: groups['rest'] ?? '' }],
  );

/** Reads the file with these variables. Throws when one that it needs is missing. */
export function readCompose(variables: Readonly<Record<string, string>>): Compose {
  const fill = (text: string): string =>
    text.replaceAll(variable, (whole, name: string | undefined, kind?: string, rest = '') => {
      if (whole === '$$') return '$';
      const value = variables[name ?? ''] ?? '';
      if (value === '' && kind === '?') throw new Error(`${name} ${rest}`);
      return value === '' && kind === '-' ? String(rest) : value;
    });
  const reviver = (_key: unknown, value: unknown): unknown =>
    typeof value === 'string' ? fill(value) : value;
  return parse(readProjectFile('docker-compose.yml'), reviver, { merge: true }) as Compose;
}

/** Values for all that must be set. */
export const neededVariables = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    askedVariables()
      .filter(({ kind }) => kind === '?')
      .map(({ name }) => [name, name.toLowerCase().replaceAll('_', '').padEnd(32, '1')]),
  );
