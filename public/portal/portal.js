// The public form: what is wrong is said before and after sending, the proof of work is done on this device, files show
// their progress, and number and code stay on the page. Everything is loaded from this server.
// The button waits for all of it.

const MEGABYTE = 1024 * 1024;
const byId = (id) => document.getElementById(id);
const form = byId('form');
const summary = byId('summary');
const widget = document.querySelector('altcha-widget');
const limits = {
  files: Number(form.dataset.files),
  file: Number(form.dataset.fileMegabytes) * MEGABYTE,
  total: Number(form.dataset.totalMegabytes) * MEGABYTE,
};
const labels = { altcha: '安全校验', form: '本页' };
const { phone } = form.dataset;
const sameAgain = '同一内容不会重复登记。';
let chosen = [];
let sending = false;
/** What was sent and got no answer: it may have been recorded all the same. */
let unanswered = [];

// ---- files: shown one by one, each can be taken away again

const picker = byId('attachments');
picker?.addEventListener('change', () => {
  chosen = [...chosen, ...picker.files];
  picker.value = '';
  showFiles();
});

function showFiles() {
  byId('files').replaceChildren(
    ...chosen.map((file, at) => {
      const name = document.createElement('span');
      name.textContent = `${file.name}（${sizeOf(file.size)}）`;
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = '移除';
      button.setAttribute('aria-label', `移除 ${file.name}`);
      button.addEventListener('click', () => {
        chosen.splice(at, 1);
        showFiles();
        say(`已移除 ${file.name}`);
        picker.focus();
      });
      const item = document.createElement('li');
      item.append(name, button);
      return item;
    }),
  );
  if (chosen.length > 0) say(`已选择 ${chosen.length} 个文件`);
}

const sizeOf = (bytes) =>
  bytes < MEGABYTE ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MEGABYTE).toFixed(1)} MB`;

// ---- anonymous: name and number are not asked for

const anonymous = byId('anonymous');
const showPerson = () => {
  byId('person').hidden = anonymous.checked;
};
anonymous.addEventListener('change', showPerson);
showPerson();

// ---- how much is written: nothing is cut, what is too long is said

const lengthOf = (text) => [...text].length;
const mostOf = (input) => Number(input.dataset.most);

function showCount() {
  const input = byId('body');
  const left = mostOf(input) - lengthOf(input.value);
  byId('body-count').hidden = left > mostOf(input) / 10;
  byId('body-count').textContent = left < 0 ? `超出 ${-left} 字，请删减后再提交。` : `还可以写 ${left} 字。`;
  byId('body-count').classList.toggle('over', left < 0);
}
byId('body').addEventListener('input', showCount);
showCount();

// ---- what is wrong

/** @param {{ field: string, text: string }[]} errors */
function showErrors(errors, title = '请更正以下内容') {
  clearErrors();
  const heading = document.createElement('h2');
  heading.textContent = title;
  const list = document.createElement('ul');
  for (const { field, text } of errors) {
    const item = document.createElement('li');
    const input = byId(field);
    if (input) {
      const link = document.createElement('a');
      link.href = `#${field}`;
      link.textContent = text;
      link.addEventListener('click', (event) => {
        event.preventDefault();
        input.focus();
      });
      item.append(link);
      mark(input, text);
    } else item.textContent = text;
    list.append(item);
  }
  summary.replaceChildren(heading, list);
  summary.hidden = false;
  summary.focus();
}

function mark(input, text) {
  const message = document.createElement('p');
  message.className = 'error';
  message.id = `${input.id}-error`;
  message.textContent = text;
  (input.closest('.picker') ?? input).before(message);
  input.setAttribute('aria-invalid', 'true');
  const described = input.getAttribute('aria-describedby') ?? '';
  input.setAttribute('aria-describedby', `${message.id} ${described}`.trim());
}

function clearErrors() {
  summary.hidden = true;
  for (const message of form.querySelectorAll('.error')) message.remove();
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    const described = (input.getAttribute('aria-describedby') ?? '').replace(`${input.id}-error`, '').trim();
    if (described === '') input.removeAttribute('aria-describedby');
    else input.setAttribute('aria-describedby', described);
  }
}

