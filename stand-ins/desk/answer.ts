/** What the desk answers when it does not do what was asked. */

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

/** Every refusal that this stand-in knows. */
export const refusals = {
  unauthenticated: () =>
    refusal(401, 'unauthenticated', 'A token of the form desk_test_… is needed'),
  unknownPath: (method: string, path: string) =>
    refusal(404, 'unknown_path', `There is no ${method} ${path}`),
  unknownTicket: (id: string) => refusal(404, 'unknown_ticket', `There is no ticket ${id}`),
  notJson: () => refusal(415, 'not_json', 'The body must be application/json'),
  badJson: () => refusal(400, 'bad_json', 'The body is not JSON'),
  badFields: (problems: readonly string[]) => refusal(422, 'bad_fields', problems.join('; ')),
  badQuery: () => refusal(400, 'bad_query', 'Give externalRef, once, and nothing else'),
  closed: (id: string) => refusal(409, 'ticket_closed', `Ticket ${id} is closed`),
  tooMany: (): Answer => ({
    ...refusal(429, 'too_many_requests', 'Come back in a second'),
    headers: { 'retry-after': '1' },
  }),
  serverError: () => refusal(500, 'server_error', 'Something went wrong'),
} as const;
