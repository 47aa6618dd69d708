/**
 * Plays the analyst: looks at what there is, asks all that a question needs side by side, mends what
 * is refused, and answers from the results. Like the refund desk's, it keeps no state.
 */
import type { ConversationMessage } from '../../../contracts/conversation.js';
import type { Plan, PlannedCall } from '../plan.js';
import { pageCall, readPage } from './pages.js';
import { queriesFor, type Query } from './queries.js';
import { readQuestion, type Part, type Question } from './question.js';
import { readResults, type Results } from './results.js';
import { catalogueStatement, tableFor } from './tables.js';
import { rowsSchema, tellPart } from './tell.js';

/** Whether the tools that are offered are an analyst's. */
export const isAnalysts = (tools: ReadonlySet<string>): boolean =>
  tools.has('sql_query') && !tools.has('lookup_order');

/** Calls that are still to be made for one thing, or the sentence that tells it. */
type Step = { readonly calls: readonly PlannedCall[] } | { readonly sentence: string };

/** The next turn; `message` is what people wrote. */
export function planAnalysis(
  messages: readonly ConversationMessage[],
  message: string,
  tools: ReadonlySet<string>,
): Plan {
  const question = readQuestion(message);
  const results = readResults(messages);
  const steps = [
    ...askTables(question, results),
    ...question.statements.map((statement) => runStatement(statement, results)),
    ...question.pages.map((url) => openPage(url, results, tools)),
  ];
  const calls = distinct(steps.flatMap((step) => ('calls' in step ? step.calls : [])));
  if (calls.length > 0) return { text: lead(calls.length), calls };
  const sentences = steps.flatMap((step) => ('sentence' in step ? [step.sentence] : []));
  if (sentences.length === 0)
    return {
      text: 'I found nothing to look up in the question. What about the orders?',
      calls: [],
    };
  return doErrand(question, sentences.join('\n'), results, tools);
}

const lead = (calls: number): string =>
  calls === 1 ? "I'll look." : `I'll look at ${calls} things side by side.`;

function askTables(question: Question, results: Results): readonly Step[] {
  if (question.parts.length === 0) return [];
  const look = sqlCall({ statement: catalogueStatement, parameters: [] });
  const seen = results.of(look);
  if (seen === null) return [{ calls: [look] }];
  if (seen.kind === 'refused')
    return [{ sentence: `I could not see which tables there are. ${seen.text}` }];
  const table = tableFor(question.text, rowsSchema.safeParse(seen.value).data?.rows);
  if (table === null) return [{ sentence: 'No table is open to me.' }];
  return question.parts.map((part) => {
    const queries = queriesFor(part, table);
    return typeof queries === 'string'
      ? { sentence: `I can't tell: ${queries}.` }
      : askPart(part, queries, results);
  });
}

/** Asks the likeliest statement that was not refused. */
function askPart(part: Part, queries: readonly Query[], results: Results): Step {
  let why = '';
  for (const query of queries) {
    const call = sqlCall(query);
    const result = results.of(call);
    if (result === null) return { calls: [call] };
    const answer = result.kind === 'done' ? rowsSchema.safeParse(result.value).data : undefined;
    if (answer !== undefined) return { sentence: tellPart(part, answer.rows) };
    why = result.kind === 'refused' ? result.text : 'the result makes no sense to me';
  }
  return { sentence: `I could not find that out. ${why}` };
}

function runStatement(statement: string, results: Results): Step {
  const call: PlannedCall = { name: 'sql_query', input: { statement } };
  const result = results.of(call);
  if (result === null) return { calls: [call] };
  if (result.kind === 'refused') return { sentence: `The statement was refused. ${result.text}` };
  const { rows, truncated } = rowsSchema.safeParse(result.value).data ?? {
    rows: [],
    truncated: false,
  };
  const cut = truncated ? ' and more, which were cut' : '';
  return {
    sentence: `The statement gave ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${cut}.`,
  };
}

function openPage(url: string, results: Results, tools: ReadonlySet<string>): Step {
  const reading = readPage(url, results);
  if ('sentence' in reading) return reading;
  return tools.has(reading.next.name)
    ? { calls: [reading.next] }
    : { sentence: `I can't read ${url} here.` };
}

/** Sends the answer where the question wants that, and says what came of it. */
function doErrand(
  { errand }: Question,
  answer: string,
  results: Results,
  tools: ReadonlySet<string>,
): Plan {
  if (errand === null) return { text: answer, calls: [] };
  const where = `${errand.method} ${errand.url}`;
  const name = pageCall(errand.url).name;
  if (!tools.has(name)) return { text: `${answer}\nI can't do ${where} here.`, calls: [] };
  const call = { name, input: { ...errand, body: answer } };
  const result = results.of(call);
  if (result === null) return { text: `${answer}\nNow ${where}.`, calls: [call] };
  const told =
    result.kind === 'done' ? `${where} is done.` : `${where} was not made. ${result.text}`;
  return { text: `${answer}\n${told}`, calls: [] };
}

const sqlCall = ({ statement, parameters }: Query): PlannedCall => ({
  name: 'sql_query',
  input: parameters.length === 0 ? { statement } : { statement, parameters },
});

const distinct = (calls: readonly PlannedCall[]): readonly PlannedCall[] => [
  ...new Map(calls.map((call) => [JSON.stringify(call), call])).values(),
];
