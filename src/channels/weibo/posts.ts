import { textOf } from '../channel.ts';
import { type Fields, fieldsOf, idOf, timeOf } from './json.ts';

/** Posts that mention the account, and comments that do: two lists, each with a position of its own. */
export const lists = ['statuses', 'comments'] as const;
export type List = (typeof lists)[number];

export interface Post {
  id: bigint;
  /** Undefined: deleted by its writer or by Weibo; there is nothing to record. */
  content: { uid: string; name: string; createdAt: Date | undefined; text: string; pictures: string[] } | undefined;
}

/** Pictures of one post; Weibo allows eighteen. */
const MOST_PICTURES = 18;

/** What `statuses/mentions` or `comments/mentions` answered. Undefined: no such answer. */
export function readPosts(list: List, answer: Fields): Post[] | undefined {
  const entries = answer[list];
  if (!Array.isArray(entries)) return undefined;
  const posts = entries.map((entry) => readPost(fieldsOf(entry) ?? {}));
  return posts.some((post) => post === undefined) ? undefined : (posts as Post[]);
}

function readPost(fields: Fields): Post | undefined {
  const id = idOf(fields.idstr) ?? idOf(fields.id);
  if (id === undefined) return undefined;
  const user = fieldsOf(fields.user) ?? {};
  const uid = idOf(user.idstr) ?? idOf(user.id);
  if (uid === undefined) return { id: BigInt(id), content: undefined };
  // A comment is about a post, a repost stands on one: without it nobody would understand the few words of either.
  const about = fieldsOf(fields.status) ?? fieldsOf(fields.retweeted_status);
  const aboutText = about && textIn(about);
  return {
    id: BigInt(id),
    content: {
      uid,
      name: (textOf(user.screen_name) ?? '').slice(0, 100).toWellFormed(),
      createdAt: timeOf(fields.created_at),
      text: [textIn(fields), ...(aboutText ? [`[原微博] ${nameIn(about)}${aboutText}`] : [])].join('\n'),
      pictures: [...picturesIn(fields), ...(about ? picturesIn(about) : [])].slice(0, MOST_PICTURES),
    },
  };
}

/** The whole text, where the list shows only its beginning and Weibo sends the rest beside it. */
const textIn = (fields: Fields): string =>
  (textOf(fieldsOf(fields.longText)?.longTextContent) ?? textOf(fields.text) ?? '').trim();

function nameIn(post: Fields): string {
  const name = textOf(fieldsOf(post.user)?.screen_name);
  return name === undefined ? '' : `@${name}：`;
}

/** Addresses of the full pictures; the list names small ones, which differ by one part of the address. */
function picturesIn(fields: Fields): string[] {
  const entries = Array.isArray(fields.pic_urls) ? fields.pic_urls : [];
  return entries.flatMap((entry) => {
    const small = textOf(fieldsOf(entry)?.thumbnail_pic);
    return small === undefined || small.length > 1_000 ? [] : [small.replace('/thumbnail/', '/large/')];
  });
}
