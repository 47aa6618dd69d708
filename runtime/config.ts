/** The only reader of the environment: parsed once, frozen, every problem listed at once. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { historyEvents, pepperCharacters } from '../contracts/limits.js';
import { modelIdleTimeoutMs, workerShutdownGraceMs } from '../contracts/retry-policies.js';
import { parsePeppers, type Peppers } from './api-key.js';
import { armCrashPoints, parseCrashPlan, passFreely, type PassPoint } from './crash-points.js';
import { httpOriginList } from './http-origins.js';
import { trustedKeys } from './trusted-keys.js';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');
const optionalText = z.string().min(1).optional();
const crashPlan = z.string().transform((text, context) => {
  const plan = parseCrashPlan(text);
  if (plan === null) context.addIssue('is not a list of crash points');
  return plan ?? [];
});
const unusablePeppers = `must be words of ${pepperCharacters.minimum} characters or more`;
const pepperList = z.string().transform((text, context) => {
  const peppers = parsePeppers(text);
  if (peppers !== null) return peppers;
  context.addIssue(unusablePeppers);
  return z.NEVER;
});

/** Many places that set variables have no lines: there `\n` stands for a new one. */
const signingKey = z.string().transform((text) => text.replaceAll('\\n', '\n'));

const schema = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  /** The gateway's address. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(3000),
  /** Where people reach the gateway, through whatever stands in front of it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Postgres as the runtime role: owns nothing. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Postgres as the owner: migrations and registration only. */
  MIGRATION_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** The private key with which this gateway signs what people decide: a file of PEM, or the PEM. */
  SIGNING_KEY_FILE: optionalText,
  SIGNING_KEY: signingKey.optional(),
  /** The public keys whose statements this worker believes: a file of JSON, or the JSON. */
  TRUSTED_KEYS_FILE: optionalText,
  TRUSTED_KEYS: trustedKeys.optional(),
  /** A direct connection for LISTEN, where DATABASE_URL goes through a transaction pooler. */
  LISTEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  /** What goes into every hash of an API key: the first makes them, all verify. Or a file of them. */
  API_KEY_PEPPER: pepperList.optional(),
  API_KEY_PEPPER_FILE: optionalText,
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_API_KEY: optionalText,
  TEMPORAL_TASK_QUEUE: z.string().default('belay'),
  /** After this many events a run goes on in a fresh history (continue-as-new). */
  TEMPORAL_HISTORY_EVENTS: z.coerce.number().int().min(20).max(4_000).default(historyEvents),
  /** Where people read the engine's history; links are null without it. */
  TEMPORAL_UI_URL: z.url().optional(),
  /** A prebuilt workflow bundle; built at start without it. */
  WORKFLOW_BUNDLE: optionalText,
  ANTHROPIC_API_KEY: optionalText,
  ANTHROPIC_BASE_URL: z.url().optional(),
  /** For models of provider `openai-compatible`; the address that ends before `/chat/completions`. */
  OPENAI_API_KEY: optionalText,
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  MODEL_IDLE_TIMEOUT_MS: z.coerce.number().int().min(100).default(modelIdleTimeoutMs),
  STRIPE_API_KEY: optionalText,
  STRIPE_BASE_URL: z.url().optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The help desk's API, and the token that it takes. */
  DESK_URL: z.url({ protocol: /^https?$/ }).optional(),
  DESK_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be one word')
    .optional(),
  MAIL_FROM: z.string().default('refunds@belay.example'),
  /** Where `http_request` may go, as JSON (runtime/http-origins.ts). Holds secrets. */
  HTTP_REQUEST_ORIGINS: httpOriginList,
  /** Whether it may go to every other public origin too. */
  HTTP_REQUEST_PUBLIC: flag,
  /** Postgres as the login of `sql_query`, which reads one schema and nothing else. */
  SQL_QUERY_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  SQL_QUERY_SCHEMA: z
    .string()
    .regex(/^(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/, 'must be the name of one schema')
    .default('shop'),
  /** Where the worker answers `/livez` and `/readyz`, at HOST; nowhere without it. */
  WORKER_HEALTH_PORT: port.optional(),
  /** How long a worker that is told to stop lets its activities finish. */
  WORKER_SHUTDOWN_GRACE_MS: z.coerce.number().int().min(0).default(workerShutdownGraceMs),
  /** Lets callers on this machine act without a key (DESIGN §11). Only the local stack sets it. */
  BELAY_LOCAL_PRINCIPAL: flag,
  /** Where the local stack says what it runs; with it the worker can be killed from the console. */
  BELAY_STACK_FILE: optionalText,
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
  /** Where this process is to crash (runtime/crash-points.ts), and the file in which it says so. */
  BELAY_CRASH_POINTS: crashPlan.optional(),
  BELAY_CRASH_HITS: optionalText,
});

