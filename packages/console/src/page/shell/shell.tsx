import { Dialog } from "@base-ui/react/dialog";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Live } from "../live/feed.ts";
import { useStore } from "../live/store.ts";
import { session, signOut } from "../session/session.ts";
import { Banner } from "./banner.tsx";
import { setTheme, type Theme, useChosenTheme } from "./theme.ts";

const pages = [
  { path: "/", name: "Overview", below: ["/topics"] },
  { path: "/dead-letters", name: "Dead letters", below: [] },
  { path: "/gates", name: "Gates", below: [] },
  { path: "/tickets", name: "Tickets", below: [] },
  { path: "/tasks", name: "Tasks", below: [] },
  { path: "/schedules", name: "Schedules", below: [] },
];

/** What stands around every page: the way to the others, the state of the server, and who is looking. */
export function Shell({ live, children }: { live: Live; children: ReactNode }) {
  const [place] = useLocation();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    setOpen(false);
    document.title = titleOf(place);
    window.scrollTo(0, 0);
  }, [place]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <aside className="side">
        <Brand />
        <Navigation place={place} />
        <Footing />
      </aside>
      <header className="top">
        <Brand />
        <Dialog.Root open={open} onOpenChange={setOpen}>
          <Dialog.Trigger className="button" aria-label="Menu">
            Menu
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Backdrop className="backdrop" />
            <Dialog.Popup className="drawer">
              <Dialog.Title className="sr-only">Menu</Dialog.Title>
              <Navigation place={place} />
              <Footing />
              <Dialog.Close className="button">Close</Dialog.Close>
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
      </header>
      <main id="content" tabIndex={-1}>
        <Banner live={live} />
        {children}
      </main>
    </div>
  );
}

/** What is on the page, before where it is. */
function titleOf(place: string): string {
  const [kind, name, , group] = place.split("/").slice(1);
  const page = pages.find(({ path }) => path === `/${kind}`)?.name;
  const what = kind === "topics" ? [group, name] : [name, page];
  return [...what.filter(Boolean), "Tidegate"].join(" · ");
}

function Brand() {
  return (
    <Link href="/" className="brand">
      <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="26" height="26" />
      Tidegate
    </Link>
  );
}

function Navigation({ place }: { place: string }) {
  return (
    <nav aria-label="Pages">
      {pages.map(({ path, name, below }) => {
        const here = path === "/" ? place === "/" : place === path || place.startsWith(`${path}/`);
        const current = here ? "page" : below.some((prefix) => place.startsWith(prefix)) ? "true" : undefined;
        return (
          <Link key={path} href={path} className="nav-link" aria-current={current}>
            {name}
          </Link>
        );
      })}
    </nav>
  );
}

function Footing() {
  const { token, admin } = useStore(session);
  const theme = useChosenTheme();
  return (
    <div className="footing">
      {admin === false && (
        <p className="rights" title="Actions take a token with the scope admin">
          Read only
        </p>
      )}
      <label className="theme">
        <span className="sr-only">Colours</span>
        <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          <option value="system">Colours of the system</option>
          <option value="light">Light colours</option>
          <option value="dark">Dark colours</option>
        </select>
      </label>
      {token !== null && (
        <button type="button" className="button small" onClick={signOut}>
          Sign out
        </button>
      )}
    </div>
  );
}
