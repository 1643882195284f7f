import { parseDate, weekdayOf } from '../civil-date.ts';
import type { CalendarDay } from './calendar.ts';

const WEEKDAYS = '一二三四五六日';

/** `2026-10-10 周六 国庆节 上班 (全国, 国办发明电〔2025〕7号)`. */
export function describeDay({ date, name, kind, worked, scope, source }: CalendarDay): string {
  const weekday = WEEKDAYS[weekdayOf(parseDate(date))];
  return `${date} 周${weekday} ${name} ${said(kind, worked)} (${scope === 'national' ? '全国' : '本地'}, ${source})`;
}

function said(kind: CalendarDay['kind'], worked: CalendarDay['worked']): string {
  if (kind === 'day-off') return '放假';
  if (kind === 'workday') return '上班';
  return `半天，上班时间 ${worked?.from ?? ''}–${worked?.to ?? ''}`;
}
