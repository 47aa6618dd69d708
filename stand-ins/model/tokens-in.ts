/** Counts tokens by length: a stand-in has no tokenizer. */

/** About how many characters of JSON or English make one token. */
export const charactersPerToken = 4;

/** The tokens of so many characters. */
export const tokensIn = (characters: number): number => Math.ceil(characters / charactersPerToken);
