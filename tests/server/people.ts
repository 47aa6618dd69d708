/** Managing principals and keys over HTTP, as an admin's script would. */
import type {
  ApiKeyView,
  NewApiKeyView,
  PrincipalChangeView,
  PrincipalView,
} from '../../contracts/principal-views.js';
import { createApi, type Answer, type Api } from '../support/api.js';
import type { TestGateway } from './gateway.js';

export type Problem = Readonly<Record<string, unknown>>;
type Some<View> = Promise<Answer<View & Problem>>;
type Headers = Readonly<Record<string, string>>;

const reason = 'A test.';
let count = 0;
/** A name that nobody has yet. */
export const newName = (): string => `person-${(count += 1)}`;

/** What the admin `adam` can do, and anyone else can try. */
export function peopleOf(gateway: TestGateway) {
  const adam = gateway.as('adam');
  const make = (body: object, who = adam, headers: Headers = {}): Some<PrincipalView> =>
    who.call('POST', '/v1/principals', { roles: ['viewer'], reason, ...body }, { ...headers });
  const change = (id: string, body: object, who = adam): Some<PrincipalView> =>
    who.call('POST', `/v1/principals/${id}/changes`, { reason, ...body });
  const revoke = (id: string, who = adam): Some<PrincipalView> =>
    who.call('POST', `/v1/principals/${id}/revocation`, { reason: 'She left.' });
  const giveKey = (
    id: string,
    body: object = {},
    who = adam,
    headers: Headers = {},
  ): Some<NewApiKeyView> =>
    who.call('POST', `/v1/principals/${id}/keys`, { reason, ...body }, { ...headers });
  const revokeKey = (id: string, who = adam): Some<ApiKeyView> =>
    who.call('POST', `/v1/keys/${id}/revocation`, { reason: 'It leaked.' });
  const read = async <Row>(path: string, who: Api): Promise<readonly Row[]> =>
    (await who.call<{ readonly data: readonly Row[] }>('GET', path)).body.data;
  return {
    adam,
    make,
    change,
    revoke,
    giveKey,
    revokeKey,
    changesOf: (id: string, who = gateway.as('audrey')) =>
      read<PrincipalChangeView>(`/v1/principals/${id}/changes`, who),
    keysOf: (id: string) => read<ApiKeyView>(`/v1/principals/${id}/keys`, adam),
    /** A principal with a key, as a caller. */
    someone: async (roles: readonly string[] = ['viewer'], labels: readonly string[] = []) => {
      const id = newName();
      await make({ id, roles, labels });
      const { body } = await giveKey(id);
      const key = body.key ?? '';
      return { id, keyId: body.id, key, api: createApi(gateway.url, key) };
    },
  };
}

/** Whether a caller is served: 200, or what it is told instead. */
export const statusOf = async (api: Api): Promise<number> =>
  (await api.call('GET', '/v1/runs')).status;
