import { Type } from 'typebox';

const RECORDED =
  '您反映的情况已收到。\n诉求编号：{number}\n查询码：{code}\n凭编号和查询码可查询办理进度。如需补充，请以“补充：”开头在此留言。';
const WELCOME =
  '您好！请直接在此发送您要反映的问题，写明时间、地点和经过，可附图片、语音或位置。受理后会回复诉求编号和查询码。';

/** Where a platform's own API is called. */
export const platformAddress = (usual: string) =>
  Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+[^\\s?#/]$',
      maxLength: 200,
      description: `Address of the platform's API, without a slash at the end; default: ${usual}`,
    }),
  );

export const toleranceSetting = Type.Optional(
  Type.Integer({
    minimum: 30,
    maximum: 1_000_000_000,
    description:
      'Seconds a signed timestamp may be away from now; default 600. More only where something in front holds pushes back',
  }),
);

/** Where masking surely finds a query code again in what quotes it: right behind the word for it. */
export const ANNOUNCED_CODE = '查询码[：:\\s]{0,3}\\{code\\}';

/** What a source answers its citizens with (自动回复); `most` is the platform's own limit in characters. */
export const replyTextSettings = (most: number) => ({
  recordedText: Type.Optional(
    Type.String({
      maxLength: most,
      pattern: `^(?=[\\s\\S]*\\{number\\})(?:(?![\\s\\S]*\\{code\\})|[\\s\\S]*${ANNOUNCED_CODE})`,
      description: `Answer to a recorded message (受理回复): {number} and {code} are filled in, the code right behind 查询码, so that it is recognised and masked where it is quoted; default: ${RECORDED}`,
    }),
  ),
  welcomeText: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: most,
      description: `Answer to a new follower and to the menu (欢迎语); default: ${WELCOME}`,
    }),
  ),
});

type ReplyTexts = { [name in keyof ReturnType<typeof replyTextSettings>]?: string };

/**
 * The same for every delivery of one message, the platform's repeats included. The query code may be told here: the
 * platform brings it to that very sender.
 */
export const recordedReply = (
  { recordedText = RECORDED }: ReplyTexts,
  { appealNumber, queryCode }: { appealNumber: string; queryCode: string },
): string => recordedText.replaceAll('{number}', appealNumber).replaceAll('{code}', queryCode);

export const welcomeReply = ({ welcomeText = WELCOME }: ReplyTexts): string => welcomeText;
