import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";

interface PageHeadProps {
  /** Where this is: names with their places. */
  trail: readonly { readonly name: string; readonly path: string }[];
  title: string;
  pills?: ReactNode;
  actions?: ReactNode;
}

/** What a page is about, where it lies, and what can be done with it. */
export function PageHead({ trail, title, pills, actions }: PageHeadProps) {
  return (
    <header className="page-head">
      <nav aria-label="Where this is" className="trail">
        {trail.map(({ name, path }) => (
          <span key={path}>
            <Link href={path}>{name}</Link>
            <span aria-hidden="true"> / </span>
          </span>
        ))}
      </nav>
      <div className="page-title">
        <h1>{title}</h1>
        {pills}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </header>
  );
}

interface PartsProps {
  label: string;
  parts: readonly { readonly name: string; readonly path: string; readonly shown: ReactNode }[];
  /** The name of the part that is shown. */
  now: string;
}

/** The parts of a page, each at an address of its own. */
export function Parts({ label, parts, now }: PartsProps) {
  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part may stand outside of a narrow screen
  useEffect(() => {
    const here = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (here) list.current?.scrollTo({ left: here.offsetLeft - 40 });
  }, [now]);
  return (
    <nav className="parts" aria-label={label} ref={list}>
      {parts.map(({ name, path, shown }) => (
        <Link key={name} href={path} aria-current={name === now ? "page" : undefined}>
          {shown}
        </Link>
      ))}
    </nav>
  );
}
