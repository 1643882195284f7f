import { maskText } from '../platform/access/masking.ts';
import { checkDeadline } from './check-deadline.ts';
import { checkForm, type Mistake } from './check-form.ts';
import { isWithin, minutesOf } from './civil-date.ts';
import { deadlineNames } from './deadline-names.ts';
import type { Policy } from './policy.schema.ts';
import { placesOf, type TextName, textPlaces } from './policy-texts.ts';
import { createZone } from './zone.ts';

export type { Mistake } from './check-form.ts';

/** @throws RangeError that tells every mistake when the document is no policy that can be run. */
export function readPolicy(document: unknown): Policy {
  const mistakes = checkPolicy(document);
  if (mistakes.length > 0)
    throw new RangeError(
      `The policy cannot be used: ${mistakes.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ')}`,
    );
  return document as Policy;
}

/**
 * Everything that keeps a document from being a policy. First its form; what it says is looked at only when the form is
 * right. Empty: it can be run.
 */
export function checkPolicy(document: unknown): Mistake[] {
  const malformed = checkForm(document);
  if (malformed.length > 0) return malformed;
  const policy = document as Policy;
  return [
    ...checkZone(policy),
    ...checkHours(policy),
    ...checkSignOff(policy),
    ...checkTexts(policy),
    ...deadlineNames.flatMap((name) => checkDeadline(policy, name)),
    ...checkAssessAt(policy),
  ];
}

function checkZone({ zone }: Policy): Mistake[] {
  try {
    createZone(zone);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ pointer: '/zone', detail: error.message, detailZh: `“${zone}”不是IANA时区名称，例如Asia/Shanghai。` }];
  }
}

function checkHours({ officeHours, quietHours }: Policy): Mistake[] {
  const mistakes: Mistake[] = [];
  let end = -1;
  for (const [at, { from, to }] of officeHours.entries()) {
    const pointer = `/officeHours/${at}`;
    if (minutesOf(to) <= minutesOf(from))
      mistakes.push({
        pointer,
        detail: `Ends at ${to}, which is not after it begins at ${from}.`,
        detailZh: `结束时刻${to}不晚于开始时刻${from}。`,
      });
    if (minutesOf(from) <= end)
      mistakes.push({
        pointer,
        detail: `Begins at ${from}, before the hours above it have ended.`,
        detailZh: `开始时刻${from}早于上一时段结束。`,
      });
    end = minutesOf(to);
  }
  if (minutesOf(quietHours.from) % 1440 === minutesOf(quietHours.to) % 1440)
    mistakes.push({
      pointer: '/quietHours',
      detail: 'They would begin and end at the same time.',
      detailZh: '开始与结束为同一时刻。',
    });
  return mistakes;
}

function checkSignOff({ signOff, roles, deadlines }: Policy): Mistake[] {
  const mistakes = signOff.flatMap(({ role }, at) =>
    role in roles
      ? []
      : [
          {
            pointer: `/signOff/${at}/role`,
            detail: `'${role}' is not one of /roles.`,
            detailZh: `/roles中没有“${role}”。`,
          },
        ],
  );
  if (signOff.length === 0 && deadlines['sign-off'])
    mistakes.push({
      pointer: '/deadlines/sign-off',
      detail: 'There is no level of /signOff that it could be for.',
      detailZh: '/signOff未设任何一级把关。',
    });
  return mistakes;
}

const CODE = 'K7M2P9QX';
const UNANNOUNCED_CODE = {
  detail:
    'Write {code} right behind the word 查询码: only so is a code recognised, and masked, in an answer that quotes it.',
  detailZh: '{code}应紧跟在“查询码”之后，引用时才能识别并脱敏。',
};

/** Each text has its own places, once each: a date that nobody put in, or a code that is never told, is a broken promise. */
function checkTexts({ texts }: Policy): Mistake[] {
  return (Object.keys(textPlaces) as TextName[]).flatMap((name) => {
    const wanted: readonly string[] = textPlaces[name];
    const text = texts[name];
    if (text === undefined) return [];
    const found = placesOf(text);
    const pointer = `/texts/${name}`;
    return [
      ...wanted
        .filter((place) => !found.includes(place))
        .map((place) => ({ detail: `The place {${place}} is missing.`, detailZh: `缺少{${place}}。` })),
      ...(wanted.includes('code') && found.includes('code') && maskText(text.replace('{code}', CODE)).includes(CODE)
        ? [UNANNOUNCED_CODE]
        : []),
      ...found.filter((place, at) => !wanted.includes(place) || found.indexOf(place) !== at).map(misplaced(wanted)),
    ].map((mistake) => ({ pointer, ...mistake }));
  });
}

const misplaced =
  (wanted: readonly string[]) =>
  (place: string): Omit<Mistake, 'pointer'> => {
    if (wanted.includes(place))
      return { detail: `The place {${place}} stands there twice.`, detailZh: `{${place}}出现了两次。` };
    const own = wanted.map((each) => `{${each}}`);
    return own.length === 0
      ? {
          detail: `There is nothing to put into {${place}}: this text has no places.`,
          detailZh: `{${place}}无内容可填：此文本没有占位符。`,
        }
      : {
          detail: `There is nothing to put into {${place}}: its places are ${own}.`,
          detailZh: `{${place}}无内容可填：可用的占位符为${own.join('、')}。`,
        };
  };

/** "Being assessed" must come after the last reminder, outside quiet hours, and before every time a receipt can be due. */
function checkAssessAt({ deadlines: { receipt }, quietHours }: Policy): Mistake[] {
  const at = minutesOf(receipt.assessAt);
  const pointer = '/deadlines/receipt/assessAt';
  const mistakes: Mistake[] = [];
  const tell = (detail: string, detailZh: string): number => mistakes.push({ pointer, detail, detailZh });
  const { assessAt } = receipt;
  if (isWithin(at, minutesOf(quietHours.from), minutesOf(quietHours.to)))
    tell(`${assessAt} lies in quiet hours.`, `${assessAt}在免打扰时段内。`);
  for (const { step, offset } of receipt.ladder) {
    if (step === 0 && 'clock' in offset && minutesOf(offset.clock) > at)
      tell(
        `${assessAt} is before the last reminder at ${offset.clock}.`,
        `${assessAt}早于最后一次提醒的${offset.clock}。`,
      );
  }
  for (const due of receipt.due.flatMap((rule) => (rule.by === 'clock' ? rule.cases : [])))
    if (minutesOf(due.at) <= at)
      tell(`${assessAt} is not before ${due.at}, when a receipt is due.`, `${assessAt}未早于回执到期的${due.at}。`);
  return mistakes;
}
