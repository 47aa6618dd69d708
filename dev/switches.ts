/** What the inherited environment changes: which parts are the user's own instead of ours. */

export interface Switches {
  readonly port: number;
  readonly database: { readonly url: string; readonly ownerUrl: string } | null;
  readonly temporal: OwnTemporal | null;
  readonly model: Readonly<Record<string, string>> | null;
  readonly otherModel: Readonly<Record<string, string>> | null;
  readonly payments: Readonly<Record<string, string>> | null;
  readonly smtpUrl: string | null;
  readonly desk: Readonly<Record<string, string>> | null;
  /** What the general tools may reach, beyond the demo's shop. */
  readonly reach: Readonly<Record<string, string>> | null;
  readonly namespace: string;
  readonly taskQueue: string;
}

interface OwnTemporal {
  readonly address: string;
  readonly apiKey: string | null;
  readonly uiUrl: string | null;
}

const reachVariables = [
  'HTTP_REQUEST_ORIGINS',
  'HTTP_REQUEST_PUBLIC',
  'SQL_QUERY_DATABASE_URL',
  'SQL_QUERY_SCHEMA',
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the switches. An empty variable counts as an absent one. Throws for a PORT that is none. */
export function readSwitches(environment: Environment): Switches {
  const get = (name: string) => environment[name] || null;
  const databaseUrl = get('DATABASE_URL');
  const address = get('TEMPORAL_ADDRESS');
  return {
    port: readPort(get('PORT')),
    database: databaseUrl
      ? { url: databaseUrl, ownerUrl: get('MIGRATION_DATABASE_URL') ?? databaseUrl }
      : null,
    temporal: address
      ? { address, apiKey: get('TEMPORAL_API_KEY'), uiUrl: get('TEMPORAL_UI_URL') }
      : null,
    model: pick(environment, ['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL']),
    otherModel: pick(environment, ['OPENAI_API_KEY', 'OPENAI_BASE_URL']),
    payments: pick(environment, ['STRIPE_API_KEY', 'STRIPE_BASE_URL']),
    smtpUrl: get('SMTP_URL'),
    // A token alone says of no desk where it is.
    desk: get('DESK_URL') ? pick(environment, ['DESK_URL', 'DESK_TOKEN']) : null,
    reach: pick(environment, reachVariables),
    // The dev server's namespace: another one exists only on a server of the user's.
    namespace: (address && get('TEMPORAL_NAMESPACE')) || 'default',
    taskQueue: get('TEMPORAL_TASK_QUEUE') ?? 'belay',
  };
}

/** One line for each inherited variable that changes where things go or what they cost. */
export function describeSwitches(switches: Switches): readonly string[] {
  const { database, temporal, model, otherModel, payments, smtpUrl, desk, reach } = switches;
  return [
    ...(database ? [`DATABASE_URL: Postgres at ${place(database.url)} instead of ours`] : []),
    ...(temporal ? [`TEMPORAL_ADDRESS: Temporal at ${temporal.address} instead of ours`] : []),
    ...(model ? [`${names(model)}: a real model, which costs money`] : []),
    ...(otherModel ? [`${names(otherModel)}: real models of provider openai-compatible`] : []),
    ...(payments ? [`${names(payments)}: a real payment service`] : []),
    ...(smtpUrl ? [`SMTP_URL: mail goes out through ${place(smtpUrl)}`] : []),
    ...(desk ? [`${names(desk)}: a real help desk at ${place(desk['DESK_URL'] ?? '')}`] : []),
    ...(reach ? [`${names(reach)}: what http_request and sql_query reach`] : []),
  ];
}

/** Says whether the key moves real money. */
export function hasLivePaymentKey({ payments }: Switches): boolean {
  const key = payments?.['STRIPE_API_KEY'];
  return key !== undefined && /^(sk|rk)_live_/.test(key);
}

/** The host and port of a URL, without its secrets. */
export function place(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return '(not a URL)';
  }
}

const names = (group: Readonly<Record<string, string>>) => Object.keys(group).join(', ');

function pick(environment: Environment, wanted: readonly string[]) {
  const found = wanted.flatMap((name) => {
    const value = environment[name];
    return value ? [[name, value] as const] : [];
  });
  return found.length > 0 ? Object.fromEntries(found) : null;
}

function readPort(text: string | null): number {
  if (text === null) return 3000;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT is ${text}, which is no port: give a number from 0 to 65535.`);
}
