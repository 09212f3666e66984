import type { GroupFigures } from "@tidegate/contracts";
import { Link } from "wouter";
import { countOf, rateText } from "../format/numbers.ts";
import { Age } from "../format/time.tsx";
import type { Live } from "../live/feed.ts";
import { Panel, Pill } from "../parts/panel.tsx";
import { judge, type Verdict } from "./verdict.ts";

const shown = 4;
/** A group whose oldest message waits for longer is looked at, even where its lag does not grow. */
const oldMs = 5 * 60_000;

interface Case {
  readonly topic: string;
  readonly group: GroupFigures;
  readonly verdict: Verdict;
}

/** The groups that want to be looked at, the worst first: what grows, then what is old, then what was given up. */
export function Attention({ live }: { live: Live }) {
  const cases = casesOf(live);
  if (cases.length === 0) return null;
  return (
    <Panel title="Look at" className="attention">
      <ul>
        {cases.slice(0, shown).map(({ topic, group, verdict }) => {
          const path = `/topics/${encodeURIComponent(topic)}/groups/${encodeURIComponent(group.name)}`;
          return (
            <li key={path}>
              <Link href={path} className="attention-name">
                {topic} <span className="none">/</span> {group.name}
              </Link>
              {verdict.kind === "grows" && (
                <Pill kind="warn">grows by {rateText(verdict.perSecond)} / s</Pill>
              )}
              {verdict.kind === "shrinks" && (
                <Pill kind="good">shrinks by {rateText(-verdict.perSecond)} / s</Pill>
              )}
              {group.lag > 0 && (
                <span className="attention-fact">
                  {countOf(group.lag, "message")} wait, the oldest for <Age since={group.oldestAt} />
                </span>
              )}
              {group.deadLettered > 0 && (
                <Link href={`${path}/dead-letters`} className="attention-fact bad-number">
                  {countOf(group.deadLettered, "dead letter")}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
      {cases.length > shown && <p className="hint">And {countOf(cases.length - shown, "more group")}.</p>}
    </Panel>
  );
}

function casesOf({ topics, byTopic, totals, at }: Live): Case[] {
  const cases: Case[] = [];
  const until = totals.at.at(-1) ?? 0;
  for (const { name, groups } of topics) {
    const series = byTopic.get(name);
    for (const group of groups) {
      const verdict = judge(series?.at ?? [], series?.lags[group.name] ?? [], series?.published ?? [], until);
      const old = group.oldestAt !== null && at !== null && at - group.oldestAt > oldMs;
      if (verdict.kind === "grows" || old || group.deadLettered > 0)
        cases.push({ topic: name, group, verdict });
    }
  }
  const weight = ({ verdict, group }: Case) =>
    (verdict.kind === "grows" ? 1e15 : 0) + group.lag + group.deadLettered;
  return cases.sort((a, b) => weight(b) - weight(a));
}
