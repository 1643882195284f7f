/** The largest mail, bytes: what public mail services let through. */
export const MAX_MAIL = 25 * 1024 * 1024;

/** What no letter of a citizen comes near. Parts bound the nesting too: each level is a part. */
export const LIMITS = {
  /** Bytes of headers of one part. */
  maxHeadSize: 256 * 1024,
  /** Parts of any kind; every attachment is one. */
  maxChildNodes: 200,
} as const;

/** Characters of HTML that are turned into text. */
export const MAX_HTML = 1_000_000;
/** Open elements within one another; real markup stays below a hundred. */
export const MAX_HTML_DEPTH = 500;
