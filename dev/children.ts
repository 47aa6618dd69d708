/** The Node processes of the stack: what each is started with. Nothing else is inherited. */
import path from 'node:path';
import { pepperFile } from './seed.js';
import { keyFiles } from './signing-key.js';
import type { Switches } from './switches.js';

/** Everything that the children's environments are made of. */
export interface Wiring {
  readonly root: string;
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly switches: Switches;
  readonly ports: Ports;
  /** As the runtime role. */
  readonly databaseUrl: string;
  readonly ownerUrl: string;
  /** As the login of `sql_query`; null on a database of the user's. */
  readonly queryUrl: string | null;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
}

export interface Ports {
  readonly gateway: number;
  readonly postgres: number;
  readonly temporal: number;
  readonly temporalUi: number;
  readonly model: number;
  readonly payments: number;
  readonly mail: number;
  readonly smtp: number;
  readonly desk: number;
}

export interface ChildSpec {
  readonly name: ChildName;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  /** The port it listens on, if any. */
  readonly port: number | null;
}

export type StandInName = 'model' | 'payments' | 'mail' | 'desk';
export type ChildName = 'gateway' | 'worker' | 'register' | StandInName;

/** What a child may have of the inherited environment: the system's, then settings of ours. */
const passed = (
  'PATH HOME TMPDIR TZ LANG LC_ALL NODE_EXTRA_CA_CERTS ' +
  'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ' +
  'LOG_LEVEL LOG_FORMAT DATABASE_POOL_SIZE MODEL_IDLE_TIMEOUT_MS MAIL_FROM'
).split(' ');

const loopback = (port: number) => `http://127.0.0.1:${port}`;

/** Where the outside services are: ours, or the user's own. */
export function addresses({ switches, ports }: Pick<Wiring, 'switches' | 'ports'>) {
  const { model, payments, smtpUrl, desk } = switches;
  return {
    modelUrl: model
      ? (model['ANTHROPIC_BASE_URL'] ?? 'https://api.anthropic.com')
      : loopback(ports.model),
    paymentsUrl: payments
      ? (payments['STRIPE_BASE_URL'] ?? 'https://api.stripe.com')
      : loopback(ports.payments),
    smtpUrl: smtpUrl ?? `smtp://127.0.0.1:${ports.smtp}`,
    mailUrl: smtpUrl ? null : loopback(ports.mail),
    deskUrl: desk?.['DESK_URL'] ?? loopback(ports.desk),
  };
}

/** Registration: writes the agents of the clone to Postgres, as the owner, and ends. */
export const registration = (wiring: Wiring): ChildSpec => ({
  name: 'register',
  script: 'worker/register.js',
  port: null,
  env: {
    ...common(wiring),
    DATABASE_URL: wiring.databaseUrl,
    MIGRATION_DATABASE_URL: wiring.ownerUrl,
  },
});

export const gateway = (wiring: Wiring): ChildSpec => ({
  name: 'gateway',
  script: 'server/main.js',
  port: wiring.ports.gateway,
  env: {
    ...common(wiring),
    ...temporal(wiring),
    HOST: '127.0.0.1',
    PORT: String(wiring.ports.gateway),
    DATABASE_URL: wiring.databaseUrl,
    LISTEN_DATABASE_URL: wiring.environment['LISTEN_DATABASE_URL'] || wiring.databaseUrl,
    SIGNING_KEY_FILE: keyFiles(wiring.dataDir).signing,
    API_KEY_PEPPER_FILE: pepperFile(wiring.dataDir),
    BELAY_LOCAL_PRINCIPAL: '1',
    BELAY_STACK_FILE: path.join(wiring.dataDir, 'stack.json'),
    ...(wiring.temporalUiUrl ? { TEMPORAL_UI_URL: wiring.temporalUiUrl } : {}),
  },
});

export const worker = (wiring: Wiring): ChildSpec => {
  const { switches } = wiring;
  const { modelUrl, paymentsUrl, smtpUrl, deskUrl } = addresses(wiring);
  return {
    name: 'worker',
    script: 'worker/main.js',
    port: null,
    env: {
      ...common(wiring),
      ...temporal(wiring),
      DATABASE_URL: wiring.databaseUrl,
      TRUSTED_KEYS_FILE: keyFiles(wiring.dataDir).trusted,
      WORKFLOW_BUNDLE: path.join(wiring.root, 'dist', 'workflow-bundle.js'),
      // Ctrl-C ends everything within 15 s; what is not finished by then goes on at the next start.
      WORKER_SHUTDOWN_GRACE_MS: '5000',
      ANTHROPIC_API_KEY: 'stand-in',
      ...(switches.model ?? { ANTHROPIC_BASE_URL: modelUrl }),
      ...(switches.otherModel ?? {
        OPENAI_API_KEY: 'stand-in',
        ...(switches.model ? {} : { OPENAI_BASE_URL: `${modelUrl}/openai/v1` }),
      }),
      STRIPE_API_KEY: 'sk_test_stand_in',
      ...(switches.payments ?? { STRIPE_BASE_URL: paymentsUrl }),
      SMTP_URL: smtpUrl,
      ...(switches.desk ?? { DESK_URL: deskUrl, DESK_TOKEN: 'desk_test_stand_in' }),
      ...(wiring.queryUrl ? { SQL_QUERY_DATABASE_URL: wiring.queryUrl } : {}),
      ...(switches.payments ? {} : { HTTP_REQUEST_ORIGINS: demoOrigins(paymentsUrl) }),
      ...switches.reach,
    },
  };
};

/** What `http_request` reads in the demo: what the payments stand-in refunded. */
const demoOrigins = (origin: string): string =>
  JSON.stringify([{ origin, allowPrivate: true, authorization: 'Bearer rk_test_analyst' }]);

/** The stand-ins that are needed: those whose real service the user did not name. */
export function standIns(wiring: Wiring): readonly ChildSpec[] {
  const { switches, ports } = wiring;
  const spec = (name: StandInName, port: number, more: Record<string, string> = {}): ChildSpec => ({
    name,
    script: `stand-ins/${name}/main.js`,
    port,
    env: {
      ...common(wiring),
      STAND_IN_PORT: String(port),
      STAND_IN_JOURNAL: path.join(wiring.dataDir, 'stand-ins', `${name}.jsonl`),
      ...more,
    },
  });
  return [
    ...(switches.model ? [] : [spec('model', ports.model)]),
    ...(switches.payments ? [] : [spec('payments', ports.payments)]),
    ...(switches.smtpUrl
      ? []
      : [spec('mail', ports.smtp, { STAND_IN_QUERY_PORT: String(ports.mail) })]),
    ...(switches.desk ? [] : [spec('desk', ports.desk)]),
  ];
}

function common({ environment }: Wiring): Readonly<Record<string, string>> {
  const kept = passed.flatMap((name) => {
    const value = environment[name];
    return value ? [[name, value] as const] : [];
  });
  return { LOG_FORMAT: 'pretty', NODE_ENV: 'development', ...Object.fromEntries(kept) };
}

function temporal({ switches, temporalAddress }: Wiring): Readonly<Record<string, string>> {
  const apiKey = switches.temporal?.apiKey;
  return {
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: switches.namespace,
    TEMPORAL_TASK_QUEUE: switches.taskQueue,
    ...(apiKey ? { TEMPORAL_API_KEY: apiKey } : {}),
  };
}
