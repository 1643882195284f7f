import type { ShownKind } from './attachments.table.ts';

/**
 * What may be kept (允许的附件类型): by what the content is, not by what it says it is. A name must end as one of
 * `extensions` of its family; pictures, and sound and film, are families (phones mix their endings), papers are not.
 * Nothing that a browser would run (HTML, SVG), no archive, no macro.
 */
export interface AllowedType {
  mediaType: string;
  kind: ShownKind;
  extensions: readonly string[];
}

const type = (kind: ShownKind, mediaType: string, ...extensions: string[]): AllowedType => ({
  mediaType,
  kind,
  extensions,
});

export const allowedTypes: readonly AllowedType[] = [
  type('image', 'image/jpeg', 'jpg', 'jpeg', 'jfif'),
  type('image', 'image/png', 'png'),
  type('image', 'image/gif', 'gif'),
  type('image', 'image/webp', 'webp'),
  type('image', 'image/bmp', 'bmp'),
  type('image', 'image/heic', 'heic', 'heif'),
  type('image', 'image/heif', 'heif', 'heic'),
  type('image', 'image/avif', 'avif'),
  type('image', 'image/tiff', 'tif', 'tiff'),

  type('file', 'application/pdf', 'pdf'),
  type('file', 'application/ofd', 'ofd'),
  type('file', 'application/msword', 'doc', 'wps'),
  type('file', 'application/vnd.ms-excel', 'xls', 'et'),
  type('file', 'application/vnd.ms-powerpoint', 'ppt', 'dps'),
  type('file', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'),
  type('file', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'),
  type('file', 'application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'),
  type('file', 'application/vnd.oasis.opendocument.text', 'odt'),
  type('file', 'application/vnd.oasis.opendocument.spreadsheet', 'ods'),
  type('file', 'application/vnd.oasis.opendocument.presentation', 'odp'),
  type('file', 'application/rtf', 'rtf'),

  type('voice', 'audio/mpeg', 'mp3'),
  type('voice', 'audio/mp4', 'm4a'),
  type('voice', 'audio/x-m4a', 'm4a'),
  type('voice', 'audio/aac', 'aac'),
  type('voice', 'audio/amr', 'amr'),
  type('voice', 'audio/wav', 'wav'),
  type('voice', 'audio/ogg', 'ogg', 'oga', 'opus'),
  type('voice', 'audio/flac', 'flac'),

  type('video', 'video/mp4', 'mp4', 'm4v'),
  type('video', 'video/quicktime', 'mov', 'qt'),
  type('video', 'video/3gpp', '3gp'),
  type('video', 'video/webm', 'webm'),
  type('video', 'video/x-m4v', 'm4v'),
];
