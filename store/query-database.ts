/** One SELECT of somebody else's writing: as a login that can only read, bounded while it is read. */
import {
  Client,
  DatabaseError,
  escapeIdentifier,
  Query,
  type ClientConfig,
  type QueryArrayConfig,
} from 'pg';
import { sqlResultLimits } from '../contracts/limits.js';
import { sendWithinMs, sqlStatementTimeoutMs } from '../contracts/retry-policies.js';
import { isUnavailable } from './database.js';

/** A value as Postgres writes it, or as JSON says the same. */
export type Cell = string | number | boolean | null;

export interface QueryRequest {
  readonly statement: string;
  readonly parameters: readonly Cell[];
  /** How many bytes the rows may take as JSON. */
  readonly roomBytes: number;
  readonly signal: AbortSignal;
}

export type QueryAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
      /** Whether there are more rows than these, or larger ones than are shown. */
      readonly truncated: boolean;
    }
  /** Postgres's own words about the statement, with its SQLSTATE. */
  | { readonly kind: 'refused'; readonly sqlState: string; readonly message: string }
  /** The login may do more than read: it was not used. */
  | { readonly kind: 'too-powerful' }
  /** Postgres gave no answer. */
  | { readonly kind: 'unavailable' };

export interface QueryDatabase {
  /** Runs one statement on a connection of its own, which ends with it. Rejects only for a bug. */
  query(request: QueryRequest): Promise<QueryAnswer>;
}

/** Opens nothing: each query connects. `url` names the login, `schema` where names are looked up. */
export const openQueryDatabase = (url: string, schema: string): QueryDatabase => ({
  async query(request) {
    if (request.signal.aborted) return { kind: 'unavailable' };
    const client = new Client(clientConfig(url));
    client.on('error', () => undefined);
    const giveUp = () => client.connection.stream.destroy();
    request.signal.addEventListener('abort', giveUp);
    try {
      await client.connect();
      return await readOnly(client, schema, request);
    } catch (error) {
      return answerOfError(error);
    } finally {
      request.signal.removeEventListener('abort', giveUp);
      // Not `end`: a server that still sends rows would be listened to.
      giveUp();
    }
  },
});

/**
 * In a transaction that is read only, never committed and used for nothing else: what a statement
 * sets, locks or notifies ends with it. `DECLARE` takes a SELECT and nothing else, and the extended
 * protocol takes one statement.
 */
async function readOnly(
  client: Client,
  schema: string,
  request: QueryRequest,
): Promise<QueryAnswer> {
  await client.query(beginSql(schema));
  const { rows } = await client.query<[boolean]>({ text: powerSql, rowMode: 'array' });
  if (rows[0]?.[0] !== false) return { kind: 'too-powerful' };
  await client.query({
    // Without a name, a text without values would go as a simple query: those may be several.
    name: 'statement',
    text: `${declare}${request.statement}`,
    values: [...request.parameters],
  });
  return fetchRows(client, request);
}

/** Every bound is set here: the start of a connection is the URL's and a pooler's to decide. */
const beginSql = (schema: string): string => `
  BEGIN READ ONLY;
  SET LOCAL search_path = ${escapeIdentifier(schema)};
  SET LOCAL statement_timeout = ${sqlStatementTimeoutMs};
  SET LOCAL lock_timeout = ${sqlStatementTimeoutMs};
  SET LOCAL idle_in_transaction_session_timeout = '3s';
  -- A connection that was cut is noticed also by a statement that sends nothing.
  SET LOCAL client_connection_check_interval = '1s'`;

const declare = 'DECLARE answer NO SCROLL CURSOR FOR ';

/** Whether this login is more than one that was given SELECT: by attributes, or through other roles. */
const powerSql = `
  SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
    OR EXISTS (
      SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
      WHERE m.member = r.oid AND g.rolname <> 'belay_query'
    )
    OR EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relowner = r.oid AND n.nspname NOT LIKE 'pg\\_%'
    )
    OR EXISTS (SELECT FROM pg_database d WHERE d.datdba = r.oid)
  FROM pg_roles r WHERE r.rolname = session_user AND session_user = current_user`;

/** What Postgres sends before the first row. */
interface RowDescription {
  readonly fields: readonly { readonly name: string }[];
}

const fetchFromAnswer: QueryArrayConfig = {
  text: `FETCH FORWARD ${sqlResultLimits.rows + 1} FROM answer`,
  rowMode: 'array',
};

/** Takes rows as they come, and cuts the connection as soon as there is one too many. */
function fetchRows(client: Client, { roomBytes }: QueryRequest): Promise<QueryAnswer> {
  const query = new Query<Cell[]>(fetchFromAnswer);
  const rows: Cell[][] = [];
  let columns: readonly string[] = [];
  let bytes = 0;
  let room = roomBytes;
  const { stream } = client.connection;
  return new Promise((resolve, reject) => {
    const answer = (truncated: boolean) => resolve({ kind: 'rows', columns, rows, truncated });
    const cut = () => {
      answer(true);
      stream.destroy();
    };
    // A single row may be a gigabyte: it is not waited for.
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > sqlResultLimits.bytes) cut();
    });
    client.connection.once('rowDescription', ({ fields }: RowDescription) => {
      columns = fields.map(({ name }) => name);
    });
    query.on('row', (row) => {
      room -= Buffer.byteLength(JSON.stringify(row)) + 1;
      if (room < 0 || rows.length === sqlResultLimits.rows) cut();
      else if (!stream.destroyed) rows.push(row);
    });
    query.on('error', reject);
    query.on('end', () => answer(false));
    client.query(query);
  });
}

function answerOfError(error: unknown): QueryAnswer {
  // Its own time is what a statement may mend; other cancellations are Postgres's affair.
  const isTooSlow = error instanceof DatabaseError && error.code === '57014';
  if (isUnavailable(error) && !isTooSlow) return { kind: 'unavailable' };
  if (!(error instanceof DatabaseError)) throw error;
  const { code = 'XX000', message, position } = error;
  const at = Number(position) - declare.length;
  const where = at > 0 ? ` (at character ${at})` : '';
  return { kind: 'refused', sqlState: code, message: `${message}${where}` };
}

const clientConfig = (url: string): ClientConfig => ({
  connectionString: url,
  application_name: 'belay-sql-query',
  connectionTimeoutMillis: sendWithinMs,
  types: { getTypeParser: (type: number) => parsers.get(type) ?? String },
});

/** What JSON says as Postgres does; the rest stays as Postgres writes it, exactly. */
const parsers: ReadonlyMap<number, (text: string) => Cell> = new Map<
  number,
  (text: string) => Cell
>([
  [16, (text) => text === 't'],
  // int2, int4
  [21, Number],
  [23, Number],
]);