/** What can be known without asking the server. */
function findErrors() {
  const errors = [];
  if (byId('body').value.trim() === '') errors.push({ field: 'body', text: '请填写诉求内容' });
  for (const input of form.querySelectorAll('[data-most]')) {
    const over = lengthOf(input.value) - mostOf(input);
    const unused = anonymous.checked && input.id === 'phone';
    if (over > 0 && !unused)
      errors.push({ field: input.id, text: `${labelOf(input.id)}最多 ${mostOf(input)} 字，超出 ${over} 字，请删减` });
  }
  if (chosen.length > limits.files) errors.push({ field: 'attachments', text: `文件最多 ${limits.files} 个` });
  for (const { name, size } of chosen) {
    if (size > limits.file) errors.push({ field: 'attachments', text: `“${name}”超过 ${limits.file / MEGABYTE} MB` });
    if (size === 0) errors.push({ field: 'attachments', text: `“${name}”是空文件` });
  }
  if (chosen.reduce((sum, { size }) => sum + size, 0) > limits.total)
    errors.push({ field: 'attachments', text: `文件合计超过 ${limits.total / MEGABYTE} MB` });
  return errors;
}

const labelOf = (field) =>
  form.querySelector(`label[for="${CSS.escape(field)}"]`)?.firstChild?.textContent ?? labels[field] ?? '';

/** Pointers of a problem as fields of this page: `/attachments/0` is `attachments`. */
function errorsOf(problem) {
  if (!problem?.errors?.length) return [{ field: '', text: problem?.detail ?? '系统暂时无法受理，请稍后重试。' }];
  return problem.errors.map(({ pointer, detail }) => {
    const field = pointer.split('/')[1] ?? '';
    const label = labelOf(field);
    return { field, text: detail.startsWith('“') ? detail : `${label}${label ? '：' : ''}${detail}` };
  });
}

// ---- sending

const say = (text) => {
  byId('said').textContent = text;
};

function show(text, percent) {
  byId('progress').hidden = false;
  byId('doing').textContent = text;
  if (percent === undefined) byId('bar').removeAttribute('value');
  else byId('bar').value = percent;
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (sending) return;
  const errors = findErrors();
  if (errors.length > 0) {
    showErrors(errors);
    return;
  }
  sending = true;
  clearErrors();
  byId('send').disabled = true;
  try {
    await submit();
  } catch {
    showErrors(
      [{ field: '', text: `网络中断，未收到系统答复。请不要修改，再次点击“提交”，${sameAgain}` }],
      '提交未完成',
    );
  } finally {
    sending = false;
    byId('send').disabled = false;
    byId('progress').hidden = true;
  }
});

async function submit() {
  if (!globalThis.isSecureContext) {
    showErrors([{ field: '', text: '安全校验需要以 https 开头的网址，请从正式网址打开本页。' }]);
    return;
  }
  let proof = await prove();
  const data = collect();
  for (let attempt = 1; proof; attempt += 1) {
    const { status, body } = await send(data, proof);
    if (status === 200 || status === 201) {
      finish(body);
      return;
    }
    if (status === 409) {
      await findFirst(proof);
      return;
    }
    // Expired, or used by another copy of this page: once more, unasked.
    const stale = body?.errors?.length === 1 && body.errors[0].pointer === '/altcha';
    if (!stale || attempt === 2) {
      refuse(status, body);
      return;
    }
    widget.reset();
    proof = await prove();
  }
  showErrors([{ field: '', text: '安全校验未完成，请再次点击“提交”。' }], '提交未完成');
}

/** What the server, or something on the way to it, refused. */
function refuse(status, body) {
  if (status === 413)
    showErrors([{ field: 'attachments', text: '上传的文件过大，请减少或压缩文件后再提交。' }], '文件过大');
  else if (status === 429 || status === 503) showErrors(errorsOf(body), '请稍后再试');
  else if (status >= 500)
    showErrors(
      [{ field: '', text: `未收到登记结果。请不要修改，稍后再次点击“提交”，${sameAgain}也可致电 ${phone}。` }],
      '系统暂时无法受理',
    );
  else showErrors(errorsOf(body), body?.errors?.length ? undefined : '提交未完成');
}

/** This page was recorded with other words: with those it was, sent again, comes the answer that got lost. */
async function findFirst(proof) {
  for (const data of [...unanswered].reverse()) {
    const { status, body } = await send(data, proof);
    if (status !== 200) continue;
    finish(body, true);
    return;
  }
  showErrors(
    [{ field: '', text: `本页先前提交的内容已经登记，登记后不能再改。如没有记下工单编号，请致电 ${phone} 查询。` }],
    '本页内容已提交过',
  );
}

