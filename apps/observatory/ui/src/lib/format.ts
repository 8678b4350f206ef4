/** Numbers, sizes, times and durations as people read them. */

const plain = new Intl.NumberFormat("en-US");

export function count(value: number | null | undefined): string {
  return value == null ? "–" : plain.format(value);
}

/** 1,234 stays; 12,345 becomes 12.3k. */
export function short(value: number | null | undefined): string {
  if (value == null) return "–";
  const size = Math.abs(value);
  if (size < 10_000) return plain.format(value);
  for (const [limit, unit] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    // 999,950 would be 1000.0k by its own unit.
    if (size >= limit * 0.99995) {
      const scaled = value / limit;
      return `${Math.abs(scaled) < 100 ? scaled.toFixed(1).replace(/\.0$/, "") : scaled.toFixed(0)}${unit}`;
    }
  }
  return plain.format(value);
}

export function bytes(value: number | null | undefined): string {
  if (value == null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${units[unit]}`;
}

export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "3 min ago", "in 2 h"; the exact time belongs beside it. */
export function relative(at: string | null | undefined, now: number = Date.now()): string {
  if (!at) return "–";
  const time = Date.parse(at);
  if (Number.isNaN(time)) return "–";
  const seconds = Math.round((now - time) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 86_400
          ? `${Math.floor(size / 3600)} h`
          : size < 86_400 * 60
            ? `${Math.floor(size / 86_400)} d`
            : `${Math.floor(size / (86_400 * 30))} mo`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

export function absolute(at: string | null | undefined): string {
  if (!at) return "";
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return "";
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function clock(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : time.toISOString().slice(11, 23);
}

/** A share with as many digits as tell it from none and from all. */
export function share(part: number | null | undefined, whole: number | null | undefined): string {
  if (part == null || !whole) return "–";
  if (part === 0) return "0 %";
  if (part === whole) return "100 %";
  const percent = (part / whole) * 100;
  if (percent < 0.1) return "< 0.1 %";
  if (percent > 99.9) return "> 99.9 %";
  return `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
