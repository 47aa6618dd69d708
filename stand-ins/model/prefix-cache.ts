/** The prompt cache: what was sent before as the beginning of a request is read, and the rest written. */
import { sha256Hex } from '../../runtime/digest.js';
import { tokensIn } from './tokens-in.js';

export interface PromptUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
}

/** What a prompt is made of, in the order in which it is cached. */
export interface CacheablePrompt {
  readonly parts: readonly string[];
  /** How long it is to be kept; null where no cache is asked for. */
  readonly keep: '5m' | '1h' | null;
}

export interface PrefixCache {
  /** What a request uses of the cache, which then knows it. */
  take(prompt: CacheablePrompt): PromptUsage;
}

const keptMs = { '5m': 5 * 60_000, '1h': 60 * 60_000 } as const;
/** Prefixes that are remembered; the oldest give way. */
const prefixes = 50_000;

/** A cache that is empty. Its memory ends with the process, as a real one's does in minutes. */
export function createPrefixCache(now: () => number = Date.now): PrefixCache {
  const until = new Map<string, number>();
  return {
    take({ parts, keep }) {
      const total = tokensIn(parts.reduce((sum, part) => sum + part.length, 0));
      if (keep === null) return usageOf(total, 0, 0, '5m');
      let digest = '';
      let length = 0;
      let readCharacters = 0;
      const digests = parts.map((part) => {
        digest = sha256Hex(`${digest}\n${part}`);
        length += part.length;
        // Each begins with the one before it: once one is not known, none after it is.
        if ((until.get(digest) ?? 0) > now()) readCharacters = length;
        return digest;
      });
      for (const known of digests) {
        until.delete(known);
        until.set(known, now() + keptMs[keep]);
      }
      for (const oldest of until.keys()) {
        if (until.size <= prefixes) break;
        until.delete(oldest);
      }
      const read = Math.min(total - 1, tokensIn(readCharacters));
      return usageOf(1, total - read - 1, read, keep);
    },
  };
}

const usageOf = (fresh: number, written: number, read: number, keep: '5m' | '1h'): PromptUsage => ({
  input_tokens: fresh,
  cache_creation_input_tokens: written,
  cache_read_input_tokens: read,
  cache_creation: {
    ephemeral_5m_input_tokens: keep === '5m' ? written : 0,
    ephemeral_1h_input_tokens: keep === '1h' ? written : 0,
  },
});
