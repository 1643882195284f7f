import { normalise } from '../intake/similarity.ts';

/** A place as it is compared: the whole of it, and the estate, road or village it lies in. */
export interface PlaceKey {
  place: string | null;
  area: string | null;
}

/** Shorter ones ("门口", "城南") are many places. */
const LEAST = 4;
const numerals = '一二三四五六七八九';
const vagueEnd = /(?:附近|旁边|门口|对面|路口|处|内|里|旁)+$/u;

/** Normalised address: letters and digits, Chinese house numbers as digits, 幢 as 栋, without "附近" and the like. */
export function placeKey(address: string | null): PlaceKey {
  const plain = normalise(address ?? '')
    .replaceAll('幢', '栋')
    .replaceAll(/[一二三四五六七八九](?=[栋号座期单楼弄室])/gu, (numeral) => String(numerals.indexOf(numeral) + 1))
    .replace(vagueEnd, '');
  const area = (plain.split(/[0-9a-z]/, 1)[0] ?? '').replace(vagueEnd, '');
  return { place: plain.length >= LEAST ? plain : null, area: area.length >= LEAST ? area : null };
}
