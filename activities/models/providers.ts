/** Every model provider, by name. A new one is a file and a line here, and its name in contracts. */
import { assertSendable } from '../../contracts/conversation.js';
import type { ModelProviderName } from '../../contracts/model-choice.js';
import type { Config } from '../../runtime/config.js';
import { retryPolicies } from '../../contracts/retry-policies.js';
import { createAnthropicModel } from './anthropic.js';
import type { ModelProvider, ProviderOptions } from './model.js';
import { ModelError } from './model-error.js';
import { createOpenAiCompatibleModel } from './openai-compatible.js';

/** How each is made. */
export const providers = {
  anthropic: createAnthropicModel,
  'openai-compatible': createOpenAiCompatibleModel,
} as const satisfies Record<ModelProviderName, (options: ProviderOptions) => ModelProvider>;

/** Where each is reached, and by which key. */
export type Connections = Readonly<
  Record<ModelProviderName, Pick<ProviderOptions, 'apiKey' | 'baseUrl'>>
>;

/** All providers behind one door: a request goes to the one it names, if it may be sent at all. */
export function createModels(
  connections: Connections,
  timing: Pick<ProviderOptions, 'requestTimeoutMs' | 'idleTimeoutMs'>,
): ModelProvider {
  const made: Readonly<Record<ModelProviderName, ModelProvider>> = {
    anthropic: providers.anthropic({ ...connections.anthropic, ...timing }),
    'openai-compatible': providers['openai-compatible']({
      ...connections['openai-compatible'],
      ...timing,
    }),
  };
  return {
    async complete(request, context) {
      try {
        assertSendable(request.messages);
      } catch (cause) {
        throw new ModelError('model-rejected', { cause });
      }
      return made[request.provider].complete(request, context);
    },
  };
}

/** The providers as the environment configures them. Without a key a provider refuses the request. */
export const createConfiguredModels = (config: Config): ModelProvider =>
  createModels(
    {
      anthropic: connection(config.ANTHROPIC_API_KEY, config.ANTHROPIC_BASE_URL),
      'openai-compatible': connection(config.OPENAI_API_KEY, config.OPENAI_BASE_URL),
    },
    {
      requestTimeoutMs: retryPolicies.model.requestTimeoutMs,
      idleTimeoutMs: config.MODEL_IDLE_TIMEOUT_MS,
    },
  );

// Servers on one's own machine take any key, and an empty one makes clients look for others.
const connection = (apiKey: string | undefined, baseUrl: string | undefined) => ({
  apiKey: apiKey ?? 'not-configured',
  ...(baseUrl === undefined ? {} : { baseUrl }),
});
