/** Failures on request: words in a ticket or a note that make this stand-in fail as services do. */

const faults = ['lost-reply', '500', '500-after', 'stall', 'busy', 'slow'] as const;
export type Fault = (typeof faults)[number];

/** The failure that a text asks for, such as `[desk-lost-reply]`. Null for none. */
export const requestedFault = (text: string): Fault | null =>
  faults.find((fault) => text.includes(`[desk-${fault}]`)) ?? null;

/** Says whether the ticket is to be closed from the beginning. */
export const isBornClosed = (text: string): boolean => text.includes('[desk-closed]');
