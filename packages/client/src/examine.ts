import type { AuditReport, Diagnosis } from "@tidegate/contracts";
import { type CallOptions, type Http, pathOf } from "./http.ts";

/** A recount reads the whole log; a doctor waits for servers that do not answer. */
const auditMs = 10 * 60_000;
const doctorMs = 30_000;

/** Examines Redis; the worst findings first. */
export async function doctor(http: Http, options: CallOptions = {}): Promise<Diagnosis> {
  const call = { method: "GET", path: "doctor", repeatable: true, attemptTimeoutMs: doctorMs } as const;
  return (await http.send<Diagnosis>(call, options)).body;
}

/** Recounts a topic, within ten minutes unless told otherwise. Throws TOPIC_NOT_FOUND. */
export async function audit(http: Http, topic: string, options: CallOptions = {}): Promise<AuditReport> {
  const timeoutMs = options.timeoutMs ?? auditMs;
  const path = pathOf("topics", topic, "audit");
  const call = { method: "GET", path, repeatable: true, attemptTimeoutMs: timeoutMs } as const;
  return (await http.send<AuditReport>(call, { ...options, timeoutMs })).body;
}
