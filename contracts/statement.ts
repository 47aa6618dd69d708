/** What a gateway states under its signature, and how that signature travels. */

/** What is stated. A signature of one kind is none of another. */
export type StatementKind =
  | 'vote'
  | 'withdrawal'
  | 'grant-vote'
  | 'grant-revocation'
  | 'resolution';

/** The fields of a statement: flat, so that one text is one statement whatever their order. */
export type StatementBody = Readonly<Record<string, string | number | boolean | null>>;

/** Who signed, and the signature. It is stored beside the fields, which it does not hold. */
export interface Signed {
  /** 16 hexadecimal characters, derived from the public key. */
  readonly keyId: string;
  /** 86 characters of base64url. */
  readonly signature: string;
}
