/** A preview: what a call will do, said by its tool before people decide. */

/** `failed` also when none came in time: a question is never held up for ever. */
export const previewStates = ['none', 'pending', 'ready', 'failed'] as const;
export type PreviewState = (typeof previewStates)[number];

/** One thing of the world as it is, and as it will be. */
export interface PreviewChange {
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Preview {
  /** What it will do, in one sentence. */
  readonly sentence: string;
  readonly changes: readonly PreviewChange[];
  /** Whether a tool takes it back, only people can, or nobody. */
  readonly reversibility: 'by-tool' | 'by-person' | 'never';
  /** What it costs, in words, such as `180.00 EUR`; null where it costs nothing. */
  readonly cost: string | null;
}

/** How long a preview is waited for, in milliseconds of Postgres's clock. */
const previewWithinMs = 30_000;

/** How much longer a question waits for its preview, in milliseconds; 0 once it can be decided. */
export const previewPendingMs = (
  asked: { readonly previewState: PreviewState; readonly requestedAt: string },
  now: string,
): number =>
  asked.previewState === 'pending'
    ? Math.max(0, Date.parse(asked.requestedAt) + previewWithinMs - Date.parse(now))
    : 0;
