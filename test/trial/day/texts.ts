import { readFileSync } from 'node:fs';
import { similarity } from '../../../src/intake/similarity.ts';
import { makeTexts } from '../../support/bodies.ts';
import type { Random } from './random.ts';

export interface Text {
  title: string;
  body: string;
  address: string;
}

/** Words that only one thing of the day has, by which it is found again: letters, because numbers may be masked. */
export const MARKER = /MK[A-Z]{5}KM/g;
const MARKER_LETTERS = 5;
/** Two matters of one person in the day are less alike than this, far below what joins. */
const UNLIKE = 0.25;
/** Characters: WeChat's own limit is 2,048 bytes. */
const LONGEST = 600;

export interface Texts {
  next(): Text;
  /** A text that nobody takes for the same matter. */
  unlike(text: Text): Text;
  /** The same words with a marker of their own behind them. */
  marked(body: string): { body: string; marker: string };
  marker(): string;
}

/** @param file JSON lines with real texts (`text` or `body`, maybe `title` and `address`); without it they are made up. */
export function createTexts(random: Random, count: number, file?: string): Texts {
  const all = file === undefined ? makeTexts(count, random.below(2 ** 31)) : readTexts(file, count);
  let at = 0;
  let markers = 0;

  function next(): Text {
    const text = all[at++ % all.length];
    if (!text) throw new Error('there are no texts');
    return text;
  }

  function unlike(text: Text): Text {
    for (let tries = 0; tries < 200; tries++) {
      const other = next();
      if (similarity(other.body, text.body) < UNLIKE) return other;
    }
    return { title: '咨询', body: '想了解一下近期的便民活动安排', address: text.address };
  }

  function marker(): string {
    let rest = markers++;
    let letters = '';
    for (let letter = 0; letter < MARKER_LETTERS; letter++) {
      letters = String.fromCharCode(65 + (rest % 26)) + letters;
      rest = Math.floor(rest / 26);
    }
    return `MK${letters}KM`;
  }

  function marked(body: string): { body: string; marker: string } {
    const own = marker();
    return { body: `${body}（${own}）`, marker: own };
  }

  return { next, unlike, marked, marker };
}

function readTexts(file: string, count: number): Text[] {
  const texts: Text[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (texts.length >= count) break;
    if (line.trim() === '') continue;
    const row = JSON.parse(line) as Record<string, unknown>;
    const [body, title, address] = [row.text ?? row.body ?? row.content, row.title, row.address].map((value) =>
      typeof value === 'string' ? value.replaceAll(MARKER, '').trim().toWellFormed() : '',
    );
    // Shorter ones differ in little but the marker, which then decides whether they are alike.
    if (!body || body.length < 60) continue;
    texts.push({
      body: body.slice(0, LONGEST).toWellFormed(),
      title: (title || body).slice(0, 30).toWellFormed(),
      address: (address ?? '').slice(0, 100),
    });
  }
  if (texts.length === 0) throw new Error(`${file} has no texts: JSON lines with \`text\` or \`body\` are wanted.`);
  return texts;
}
