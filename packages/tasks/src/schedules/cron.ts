import { TidegateError } from "@tidegate/contracts";
import { CronExpressionParser } from "cron-parser";

/**
 * The next time of a cron expression after a time, in ms; null when there is none. By the library, and the options, that BullMQ goes by.
 * Daylight saving: what falls into the hour that is left out comes an hour later by the clock, what falls into the hour that comes
 * twice comes in the first of the two; what comes each hour or more often comes in both.
 */
export function nextOfCron(cron: string, timeZone: string, after: number): number | null {
  try {
    return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: new Date(after) })
      .next()
      .getTime();
  } catch {
    return null;
  }
}

/** @throws INVALID with field `timeZone` or `cron` */
export function requireCron(cron: string, timeZone: string, path: string): void {
  requireTimeZone(timeZone, `${path}timeZone`);
  const field = `${path}cron`;
  const fields = cron.trim().split(/\s+/).length;
  if (!/^\s*@\w+\s*$/.test(cron) && fields !== 5 && fields !== 6)
    throw invalid(field, "has five fields, or six with seconds in front");
  // The library's `H` stands for a number that it draws anew each time it is asked.
  if (/(^|[\s,/-])H/i.test(cron.replace(/^@\w+$/, ""))) throw invalid(field, "H is not known here");
  try {
    CronExpressionParser.parse(cron, { tz: timeZone });
  } catch (error) {
    throw invalid(field, (error as Error).message);
  }
  if (nextOfCron(cron, timeZone, Date.now()) === null) throw invalid(field, "there is no such time");
}

function requireTimeZone(timeZone: string, field: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw invalid(field, `${timeZone} is no time zone; one is Europe/Berlin`);
  }
}

function invalid(field: string, what: string): TidegateError {
  return new TidegateError("INVALID", `${field}: ${what}`, { field });
}
