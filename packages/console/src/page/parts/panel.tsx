import type { ReactNode } from "react";

interface PanelProps {
  title?: ReactNode;
  /** Beside the title. */
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A part of a page under a heading of its own. */
export function Panel({ title, aside, children, className = "" }: PanelProps) {
  return (
    <section className={`panel ${className}`}>
      {(title !== undefined || aside !== undefined) && (
        <header className="panel-head">
          {title !== undefined && <h2>{title}</h2>}
          {aside !== undefined && <div className="panel-aside">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** Nothing is here yet: what that means, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="empty-text">{children}</div>}
    </div>
  );
}

/** A word about a state. */
export function Pill({
  kind = "plain",
  children,
}: {
  kind?: "plain" | "good" | "warn" | "bad" | "info";
  children: ReactNode;
}) {
  return <span className={`pill ${kind}`}>{children}</span>;
}

/** Settings and facts, a word for each. */
export function Facts({ of }: { of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
