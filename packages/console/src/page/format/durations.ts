const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span as an operator says it: `0.3 s`, `42 s`, `7 min`, `3 h 20 min`, `2 d`. */
export function spanText(ms: number): string {
  const span = Math.max(0, ms);
  if (span < second) return `${Math.round(span)} ms`;
  if (span < 90 * second)
    return span < 10 * second ? `${tenths(span / second)} s` : `${Math.round(span / second)} s`;
  if (span < 90 * minute) return `${Math.round(span / minute)} min`;
  if (span < day) {
    const hours = Math.floor(span / hour);
    const minutes = Math.round((span % hour) / minute);
    return minutes === 0 || minutes === 60
      ? `${hours + (minutes === 60 ? 1 : 0)} h`
      : `${hours} h ${minutes} min`;
  }
  return `${tenths(span / day)} d`;
}

function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const exact = new Intl.DateTimeFormat("sv", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** To the millisecond, in this browser's time zone, with its offset: `2026-05-01 13:37:00.123 +02:00`. */
export function exactText(at: number): string {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const clock = `${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `${exact.format(date).replace(",", ".")} ${offset < 0 ? "-" : "+"}${clock}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
