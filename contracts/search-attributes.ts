/** What runs can be searched by in the engine: names and kinds, the same everywhere. */

export const searchAttributes = {
  /** The agent's name. */
  agent: { name: 'BelayAgent', kind: 'Keyword' },
  /** The run's status. */
  status: { name: 'BelayStatus', kind: 'Keyword' },
  tenant: { name: 'BelayTenant', kind: 'Keyword' },
  /** The kinds of what the run waits for. */
  waiting: { name: 'BelayWaiting', kind: 'KeywordList' },
} as const satisfies Record<string, SearchAttribute>;

export interface SearchAttribute {
  readonly name: string;
  readonly kind: 'Keyword' | 'KeywordList';
}
