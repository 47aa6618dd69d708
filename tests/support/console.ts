/** The console in a real browser, on a stack of its own, for the tests of one file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import type { RunView } from '../../contracts/run.js';
import { openBrowser, openPage, type WatchedPage } from './browser.js';
import { startStack, type TestStack } from './stack.js';

export interface ConsoleInBrowser {
  readonly stack: TestStack;
  /** Opens a route in a window of its own, which is closed after the test and must not complain. */
  open(route: string, options?: BrowserContextOptions): Promise<WatchedPage>;
  /** An order of its own for each run: what was refunded once is refused afterwards. */
  nextOrder(): number;
  readonly lastOrder: number;
  /** Starts a refund that asks. */
  startAsking(words?: string): Promise<RunView>;
  /** Writes down which process the worker is, as the supervisor of the local stack does. */
  noteWorker(): void;
}

/** Starts stack and browser before the tests of this file and ends both after them. */
export function useConsole(): ConsoleInBrowser {
  let stack: TestStack;
  let browser: Browser;
  let folder: string;
  let pages: WatchedPage[] = [];
  let lastOrder = 5_100;
  const noteWorker = (): void => {
    const info = { paymentsUrl: stack.payments.url, pids: { worker: stack.worker.pid } };
    writeFileSync(path.join(folder, 'stack.json'), JSON.stringify(info));
  };
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'belay-console-'));
    const stackFile = path.join(folder, 'stack.json');
    stack = await startStack({ environment: { BELAY_STACK_FILE: stackFile } });
    browser = await openBrowser();
    noteWorker();
  });
  afterEach(async () => {
    const complaints = pages.flatMap((page) => page.complaints);
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await stack.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const nextOrder = (): number => (lastOrder += 1);
  return {
    get stack() {
      return stack;
    },
    get lastOrder() {
      return lastOrder;
    },
    open: async (route, options = {}) => {
      const page = await openPage(browser, `${stack.gatewayUrl}${route}`, options);
      pages.push(page);
      return page;
    },
    nextOrder,
    startAsking: async (words = '') => {
      const run = await stack.api.start(`Refund order ${nextOrder()}, it arrived broken ${words}`);
      await stack.api.untilAsked(run.id);
      return run;
    },
    noteWorker,
  };
}

/** The status of the run at the head of its page. */
export const status = (page: Page, word: string): Locator =>
  page.locator('.head .badge', { hasText: word });

export const approve = (page: Page): Locator => page.getByRole('button', { name: 'Approve' });
