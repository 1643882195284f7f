import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { recogniseType, type TypeRefusal } from '../../attachments/content-type.ts';
import { shownName } from '../../attachments/file-name.ts';
import { fieldProblem, ProblemError, pointerPart } from '../../platform/problem.ts';
import { MOST_FIELD_BYTES, MOST_FIELDS } from './form.ts';
import type { Limits } from './settings.ts';

/** Machine milliseconds without a byte of a file, or without another field, after which an upload is given up. */
export const IDLE_MS = 20_000;
/** What a form may be longer than its files: fields, and the lines around each part. */
const REST_BYTES = 256 * 1024;
/** Bytes of files that this process holds in memory at once, over all uploads: each holds one file at a time. */
const MOST_HELD = 96 * 1024 * 1024;

/** Uploads of one process: the bytes of files in memory now, and how long each may send nothing. */
export interface Uploads {
  held: number;
  readonly idleMs: number;
}

export interface UploadedFile {
  name: string;
  kind: 'file' | 'image' | 'voice' | 'video' | 'recording';
  mediaType: string;
  content: Buffer;
}

/**
 * Reads a form as it arrives, one part after the other: first its fields, then its files. `onFields` decides, once, before
 * any file is read; `onFile` gets each file that may be kept, and no more than one is in memory.
 */
export async function readUpload(
  uploads: Uploads,
  request: FastifyRequest,
  limits: Limits,
  onFields: (fields: ReadonlyMap<string, string>) => Promise<void>,
  onFile: (file: UploadedFile) => Promise<void>,
): Promise<void> {
  if (!request.isMultipart()) throw wrongType();
  if (Number(request.headers['content-length'] ?? 0) > limits.totalBytes + REST_BYTES) throw tooLarge(limits);
  let working = false;
  const idle = setTimeout(() => {
    if (!working) request.raw.destroy();
  }, uploads.idleMs);
  const fields = new Map<string, string>();
  let admitted = false;
  let files = 0;
  let total = 0;
  let ours: unknown;
  /** What the caller refuses is the caller's; anything else went wrong with the reading. */
  const ask = async (answer: Promise<void>): Promise<void> => {
    working = true;
    try {
      await answer;
    } catch (error) {
      ours = error;
      throw error;
    } finally {
      working = false;
      idle.refresh();
    }
  };
  const admit = async (): Promise<void> => {
    if (admitted) return;
    admitted = true;
    await ask(onFields(fields));
  };
  try {
    const parts = request.parts({
      limits: {
        fieldNameSize: 100,
        fieldSize: MOST_FIELD_BYTES,
        fields: MOST_FIELDS + 1,
        files: limits.files + 1,
        fileSize: limits.fileBytes,
        headerPairs: 20,
        parts: MOST_FIELDS + limits.files + 2,
      },
    });
    for await (const part of parts) {
      idle.refresh();
      if (part.type === 'field') {
        takeField(fields, part, admitted);
        continue;
      }
      await admit();
      const file = await readFile(uploads, part, files, limits, total, idle);
      if (!file) continue;
      files += 1;
      total += file.content.length;
      try {
        await ask(onFile(file));
      } finally {
        uploads.held -= file.content.length;
      }
    }
    await admit();
  } catch (error) {
    // The rest is taken in and forgotten: a browser looks for the answer only when it has sent everything.
    request.raw.unpipe();
    request.raw.resume();
    throw error === ours ? error : explain(error);
  } finally {
    clearTimeout(idle);
  }
}

function takeField(
  fields: Map<string, string>,
  part: { fieldname: string; value: unknown; valueTruncated: boolean; fieldnameTruncated: boolean },
  admitted: boolean,
): void {
  const pointer = `/${pointerPart(part.fieldname.slice(0, 100).toWellFormed())}`;
  if (admitted) throw fieldProblem(pointer, 'must come before the files', '应在附件之前');
  if (fields.has(part.fieldname)) throw fieldProblem(pointer, 'is given twice', '重复');
  if (part.valueTruncated || part.fieldnameTruncated) throw fieldProblem(pointer, 'is too long', '过长');
  fields.set(part.fieldname, String(part.value));
}