const checkedSchema = schema
  .refine(({ NODE_ENV, BELAY_CRASH_POINTS }) => !BELAY_CRASH_POINTS || NODE_ENV !== 'production', {
    path: ['BELAY_CRASH_POINTS'],
    message: 'is for tests: unset it, or say NODE_ENV=test',
  })
  .refine(({ BELAY_CRASH_POINTS: plan, BELAY_CRASH_HITS: file }) => !plan || file !== undefined, {
    path: ['BELAY_CRASH_HITS'],
    message: 'is needed by BELAY_CRASH_POINTS',
  })
  .refine(({ SIGNING_KEY: key, SIGNING_KEY_FILE: file }) => !key || !file, {
    path: ['SIGNING_KEY'],
    message: 'is said twice: unset it, or SIGNING_KEY_FILE',
  })
  .refine(({ TRUSTED_KEYS: keys, TRUSTED_KEYS_FILE: file }) => !keys || !file, {
    path: ['TRUSTED_KEYS'],
    message: 'is said twice: unset it, or TRUSTED_KEYS_FILE',
  });

const standInSchema = z.object({
  STAND_IN_PORT: port,
  /** The port on which the mail stand-in is asked what it received. */
  STAND_IN_QUERY_PORT: port.optional(),
  /** The append-only file that survives a restart. */
  STAND_IN_JOURNAL: z.string().min(1),
  LOG_LEVEL: schema.shape.LOG_LEVEL,
  LOG_FORMAT: schema.shape.LOG_FORMAT,
});

/** The name of every variable that gateway, worker, migration and registration read. */
export const configVariables: readonly string[] = Object.keys(schema.shape);

export type Config = Readonly<z.infer<typeof schema>>;
export type StandInConfig = Readonly<z.infer<typeof standInSchema>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the configuration of gateway, worker and registration. Throws a ConfigError naming every problem. */
export const readConfig = (environment: Environment = process.env): Config =>
  read(checkedSchema, environment);

/** The crash points of this process: passed freely unless the configuration plans something. */
export const crashPointsOf = ({ BELAY_CRASH_POINTS, BELAY_CRASH_HITS }: Config): PassPoint =>
  BELAY_CRASH_POINTS && BELAY_CRASH_HITS
    ? armCrashPoints(BELAY_CRASH_POINTS, BELAY_CRASH_HITS)
    : passFreely;

/**
 * The peppers of API keys, for a process that makes or checks some. Throws a ConfigError where there
 * is none, or two places name some.
 */
export function peppersOf({ API_KEY_PEPPER: given, API_KEY_PEPPER_FILE: file }: Config): Peppers {
  if ((given === undefined) === (file === undefined)) {
    throw new ConfigError(['API_KEY_PEPPER: set it or API_KEY_PEPPER_FILE, and one of them alone']);
  }
  const peppers = given ?? parsePeppers(readText(file ?? ''));
  if (peppers === null) throw new ConfigError([`API_KEY_PEPPER_FILE: ${unusablePeppers}`]);
  return peppers;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(['API_KEY_PEPPER_FILE: cannot be read']);
  }
}

/** Reads the configuration of a stand-in. Throws a ConfigError naming every problem. */
export const readStandInConfig = (environment: Environment = process.env): StandInConfig =>
  read(standInSchema, environment);

/** The environment is not usable. Names each problem, and never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(problems: readonly string[]) {
    super(`The environment is not usable:\n${problems.map((each) => `  ${each}`).join('\n')}`);
  }
}

/** What zod found, each with its place behind `at`. */
export const problemsOf = (error: z.ZodError, ...at: readonly string[]): readonly string[] =>
  error.issues.map(({ path, message }) => `${[...at, ...path].join('.')}: ${message}`);

function read<Shape extends z.ZodType>(
  shape: Shape,
  environment: Environment,
): Readonly<z.infer<Shape>> {
  // An empty variable counts as an absent one: compose files set many to ''.
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== ''),
  );
  const result = shape.safeParse(present);
  if (result.success) return Object.freeze(result.data) as Readonly<z.infer<Shape>>;
  throw new ConfigError(problemsOf(result.error));
}
