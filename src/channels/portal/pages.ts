import type { CitizenView } from '../../appeals/appeals.schema.ts';
import { natures } from '../../appeals/nature.ts';
import { allowedTypes } from '../../attachments/allowed-types.ts';
import { MOST_BODY } from './form.ts';
import { type Html, html } from './html.ts';
import type { FormSettings } from './settings.ts';

const natureNames: Record<(typeof natures)[number], string> = {
  inquiry: '咨询',
  assistance: '求助',
  complaint: '投诉',
  report: '举报',
  suggestion: '建议',
  commendation: '表扬',
};

interface Place {
  source: string;
  settings: FormSettings;
}

const nothing = html``;

/** The frame of every page: title, who receives the appeals, the way between the two pages. */
function page(
  { source, settings }: Place,
  title: string,
  current: 'form' | 'query',
  main: Html,
  head = nothing,
): string {
  const link = (to: 'form' | 'query', path: string, text: string): Html =>
    html`<li><a href="/portal/${source}${path}"${to === current ? html` aria-current="page"` : nothing}>${text}</a></li>`;
  return html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title} - ${settings.organisation}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/portal/assets/portal.css">
${head}
</head>
<body>
<a class="skip" href="#main">跳到正文</a>
<header class="top"><div class="wrap">
<p class="organisation">${settings.organisation}</p>
<nav aria-label="页面"><ul>${link('form', '', '我要写信')}${link('query', '/query', '办理查询')}</ul></nav>
</div></header>
<main id="main" class="wrap" tabindex="-1">
${main}
</main>
<footer class="wrap">遇到紧急情况请直接拨打 110、119、120；填写有困难，请致电 <a href="tel:${settings.phone.replaceAll(/[^0-9+]/g, '')}">${settings.phone}</a>。</footer>
</body>
</html>
`.markup;
}

/** What one field looks like: its label, what to know, the field, the place for what is wrong with it. */
function field(name: string, label: string, hint: string, input: (described: Html) => Html, required = false): Html {
  const described = html` id="${name}" name="${name}"${hint === '' ? nothing : html` aria-describedby="${name}-hint"`}`;
  return html`<div class="field">
<label for="${name}">${label}${required ? html`<span class="required">（必填）</span>` : nothing}</label>
${hint === '' ? nothing : html`<p class="hint" id="${name}-hint">${hint}</p>`}
${input(described)}
</div>`;
}

const tick = (name: string, label: string, hint: string): Html => html`<div class="tick">
<input type="checkbox" id="${name}" name="${name}" value="true" aria-describedby="${name}-hint">
<div><label for="${name}">${label}</label><p class="hint" id="${name}-hint">${hint}</p></div>
</div>`;

/** @param form id of this filled-in form: sent again after a lost answer it is the same message. */
export function formPage(place: Place, form: string): string {
  const { source, settings } = place;
  const endings = [...new Set(allowedTypes.flatMap(({ extensions }) => extensions))].map((ending) => `.${ending}`);
  const head = html`<link rel="stylesheet" href="/portal/assets/altcha.css">
<script type="module" src="/portal/assets/portal.js"></script>`;
  const files = field(
    'attachments',
    '照片或材料',
    `最多 ${settings.maxFiles} 个，每个不超过 ${settings.maxFileMegabytes} MB，合计不超过 ${settings.maxTotalMegabytes} MB。可用照片、PDF、Word、Excel、WPS、录音和视频。`,
    (
      described,
    ) => html`<div class="picker"><span aria-hidden="true">＋ 选择照片或文件</span><input type="file" multiple accept="${endings.join(',')}"${described}></div>
<ul id="files" class="files" aria-label="已选择的文件"></ul>`,
  );
  return page(
    place,
    '我要写信',
    'form',
    html`<div id="write">
<h1>我要写信</h1>
${settings.notice === '' ? nothing : html`<div class="notice">${settings.notice.split('\n').map((line) => html`<p>${line}</p>`)}</div>`}
<noscript><div class="notice"><p>提交时需要浏览器运行脚本完成安全校验，您的浏览器没有运行脚本。请开启后刷新本页，或致电 ${settings.phone}，由话务员为您登记，效力相同。</p></div></noscript>
<div id="summary" class="summary" role="alert" tabindex="-1" hidden></div>
<form id="form" action="/v1/portal/${source}/messages" method="post" enctype="multipart/form-data" novalidate
 data-challenge="/v1/portal/${source}/challenge" data-phone="${settings.phone}" data-files="${settings.maxFiles}" data-file-megabytes="${settings.maxFileMegabytes}" data-total-megabytes="${settings.maxTotalMegabytes}">