/** Undefined: the empty part that a browser sends for a file field with nothing chosen. The bytes stay counted as held. */
async function readFile(
  uploads: Uploads,
  part: MultipartFile,
  at: number,
  limits: Limits,
  total: number,
  idle: NodeJS.Timeout,
): Promise<UploadedFile | undefined> {
  const name = shownName(part.filename ?? '');
  if (part.fieldname !== 'attachments')
    throw fieldProblem(`/${part.fieldname.slice(0, 100)}`, 'is not known here', '不是可用的字段');
  const refuse = (en: string, zh: string): ProblemError =>
    fieldProblem(`/attachments/${at}`, `“${name}” ${en}`, `“${name}”${zh}`);
  const chunks: Buffer[] = [];
  let size = 0;
  let given = false;
  try {
    for await (const chunk of part.file as AsyncIterable<Buffer>) {
      idle.refresh();
      if (uploads.held + chunk.length > MOST_HELD) throw busy();
      uploads.held += chunk.length;
      size += chunk.length;
      chunks.push(chunk);
      if (total + size > limits.totalBytes) throw tooLarge(limits);
    }
    if (part.file.truncated)
      throw refuse(`is larger than ${megabytes(limits.fileBytes)} MB`, `超过 ${megabytes(limits.fileBytes)} MB`);
    if (size === 0 && !part.filename) return undefined;
    if (at >= limits.files)
      throw fieldProblem('/attachments', `are more than ${limits.files}`, `超过 ${limits.files} 个`);
    const content = Buffer.concat(chunks, size);
    const type = await recogniseType(content, name, part.mimetype);
    if ('refused' in type) throw refuse(...refusals[type.refused]);
    given = true;
    return { name, kind: type.kind, mediaType: type.mediaType, content };
  } finally {
    if (!given) uploads.held -= size;
  }
}

const tooLarge = ({ totalBytes }: Limits): ProblemError =>
  fieldProblem(
    '/attachments',
    `are larger than ${megabytes(totalBytes)} MB together`,
    `合计超过 ${megabytes(totalBytes)} MB`,
  );

const megabytes = (bytes: number): number => bytes / 1024 / 1024;

const refusals: Record<TypeRefusal, [en: string, zh: string]> = {
  empty: ['is empty', '是空文件'],
  'not-allowed': ['is of a type that is not accepted', '的文件类型不受支持'],
  spoofed: ['is not what its name or type says', '的内容与其名称或类型不符'],
};

const busy = (): ProblemError =>
  new ProblemError(
    'busy',
    { en: 'Too many files are being received.', zh: '正在接收的附件过多，请稍后再试。' },
    { retryAfter: 10 },
  );

const wrongType = (): ProblemError =>
  new ProblemError(
    'unsupported-media-type',
    { en: 'Send multipart/form-data.', zh: '请使用 multipart/form-data。' },
    {
      errors: [
        {
          pointer: '/headers/content-type',
          detail: 'must be multipart/form-data',
          detailZh: '应为 multipart/form-data',
        },
      ],
    },
  );

/** The reader's own refusals in our words. */
function explain(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (error instanceof ProblemError || !(error instanceof Error)) return error;
  if (code === 'FST_FILES_LIMIT' || code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT')
    return fieldProblem('', 'has too many parts', '的内容项过多');
  // ECONNRESET is the sender's connection here: the caller's own failures never come this way.
  if (code === undefined || code.startsWith('FST_') || /^(ERR_STREAM_PREMATURE_CLOSE|ECONNRESET)$/.test(code))
    return new ProblemError(
      'malformed-body',
      { en: 'The form cannot be read or is cut off.', zh: '表单内容不完整或无法读取。' },
      { errors: [{ pointer: '', detail: 'cannot be read or is cut off', detailZh: '不完整或无法读取' }] },
    );
  return error;
}