let proven;
async function prove() {
  if (proven && widget.getState() === 'verified') return proven;
  show('正在进行安全校验…');
  say('正在进行安全校验');
  proven = (await widget.verify())?.payload;
  return proven;
}

/** The name of who stays anonymous goes along so that the server masks it in what they wrote; it is not kept. */
function collect() {
  const data = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (name === 'attachments' || name === 'altcha' || typeof value !== 'string') continue;
    if (anonymous.checked && name === 'phone') continue;
    data.append(name, value);
  }
  data.append('altcha', '');
  for (const file of chosen) data.append('attachments', file);
  return data;
}

/** XMLHttpRequest: fetch does not tell how much has been sent. */
function send(data, proof) {
  data.set('altcha', proof);
  const lost = () => {
    if (!unanswered.includes(data)) unanswered.push(data);
  };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.setRequestHeader('accept-language', 'zh-CN');
    request.responseType = 'json';
    let told = 0;
    request.upload.addEventListener('progress', ({ loaded, total, lengthComputable }) => {
      if (!lengthComputable || chosen.length === 0) return;
      const percent = Math.round((loaded / total) * 100);
      show(percent === 100 ? '已上传，正在登记…' : `正在上传 ${percent}%`, percent);
      if (percent >= told + 25) {
        told = percent;
        say(`已上传 ${percent}%`);
      }
    });
    show('正在提交…');
    request.addEventListener('load', () => {
      if (request.status >= 500) lost();
      resolve({ status: request.status, body: request.response });
    });
    for (const event of ['error', 'abort'])
      request.addEventListener(event, () => {
        lost();
        reject(new Error('no answer'));
      });
    request.send(data);
  });
}

// ---- done: kept in this tab, so that neither reloading nor going back loses the number or sends it all again

const KEPT = `sent:${form.action}`;

/** @param changed what stands in the form now is not what was recorded. */
function finish(answer, changed = false) {
  const { appealNumber, queryCode, receivedAt, receiptDueAt } = answer;
  keep(JSON.stringify(answer));
  const time = (instant) => instant.slice(0, 16).replace('T', ' ');
  byId('number').textContent = appealNumber;
  byId('code').textContent = queryCode;
  byId('received').textContent = time(receivedAt);
  byId('receipt').textContent = receiptDueAt
    ? `我们会在 ${time(receiptDueAt)} 前向您的手机发送短信回执。`
    : '您未留手机号码，不会收到短信，请凭编号和查询码查询。';
  byId('changed').hidden = !changed;
  byId('write').hidden = true;
  byId('done').hidden = false;
  document.title = document.title.replace('我要写信', '提交成功');
  byId('done-title').focus();
  window.scrollTo(0, 0);
}

byId('copy').addEventListener('click', async () => {
  const text = `工单编号：${byId('number').textContent} 查询码：${byId('code').textContent}`;
  try {
    await navigator.clipboard.writeText(text);
    byId('copied').textContent = '已复制。';
  } catch {
    byId('copied').textContent = '浏览器不允许复制，请手工抄录或截图保存。';
  }
});
byId('print').addEventListener('click', () => window.print());
byId('again').addEventListener('click', () => keep(undefined));

/** A message of its own, which names the one it adds to. */
byId('add').addEventListener('click', () => {
  keep(undefined);
  unanswered = [];
  form.elements.form.value = crypto.randomUUID();
  byId('body').value = `补充工单 ${byId('number').textContent}：\n${byId('body').value}`;
  showCount();
  byId('done').hidden = true;
  byId('write').hidden = false;
  document.title = document.title.replace('提交成功', '我要写信');
  byId('body').focus();
});

/** Where the browser keeps nothing, nothing is kept. */
function keep(text) {
  try {
    if (text === undefined) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, text);
  } catch {}
}

try {
  const kept = sessionStorage.getItem(KEPT);
  if (kept !== null) finish(JSON.parse(kept));
} catch {}

// ---- ready: until then the button waits, and the page says what to do if it never comes to that

await import('./altcha-zh-cn.js');
await import('./altcha.js');
globalThis.$altcha.algorithms.set(
  'PBKDF2/SHA-256',
  () => new Worker('/portal/assets/altcha-worker.js', { type: 'module' }),
);
await customElements.whenDefined('altcha-widget');
await widget.configure({
  challenge: form.dataset.challenge,
  humanInteractionSignature: false,
  hideFooter: true,
  hideLogo: true,
  minDuration: 0,
});
byId('unready').hidden = true;
byId('send').disabled = false;
