/** A ticket and its notes, and what a request may say of them. */
import { z } from 'zod';

const oneLine = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line');

/** The body of `POST /tickets`. */
export const newTicketSchema = z.strictObject({
  subject: oneLine,
  body: z.string().min(1).max(10_000),
  /** Whom it is about: a mail address. */
  requester: z.email().max(254),
  /** Whatever the caller wants to find it by. It need not be unique, and nothing is refused for it. */
  externalRef: z
    .string()
    .regex(/^[\w.:-]{1,100}$/)
    .optional(),
});
export type NewTicket = z.infer<typeof newTicketSchema>;

/** The body of `PUT /tickets/:id/notes/:noteId`. */
export const noteSchema = z.strictObject({ text: z.string().min(1).max(10_000) });

/** Notes are named by those who write them. */
export const noteIdSchema = z.string().regex(/^[\w-]{1,100}$/);

export interface Note {
  readonly id: string;
  readonly text: string;
  readonly updatedAt: string;
}

export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly requester: string;
  readonly externalRef: string | null;
  /** A closed one takes no notes. */
  readonly status: 'open' | 'closed';
  readonly createdAt: string;
  readonly notes: readonly Note[];
}
