import fc from 'fast-check';
import { recogniseType } from '../../src/attachments/content-type.ts';
import { shownName } from '../../src/attachments/file-name.ts';
import { docx, exe, html, jpeg, pdf, png, svg, zip } from '../support/files.ts';
import t from '../support/tap.ts';

const OFFICE = 'application/vnd.openxmlformats-officedocument';

t.test('a file is what its content is', async (t) => {
  const cases: [Buffer, string, string][] = [
    [png, '照片.PNG', 'image/png'],
    [jpeg, 'IMG_0001.jpg', 'image/jpeg'],
    [jpeg, '无后缀', 'image/jpeg'],
    [pdf, '材料.pdf', 'application/pdf'],
    [docx, '说明.docx', `${OFFICE}.wordprocessingml.document`],
    [
      zip([
        ['[Content_Types].xml', ''],
        ['xl/workbook.xml', ''],
      ]),
      '表.xlsx',
      `${OFFICE}.spreadsheetml.sheet`,
    ],
    [
      zip([['mimetype', 'application/vnd.oasis.opendocument.text']]),
      '文.odt',
      'application/vnd.oasis.opendocument.text',
    ],
    [zip([['OFD.xml', '<OFD/>']]), '公文.ofd', 'application/ofd'],
    [Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(600)}`, 'hex'), '旧.doc', 'application/msword'],
    [Buffer.from('#!AMR\n      '), '语音.amr', 'audio/amr'],
  ];
  for (const [content, name, mediaType] of cases) t.match(await recogniseType(content, name), { mediaType }, name);
  t.match(await recogniseType(jpeg, '手机里的.png', 'image/png'), { mediaType: 'image/jpeg' }, 'pictures mix endings');
});

t.test('what says it is something else, or may not be kept', async (t) => {
  const cases: [Buffer, string, string, string][] = [
    [Buffer.alloc(0), '空.jpg', '', 'empty'],
    [exe, '照片.jpg', 'image/jpeg', 'not-allowed'],
    [svg, '图.svg', 'image/svg+xml', 'not-allowed'],
    [html, '照片.jpg', 'image/jpeg', 'not-allowed'],
    [Buffer.from('只是文字'), '说明.txt', 'text/plain', 'not-allowed'],
    [pdf, '照片.jpg', 'image/jpeg', 'spoofed'],
    [pdf, '材料.pdf', 'image/jpeg', 'spoofed'],
    [png, '照片.png', 'text/html', 'spoofed'],
    [jpeg, '照片.jpg.exe', '', 'spoofed'],
    [docx, '表.xlsx', '', 'spoofed'],
    [zip([['a.txt', 'x']]), '文.docx', '', 'not-allowed'],
    [zip([['mimetype', 'image/jpeg']]), '照片.jpg', '', 'not-allowed'],
    [
      zip([
        ['[Content_Types].xml', ''],
        ['word/document.xml', ''],
        ['word/vbaProject.bin', ''],
      ]),
      '宏.docx',
      '',
      'not-allowed',
    ],
    [Buffer.from('1f8b0800', 'hex'), '包.gz', '', 'not-allowed'],
    [Buffer.from('PK\u0003\u0004half'), '半个.docx', '', 'not-allowed'],
  ];
  for (const [content, name, declared, refused] of cases)
    t.same(await recogniseType(content, name, declared), { refused }, name);
});

t.test('a bomb of an office document is looked at from outside only', async (t) => {
  const bomb = zip(
    [
      ['[Content_Types].xml', 'x'],
      ['word/document.xml', 'x'],
    ],
    0xfffffff0,
  );
  t.match(await recogniseType(bomb, '说明.docx'), { mediaType: `${OFFICE}.wordprocessingml.document` });
});

t.test('whatever bytes come, there is an answer', async () => {
  const heads = [
    docx,
    png,
    pdf,
    Buffer.from('PK\u0003\u0004'),
    Buffer.from('1f8b', 'hex'),
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.from('3026b2758e66cf11', 'hex'),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...heads),
      fc.uint8Array({ maxLength: 400 }),
      fc.nat(200),
      fc.string(),
      async (head, tail, cut, name) => {
        await recogniseType(Buffer.concat([head.subarray(0, cut), tail]), name);
      },
    ),
    { numRuns: 300 },
  );
});

t.test('names are shown, never paths, and end as they ended', async (t) => {
  t.equal(shownName('../../etc/passwd'), 'passwd');
  t.equal(shownName('C:\\Users\\王\\桌面\\照片.jpg'), '照片.jpg');
  t.equal(shownName('照片\u202egpj.exe'), '照片gpj.exe');
  t.equal(shownName('a\r\nSet-Cookie: x.pdf'), 'aSet-Cookie: x.pdf');
  t.equal(shownName('..'), '附件');
  t.equal(shownName('照片.1234567890😀x'), '照片.1234567890😀', 'a character is never cut in two');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (given) => {
      const name = shownName(given);
      t.notMatch(name, /[\\/\p{Cc}]/u);
      t.ok(name.length > 0 && [...name].length <= 120 && name.isWellFormed());
    }),
  );
  t.match(shownName(`${'长'.repeat(500)}.docx`), /^长{115}\.docx$/);
});
