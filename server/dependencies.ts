/** What the gateway is made of, and what a route is given. Built once, in `main.ts`. */
import type { Request, RequestHandler, Response } from 'express';
import type { Principal } from '../contracts/principal.js';
import type { PassPoint } from '../runtime/crash-points.js';
import type { Log } from '../runtime/log.js';
import type { Signer } from '../runtime/signing.js';
import type { Database } from '../store/database.js';
import type { Keyring } from '../store/keyring.js';
import type { Feed } from './feed.js';
import type { Health } from './health.js';
import type { KeyWatch } from './key-watch.js';
import type { LocalStack } from './local-stack.js';

export interface GatewayDependencies {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly keyWatch: KeyWatch;
  readonly log: Log;
  readonly passPoint: PassPoint;
  /** Signs what people decide: workers believe nothing else. */
  readonly signer: Signer;
  readonly feed: Feed;
  readonly health: Health;
  /** Whether callers on this machine may act without a key; only on a loopback bind. */
  readonly isLocalAllowed: boolean;
  /** Where people read the engine's history; null without a Web UI. */
  readonly temporalUi: { readonly url: string; readonly namespace: string } | null;
  /** The stack on this machine that this gateway is part of; null elsewhere. */
  readonly localStack: LocalStack | null;
  /** Says that something may have been put into the outbox. */
  readonly wakeOutbox: () => void;
}

/** What is known of a request beside its own fields. */
export interface RequestLocals extends Record<string, unknown> {
  requestId: string;
  principal: Principal | null;
  /** The visible part of the key that was sent; null without one. */
  keyId: string | null;
}

export type GatewayResponse = Response<unknown, RequestLocals>;
export type GatewayHandler = RequestHandler<
  Request['params'],
  unknown,
  unknown,
  Request['query'],
  RequestLocals
>;

/** One authenticated and permitted request. */
export interface Call {
  readonly request: Request;
  readonly response: GatewayResponse;
  readonly principal: Principal;
  readonly keyId: string | null;
}
