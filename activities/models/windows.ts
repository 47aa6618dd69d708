/** How long a conversation may grow with each model: its window, and where it becomes dearer. */

interface Window {
  /** What prompt and answer may take up together, in tokens. */
  readonly contextTokens: number;
  /** A longer prompt is priced higher, the whole of it. */
  readonly dearerAfterTokens?: number;
}

const million = 1_000_000;

/** By the names that agents ask for. */
const windows: Readonly<Record<string, Window>> = {
  'claude-fable-5-1': { contextTokens: million },
  'claude-opus-5-5': { contextTokens: million },
  'claude-sonnet-5-5': { contextTokens: million },
  'claude-haiku-5-5': { contextTokens: million, dearerAfterTokens: 100_000 },
};

/** A model that nobody has entered here: most have more, and one that has less says so by itself. */
const safeWindow: Window = { contextTokens: 128_000 };

/** The share of a window that a conversation fills before it is compacted. */
const share = 0.6;

/** The tokens that prompt and answer may take up together; `limit` is the agent's own bound. */
export function contextBudget(model: string, limit = Infinity): number {
  const { contextTokens, dearerAfterTokens = Infinity } = Object.hasOwn(windows, model)
    ? (windows[model] ?? safeWindow)
    : safeWindow;
  return Math.min(share * contextTokens, dearerAfterTokens, limit);
}
