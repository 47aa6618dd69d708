/** A real Chromium, where there is one: what the page does is judged by a browser or not at all. */
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';
import { source as axeSource, type AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = places.find((place) => existsSync(place));

const flags = (
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'
).split(' ');

/** `describe`, or without a browser one line that says that these tests were skipped. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (found === undefined) {
    process.stderr.write(`Skipped: ${name} (no Chromium in ${places.join(', ')}).\n`);
  }
  (found === undefined ? describe.skip : describe)(name, tests);
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: found ?? '', args: flags });

/** A page, and everything that it has complained about: violations of its policy above all. */
export interface WatchedPage extends Page {
  readonly complaints: string[];
}

/** Losing the connection is told by the browser too; it is no complaint of ours. */
const isExpected = (text: string): boolean =>
  /^Failed to load resource: (net::ERR_|the server responded with a status of (403|404|409|422))/.test(
    text,
  );

/** Opens a page in a context of its own, with axe at hand. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  // By an init script: the page's own policy would refuse it as a script of the page.
  await context.addInitScript({ content: axeSource });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isTrouble = message.type() === 'error' || message.type() === 'warning';
    if (isTrouble && !isExpected(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return Object.assign(page, { complaints });
}

/** What axe finds wrong, each with the first element concerned. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate(() => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
    return axe.run();
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

/** By how many pixels the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    };
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
