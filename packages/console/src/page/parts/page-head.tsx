import type { ReactNode } from "react";
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

/** The parts of a page, each at an address of its own. */
export function Parts({
  base,
  parts,
  now,
}: {
  base: string;
  parts: readonly (readonly [string, ReactNode])[];
  now: string;
}) {
  return (
    <nav className="parts" aria-label="Parts of this page">
      {parts.map(([part, name]) => (
        <Link key={part} href={`${base}/${part}`} aria-current={part === now ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
