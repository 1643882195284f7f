import type { DemoKeys } from './city/demo-keys.ts';
import type { Config } from './config.ts';

const examples: Record<string, Record<string, unknown>> = {
  phone: {
    source: '12345',
    body: '我家楼下的路灯坏了一个星期，晚上很黑。',
    sender: { name: '王女士', phone: '13900001001' },
  },
  wechat: {
    source: 'wechat-12345',
    body: '小区每逢下雨院坝积水，没有人管。',
    sender: { phone: '13900001002' },
    wechat: { openId: 'o-demo-1' },
  },
  weibo: { source: 'weibo-12345', body: '@12345 工地凌晨还在施工，噪音太大。', weibo: { uid: '1234567890' } },
  mailbox: {
    source: 'mayor-mailbox',
    title: '公交线路建议',
    body: '建议增加早高峰公交班次。',
    mail: { from: 'wang@example.com' },
  },
  portal: {
    source: 'portal',
    title: '欠薪',
    body: '工程完工三个月，仍拖欠工资。',
    sender: { name: '李先生', phone: '13900001003' },
  },
};

/** What a person who just typed `npm start` wants to see: where it is, the keys, and one message a channel to try. */
export function welcome(config: Config, port: number, keys: DemoKeys | undefined): string {
  const host = config.HOST === '0.0.0.0' || config.HOST === '::' ? '127.0.0.1' : config.HOST;
  const base = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const lines = ['', `  Minsheng 民声 is ready: ${base}`, `  API docs:              ${base}/docs`, ''];
  if (!keys) return lines.join('\n');
  lines.push('  Demonstration keys (Authorization: Bearer …):');
  for (const [name, key] of Object.entries(keys)) lines.push(`    ${name.padEnd(24)} ${key}`);
  lines.push('', '  One message by each channel:');
  for (const [channel, message] of Object.entries(examples)) {
    const body = JSON.stringify({ ...message, externalId: `try-${channel}-1` });
    lines.push(
      `    curl -s ${base}/v1/channels/${channel}/messages -H 'Authorization: Bearer ${keys[`demo-${channel}`]}' -H 'Content-Type: application/json' -d '${body}'`,
      '',
    );
  }
  return lines.join('\n');
}
