/** `sql_query`: one SELECT on the schema that an operator opened, as a login that can do nothing else. */
import { z } from 'zod';
import { sqlQueryLimits, toolResultBytes } from '../../contracts/limits.js';
import type { QueryAnswer, QueryDatabase } from '../../store/query-database.js';
import type { PlainTool, ToolContext, ToolOutcome } from '../tool.js';

const args = z.strictObject({
  statement: z
    .string()
    .min(1)
    .max(sqlQueryLimits.statement)
    .regex(/^[^\0]*$/)
    .describe('One SELECT, WITH … SELECT or VALUES, in the SQL of PostgreSQL.'),
  parameters: z
    .array(
      z.union([
        z
          .string()
          .max(sqlQueryLimits.parameter)
          .regex(/^[^\0]*$/),
        z.number(),
        z.boolean(),
        z.null(),
      ]),
    )
    .max(sqlQueryLimits.parameters)
    .optional()
    .describe('The values of $1, $2 and so on, in this order.'),
});
type Args = z.infer<typeof args>;

/** Room for the names of columns, and for what says how the rows are meant. */
const headBytes = 8 * 1024;
const messageCharacters = 1_000;

/** Builds the tool. It changes nothing; without a database it refuses, and says what is missing. */
export const createSqlQuery = (queries: QueryDatabase | null): PlainTool<Args> => ({
  name: 'sql_query',
  description:
    'Runs one SELECT on the tables that were opened for it, and returns columns and rows. ' +
    'information_schema.columns lists them. Integers up to 32 bits are numbers; every other value ' +
    'is text as PostgreSQL writes it. What is too long is cut, row by row, with truncated: true.',
  args,
  effect: 'read',
  retryPolicy: 'sql',
  // Rows hold what anybody once typed into a form: names, addresses, messages.
  taints: true,
  // A statement may quote whom it is about.
  summary: () => 'a SELECT on the opened tables',
  async run(query, context) {
    if (queries === null) {
      const message = 'No database is open for queries: an operator sets SQL_QUERY_DATABASE_URL.';
      return { kind: 'refused', message };
    }
    return ask(queries, query, context);
  },
});

async function ask(
  queries: QueryDatabase,
  { statement, parameters = [] }: Args,
  { signal: cancelled, requestTimeoutMs }: ToolContext,
): Promise<ToolOutcome> {
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(requestTimeoutMs)]);
  const roomBytes = toolResultBytes - headBytes;
  const answer = await queries.query({ statement, parameters, roomBytes, signal });
  // The run was cancelled: nothing was learned.
  cancelled.throwIfAborted();
  switch (answer.kind) {
    case 'rows':
      return done(answer);
    case 'refused': {
      const message = `${answer.message} (SQLSTATE ${answer.sqlState})`;
      return { kind: 'refused', message: message.slice(0, messageCharacters) };
    }
    case 'too-powerful': {
      const message = 'The login of SQL_QUERY_DATABASE_URL may do more than read: it is not used.';
      return { kind: 'refused', message };
    }
    case 'unavailable':
      return { kind: 'not-sent', code: 'tool-unreachable' };
  }
}

function done({ columns, rows, truncated }: Extract<QueryAnswer, { kind: 'rows' }>): ToolOutcome {
  if (Buffer.byteLength(JSON.stringify(columns)) > headBytes / 2)
    return { kind: 'refused', message: 'The names of the columns are too long to be shown.' };
  return { kind: 'done', result: { columns, rows, truncated }, externalRef: null };
}
