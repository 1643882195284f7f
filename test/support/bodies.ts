/** Messages as hotline call-takers write them: 60–200 characters of Chinese about one place, made up here. */

const places = '通达小区,滨江花园,和平路,春城巷,云岭家园,北辰财富中心,翠湖社区,建设路农贸市场,金星立交,龙泉新村'.split(
  ',',
);
const matters = [
  '楼下烧烤店每天营业到凌晨两点，油烟直接排到居民窗前，夜里噪音很大，老人和孩子都没有办法正常休息',
  '地下车库入口长期积水，下雨天水深能没过脚踝，多次联系物业都说正在处理，至今没有任何改善',
  '有住户在阳台上搭建了鸽子棚，鸽子粪便落到楼下晾晒的衣物上，气味难闻，存在卫生隐患',
  '公交站台的路灯已经坏了半个多月，晚上一片漆黑，前几天有一位老人在台阶处摔倒受伤',
  '门口的非机动车道被私家车长期占用，学生上下学只能走机动车道，早晚高峰时段十分危险',
  '工地晚上十点以后仍在施工，打桩的声音整栋楼都能听见，影响高三学生复习和休息',
  '自来水近一周每天傍晚都停水，没有提前通知，家里有病人需要照顾，生活非常不方便',
  '公司拖欠三个月工资一直不发，找负责人多次协商，对方总是找各种理由推脱，希望有关部门介入',
];
const wishes = [
  '希望有关部门尽快核实处理。',
  '来电人要求回复处理结果。',
  '该问题此前反映过一次，未得到解决，市民表示不满，要求尽快到现场查看并给出明确的整改时限。',
  '请相关单位协调解决，谢谢。',
];

export interface Text {
  title: string;
  body: string;
  address: string;
}

/** `count` texts, the same for the same seed. */
export function makeTexts(count: number, seed = 12345): Text[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = (list: readonly string[]): string => list[below(list.length)] ?? '';
  return Array.from({ length: count }, () => {
    const address = `${pick(places)}${1 + below(30)}栋${1 + below(6)}单元`;
    const times = `${1 + below(12)}月${1 + below(28)}日`;
    let body = `市民来电反映：${times}起，${address}附近，${pick(matters)}。`;
    for (const least = 60 + below(100); body.length < least; ) body += pick(wishes);
    return { title: body.slice(7, 25), body: body.slice(0, 200), address };
  });
}

/** A valid Chinese mobile number, another one for every n below 10⁹. */
export const phoneOf = (n: number): string => `13${String((n * 7_919) % 1_000_000_000).padStart(9, '0')}`;