<input type="hidden" name="form" value="${form}">
<fieldset><legend>诉求</legend>
${field(
  'body',
  '诉求内容',
  `请写明时间、地点和经过，最多 ${MOST_BODY} 字。`,
  (described) => html`<textarea rows="8" data-most="${MOST_BODY}" required${described}></textarea>
<p id="body-count" class="hint" hidden></p>`,
  true,
)}
${field('title', '标题', '可不填。', (described) => html`<input type="text" data-most="100"${described}>`)}
${field('nature', '诉求类型', '不确定可不选，由工作人员判断。', (described) => html`<select${described}><option value="">请选择</option>${natures.map((nature) => html`<option value="${nature}">${natureNames[nature]}</option>`)}</select>`)}
${field('address', '事发地点', '例如：某某路 12 号，某某小区 3 栋。', (described) => html`<input type="text" data-most="300"${described}>`)}
${settings.maxFiles === 0 ? nothing : files}
</fieldset>
<fieldset><legend>您的信息</legend>
<p class="hint">您的姓名和电话加密保存，只用于办理您的诉求。</p>
${tick('anonymous', '匿名提交', '不保存姓名和电话；内容里也请不要写明自己是谁。请务必记下查询码，它是查看办理结果的唯一凭据。')}
<div id="person">
${field('name', '姓名', '', (described) => html`<input type="text" data-most="100" autocomplete="name"${described}>`)}
${field('phone', '联系电话', '用于核实情况，手机可收到短信回执；固定电话请写区号。', (described) => html`<input type="tel" data-most="32" inputmode="tel" autocomplete="tel"${described}>`)}
</div>
${tick('confidential', '请为我的身份保密', '承办单位看不到您的身份，也看不到您上传的文件。')}
${tick('publish', '内容可以公开', '隐去个人信息后，内容可供他人查阅。')}
</fieldset>
<altcha-widget name="altcha" display="invisible" language="zh-cn"></altcha-widget>
<p class="hint">提交时会自动进行安全校验，约需几秒，无需您操作。</p>
<div class="progress" id="progress" hidden><label for="bar" id="doing">正在提交</label><progress id="bar" max="100"></progress></div>
<p id="said" class="visually-hidden" role="status"></p>
<p id="unready" class="notice">“提交”变为蓝色后即可提交。如果一直是灰色，请刷新本页或换一个浏览器，也可以致电 ${settings.phone}，由话务员为您登记，效力相同。</p>
<button type="submit" id="send" disabled>提交</button>
</form>
</div>
<section id="done" class="done" hidden aria-labelledby="done-title">
<h1 id="done-title" tabindex="-1">提交成功</h1>
<p>请保存下面的编号和查询码，凭二者查询办理情况。</p>
<dl>
<div><dt>工单编号</dt><dd id="number"></dd></div>
<div><dt>查询码</dt><dd id="code"></dd></div>
<div><dt>收到时间</dt><dd id="received"></dd></div>
</dl>
<p id="receipt"></p>
<div id="changed" class="summary" hidden><h2>修改后的内容没有登记</h2>
<p>登记的是您第一次提交的内容，当时系统的答复没有送达。您之后修改的内容没有登记。</p>
<p><button type="button" id="add" class="plain">把修改后的内容作为补充提交</button></p></div>
<p class="actions"><button type="button" id="copy">复制编号和查询码</button> <button type="button" id="print" class="plain">打印本页</button></p>
<p id="copied" role="status"></p>
<p class="actions"><a href="/portal/${source}/query">查询办理情况</a> <a href="/portal/${source}" id="again">再写一封</a></p>
</section>`,
    head,
  );
}

/** @param asked what was looked for: the view, or nothing when number and code open none. */
export function queryPage(place: Place, asked?: { number: string; view: CitizenView | undefined }): string {
  const wrong = asked !== undefined && asked.view === undefined;
  return page(
    place,
    asked?.view ? '办理情况' : wrong ? '未查到 - 办理查询' : '办理查询',
    'query',
    html`<h1>办理查询</h1>
${asked?.view ? viewOf(asked.view) : nothing}
${wrong ? html`<div class="summary" role="alert"><h2>未查到</h2><p>工单编号或查询码有误，请核对后重新输入。</p></div>` : nothing}
<form action="/portal/${place.source}/query" method="post" class="query" autocomplete="off">
${asked?.view ? html`<h2>查询其他工单</h2>` : nothing}
${field('number', '工单编号', '提交成功页面和短信中的一串数字。', (described) => html`<input type="text" required maxlength="40" inputmode="numeric" value="${wrong ? asked.number : ''}"${described}>`)}
${field('code', '查询码', '提交成功时显示的 8 位字母和数字，不分大小写。', (described) => html`<input type="text" required maxlength="40" autocapitalize="characters" spellcheck="false"${described}>`)}
<button type="submit">查询</button>
</form>`,
  );
}

function viewOf(view: CitizenView): Html {
  const rows: [string, string | null][] = [
    ['工单编号', view.number],
    ['并入工单', view.linkedNumber],
    ['承办单位', view.departmentName],
    ['收到时间', timeOf(view.receivedAt)],
    ['办理时限', view.resolveDueAt && timeOf(view.resolveDueAt)],
    ['办理结果', view.outcome],
  ];
  const shown = rows.flatMap(([name, value]) => (value ? [html`<div><dt>${name}</dt><dd>${value}</dd></div>`] : []));
  return html`<section class="done" aria-labelledby="state"><h2 id="state">办理状态：${view.statusText}</h2><dl>${shown}</dl>
<h3>办理过程</h3><ol class="steps">${view.steps.map(({ at, text }) => html`<li><time datetime="${at}">${timeOf(at)}</time> ${text}</li>`)}</ol></section>`;
}

/** From `2026-03-10T10:00:00+08:00`: the offset is the city's already. */
const timeOf = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

/** For whoever sent the form without its script: the browser shows what it is answered in the form's place. */
export const notSentPage = (phone: string): string =>
  problemPage(
    '没有提交成功',
    `您写的内容没有登记。请按浏览器的“返回”回到填写页，稍候再提交；如仍不成功，请换一个浏览器，或致电 ${phone}，由话务员为您登记，效力相同。`,
  );

export const problemPage = (title: string, detail: string): string =>
  html`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/portal/assets/portal.css"></head>
<body><main class="wrap"><h1>${title}</h1><p>${detail}</p></main></body></html>
`.markup;
