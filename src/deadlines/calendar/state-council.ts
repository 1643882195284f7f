import type { CalendarDay } from './calendar.ts';
import year2018 from './years/2018.json' with { type: 'json' };
import year2019 from './years/2019.json' with { type: 'json' };
import year2020 from './years/2020.json' with { type: 'json' };
import year2021 from './years/2021.json' with { type: 'json' };
import year2022 from './years/2022.json' with { type: 'json' };
import year2023 from './years/2023.json' with { type: 'json' };
import year2024 from './years/2024.json' with { type: 'json' };
import year2025 from './years/2025.json' with { type: 'json' };
import year2026 from './years/2026.json' with { type: 'json' };

const years = [year2018, year2019, year2020, year2021, year2022, year2023, year2024, year2025, year2026];

/**
 * The day table of the State Council's yearly holiday arrangements, 2018 to 2026, and the numbers of its notices. A notice
 * that reaches back into the last days of December is listed with both years. The days were taken from the npm package
 * chinese-days 1.5.7 (MIT) and checked against the holiday-cn project (2018, 2019, 2021, 2023, 2025) and against the text
 * of the notices (2022, 2024, 2026).
 */
export function stateCouncilDays(): { source: string; days: CalendarDay[] } {
  const notices = new Set(years.flatMap((year) => year.notices.map((notice) => notice.number)));
  const days = years.flatMap((year) => {
    const source = year.notices.map((notice) => notice.number).join(' ');
    return year.days.map(({ date, name, workday }): CalendarDay => {
      return { date, name, kind: workday ? 'workday' : 'day-off', scope: 'national', source };
    });
  });
  return { source: [...notices].join(' '), days };
}
