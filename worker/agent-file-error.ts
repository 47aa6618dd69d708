/** Agents that cannot be loaded. */

/** The message lists every problem: file, line, column, field, what is wrong, what would be right. */
export class AgentFileError extends Error {
  override readonly name = 'AgentFileError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
